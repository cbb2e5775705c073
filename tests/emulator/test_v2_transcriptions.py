"""Transcripts of version 2: their detail, the sources' metadata, and what they cost."""

from __future__ import annotations

import json

import pytest

YOUTUBE = "https://www.youtube.com/watch?v=1"
TIKTOK = "https://www.tiktok.com/@a/video/1"
PLAIN, DETAILED = "WhisperLargeV3", "WhisperLargeV3Ct2"
BOTH_PLATFORMS = {
    "id",
    "title",
    "description",
    "channel",
    "duration_seconds",
    "extractor",
    "view_count",
    "like_count",
}


def transcribe(api, **fields):
    return api.post(
        "audio/transcriptions",
        {"source_url": YOUTUBE, "model": DETAILED, "include_ts": True, **fields},
    )


def transcript(api, **fields):
    order = transcribe(api, return_result_in_response=True, **fields)
    return api.job(order), api.result(order)


def quote(api, **fields):
    answer = api.post("audio/transcriptions/price", {"model": DETAILED, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["price"]


def errors_of(answer):
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


def test_words_and_speakers_are_timed_where_the_model_can(v2):
    job, download = transcript(v2, ts_level="word", diarize=True, lang="en-us")
    assert download.headers["content-type"] == "application/json"
    found = download.json()
    assert found == json.loads(job["result"])
    assert (found["ts_level"], found["language"]) == ("word", "en")
    assert found["diarization_available"] is True
    for segment in found["segments"]:
        words = segment["words"]
        assert segment["speaker"] in ("SPEAKER_00", "SPEAKER_01")
        assert {word["speaker"] for word in words} == {segment["speaker"]}
        assert words[0]["start"] == segment["start"]
        assert words[-1]["end"] == pytest.approx(segment["end"], abs=0.01)
        assert segment["text"] == " ".join(word["word"] for word in words)
    assert job["transcription"] == {
        "language": "en",
        "ts_level": "word",
        "diarization_available": True,
        "structured": True,
    }


def test_segments_are_the_default_level(v2):
    job, download = transcript(v2)
    assert job["transcription"]["ts_level"] == download.json()["ts_level"] == "segment"
    assert all("words" not in segment for segment in download.json()["segments"])
    assert all("speaker" not in segment for segment in download.json()["segments"])


def test_speakers_imply_timestamps(v2):
    job, download = transcript(v2, include_ts=False, diarize=True)
    assert job["transcription"]["ts_level"] == "segment"
    assert all(segment["speaker"] for segment in download.json()["segments"])


def test_without_timestamps_the_level_is_ignored_and_the_transcript_is_plain(v2):
    job, download = transcript(v2, include_ts=False, ts_level="char")
    assert download.headers["content-type"].startswith("text/plain")
    assert download.text == job["result"]
    assert job["transcription"] == {
        "language": "en",
        "ts_level": "none",
        "diarization_available": False,
        "structured": False,
    }


def test_a_plain_model_writes_times_into_the_text(v2):
    job, download = transcript(v2, model=PLAIN, lang="pl")
    assert download.text.startswith("[0:00:00.000 - ")
    assert job["transcription"]["structured"] is False
    assert job["transcription"]["ts_level"] == "segment"
    assert job["transcription"]["language"] == "pl"


def test_a_file_is_transcribed_in_detail(v2, wav):
    file = {"source_file": ("a.wav", wav(4))}
    fields = {"model": DETAILED, "diarize": "true", "ts_level": "word", "include_metadata": "1"}
    order = v2.form("audio/transcriptions", file, **fields)
    assert v2.result(order).json()["segments"][-1]["end"] == pytest.approx(4, abs=0.1)
    assert v2.job(order)["metadata"] is None


def test_a_transcription_is_told_of_only_when_it_is_done(serve):
    v2 = serve("v2", polls_per_state=1)
    order = transcribe(v2, include_metadata=True)
    waiting = v2.job(order)
    assert "transcription" not in waiting
    assert waiting["metadata"] is None
    v2.emulator.fail_jobs()
    failing = transcribe(v2)
    jobs = [v2.job(failing) for _ in range(4)]
    assert jobs[-1]["status"] == "error"
    assert "transcription" not in jobs[-1]


@pytest.mark.parametrize("path", ["audio/transcriptions", "audio/transcriptions/price"])
@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (
            {"ts_level": "char"},
            {
                "ts_level": [
                    "Model 'WhisperLargeV3Ct2' does not support ts_level 'char'. "
                    "Supported levels: segment, word."
                ]
            },
        ),
        ({"ts_level": "line"}, {"ts_level": ["The selected ts level is invalid."]}),
        (
            {"model": PLAIN, "ts_level": "word"},
            {
                "ts_level": [
                    "Model 'WhisperLargeV3' does not support ts_level 'word'. "
                    "Supported levels: segment."
                ]
            },
        ),
        (
            {"model": PLAIN, "diarize": True},
            {"diarize": ["Model 'WhisperLargeV3' does not support diarization."]},
        ),
        ({"diarize": "maybe"}, {"diarize": ["The diarize field must be true or false."]}),
        ({"lang": "x" * 17}, {"lang": ["The lang field must not be greater than 16 characters."]}),
        (
            {"source_url": TIKTOK, "model": PLAIN},
            {"model": ["TikTok sources are only supported by WhisperLargeV3Ct2."]},
        ),
    ],
)
def test_detail_keeps_to_what_the_model_can(v2, path, fields, errors):
    sent = {"source_url": YOUTUBE, "model": DETAILED, "include_ts": True, **fields}
    assert errors_of(v2.post(path, sent)) == errors


