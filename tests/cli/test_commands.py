"""The commands that are not tasks: account, catalogue, jobs, and any method of the client."""

import json
import time

import pytest

from deapi.cli.method_commands import method_names
from support.operations import OPERATIONS
from support.shell import run_command, start


def test_balance_is_in_dollars_and_in_json(service):
    service.balance = 12.5
    assert run_command("balance").output == "$12.50\n"
    assert json.loads(run_command("balance", "--json").output) == {"balance": 12.5}


def test_models_are_one_line_each(service):
    lines = run_command("models", "remove-background").output.splitlines()
    assert lines == ["Ben2  img-rmbg"]
    assert len(run_command("models").output.splitlines()) > 20
    records = [
        json.loads(line) for line in run_command("models", "img-rmbg", "--json").output.splitlines()
    ]
    assert [record["slug"] for record in records] == ["Ben2"]


def test_an_unknown_task_is_rejected_with_the_known_ones(service):
    ended = run_command("models", "nope")
    assert ended.code == 2
    assert "txt2img" in ended.errors
    assert not service.requests


def test_a_model_is_shown_as_json(service):
    found = json.loads(run_command("models", "show", "Kokoro").output)
    assert found["languages"][0]["voices"]
    missing = run_command("models", "show", "Kokoroo")
    assert missing.code == 2
    assert "'Kokoro'" in missing.errors


def test_the_usage_and_the_keys_need_no_api_version(service):
    report = json.loads(run_command("usage", "--group-by", "model", "--json").output)
    assert report["group_by"] == "model"
    created = json.loads(run_command("keys", "create", "--name", "ci", "--limit", "3").output)
    assert created["secret"]
    number = str(created["id"])
    run_command("keys", "update", number, "--limit", "none", "--no-active")
    changed = json.loads(run_command("keys", "get", number).output)
    assert (changed["limit"], changed["status"]) == (None, "revoked")
    assert run_command("keys", "delete", number).code == 0
    listed = json.loads(run_command("keys", "list", "--json").output)
    assert created["id"] not in [key["id"] for key in listed["data"]]


def test_the_usage_is_a_table_with_totals(service):
    run_command("upscale", "photo.png", "-o", "big.png")
    lines = run_command("usage", "--group-by", "model").output.splitlines()
    cost = f"${100 - service.balance:.6f}".rstrip("0")
    assert lines[0].count("-") == 4  # two dates
    assert [line.split() for line in lines[2:]] == [
        ["model", "cost", "requests", "errors"],
        ["RealESRGAN_x4", cost, "1", "0"],
        ["total", cost, "1", "0"],
    ]


def test_the_keys_are_a_table_that_names_its_page(service):
    run_command("keys", "create", "--name", "ci", "--limit", "3", "--reset-interval", "daily")
    head, newest, first = run_command("keys", "list").output.splitlines()
    assert head.split() == [
        "id",
        "name",
        "role",
        "status",
        "spent",
        "limit",
        "reset",
        "last",
        "used",
    ]
    assert newest.split()[1:] == ["ci", "api", "active", "$0.00", "$3.00", "daily"]
    assert first.split()[1:5] == ["default", "admin", "active", "$0.00"]
    lines = run_command("keys", "list", "--per-page", "1").output.splitlines()
    assert lines[-1] == "Page 1 of 2. Select another one with --page."


def test_an_option_that_clears_a_value_is_a_number_or_none(service):
    ended = run_command("keys", "update", "1", "--limit", "much")
    assert ended.code == 2
    assert "--limit must be float or none" in ended.errors


def test_the_own_key_is_never_in_the_output(service):
    for arguments in (["keys", "list"], ["call", "current_key.get"], ["balance"]):
        ended = run_command(*arguments)
        assert service.api_key.partition("|")[2] not in ended.output + ended.errors


def test_call_reaches_every_operation():
    callable_names = set(method_names())
    expected = {name for name in OPERATIONS if not name.startswith(("jobs.", "realtime."))}
    assert expected <= callable_names, expected - callable_names


@pytest.mark.parametrize("name", method_names())
def test_each_method_has_help(name):
    ended = run_command("call", name, "--help")
    assert ended.code == 0, ended.errors
    assert f"deapi call {name}" in ended.output


