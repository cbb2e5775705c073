"""Every v1 operation but the images', with its results and its rules."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import av
import pytest

if TYPE_CHECKING:
    import httpx

LTXV = {
    "prompt": "waves at dusk",
    "model": "Ltxv_13B_0_9_8_Distilled_FP8",
    "width": 256,
    "height": 256,
    "frames": 30,
    "fps": 30,
    "seed": 1,
    "steps": 1,
    "guidance": 0,
}
SPEECH = {
    "text": "Good morning to all of you.",
    "model": "Kokoro",
    "voice": "af_sky",
    "lang": "en-us",
    "speed": 1,
    "format": "mp3",
    "sample_rate": 24000,
}
MUSIC = {
    "caption": "calm lo-fi beat",
    "model": "AceStep_1_5_Turbo",
    "lyrics": "[Instrumental]",
    "duration": 10,
    "inference_steps": 8,
    "guidance_scale": 1,
    "seed": 1,
    "format": "mp3",
}


def errors_of(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


def stream_of(download: httpx.Response, kind: str) -> dict[str, float]:
    with av.open(io.BytesIO(download.content)) as container:
        stream = container.streams.get(**{kind: 0})[0]
        frames = list(container.decode(stream))
        assert frames
        if kind == "audio":
            seconds = sum(frame.samples for frame in frames) / stream.rate
            return {"rate": stream.rate, "seconds": seconds}
        return {
            "width": stream.width,
            "height": stream.height,
            "frames": len(frames),
            "fps": float(stream.average_rate),
        }


def test_text_becomes_a_video_of_the_asked_measures(api):
    download = api.result(api.post("txt2video", LTXV))
    assert download.headers["content-type"] == "video/mp4"
    assert stream_of(download, "video") == {"width": 256, "height": 256, "frames": 30, "fps": 30}


def test_a_video_has_no_alternative_formats_and_no_inline_result(api):
    job = api.job(api.post("txt2video", {**LTXV, "return_result_in_response": True}))
    assert job["results_alt_formats"] is None
    assert job["result"] is None


def test_an_image_becomes_a_video(api, png):
    files = {"first_frame_image": ("a.png", png()), "last_frame_image": ("b.png", png(90, 90))}
    assert stream_of(api.result(api.form("img2video", files, **LTXV)), "video")["frames"] == 30
    assert errors_of(api.post("img2video", LTXV)) == {
        "first_frame_image": ["The first frame image field is required."]
    }


def test_a_sound_becomes_a_video_that_carries_it(api, wav):
    fields = {**LTXV, "model": "Ltx2_3_22B_Dist_INT8", "width": 512, "height": 512, "frames": 49}
    fields["fps"] = 24
    download = api.result(api.form("aud2video", {"audio": ("a.wav", wav(2))}, **fields))
    assert stream_of(download, "video")["frames"] == 49
    assert stream_of(download, "audio")["seconds"] == pytest.approx(2, abs=0.2)
    for seconds in (0.5, 12):
        answer = api.form("aud2video", {"audio": ("a.wav", wav(seconds))}, **fields)
        assert list(errors_of(answer)) == ["audio"]


def test_a_character_is_replaced_in_a_video(api, png, mp4):
    model = {"model": "Wan2_2_Animate_14B_INT8"}
    files = {"video": ("a.mp4", mp4), "ref_image": ("a.png", png())}
    download = api.result(api.form("videos/replace", files, **model))
    assert stream_of(download, "video")["width"] == 160
    sized = api.form("videos/replace", files, **model, width="320")
    assert errors_of(sized) == {"height": ["The height field is required when width is present."]}


def test_a_video_is_upscaled_by_the_factor_of_the_model_or_the_request(api, mp4):
    file = {"video": ("a.mp4", mp4)}
    fixed = api.result(api.form("vid-upscale", file, model="RealESRGAN_Vid_x2"))
    assert stream_of(fixed, "video")["width"] == 320
    chosen = api.result(api.form("vid-upscale", file, model="FlashVSR_Tiny", scale="3"))
    assert stream_of(chosen, "video")["width"] == 480
    assert errors_of(api.form("vid-upscale", file, model="FlashVSR_Tiny")) == {
        "scale": ["The scale field is required."]
    }
    refused = api.form("vid-upscale", file, model="RealESRGAN_Vid_x2", scale="2")
    assert list(errors_of(refused)) == ["scale"]


def test_a_video_loses_its_background(api, mp4):
    download = api.result(api.form("vid-rmbg", {"video": ("a.mp4", mp4)}, model="Ben2_Video"))
    assert stream_of(download, "video")["frames"] == 24


def test_a_file_that_is_no_video_is_refused(api, png):
    answer = api.form("vid-rmbg", {"video": ("a.mp4", png())}, model="Ben2_Video")
    assert "must be a file of type: mp4" in errors_of(answer)["video"][0]


def test_a_video_over_50_mib_is_refused_by_name(api):
    content = b"x" * (50 * 1024 * 1024 + 1)
    answer = api.form("vid-rmbg", {"video": ("a.mp4", content)}, model="Ben2_Video")
    assert errors_of(answer) == {
        "video": ["The video field must not be greater than 51200 kilobytes."]
    }


@pytest.mark.parametrize(
    ("form", "content_type"),
    [("mp3", "audio/mpeg"), ("wav", "audio/wav"), ("flac", "audio/flac")],
)
def test_speech_comes_in_the_asked_format_and_rate(api, form, content_type):
    download = api.result(api.post("txt2audio", {**SPEECH, "format": form}))
    assert download.headers["content-type"] == content_type
    assert stream_of(download, "audio")["rate"] == 24000


def test_slow_speech_lasts_longer(api):
    def seconds(speed):
        order = api.post("txt2audio", {**SPEECH, "speed": speed, "format": "wav"})
        return stream_of(api.result(order), "audio")["seconds"]

    assert seconds(0.5) > 1.5 * seconds(1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "a"}, "text"),
        ({"speed": 3}, "speed"),
        ({"lang": "tlh"}, "lang"),
        ({"voice": "bf_alice"}, "voice"),
        ({"format": "ogg"}, "format"),
        ({"sample_rate": 44100}, "sample_rate"),
        ({"mode": "shout"}, "mode"),
        ({"mode": "voice_clone"}, "mode"),
        ({"mode": "custom_voice", "voice": None}, "voice"),
        ({"model": "Chatterbox", "lang": "en", "voice": "default", "format": "wav"}, "format"),
    ],
)
def test_speech_keeps_to_the_limits_of_its_model(api, changes, field):
    assert field in errors_of(api.post("txt2audio", {**SPEECH, **changes}))


def test_cloning_needs_a_recording_of_the_right_length(api, wav):
    fields = {
        **SPEECH,
        "model": "Qwen3_TTS_12Hz_1_7B_Base",
        "lang": "English",
        "voice": "default",
        "mode": "voice_clone",
    }
    assert errors_of(api.post("txt2audio", fields)) == {
        "ref_audio": ["The ref audio field is required when mode is voice_clone."]
    }
    short = api.form("txt2audio", {"ref_audio": ("a.wav", wav(2))}, **fields)
    assert list(errors_of(short)) == ["ref_audio"]
    assert api.form("txt2audio", {"ref_audio": ("a.wav", wav(6))}, **fields).status_code == 200


def test_designing_a_voice_needs_instructions(api):
    fields = {
        **SPEECH,
        "model": "Qwen3_TTS_12Hz_1_7B_VoiceDesign",
        "lang": "English",
        "mode": "voice_design",
    }
    assert list(errors_of(api.post("txt2audio", fields))) == ["instruct"]
    assert api.post("txt2audio", {**fields, "instruct": "an old sailor"}).status_code == 200


def test_music_lasts_as_long_as_asked(api):
    download = api.result(api.post("txt2music", {**MUSIC, "format": "flac"}))
    assert stream_of(download, "audio")["seconds"] == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lyrics": ""}, "The lyrics field is required."),
        ({"timesignature": "4/4"}, "The timesignature field must be an integer."),
        ({"timesignature": 5}, "The selected timesignature is invalid."),
        ({"format": "ogg"}, "The selected format is invalid."),
        ({"duration": 5}, "The duration field must be at least 10."),
        ({"bpm": 300}, "The bpm field must not be greater than 200."),
        ({"inference_steps": 9}, "The inference steps field must not be greater than 8."),
        ({"guidance_scale": 7}, "The guidance scale field must not be greater than 1."),
        ({"caption": "ab"}, "The caption field must be at least 3 characters."),
    ],
)
def test_music_keeps_to_the_limits_of_its_model(api, changes, message):
    assert api.post("txt2music", {**MUSIC, **changes}).json()["message"] == message


def test_a_transcript_is_a_text_file_and_inline_only_when_asked_for(api, wav):
    file = {"source_file": ("a.wav", wav(4))}
    plain = api.form("transcribe", file, model="WhisperLargeV3", include_ts="0")
    assert api.job(plain)["result"] is None
    text = api.result(plain)
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text
    timed = api.form(
        "transcribe",
        file,
        model="WhisperLargeV3",
        include_ts="1",
        return_result_in_response="1",
    )
    inline = api.job(timed)["result"]
    assert inline.startswith("[0:00:00.000 - ")
    assert inline == api.result(timed).text


@pytest.mark.parametrize(
    ("path", "field"), [("transcribe", "source_file"), ("videofile2txt", "video")]
)
def test_a_video_is_transcribed_if_it_has_sound(api, mp4, silent_mp4, path, field):
    fields = {"model": "WhisperLargeV3", "include_ts": "0"}
    assert api.form(path, {field: ("a.mp4", mp4)}, **fields).status_code == 200
    (job,) = api.emulator.jobs.values()
    assert job.job_type == "video_file2text"
    assert list(errors_of(api.form(path, {field: ("a.mp4", silent_mp4)}, **fields))) == [field]


@pytest.mark.parametrize(
    ("path", "fields", "job_type"),
    [
        ("transcribe", {"source_url": "https://www.youtube.com/watch?v=1"}, "video2text"),
        ("transcribe", {"source_url": "https://x.com/i/spaces/1abc"}, "audio2text"),
        ("vid2txt", {"video_url": "https://kick.com/a/videos/1"}, "video2text"),
        ("aud2txt", {"audio_url": "https://twitter.com/i/spaces/1abc"}, "audio2text"),
    ],
)
def test_urls_are_told_apart(api, path, fields, job_type):
    answer = api.post(path, {**fields, "model": "WhisperLargeV3", "include_ts": True})
    assert answer.status_code == 200, answer.text
    (job,) = api.emulator.jobs.values()
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
def test_a_source_that_will_not_do_is_named(api, path, fields, field):
    answer = api.post(path, {**fields, "model": "WhisperLargeV3", "include_ts": True})
    assert list(errors_of(answer)) == [field]


def test_two_sources_are_one_too_many(api, wav):
    answer = api.form(
        "transcribe",
        {"source_file": ("a.wav", wav(1))},
        source_url="https://youtu.be/1",
        model="WhisperLargeV3",
    )
    assert list(errors_of(answer)) == ["source_url"]


def test_embeddings_are_vectors_of_unit_length_the_same_for_the_same_text(api):
    def vectors(texts):
        fields = {"input": texts, "model": "Bge_M3_FP16", "return_result_in_response": True}
        order = api.post("txt2embedding", fields)
        inline = json.loads(api.job(order)["result"])
        assert inline == api.result(order).json()
        return inline

    first, second = vectors(["a fern", "a robot"])
    assert len(first) == 1024
    assert sum(value * value for value in first) == pytest.approx(1)
    assert first != second
    assert vectors("a fern") == [first]


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ([], "input"),
        ("", "input"),
        (["a"] * 2049, "input"),
        (["fine", "x" * 40_000], "input.1"),
        (["x" * 32_000] * 40, "input"),
        (["fine", 5], "input.1"),
    ],
)
def test_too_much_to_embed_is_refused(api, texts, field):
    answer = api.post("txt2embedding", {"input": texts, "model": "Bge_M3_FP16"})
    assert list(errors_of(answer)) == [field]


def test_a_picture_is_read_as_text_or_as_json(api, png):
    picture = {"image": ("a.png", png())}
    fields = {"model": "Nanonets_Ocr_S_F16", "return_result_in_response": "1"}
    plain = api.form("img2txt", picture, **fields)
    assert api.job(plain)["result"] == api.result(plain).text
    structured = api.form("img2txt", picture, **fields, format="json")
    download = api.result(structured)
    assert download.headers["content-type"] == "application/json"
    assert download.json()
    refused = api.form("img2txt", picture, **fields, format="pdf")
    assert errors_of(refused) == {"format": ["The selected format is invalid."]}
