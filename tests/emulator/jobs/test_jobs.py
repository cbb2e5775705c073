"""The lifecycle of a job, its charge and refund, and its status response."""

from __future__ import annotations

import base64
import datetime
import io
import time
import uuid

import pytest
from PIL import Image

from deapi.emulator.jobs.jobs import QUEUE_SECONDS, progress_after_polls, progress_after_time
from deapi.emulator.media import images

V1_FIELDS = {"status", "preview", "result_url", "results_alt_formats", "result", "progress"}


FAILURE_FIELDS = {"error_code", "error_message", "error_reason", "retryable", "refunded"}


V2_FIELDS = {
    "status",
    "preview",
    "result_url",
    "results_alt_formats",
    "result",
    "progress",
    "metadata",
    "error_code",
    "error_message",
    "error_reason",
    "retryable",
    "refunded",
    "failed_at",
    "price",
    "prompt_boosted",
    "prompt_boost",
}


VIDEO = {
    "prompt": "a fox",
    "model": "Ltxv_13B_0_9_8_Distilled_FP8",
    "width": 256,
    "height": 256,
    "frames": 30,
    "fps": 30,
    "steps": 1,
    "guidance": 0,
    "seed": 1,
}


NULL_FIELDS = V2_FIELDS - {"status", "progress", "prompt_boosted", "preview"}


def test_a_submission_returns_only_a_uuid(v1):
    body = v1.generate().json()
    assert set(body) == {"data"}
    assert set(body["data"]) == {"request_id"}
    assert uuid.UUID(body["data"]["request_id"]).version == 4


def test_a_job_advances_from_pending_to_done_with_the_clock(start_emulator):
    api = start_emulator(speed=1)
    submission = api.generate()
    assert api.get_job(submission)["status"] == "pending"
    api.emulator.advance(1.0)
    first = api.get_job(submission)
    assert first["status"] == "processing"
    api.emulator.advance(1.0)
    second = api.get_job(submission)
    assert 0 < first["progress"] < second["progress"] < 100
    api.emulator.advance(3.0)
    last = api.get_job(submission)
    assert (last["status"], last["progress"]) == ("done", 100.0)


def test_speed_scales_the_duration_of_a_job(start_emulator):
    api = start_emulator(speed=100)
    api.emulator.fail_jobs()  # a video takes 15.5 emulated seconds, and this one is not encoded
    started = time.monotonic()
    api.wait_for_job(api.post("txt2video", VIDEO))
    assert 0.1 < time.monotonic() - started < 15


def test_status_requests_advance_a_job_with_polls_per_state(start_emulator):
    api = start_emulator(polls_per_state=2)
    submission = api.generate()
    statuses = [api.get_job(submission)["status"] for _ in range(7)]
    assert statuses == ["pending"] * 2 + ["processing"] * 4 + ["done"]


def test_advancing_the_clock_finishes_a_job_without_a_status_request(start_emulator):
    api = start_emulator(speed=0.001)
    submission = api.generate()
    api.emulator.advance(4)
    assert api.emulator.jobs[submission.json()["data"]["request_id"]].status == "done"


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_the_clock_advances_by_a_finite_number_of_seconds_only(v1, seconds):
    with pytest.raises(ValueError, match="seconds"):
        v1.emulator.advance(seconds)


def test_progress_starts_after_the_queue():
    assert progress_after_time(QUEUE_SECONDS / 2, duration=4) is None
    assert progress_after_time(QUEUE_SECONDS + 1, duration=4) == 0.25
    assert progress_after_time(QUEUE_SECONDS + 9, duration=4) == 1.0


def test_progress_by_polls_ends_at_1():
    steps = [progress_after_polls(polls, polls_per_state=1) for polls in range(5)]
    assert steps == [None, 1 / 3, 2 / 3, 1.0, 1.0]
    assert progress_after_polls(0, polls_per_state=0) == 1.0


def test_version_1_has_six_fields(v1):
    job = v1.get_job(v1.generate())
    assert set(job) == V1_FIELDS
    assert job["result"] is None
    assert job["preview"] is None
    assert set(job["results_alt_formats"]) == {"jpg", "webp"}


