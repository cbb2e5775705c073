"""Version 2 of the API: its paths, and what it shares with version 1."""

from __future__ import annotations

import dataclasses
import uuid

import pytest

from deapi.emulator.api import app
from deapi.emulator.api.versions import V2, VERSIONS

PRICED = [
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
V1 = "/api/v1/client"


@pytest.mark.parametrize("ending", ["", "/price"])
@pytest.mark.parametrize("path", PRICED)
def test_every_operation_and_price_is_there_and_checks_its_fields(v2, path, ending):
    answer = v2.post(f"{path}{ending}", {})
    assert answer.status_code == 422
    assert {"model", "model_slug"} & answer.json()["errors"].keys()
    assert v2.get(f"{path}{ending}").status_code == 405


@pytest.mark.parametrize(
    "path", ["request-status/1", "vid2txt", "aud2txt", "audiofile2txt", "videofile2txt", "txt2img"]
)
def test_the_paths_of_version_1_are_not_in_version_2(v2, path):
    assert v2.post(path, {}).status_code == 404


def test_version_1_has_no_descriptions(api):
    assert api.post("videos/descriptions", {}).status_code == 404


def test_a_job_of_either_version_is_read_through_the_other(v2):
    by_v2 = v2.generate()
    by_v1 = v2.post(f"{v2.emulator.url}{V1}/txt2img", _flux())
    for order in (by_v1, by_v2):
        assert v2.job(order, "v1").keys() < v2.job(order, "v2").keys()
        assert v2.job(order, "v1")["status"] == v2.job(order, "v2")["status"] == "done"


def test_an_unknown_job_is_not_found(v2):
    assert v2.get(f"jobs/{uuid.uuid4()}").json() == {
        "message": "No query results for the requested resource."
    }


def test_the_versions_share_the_balance_and_the_quotas(serve):
    v2 = serve("v2", plan="basic")
    headers = [
        v2.generate().headers,
        v2.post(f"{v2.emulator.url}{V1}/txt2img", _flux()).headers,
    ]
    assert [found["x-ratelimit-remaining"] for found in headers] == ["2", "1"]
    assert v2.emulator.balance == pytest.approx(100 - 2 * 0.00136)


@pytest.mark.parametrize(
    ("path", "model", "policy", "source"),
    [
        ("videos/descriptions", "Marlin_2B", "1;w=60, 10;w=86400", "model"),
        ("videos/animations", "MiniMaxH3_33B_Turbo_INT8", "1;w=60, 3;w=86400", "model"),
        ("videos/descriptions/price", "Marlin_2B", "50;w=60, 200;w=86400", "tier"),
    ],
)
def test_the_quotas_of_version_2_are_told(serve, path, model, policy, source):
    headers = serve("v2", plan="basic").post(path, {"model": model}).headers
    assert headers["x-ratelimit-policy"] == policy
    assert headers["x-ratelimit-source"] == source


def test_enhancements_have_a_bucket_of_their_own(serve):
    v2 = serve("v2", plan="basic")
    limit = int(v2.post("prompts/enhancements", {}).headers["x-ratelimit-limit"])
    statuses = [v2.post("prompts/enhancements", {}).status_code for _ in range(limit)]
    assert statuses == [422] * (limit - 1) + [429]
    assert v2.post("prompts/enhancements/price", {}).status_code == 422


def test_prices_stay_open_while_the_account_is_suspended(v2):
    v2.emulator.suspended = True
    assert v2.post("prompts/enhancements/price", {}).status_code == 422
    assert v2.post("prompts/enhancements", {}).status_code == 403


def test_faults_and_records_know_an_operation_by_one_name_in_both_versions(v2):
    v2.emulator.inject_fault(operation="txt2img", status=500)
    v2.emulator.inject_fault(operation="request-status", status=503)
    assert v2.generate().status_code == 500
    order = v2.generate()
    request_id = order.json()["data"]["request_id"]
    assert v2.get(f"jobs/{request_id}").status_code == 503
    operations = [request.operation for request in v2.emulator.requests]
    assert operations == ["txt2img", "txt2img", "request-status"]


def test_the_fields_of_version_2_mean_nothing_to_version_1(api):
    order = api.generate(enhance_prompt=True, quality=5)
    assert order.status_code == 200
    assert api.job(order, "v2")["prompt_boosted"] is False
    spoken = {"source_url": "https://youtu.be/1", "model": "WhisperLargeV3Ct2", "include_ts": True}
    plain = api.post("transcribe", {**spoken, "ts_level": "char", "diarize": 7, "lang": 3})
    found = api.result(plain).json()
    assert found["ts_level"] == "segment"
    assert found["diarization_available"] is False
    assert found["language"] == "en"


def test_a_version_that_is_yet_to_come_knows_the_fields_of_version_2(serve, monkeypatch):
    following = dataclasses.replace(V2, name="v3", prefix="/api/v3")
    monkeypatch.setattr(app, "VERSIONS", (*VERSIONS, following))
    v2 = serve("v2")

    def order(path, **sent):
        return v2.http.post(f"{v2.emulator.url}/api/v3/{path}", **sent)

    boosted = order("images/generations", json={**_flux(), "enhance_prompt": True})
    assert v2.job(boosted)["prompt_boosted"] is True
    tiny = {"first_frame_image": ("a.png", b"x")}
    refused = order("videos/animations", data={"model": "MiniMaxH3_33B_Turbo_INT8"}, files=tiny)
    assert refused.json()["errors"]["first_frame_image"] == [
        "The first frame image field must be at least 1 kilobytes."
    ]


def _flux():
    return {
        "prompt": "a fox",
        "model": "Flux1schnell",
        "width": 512,
        "height": 512,
        "steps": 4,
        "seed": 1,
    }
