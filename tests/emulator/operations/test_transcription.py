"""Transcriptions of both versions: sources, detail, metadata and prices."""

from __future__ import annotations

import json

import pytest

from support.emulator_api import errors_of

YOUTUBE = "https://www.youtube.com/watch?v=1"


TIKTOK = "https://www.tiktok.com/@a/video/1"


PLAIN, DETAILED = "WhisperLargeV3", "WhisperLargeV3Ct2"


COMMON_METADATA = {
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


def transcribe_and_download(api, **fields):
    submission = transcribe(api, return_result_in_response=True, **fields)
    return api.get_job(submission), api.download_result(submission)


def get_price(api, **fields):
    response = api.post("audio/transcriptions/price", {"model": DETAILED, **fields})
    assert response.status_code == 200, response.text
    return response.json()["data"]["price"]


def test_a_transcript_is_a_text_file_and_inline_only_on_request(v1, make_wav):
    file = {"source_file": ("a.wav", make_wav(4))}
    plain = v1.post_form("transcribe", file, model="WhisperLargeV3", include_ts="0")
    assert v1.get_job(plain)["result"] is None
    text = v1.download_result(plain)
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text
    timed = v1.post_form(
        "transcribe",
        file,
        model="WhisperLargeV3",
        include_ts="1",
        return_result_in_response="1",
    )
    inline = v1.get_job(timed)["result"]
    assert inline.startswith("[0:00:00.000 - ")
    assert inline == v1.download_result(timed).text


@pytest.mark.parametrize(
    ("path", "field"), [("transcribe", "source_file"), ("videofile2txt", "video")]
)
def test_a_transcribed_video_must_have_audio(
    v1, video_with_audio, video_without_audio, path, field
):
    fields = {"model": "WhisperLargeV3", "include_ts": "0"}
    assert v1.post_form(path, {field: ("a.mp4", video_with_audio)}, **fields).status_code == 200
    (job,) = v1.emulator.jobs.values()
    assert job.job_type == "video_file2text"
    assert list(
        errors_of(v1.post_form(path, {field: ("a.mp4", video_without_audio)}, **fields))
    ) == [field]


@pytest.mark.parametrize(
    ("path", "fields", "job_type"),
    [
        ("transcribe", {"source_url": "https://www.youtube.com/watch?v=1"}, "video2text"),
        ("transcribe", {"source_url": "https://x.com/i/spaces/1abc"}, "audio2text"),
        ("vid2txt", {"video_url": "https://kick.com/a/videos/1"}, "video2text"),
        ("aud2txt", {"audio_url": "https://twitter.com/i/spaces/1abc"}, "audio2text"),
    ],
)
def test_the_url_determines_the_inference_type(v1, path, fields, job_type):
    response = v1.post(path, {**fields, "model": "WhisperLargeV3", "include_ts": True})
    assert response.status_code == 200, response.text
    (job,) = v1.emulator.jobs.values()
    assert job.job_type == job_type


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("transcribe", {}, "source_url"),
        ("transcribe", {"source_url": "https://example.com/a.mp3"}, "source_url"),
        ("transcribe", {"source_url": "no url"}, "source_url"),
        ("transcribe", {"source_url": "https://www.tiktok.com/@a/video/1"}, "model"),
        ("vid2txt", {"video_url": "https://x.com/i/spaces/1abc"}, "video_url"),
        ("aud2txt", {"audio_url": "https://youtu.be/1"}, "audio_url"),
        ("audiofile2txt", {}, "audio"),
    ],
)
def test_an_invalid_source_is_a_422_with_its_field(v1, path, fields, field):
    response = v1.post(path, {**fields, "model": "WhisperLargeV3", "include_ts": True})
    assert list(errors_of(response)) == [field]


def test_two_sources_are_rejected(v1, make_wav):
    response = v1.post_form(
        "transcribe",
        {"source_file": ("a.wav", make_wav(1))},
        source_url="https://youtu.be/1",
        model="WhisperLargeV3",
    )
    assert list(errors_of(response)) == ["source_url"]