def test_version_2_has_all_fields_with_nulls_while_a_job_runs(start_emulator):
    v2 = start_emulator("v2", polls_per_state=1)
    submission = v2.generate()
    for status in ("pending", "processing"):
        job = v2.get_job(submission)
        assert job.keys() == V2_FIELDS
        assert job["status"] == status
        assert {job[name] for name in NULL_FIELDS} == {None}
        assert job["prompt_boosted"] is False


def test_a_running_generation_has_changing_previews(start_emulator):
    api = start_emulator(polls_per_state=1)
    submission = api.generate()
    jobs = [api.get_job(submission) for _ in range(4)]
    assert [job["status"] for job in jobs] == ["pending", "processing", "processing", "done"]
    assert jobs[0]["preview"] is None
    assert jobs[3]["preview"] is None
    previews = [job["preview"] for job in jobs[1:3]]
    assert previews[0] != previews[1]
    for preview in previews:
        assert Image.open(io.BytesIO(base64.b64decode(preview))).format == "JPEG"


def test_a_running_edit_has_previews(start_emulator, make_png):
    api = start_emulator(polls_per_state=1)
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    submission = api.post_form("img2img", {"image": ("a.png", make_png())}, **fields)
    api.get_job(submission)
    assert api.get_job(submission)["preview"]


def test_an_upscale_has_no_preview(start_emulator, make_png):
    api = start_emulator(polls_per_state=1)
    submission = api.post_form(
        "img-upscale", {"image": ("a.png", make_png())}, model="RealESRGAN_x4"
    )
    api.get_job(submission)
    assert api.get_job(submission)["preview"] is None


@pytest.mark.parametrize("fails", [False, True])
def test_a_status_is_consistent_however_long_its_preview_takes(start_emulator, monkeypatch, fails):
    v2 = start_emulator("v2", speed=1)
    if fails:
        v2.emulator.fail_jobs()
    submission = v2.generate()
    v2.emulator.advance(1)

    def late(draft, progress):
        v2.emulator.advance(60)
        return "preview"

    monkeypatch.setattr(images, "preview", late)
    job = v2.get_job(submission)
    assert (job["status"], job["preview"]) == ("processing", "preview")
    assert {job[name] for name in NULL_FIELDS} == {None}
    assert v2.get_job(submission)["status"] == ("error" if fails else "done")


def test_a_finished_job_has_its_price(v2):
    job = v2.get_job(v2.generate())
    assert job.keys() == V2_FIELDS
    assert job["price"] == {"amount": 0.00136, "is_estimated": False}
    assert job["failed_at"] is None


def test_an_injected_failure_affects_one_job(v1):
    v1.emulator.fail_jobs(error_reason="INPUT_TOO_LARGE", retryable=False)
    failed, fine = v1.get_job(v1.generate()), v1.get_job(v1.generate())
    assert set(failed) == V1_FIELDS | FAILURE_FIELDS
    assert failed["status"] == "error"
    assert failed["error_reason"] == "INPUT_TOO_LARGE"
    assert failed["retryable"] is False
    assert failed["refunded"] is True
    assert failed["result_url"] is None
    assert failed["progress"] < 100
    assert fine["status"] == "done"


def test_a_failed_job_has_its_time_its_reason_and_a_price_of_0(v2):
    v2.emulator.fail_jobs(error_reason="TIMEOUT", error_code="WORKER_TIMEOUT")
    job = v2.get_job(v2.generate())
    assert job.keys() == V2_FIELDS
    assert (job["error_code"], job["error_reason"]) == ("WORKER_TIMEOUT", "TIMEOUT")
    assert (job["retryable"], job["refunded"]) == (True, True)
    assert job["price"] == {"amount": 0, "is_estimated": False}
    failed_at = datetime.datetime.fromisoformat(job["failed_at"])
    assert failed_at.utcoffset() == datetime.timedelta(0)


def test_a_job_is_charged_at_once_and_refunded_when_it_fails(start_emulator):
    api = start_emulator(speed=1)
    api.emulator.fail_jobs(times=2)
    api.generate()
    assert api.emulator.balance == pytest.approx(100 - 0.00136)
    assert api.get("balance").json() == {"data": {"balance": 99.99864}}
    api.emulator.advance(10)
    assert api.emulator.balance == 100