def test_call_submits_a_job_with_the_arguments_of_the_method(service, directory):
    ended = run_command(
        *("call", "images.generate", "--prompt", "a fox", "--model", "Flux1schnell"),
        *("--width", "512", "--height", "512", "--seed", "-1", "--steps", "4", "--json"),
    )
    assert [json.loads(ended.output)["request_id"]] == list(service.jobs)
    missing = run_command("call", "images.generate", "--prompt", "a fox")
    assert missing.code == 2
    assert "--model" in missing.errors


def test_call_prints_each_item_of_an_iterator_on_one_line(service):
    lines = run_command("call", "models.iterate", "--inference-types", "img-rmbg").output
    assert [json.loads(line)["slug"] for line in lines.splitlines()] == ["Ben2"]


def test_price_has_the_arguments_of_the_task(service, directory):
    ended = run_command("price", "image", "a fox", "--width", "512")
    assert ended.code == 0
    assert ended.output == run_command("image", "a fox", "--width", "512", "--price").output
    assert not service.jobs


@pytest.fixture
def job(service, directory):
    """The ID of a job that was submitted."""
    return run_command("image", "a fox", "--no-wait").output.strip()


def test_a_job_is_read_waited_for_and_watched(job):
    assert json.loads(run_command("jobs", "get", job).output)["status"] == "done"
    assert json.loads(run_command("jobs", "wait", job, "--json").output)["status"] == "done"
    assert run_command("jobs", "watch", job).output == "done 100 %\n"


def test_a_job_is_saved_to_a_file_a_directory_and_standard_output(job, directory):
    assert run_command("jobs", "save", job).output == f"{job}.png\n"
    assert run_command("jobs", "save", job, "-o", "fox.webp").output == "fox.webp\n"
    assert run_command("jobs", "save", job, "-o", "-", "-f", "jpg").content[:2] == b"\xff\xd8"
    assert (directory / f"{job}.png").exists()
    refused = run_command("jobs", "save", job, "-o", "fox.webp")
    assert refused.code == 2
    assert "--force" in refused.errors
    assert run_command("jobs", "save", job, "-o", "fox.webp", "--force").code == 0


def test_a_transcription_is_saved_as_subtitles(service, directory):
    job = run_command("transcribe", "talk.mp3", "--no-wait").output.strip()
    assert run_command("jobs", "save", job, "-o", "talk.vtt").code == 0
    assert (directory / "talk.vtt").read_text().startswith("WEBVTT")
    assert "-->" in run_command("jobs", "save", job, "-o", "-", "-f", "srt").output


def test_a_failed_job_is_1_in_each_command(service, directory):
    service.fail_jobs()
    job = run_command("image", "a fox", "--no-wait").output.strip()
    assert run_command("jobs", "get", job).code == 0
    for command in ("wait", "watch", "save"):
        assert run_command("jobs", command, job).code == 1


def test_an_unknown_job_is_2(service):
    ended = run_command("jobs", "wait", "11111111-2222-3333-4444-555555555555")
    assert ended.code == 2


def test_an_interrupted_wait_says_how_to_resume(job, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        error = KeyboardInterrupt()
        error.__notes__ = [f"job {job} continues; resume with client.job('{job}')"]
        raise error

    monkeypatch.setattr("deapi.Job.wait", interrupt)
    ended = run_command("jobs", "wait", job)
    assert ended.code == 130
    assert f"`deapi jobs save {job}`" in ended.errors


def test_the_emulator_has_its_own_options():
    with start(["-m", "deapi", "emulator", "--help"]) as process:
        output, _ = process.communicate(timeout=60)
    assert b"--polls-per-state" in output


def test_balance_takes_hardly_longer_than_in_python(service):
    script = "import deapi; print(deapi.DeapiClient().balance())"
    best = {}
    for _ in range(2):
        for name, arguments in (("python", ["-c", script]), ("deapi", ["-m", "deapi", "balance"])):
            started = time.perf_counter()
            with start(arguments) as process:
                process.communicate(timeout=60)
            assert process.returncode == 0
            best[name] = min(best.get(name, 1e9), time.perf_counter() - started)
    # The budget is 1.5, measured on an idle machine.
    assert best["deapi"] < 2.5 * best["python"], best
