from __future__ import annotations

import base64
import io
import time
import uuid

import pytest
from PIL import Image

from deapi.emulator.jobs.jobs import QUEUE_SECONDS, progress_after_polls, progress_after_time

SIX = {"status", "preview", "result_url", "results_alt_formats", "result", "progress"}
FAILED = {"error_code", "error_message", "error_reason", "retryable", "refunded"}


def test_a_submission_answers_with_a_uuid_and_nothing_else(api):
    body = api.generate().json()
    assert set(body) == {"data"}
    assert set(body["data"]) == {"request_id"}
    assert uuid.UUID(body["data"]["request_id"]).version == 4


def test_a_job_waits_works_and_is_done_on_the_clock(serve):
    api = serve(speed=1)
    order = api.generate()
    assert api.job(order)["status"] == "pending"
    api.emulator.advance(1.0)
    first = api.job(order)
    assert first["status"] == "processing"
    api.emulator.advance(1.0)
    second = api.job(order)
    assert 0 < first["progress"] < second["progress"] < 100
    api.emulator.advance(3.0)
    last = api.job(order)
    assert (last["status"], last["progress"]) == ("done", 100.0)


def test_time_runs_as_fast_as_it_is_told(serve):
    api = serve(speed=20)
    started = time.monotonic()
    api.finished(api.generate())
    assert 0.1 < time.monotonic() - started < 1.5


def test_version_1_sends_six_fields_of_a_job(api):
    job = api.job(api.generate())
    assert set(job) == SIX
    assert job["result"] is None
    assert job["preview"] is None
    assert set(job["results_alt_formats"]) == {"jpg", "webp"}


def test_a_running_generation_shows_previews_that_change(serve):
    api = serve(polls_per_state=1)
    order = api.generate()
    jobs = [api.job(order) for _ in range(4)]
    assert [job["status"] for job in jobs] == ["pending", "processing", "processing", "done"]
    assert jobs[0]["preview"] is None
    assert jobs[3]["preview"] is None
    previews = [job["preview"] for job in jobs[1:3]]
    assert previews[0] != previews[1]
    for preview in previews:
        assert Image.open(io.BytesIO(base64.b64decode(preview))).format == "JPEG"


def test_an_edit_shows_previews_too(serve, png):
    api = serve(polls_per_state=1)
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    order = api.form("img2img", {"image": ("a.png", png())}, **fields)
    api.job(order)
    assert api.job(order)["preview"]


def test_an_upscale_has_no_preview(serve, png):
    api = serve(polls_per_state=1)
    order = api.form("img-upscale", {"image": ("a.png", png())}, model="RealESRGAN_x4")
    api.job(order)
    assert api.job(order)["preview"] is None


def test_reads_move_jobs_where_they_are_told_to(serve):
    api = serve(polls_per_state=2)
    order = api.generate()
    statuses = [api.job(order)["status"] for _ in range(7)]
    assert statuses == ["pending"] * 2 + ["processing"] * 4 + ["done"]


def test_an_ordered_failure_ends_one_job_with_its_reasons(api):
    api.emulator.fail_jobs(error_reason="INPUT_TOO_LARGE", retryable=False)
    failed, fine = api.job(api.generate()), api.job(api.generate())
    assert set(failed) == SIX | FAILED
    assert failed["status"] == "error"
    assert failed["error_reason"] == "INPUT_TOO_LARGE"
    assert failed["retryable"] is False
    assert failed["refunded"] is True
    assert failed["result_url"] is None
    assert failed["progress"] < 100
    assert fine["status"] == "done"


def test_a_job_is_charged_at_once_and_refunded_when_it_fails(serve):
    api = serve(speed=1)
    api.emulator.fail_jobs(times=2)
    api.generate()
    assert api.emulator.balance == pytest.approx(100 - 0.00136)
    assert api.get("balance").json() == {"data": {"balance": 99.99864}}
    api.emulator.advance(10)
    assert api.emulator.balance == 100


def test_a_failure_without_refund_keeps_the_money(api):
    api.emulator.fail_jobs(refunded=False)
    assert api.job(api.generate())["refunded"] is False
    assert api.emulator.balance == pytest.approx(100 - 0.00136)


def test_a_failure_is_refunded_though_nobody_reads_the_job(serve):
    api = serve(speed=50)
    api.emulator.fail_jobs()
    api.generate()
    deadline = time.monotonic() + 5
    while api.emulator.balance < 100 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert api.emulator.balance == 100


@pytest.mark.parametrize("balance", [0.48, 0.0])
def test_a_low_balance_refuses_any_job(api, balance):
    api.emulator.balance = balance
    answer = api.generate()
    assert answer.status_code == 422
    assert answer.json() == {
        "message": "Not enough balance.",
        "errors": {"balance": ["Not enough balance."]},
        "code": "insufficient_balance",
    }
    assert not api.emulator.jobs
    assert api.emulator.balance == balance


def test_a_job_dearer_than_the_balance_is_refused(serve):
    api = serve(balance=0.5)
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


def test_the_records_of_jobs_tell_what_was_ordered(api):
    order = api.generate(prompt="a fern")
    job = api.emulator.jobs[order.json()["data"]["request_id"]]
    assert (job.operation, job.job_type, job.model) == ("txt2img", "txt2img", "Flux1schnell")
    assert job.fields["prompt"] == "a fern"
    assert job.price == 0.00136
    api.job(order)
    assert (job.status, job.polls) == ("done", 1)


def test_advancing_wakes_jobs_without_a_read(serve):
    api = serve(speed=0.001)
    order = api.generate()
    api.emulator.advance(4)
    assert api.emulator.jobs[order.json()["data"]["request_id"]].status == "done"


def test_time_does_not_go_back(api):
    with pytest.raises(ValueError, match="forward"):
        api.emulator.advance(-1)


def test_the_clock_counts_from_the_end_of_the_queue():
    assert progress_after_time(QUEUE_SECONDS / 2, duration=4) is None
    assert progress_after_time(QUEUE_SECONDS + 1, duration=4) == 0.25
    assert progress_after_time(QUEUE_SECONDS + 9, duration=4) == 1.0


def test_the_steps_of_reads_end_in_the_end():
    steps = [progress_after_polls(polls, polls_per_state=1) for polls in range(5)]
    assert steps == [None, 1 / 3, 2 / 3, 1.0, 1.0]
    assert progress_after_polls(0, polls_per_state=0) == 1.0