def test_jobs_of_one_operation_can_fail(v1):
    v1.emulator.fail_jobs(operation="images.upscale")
    v1.emulator.fail_jobs(operation="txt2img", times=2)
    statuses = [v1.get_job(v1.generate())["status"] for _ in range(3)]
    assert statuses == ["error", "error", "done"]


def test_a_job_failure_that_cannot_take_effect_is_a_value_error(v1):
    with pytest.raises(ValueError, match=r"'images\.generate_price' submits no jobs"):
        v1.emulator.fail_jobs(operation="images.generate_price")
    with pytest.raises(ValueError, match=r"did you mean .*'images.generate'"):
        v1.emulator.fail_jobs(operation="image.generate")
    with pytest.raises(ValueError, match="times must be at least 1, not 0"):
        v1.emulator.fail_jobs(times=0)


def test_cleared_failures_do_not_take_effect(v1):
    v1.emulator.fail_jobs()
    v1.emulator.clear_faults()
    assert v1.get_job(v1.generate())["status"] == "done"


def test_a_failure_without_refund_remains_charged(v1):
    v1.emulator.fail_jobs(refunded=False)
    assert v1.get_job(v1.generate())["refunded"] is False
    assert v1.emulator.balance == pytest.approx(100 - 0.00136)


def test_a_failure_is_refunded_without_a_status_request(start_emulator):
    api = start_emulator(speed=50)
    api.emulator.fail_jobs()
    api.generate()
    deadline = time.monotonic() + 30
    while api.emulator.balance < 100 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert api.emulator.balance == 100


@pytest.mark.parametrize("balance", [0.48, 0.0])
def test_a_low_balance_rejects_any_job(v1, balance):
    v1.emulator.balance = balance
    response = v1.generate()
    assert response.status_code == 422
    assert response.json() == {
        "message": "Not enough balance.",
        "errors": {"balance": ["Not enough balance."]},
        "code": "insufficient_balance",
    }
    assert not v1.emulator.jobs
    assert v1.emulator.balance == balance


def test_a_job_that_costs_more_than_the_balance_is_rejected(start_emulator):
    api = start_emulator(balance=0.5)
    transcription = {"source_url": "https://youtu.be/x", "model": "WhisperLargeV3"}
    assert api.post("transcribe", transcription).status_code == 200
    api.emulator.balance = 0.5
    video = {
        "prompt": "waves",
        "model": "MiniMaxH3_33B_Turbo_INT8",
        "width": 1344,
        "height": 768,
        "frames": 243,
        "fps": 24,
        "steps": 8,
        "seed": 1,
    }
    assert "balance" in api.post("txt2video", video).json()["errors"]


def test_the_price_of_a_partner_model_is_first_an_estimate(v2):
    submission = v2.generate(model="gpt-image-2", quality="low")
    prices = [v2.get_job(submission)["price"] for _ in range(3)]
    assert [price["is_estimated"] for price in prices] == [True, False, False]
    assert {price["amount"] for price in prices} == {0.011}


def test_the_price_of_a_partner_model_is_final_some_time_after_the_end(start_emulator):
    v2 = start_emulator("v2", speed=1)
    submission = v2.generate(model="gpt-image-2")
    v2.emulator.advance(10)
    assert v2.get_job(submission)["price"]["is_estimated"] is True
    assert v2.get_job(submission)["price"]["is_estimated"] is True
    v2.emulator.advance(30)
    assert v2.get_job(submission)["price"]["is_estimated"] is False


def test_recorded_jobs_contain_the_submission(v1):
    submission = v1.generate(prompt="a fern")
    job = v1.emulator.jobs[submission.json()["data"]["request_id"]]
    assert (job.operation, job.job_type, job.model) == ("txt2img", "txt2img", "Flux1schnell")
    assert job.fields["prompt"] == "a fern"
    assert job.price == 0.00136
    v1.get_job(submission)
    assert (job.status, job.polls) == ("done", 1)
