"""The paths of version 2, and what both versions share."""

from __future__ import annotations

import dataclasses
import uuid

import pytest

from deapi.emulator.api import app
from deapi.emulator.versions import V2, VERSIONS
from support.emulator_api import GENERATION

OPERATION_PATHS = [
    "images/generations",
    "images/edits",
    "images/ocr",
    "images/background-removals",
    "images/upscales",
    "videos/generations",
    "videos/animations",
    "videos/audio-syncs",
    "videos/replacements",
    "videos/upscales",
    "videos/background-removals",
    "videos/descriptions",
    "audio/speech",
    "audio/music",
    "audio/transcriptions",
    "embeddings",
    "prompts/enhancements",
]


V1_PREFIX = "/api/v1/client"


@pytest.mark.parametrize("ending", ["", "/price"])
@pytest.mark.parametrize("path", OPERATION_PATHS)
def test_every_operation_and_price_validates_its_fields(v2, path, ending):
    response = v2.post(f"{path}{ending}", {})
    assert response.status_code == 422
    assert {"model", "model_slug"} & response.json()["errors"].keys()
    assert v2.get(f"{path}{ending}").status_code == 405


@pytest.mark.parametrize(
    "path", ["request-status/1", "vid2txt", "aud2txt", "audiofile2txt", "videofile2txt", "txt2img"]
)
def test_version_2_does_not_have_the_paths_of_version_1(v2, path):
    assert v2.post(path, {}).status_code == 404


def test_version_1_has_no_video_descriptions(v1):
    assert v1.post("videos/descriptions", {}).status_code == 404


def test_version_1_has_no_account_endpoints(v1):
    assert v1.get("keys").status_code == 404
    assert v1.get("account").status_code == 404


def test_a_job_of_one_version_can_be_read_through_the_other(v2):
    by_v2 = v2.generate()
    by_v1 = v2.post(f"{v2.emulator.url}{V1_PREFIX}/txt2img", GENERATION)
    for submission in (by_v1, by_v2):
        assert v2.get_job(submission, "v1").keys() < v2.get_job(submission, "v2").keys()
        assert (
            v2.get_job(submission, "v1")["status"]
            == v2.get_job(submission, "v2")["status"]
            == "done"
        )


def test_an_unknown_job_is_a_404_in_version_1(v1):
    response = v1.get("request-status/5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11")
    assert response.status_code == 404
    assert response.json() == {"message": "No query results for the requested resource."}
    assert "x-ratelimit-limit" in response.headers


def test_an_unknown_job_is_a_404_in_version_2(v2):
    assert v2.get(f"jobs/{uuid.uuid4()}").json() == {
        "message": "No query results for the requested resource."
    }


def test_both_versions_share_the_balance_and_the_rate_limits(start_emulator):
    v2 = start_emulator("v2", plan="basic")
    headers = [
        v2.generate().headers,
        v2.post(f"{v2.emulator.url}{V1_PREFIX}/txt2img", GENERATION).headers,
    ]
    assert [found["x-ratelimit-remaining"] for found in headers] == ["2", "1"]
    assert v2.emulator.balance == pytest.approx(100 - 2 * 0.00136)


def test_an_operation_has_the_same_name_in_both_versions(v2):
    v2.emulator.inject_fault(operation="txt2img", status=500)
    v2.emulator.inject_fault(operation="request-status", status=503)
    assert v2.generate().status_code == 500
    submission = v2.generate()
    request_id = submission.json()["data"]["request_id"]
    assert v2.get(f"jobs/{request_id}").status_code == 503
    operations = [request.operation for request in v2.emulator.requests]
    assert operations == ["txt2img", "txt2img", "request-status"]


def test_version_1_ignores_the_fields_of_version_2(v1):
    submission = v1.generate(enhance_prompt=True, quality=5)
    assert submission.status_code == 200
    assert v1.get_job(submission, "v2")["prompt_boosted"] is False
    transcription = {
        "source_url": "https://youtu.be/1",
        "model": "WhisperLargeV3Ct2",
        "include_ts": True,
    }
    plain = v1.post("transcribe", {**transcription, "ts_level": "char", "diarize": 7, "lang": 3})
    found = v1.download_result(plain).json()
    assert found["ts_level"] == "segment"
    assert found["diarization_available"] is False
    assert found["language"] == "en"


def test_a_later_version_accepts_the_fields_of_version_2(start_emulator, monkeypatch):
    following = dataclasses.replace(V2, name="v3", prefix="/api/v3")
    monkeypatch.setattr(app, "VERSIONS", (*VERSIONS, following))
    v2 = start_emulator("v2")

    def submit(path, **sent):
        return v2.http.post(f"{v2.emulator.url}/api/v3/{path}", **sent)

    enhanced = submit("images/generations", json={**GENERATION, "enhance_prompt": True})
    assert v2.get_job(enhanced)["prompt_boosted"] is True
    tiny = {"first_frame_image": ("a.png", b"x")}
    rejected = submit("videos/animations", data={"model": "MiniMaxH3_33B_Turbo_INT8"}, files=tiny)
    assert rejected.json()["errors"]["first_frame_image"] == [
        "The first frame image field must be at least 1 kilobytes."
    ]
