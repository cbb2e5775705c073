"""Every operation and price accepts JSON and forms, with numbers and booleans in every form."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from deapi.emulator.operations.registry import OPERATIONS
from support.emulator_api import PREFIXES

IMAGE = {"model": "Flux1schnell", "prompt": "a", "width": 512, "height": 512, "steps": 4, "seed": 1}
EDIT = {"model": "QwenImageEdit_Plus_NF4", "prompt": "a", "steps": 20, "guidance": 2.5, "seed": 1}
SIZE = {"width": 256, "height": 320}
VIDEO = {
    "model": "Ltxv_13B_0_9_8_Distilled_FP8",
    **SIZE,
    "frames": 30,
    "fps": 30,
    "steps": 1,
}
AUDIO_SYNC = {"model": "Ltx2_3_22B_Dist_INT8", "width": 512, "height": 512, "frames": 49, "fps": 24}
SPEECH = {
    "model": "Kokoro",
    "voice": "af_sky",
    "lang": "en-us",
    "speed": 1.5,
    "format": "mp3",
    "sample_rate": 24000,
}
MUSIC = {
    "model": "AceStep_1_5_XL_Base_INT8",
    "caption": "calm",
    "lyrics": "[Instrumental]",
    "duration": 30.5,
    "inference_steps": 8,
    "guidance_scale": 3.5,
    "seed": -1,
    "format": "mp3",
}
TRANSCRIPTION = {"model": "WhisperLargeV3Ct2", "include_ts": True}
VIDEO_URL = "https://youtu.be/1"
EMBEDDING = {"model": "Bge_M3_FP16", "input": ["a fox", "a hen"]}
DESCRIPTION = {"model": "Marlin_2B", "preset": "balanced"}
INLINE = {"return_result_in_response": False}

PRICES = {
    "txt2img": IMAGE,
    "img2img": EDIT,
    "img-upscale": {"model": "RealESRGAN_x4", **SIZE},
    "img-rmbg": {"model": "Ben2", **SIZE},
    "img2txt": {"model": "Nanonets_Ocr_S_F16", **SIZE},
    "txt2video": VIDEO,
    "img2video": VIDEO,
    "aud2video": AUDIO_SYNC,
    "videos/replace": {"model": "Wan2_2_Animate_14B_INT8", **SIZE, "duration": 2.5},
    "vid-upscale": {"model": "FlashVSR_Tiny", **SIZE, "scale": 2, "duration": 2.5},
    "vid-rmbg": {"model": "Ben2_Video", **SIZE},
    "videos/descriptions": {**DESCRIPTION, "duration_seconds": 12.5, "include_metadata": True},
    "txt2audio": {**SPEECH, "count_text": 100},
    "txt2music": MUSIC,
    "transcribe": {**TRANSCRIPTION, "duration_seconds": 12.5, "diarize": True},
    "vid2txt": {**TRANSCRIPTION, "video_url": VIDEO_URL},
    "aud2txt": {**TRANSCRIPTION, "duration_seconds": 12},
    "audiofile2txt": {**TRANSCRIPTION, "duration_seconds": 12},
    "videofile2txt": {**TRANSCRIPTION, "duration_seconds": 12},
    "txt2embedding": EMBEDDING,
}

SUBMISSIONS = {
    "txt2img": {**IMAGE, "enhance_prompt": True, "prompt": "a fox"},
    "txt2video": {**VIDEO, "prompt": "waves", "guidance": 0, "seed": 1, "enhance_prompt": False},
    "txt2audio": {**SPEECH, "text": "Good morning."},
    "txt2music": MUSIC,
    "transcribe": {**TRANSCRIPTION, "source_url": VIDEO_URL, "diarize": True, **INLINE},
    "vid2txt": {**TRANSCRIPTION, "video_url": VIDEO_URL, **INLINE},
    "aud2txt": {**TRANSCRIPTION, "audio_url": "https://x.com/i/spaces/1", **INLINE},
    "videos/descriptions": {**DESCRIPTION, "video_url": VIDEO_URL, **INLINE},
    "txt2embedding": {**EMBEDDING, **INLINE},
}
"""Submissions without a file, of every operation that does not require one."""


def to_strings(fields, true, false):
    """Replace numbers and booleans by strings."""
    booleans = {True: true, False: false}
    return {
        name: booleans[value]
        if isinstance(value, bool)
        else str(value)
        if isinstance(value, (int, float))
        else value
        for name, value in fields.items()
    }


def form_items(fields):
    for name, value in to_strings(fields, "1", "0").items():
        if isinstance(value, list):
            yield from ((f"{name}[]", item) for item in value)
        else:
            yield name, value


def multipart(fields):
    """A multipart body without files."""
    return {"files": [(name, (None, value)) for name, value in form_items(fields)]}


BODIES = {
    "JSON": lambda fields: {"json": fields},
    "JSON with strings": lambda fields: {"json": to_strings(fields, "true", "false")},
    "JSON with 1 and 0": lambda fields: {
        "json": {
            name: int(value) if isinstance(value, bool) else value for name, value in fields.items()
        }
    },
    "multipart": multipart,
    "multipart with true and false": lambda fields: multipart(to_strings(fields, "true", "false")),
    "urlencoded": lambda fields: {
        "content": urlencode(list(form_items(fields))),
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    },
}


def cases(fields_by_operation):
    return [
        pytest.param(version, name, id=f"{version} {name}")
        for name in fields_by_operation
        for version in PREFIXES
        if OPERATIONS[name].paths(version)
    ]


@pytest.mark.parametrize(("version", "name"), cases(PRICES))
def test_a_price_without_a_file_is_the_same_in_every_form(start_emulator, version, name):
    api = start_emulator(version)
    _, path = OPERATIONS[name].paths(version)
    prices = {}
    for form, body in BODIES.items():
        response = api.http.post(path, **body(PRICES[name]))
        assert response.status_code == 200, (form, response.text)
        prices[form] = response.json()["data"]["price"]
    assert prices["JSON"] > 0
    assert set(prices.values()) == {prices["JSON"]}


@pytest.mark.parametrize(("version", "name"), cases(SUBMISSIONS))
def test_a_submission_without_a_file_is_the_same_in_every_form(start_emulator, version, name):
    api = start_emulator(version)
    path, _ = OPERATIONS[name].paths(version)
    sent = {**SUBMISSIONS[name], **({"seed": 7} if "seed" in SUBMISSIONS[name] else {})}
    for form, body in BODIES.items():
        response = api.http.post(path, **body(sent))
        assert response.status_code == 200, (form, response.text)
    first, *others = [job.fields for job in api.emulator.jobs.values()]
    assert len(others) == len(BODIES) - 1
    for other in others:
        assert other == first
        assert {name: type(value) for name, value in other.items()} == {
            name: type(value) for name, value in first.items()
        }


@pytest.mark.parametrize("ending", ["", "/price"])
def test_a_prompt_without_an_image_is_enhanced_in_every_form(v2, ending):
    fields = {"prompt": "a fox", "type": "images.generations", "model_slug": "Flux1schnell"}
    bodies = [
        v2.http.post(f"prompts/enhancements{ending}", **body(fields)) for body in BODIES.values()
    ]
    assert {response.status_code for response in bodies} == {200}
    assert len({response.text for response in bodies}) == 1


def test_the_tables_contain_every_operation():
    assert PRICES.keys() == OPERATIONS.keys()
    without_file = {
        name
        for name, operation in OPERATIONS.items()
        if not any(field.type == "file" and field.required for field in operation.fields)
    }
    require_one_of_several_files = {"img2img", "img2video"}
    assert SUBMISSIONS.keys() == without_file - require_one_of_several_files
