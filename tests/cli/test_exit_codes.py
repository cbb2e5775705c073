"""Exit codes and error messages of the command."""

import errno
import json

import pytest

from support.shell import run_command


def test_a_failed_job_is_1(service):
    service.fail_jobs(error_code="WORKER_TIMEOUT")
    ended = run_command("image", "a fox", "--json")
    assert ended.code == 1
    record = json.loads(ended.output)
    assert record["status"] == "error"
    assert "WORKER_TIMEOUT" in record["error"]
    assert "WORKER_TIMEOUT" in ended.errors


def test_an_unknown_key_is_3(service, monkeypatch):
    monkeypatch.setenv("DEAPI_API_KEY", "2|unknown-key-of-another-account")
    ended = run_command("image", "a fox")
    assert ended.code == 3
    assert "unknown-key" not in ended.errors


def test_a_missing_key_is_3(service, monkeypatch):
    monkeypatch.delenv("DEAPI_API_KEY")
    ended = run_command("image", "a fox")
    assert ended.code == 3
    assert "DEAPI_API_KEY" in ended.errors


def test_an_empty_balance_is_3(service):
    service.balance = 0
    assert run_command("image", "a fox").code == 3


def test_a_job_that_takes_too_long_is_4_and_can_be_resumed(service):
    service.inject_fault(operation="jobs.status", status=503, times=1000)
    ended = run_command("image", "a fox", "--timeout", "0.1")
    [job] = service.jobs
    assert ended.code == 4
    assert f"`deapi jobs save {job}`" in ended.errors


def test_a_service_that_is_not_reachable_is_4(service, monkeypatch):
    monkeypatch.setattr("deapi._http.sync.time.sleep", lambda seconds: None)
    monkeypatch.setenv("DEAPI_BASE_URL", "http://127.0.0.1:9")
    assert run_command("image", "a fox").code == 4


def test_a_submission_in_doubt_is_5_and_ends_the_submissions(service, directory):
    service.inject_fault(operation="images.upscale", drop=True, accepted=True)
    ended = run_command("upscale", "photo.png", "room.png", "-o", "big/")
    assert ended.code == 5
    assert len(service.jobs) == 1
    assert "1 of 2 inputs were not submitted" in ended.errors


def test_a_failed_submission_does_not_lose_the_jobs_before_it(service, directory):
    (directory / "broken.png").write_bytes(b"not an image")
    ended = run_command("upscale", "photo.png", "broken.png", "room.png", "-o", "big/")
    assert (ended.code, ended.output) == (2, "big/photo.png\n")
    assert "1 of 3 inputs were not submitted" in ended.errors


def test_an_error_is_one_paragraph_and_has_a_traceback_on_request(service, monkeypatch):
    service.fail_jobs(error_message="line one\nline two", times=2)
    quiet = run_command("image", "a fox", "-q")
    assert quiet.errors.count("\n") == 1
    monkeypatch.setenv("DEAPI_DEBUG", "1")
    ended = run_command("image", "a fox", "-q")
    assert ended.code == 1
    assert "Traceback" in ended.errors
    assert service.api_key not in ended.errors


@pytest.mark.parametrize("step", ["deapi.cli.runner.TaskRunner._submit", "deapi.Job.save"])
def test_ctrl_c_is_130(service, monkeypatch, step):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(step, interrupt)
    ended = run_command("image", "a fox")
    assert ended.code == 130
    assert "Interrupted" in ended.errors
    for job in service.jobs:
        assert f"`deapi jobs save {job}`" in ended.errors


def test_an_interrupted_submission_leaves_its_trace(service, monkeypatch):
    from deapi._http.sync import SyncDriver

    send = SyncDriver.run

    def run(self, flow, on_update=None):
        value = send(self, flow, on_update)
        if service.jobs:
            error = KeyboardInterrupt()
            error.__notes__ = ["images.generate was interrupted; Idempotency-Key 123"]
            raise error
        return value

    monkeypatch.setattr(SyncDriver, "run", run)
    ended = run_command("image", "a fox")
    assert ended.code == 130
    assert "Idempotency-Key 123" in ended.errors


@pytest.mark.parametrize("command", [["image", "a fox"], ["enhance", "a fox", "-o", "fox.txt"]])
def test_a_result_that_cannot_be_written_is_1(service, monkeypatch, command):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("deapi._core.targets.PartialFile.finish", fail)
    monkeypatch.setattr("deapi.cli.runner.replace_text", fail)
    ended = run_command(*command, "--model", "Flux1schnell")
    assert ended.code == 1
    assert "No space left on device" in ended.errors