def test_word_timestamps_and_speakers_depend_on_the_model(v2):
    job, download = transcribe_and_download(v2, ts_level="word", diarize=True, lang="en-us")
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


def test_segment_is_the_default_level(v2):
    job, download = transcribe_and_download(v2)
    assert job["transcription"]["ts_level"] == download.json()["ts_level"] == "segment"
    assert all("words" not in segment for segment in download.json()["segments"])
    assert all("speaker" not in segment for segment in download.json()["segments"])


def test_diarization_implies_timestamps(v2):
    job, download = transcribe_and_download(v2, include_ts=False, diarize=True)
    assert job["transcription"]["ts_level"] == "segment"
    assert all(segment["speaker"] for segment in download.json()["segments"])


def test_without_timestamps_the_transcript_is_plain_text(v2):
    job, download = transcribe_and_download(v2, include_ts=False, ts_level="char")
    assert download.headers["content-type"].startswith("text/plain")
    assert download.text == job["result"]
    assert job["transcription"] == {
        "language": "en",
        "ts_level": "none",
        "diarization_available": False,
        "structured": False,
    }


def test_a_model_without_json_writes_timestamps_into_the_text(v2):
    job, download = transcribe_and_download(v2, model=PLAIN, lang="pl")
    assert download.text.startswith("[0:00:00.000 - ")
    assert job["transcription"]["structured"] is False
    assert job["transcription"]["ts_level"] == "segment"
    assert job["transcription"]["language"] == "pl"


def test_a_file_is_transcribed_with_words_and_speakers(v2, make_wav):
    file = {"source_file": ("a.wav", make_wav(4))}
    fields = {"model": DETAILED, "diarize": "true", "ts_level": "word", "include_metadata": "1"}
    submission = v2.post_form("audio/transcriptions", file, **fields)
    assert v2.download_result(submission).json()["segments"][-1]["end"] == pytest.approx(4, abs=0.1)
    assert v2.get_job(submission)["metadata"] is None


def test_transcription_details_appear_only_in_a_done_status(start_emulator):
    v2 = start_emulator("v2", polls_per_state=1)
    submission = transcribe(v2, include_metadata=True)
    waiting = v2.get_job(submission)
    assert "transcription" not in waiting
    assert waiting["metadata"] is None
    v2.emulator.fail_jobs()
    failing = transcribe(v2)
    jobs = [v2.get_job(failing) for _ in range(4)]
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
def test_detail_fields_are_limited_by_the_model(v2, path, fields, errors):
    submitted = {"source_url": YOUTUBE, "model": DETAILED, "include_ts": True, **fields}
    assert errors_of(v2.post(path, submitted)) == errors


def test_auto_and_unknown_languages_are_accepted(v2):
    assert transcribe_and_download(v2, lang="auto")[0]["transcription"]["language"] == "en"
    assert transcribe_and_download(v2, lang="tlh-QO")[0]["transcription"]["language"] == "tlh"


def test_metadata_always_has_the_same_keys(v2):
    youtube = transcribe_and_download(v2, include_metadata=True)[0]["metadata"]
    tiktok = transcribe_and_download(v2, include_metadata=True, source_url=TIKTOK)[0]["metadata"]
    assert youtube.keys() == tiktok.keys() > COMMON_METADATA
    assert {name for name, value in youtube.items() if value is not None} == COMMON_METADATA
    assert youtube["extractor"] == "youtube"
    assert tiktok["extractor"] == "tiktok"
    assert tiktok["webpage_url"] == TIKTOK
    assert len(tiktok["upload_date"]) == 8
    assert tiktok["thumbnails"][0].keys() == {"url", "width", "height"}
    assert tiktok["chapters"] is None
    assert transcribe_and_download(v2, source_url=TIKTOK)[0]["metadata"] is None