def test_automatic_and_unheard_of_languages_are_hints(v2):
    assert transcript(v2, lang="auto")[0]["transcription"]["language"] == "en"
    assert transcript(v2, lang="tlh-QO")[0]["transcription"]["language"] == "tlh"


def test_metadata_have_the_same_keys_and_nulls_where_the_platform_has_nothing(v2):
    youtube = transcript(v2, include_metadata=True)[0]["metadata"]
    tiktok = transcript(v2, include_metadata=True, source_url=TIKTOK)[0]["metadata"]
    assert youtube.keys() == tiktok.keys() > BOTH_PLATFORMS
    assert {name for name, value in youtube.items() if value is not None} == BOTH_PLATFORMS
    assert youtube["extractor"] == "youtube"
    assert tiktok["extractor"] == "tiktok"
    assert tiktok["webpage_url"] == TIKTOK
    assert len(tiktok["upload_date"]) == 8
    assert tiktok["thumbnails"][0].keys() == {"url", "width", "height"}
    assert tiktok["chapters"] is None
    assert transcript(v2, source_url=TIKTOK)[0]["metadata"] is None


def test_a_job_lasts_as_long_as_its_metadata_say(v2):
    job, download = transcript(v2, include_metadata=True)
    assert download.json()["segments"][-1]["end"] == job["metadata"]["duration_seconds"]


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"include_ts": True}, 0.0128125),
        ({"include_ts": True, "ts_level": "segment"}, 0.0128125),
        ({"include_ts": False, "ts_level": "word"}, 0.0128125),
        ({"include_ts": True, "ts_level": "word"}, 0.01921875),
        ({"diarize": True}, 0.01921875),
        ({"diarize": True, "include_metadata": True}, 0.02421875),
        ({"platform": "youtube"}, 0.0128125),
        ({"platform": "tiktok"}, 0.0825),
    ],
)
def test_detail_and_metadata_cost_extra(v2, fields, price):
    assert quote(v2, duration_seconds=600, **fields) == pytest.approx(price)


@pytest.mark.parametrize(
    ("seconds", "price"),
    [
        (60, 0.015),
        (60.1, 0.0225),
        (120, 0.0225),
        (180, 0.03),
        (300, 0.045),
        (600, 0.0825),
        (601, 0.105),
    ],
)
def test_tiktok_has_a_card_with_inclusive_bounds(v2, seconds, price):
    assert quote(v2, duration_seconds=seconds, platform="tiktok") == price


def test_metadata_of_a_file_cost_nothing(v2, wav):
    def price(**fields):
        file = {"source_file": ("a.wav", wav(4))}
        answer = v2.form("audio/transcriptions/price", file, model=DETAILED, **fields)
        return answer.json()["data"]["price"]

    assert price(include_metadata="1") == price()


def test_the_charge_is_the_quote(v2):
    fields = {"source_url": TIKTOK, "diarize": True, "include_metadata": True}
    job, _ = transcript(v2, **fields)
    assert job["price"]["amount"] == quote(v2, **fields)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (
            {"source_url": YOUTUBE, "platform": "youtube"},
            {"platform": ["The platform field is prohibited unless duration seconds is present."]},
        ),
        (
            {"duration_seconds": 60, "platform": "vimeo"},
            {"platform": ["The selected platform is invalid."]},
        ),
        (
            {"duration_seconds": 60, "platform": "tiktok", "model": PLAIN},
            {"model": ["TikTok sources are only supported by WhisperLargeV3Ct2."]},
        ),
    ],
)
def test_a_platform_stands_beside_a_duration_only(v2, fields, errors):
    assert errors_of(v2.post("audio/transcriptions/price", {"model": DETAILED, **fields})) == errors


@pytest.mark.parametrize("path", ["transcribe", "vid2txt"])
def test_the_model_decides_on_the_form_of_a_transcript_whichever_version_asks(api, path):
    field = "source_url" if path == "transcribe" else "video_url"
    asked = {field: YOUTUBE, "include_ts": True, "return_result_in_response": True}
    structured = api.post(path, {**asked, "model": DETAILED})
    assert json.loads(api.job(structured)["result"])["ts_level"] == "segment"
    assert api.job(structured, "v2")["transcription"] == {
        "language": "en",
        "ts_level": "segment",
        "diarization_available": False,
        "structured": True,
    }
    plain = api.post(path, {**asked, "model": PLAIN})
    assert api.job(plain)["result"].startswith("[0:00:00.000 - ")
    untimed = api.post(path, {**asked, "model": DETAILED, "include_ts": False})
    assert api.job(untimed, "v2")["transcription"]["structured"] is False


def test_version_1_reads_the_result_of_a_detailed_transcription(v2):
    order = transcribe(v2, ts_level="word", return_result_in_response=True)
    assert json.loads(v2.job(order, "v1")["result"])["ts_level"] == "word"
    assert "transcription" not in v2.job(order, "v1")