def test_the_transcript_is_as_long_as_the_duration_in_its_metadata(v2):
    job, download = transcribe_and_download(v2, include_metadata=True)
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
    assert get_price(v2, duration_seconds=600, **fields) == pytest.approx(price)


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
def test_tiktok_prices_have_inclusive_bounds(v2, seconds, price):
    assert get_price(v2, duration_seconds=seconds, platform="tiktok") == price


def test_metadata_of_a_file_costs_nothing(v2, make_wav):
    def price(**fields):
        file = {"source_file": ("a.wav", make_wav(4))}
        response = v2.post_form("audio/transcriptions/price", file, model=DETAILED, **fields)
        return response.json()["data"]["price"]

    assert price(include_metadata="1") == price()


def test_a_transcription_is_charged_at_its_price(v2):
    fields = {"source_url": TIKTOK, "diarize": True, "include_metadata": True}
    job, _ = transcribe_and_download(v2, **fields)
    assert job["price"]["amount"] == get_price(v2, **fields)


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
def test_a_platform_requires_a_duration(v2, fields, errors):
    assert errors_of(v2.post("audio/transcriptions/price", {"model": DETAILED, **fields})) == errors


@pytest.mark.parametrize("path", ["transcribe", "vid2txt"])
def test_the_model_determines_the_format_in_both_versions(v1, path):
    field = "source_url" if path == "transcribe" else "video_url"
    common = {field: YOUTUBE, "include_ts": True, "return_result_in_response": True}
    structured = v1.post(path, {**common, "model": DETAILED})
    assert json.loads(v1.get_job(structured)["result"])["ts_level"] == "segment"
    assert v1.get_job(structured, "v2")["transcription"] == {
        "language": "en",
        "ts_level": "segment",
        "diarization_available": False,
        "structured": True,
    }
    plain = v1.post(path, {**common, "model": PLAIN})
    assert v1.get_job(plain)["result"].startswith("[0:00:00.000 - ")
    untimed = v1.post(path, {**common, "model": DETAILED, "include_ts": False})
    assert v1.get_job(untimed, "v2")["transcription"]["structured"] is False


def test_version_1_can_read_a_transcription_of_version_2(v2):
    submission = transcribe(v2, ts_level="word", return_result_in_response=True)
    assert json.loads(v2.get_job(submission, "v1")["result"])["ts_level"] == "word"
    assert "transcription" not in v2.get_job(submission, "v1")


def test_an_x_space_has_a_price_by_url_by_duration_and_by_both(v1):
    url, duration = {"audio_url": "https://x.com/i/spaces/1nAKEERkeLbKL"}, {"duration_seconds": 600}
    fields = {"include_ts": False, "model": PLAIN}
    prices = [
        v1.post("aud2txt/price-calculation", {**source, **fields}).json()["data"]["price"]
        for source in (duration, {**url, **duration}, url)
    ]
    assert prices[0] == prices[1] == 0.0128125
    assert prices[2] > 0.005
    assert v1.post("aud2txt/price-calculation", fields).status_code == 422


@pytest.mark.parametrize(
    ("name", "status"), [("aud2txt", 200), ("audiofile2txt", 422), ("videofile2txt", 422)]
)
def test_only_the_price_of_a_file_requires_whole_seconds(v1, name, status):
    fields = {"duration_seconds": 12.5, "include_ts": False, "model": PLAIN}
    response = v1.post(f"{name}/price-calculation", fields)
    assert response.status_code == status
    if status == 422:
        assert list(response.json()["errors"]) == ["duration_seconds"]


@pytest.mark.parametrize(("seconds", "price"), [(19, 0.0052474), (1120, 0.01958333)])
@pytest.mark.parametrize("model", [PLAIN, DETAILED])
def test_a_transcription_costs_a_base_price_and_a_price_per_second(v1, model, seconds, price):
    fields = {"duration_seconds": seconds, "include_ts": False, "model": model}
    quote = v1.post("transcribe/price-calculation", fields).json()["data"]["price"]
    assert quote == pytest.approx(price, abs=1e-6)
