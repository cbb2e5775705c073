"""``deapi batch``: many jobs from a file, with a journal."""

import contextlib
import errno
import json
import os
import signal
import sqlite3
import time

import pytest

from deapi.batch.journal import Journal
from deapi.cli.batch_lines import OWN_NAMES, operations
from deapi.cli.signatures import find_method, options_of
from deapi.cli.tasks import TASKS
from deapi.emulator import Emulator
from support.shell import in_terminal, run_command, start

FOX = {
    "operation": "image",
    "prompt": "a fox",
    "model": "Flux1schnell",
    "width": 256,
    "height": 256,
    "steps": 4,
    "seed": 1,
}
FOXES = [FOX | {"save": f"foxes/{number}.png", "seed": number} for number in range(3)]


def write(directory, lines, name="foxes.jsonl"):
    """Write a file of lines, which are objects or strings."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in lines]
    (directory / name).write_text("\n".join(texts))
    return name


def submissions(service):
    return [each for each in service.requests if each.sdk_operation == "images.generate"]


def test_the_jobs_of_a_file_are_saved_and_a_second_run_submits_none(service, directory):
    name = write(directory, FOXES)
    ended = run_command("batch", "run", name, "--journal", "run.db", "--budget", "1")
    assert ended.code == 0
    assert sorted(ended.output.splitlines()) == [f"foxes/{number}.png" for number in range(3)]
    assert "3 items: 3 done" in ended.errors
    again = run_command("batch", "run", name, "--journal", "run.db", "--budget", "1")
    assert (again.code, again.output) == (0, "")
    assert len(service.jobs) == 3


def test_another_directory_saves_the_results_again_and_submits_nothing(service, directory):
    name = write(directory, [FOXES[0], FOX | {"operation": "images.generate"}])
    for output in ("one", "two"):
        ended = run_command("batch", "run", name, "--journal", "run.db", "-o", output)
        assert ended.code == 0
        saved = [job for job in service.jobs if (directory / output / f"{job}.png").exists()]
        assert len(saved) == 1
        assert (directory / output / "foxes" / "0.png").exists()
    assert len(service.jobs) == 2


def test_files_are_relative_to_the_file_of_the_batch(service, directory):
    (directory / "data").mkdir()
    (directory / "photo.png").rename(directory / "data" / "photo.png")
    line = {"operation": "upscale", "image": "photo.png", "model": "RealESRGAN_x4"}
    write(directory / "data", [line | {"save": "big.png"}])
    assert run_command("batch", "run", "data/foxes.jsonl").output == "big.png\n"
    write(directory, [line])
    missing = run_command("batch", "run", "foxes.jsonl")
    assert missing.code == 2
    assert "Line 1: image: there is no file photo.png" in missing.errors


def test_lines_are_read_from_standard_input(service, directory):
    content = "\n\n".join(map(json.dumps, FOXES)).encode()
    ended = run_command("batch", "run", "-", "-q", stdin=content)
    assert (ended.code, ended.errors) == (0, "")
    assert len(ended.output.splitlines()) == 3


def test_json_has_one_object_for_each_job(service, directory):
    service.fail_jobs(retryable=False)
    name = write(directory, [FOXES[0] | {"key": "first", "tags": {"animal": "fox"}}, FOXES[1]])
    ended = run_command("batch", "run", name, "--json", "--concurrency", "1")
    first, second = (json.loads(line) for line in ended.output.splitlines())
    assert ended.code == 1
    assert "failed" in first.pop("error")
    assert first == {
        "command": "image",
        "input": "a fox",
        "model": "Flux1schnell",
        "id": next(iter(service.jobs)),
        "status": "error",
        "file": None,
        "text": None,
        "price": None,
        "line": 1,
        "key": "first",
        "tags": {"animal": "fox"},
    }
    assert (second["status"], second["file"]) == ("done", "foxes/1.png")
    task = run_command("image", "a fox", "--json", "-o", "one.png")
    assert {*json.loads(task.output)} < {*second}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[1]", "JSON object"),
        ({}, "operation is missing"),
        ({"operation": "imag"}, "Did you mean 'image'?"),
        ({"operation": "enhance"}, "unknown operation"),
        ({"operation": "images.generate_price"}, "unknown operation"),
        ({"operation": "image"}, "requires prompt, model, width, height, seed"),
        (FOX | {"widht": 1}, "Did you mean 'width'?"),
        (FOX | {"width": "256"}, "width: "),
        (FOX | {"seed": True}, "seed: "),
        (FOX | {"loras": [1]}, "loras: "),
        (FOX | {"save": ""}, "save must be"),
        (FOX | {"save": "fox.mp4"}, "png, jpg, webp"),
        (FOX | {"key": 1}, "key must be"),
        (FOX | {"key": "x" * 501}, "500 characters"),
        (FOX | {"tags": [1]}, "tags must be"),
        (FOX | {"tags": {"a": [1]}}, "a must be"),
        (FOX | {"save": "one.png"}, "save is 'one.png', as in line 1"),
        (FOX | {"save": "photo.png"}, "photo.png exists. Pass --force"),
        ({"operation": "upscale", "model": "x", "image": 1}, "image must be the path of a file"),
        (FOX | {"webhook_secret": 12345}, "webhook_secret: Input should be a valid string."),
        (FOX | {"webhook_secret": "secret-of-mine"}, "webhook_url"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 60 else "",
)
def test_an_invalid_line_is_named_and_nothing_is_submitted(service, directory, line, expected):
    name = write(directory, [FOX | {"save": "one.png"}, line])
    ended = run_command("batch", "run", name)
    assert (ended.code, ended.output) == (2, "")
    assert "deapi: Line 2: " in ended.errors
    assert expected in ended.errors
    assert "1 of 2 lines are invalid. Nothing was submitted." in ended.errors
    assert "secret-of-mine" not in ended.errors
    assert not service.requests


def test_each_invalid_line_is_named(service, directory):
    name = write(directory, [FOX | {"width": "wide"}] * 12)
    errors = run_command("batch", "run", name).errors
    assert errors.count("deapi: Line ") == 10
    assert "12 of 12 lines are invalid" in errors


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", "no lines"), (b"\xff", "UTF-8"), (None, "foxes.jsonl")]
)
def test_a_file_without_lines_is_rejected(service, directory, content, expected):
    if content is not None:
        (directory / "foxes.jsonl").write_bytes(content)
    ended = run_command("batch", "run", "foxes.jsonl")
    assert ended.code == 2
    assert expected in ended.errors


def test_no_method_has_an_argument_with_a_name_of_the_file():
    from deapi import DeapiClient

    for name in operations():
        method = TASKS[name].method if name in TASKS else name
        assert not {*OWN_NAMES} & {*options_of(find_method(DeapiClient, method))}


def test_a_line_separator_in_a_string_does_not_end_a_line(service, directory):
    name = write(directory, [json.dumps(FOX | {"prompt": "a\u2028b"}, ensure_ascii=False)])
    assert run_command("batch", "run", name).code == 0
    [job] = service.jobs.values()
    assert job.fields["prompt"] == "a\u2028b"


def test_an_argument_of_one_api_version_selects_it_for_all_lines(service, directory):
    line = {"operation": "transcribe", "source_file": "talk.mp3", "model": "WhisperLargeV3Ct2"}
    name = write(directory, [FOXES[0], line | {"diarize": True, "save": "talk.srt"}])
    assert run_command("batch", "run", name).code == 0
    assert {each.path.partition("/api/")[2][:2] for each in service.requests} >= {"v2"}
    assert not [each for each in service.requests if each.path.startswith("/api/v1")]
    explicit = run_command("batch", "run", name, "-o", "b", "--api-version", "v1")
    assert explicit.code == 2
    assert "Line 2: " in explicit.errors
    assert "--api-version v2" in explicit.errors


def test_the_format_of_the_path_is_requested_from_the_service(service, directory):
    line = {"operation": "music", "caption": "calm", "model": "AceStep_1_5_Turbo", "duration": 10}
    line |= {"inference_steps": 8, "guidance_scale": 1, "seed": 1, "save": "calm.flac"}
    run_command("batch", "run", write(directory, [line]))
    [request] = [each for each in service.requests if each.sdk_operation == "audio.compose"]
    assert request.fields["format"] == "flac"


def test_an_existing_file_is_replaced_with_force(service, directory):
    name = write(directory, [FOX | {"save": "photo.png"}])
    assert run_command("batch", "run", name, "--force").code == 0
    assert len(service.jobs) == 1


def test_a_used_up_budget_is_3_and_the_command_continues_with_a_larger_one(service, directory):
    name = write(directory, FOXES)
    ended = run_command("batch", "run", name, "--journal", "run.db", "--budget", "0.0005")
    assert ended.code == 3
    assert "2 planned" in ended.errors
    assert "Run the command again with a larger budget" in ended.errors
    assert run_command("batch", "run", name, "--journal", "run.db", "--budget", "1").code == 0
    assert len(service.jobs) == 3


def test_an_empty_balance_is_3_and_the_rest_stays_planned(service, directory):
    service.balance = 0
    ended = run_command("batch", "run", write(directory, FOXES), "--journal", "run.db")
    assert ended.code == 3
    assert "3 items: 3 planned" in ended.errors


def test_an_outage_is_4(service, directory):
    service.inject_fault(operation="images.generate", status=503, times=100)
    name = write(directory, [FOX])
    ended = run_command("batch", "run", name, "--json")
    assert ended.code == 4
    assert json.loads(ended.output)["status"] == "planned"


def test_an_unknown_item_is_5_and_is_submitted_again_only_on_request(service, directory):
    service.inject_fault(operation="images.generate", accepted=True, drop=True)
    arguments = ("batch", "run", write(directory, [FOX]), "--journal", "run.db")
    for _ in range(2):
        ended = run_command(*arguments)
        assert ended.code == 5
        assert "--retry-unknown" in ended.errors
    assert len(submissions(service)) == 1
    shown = run_command("batch", "show", "run.db")
    assert shown.output.startswith("unknown  images.generate  ")
    assert run_command(*arguments, "--retry-unknown").code == 0
    assert len(submissions(service)) == 2


def test_a_run_that_fails_names_the_jobs_that_continue(own_settings, directory, monkeypatch):
    upscale = {"operation": "upscale", "image": "photo.png", "model": "RealESRGAN_x4"}
    name = write(directory, [FOX, upscale])
    with Emulator(polls_per_state=1_000_000) as emulator:
        monkeypatch.setenv("DEAPI_BASE_URL", emulator.url)
        monkeypatch.setenv("DEAPI_API_KEY", emulator.api_key)
        emulator.inject_fault(operation="images.upscale", status=401, delay=1)
        ended = run_command("batch", "run", name)
        assert ended.code == 3
        for job in emulator.jobs:
            assert f"`deapi jobs save {job}`" in ended.errors


def test_a_reader_that_ends_early_ends_the_run(service, directory):
    name = write(directory, FOXES)
    with start(["-m", "deapi", "batch", "run", name, "--journal", "run.db"]) as process:
        process.stdout.close()
        errors = process.stderr.read().decode()
        assert process.wait(timeout=60) == 1
    assert "Run the same command again" in errors
    assert "Traceback" not in errors


def test_a_changed_line_that_was_sent_is_rejected(service, directory):
    name = write(directory, [FOXES[0]])
    assert run_command("batch", "run", name, "--journal", "run.db").code == 0
    write(directory, [FOXES[0] | {"seed": 9}])
    ended = run_command("batch", "run", name, "--journal", "run.db")
    assert ended.code == 2
    assert "Nothing was sent" in ended.errors
    assert len(service.jobs) == 1


def test_an_error_after_a_submission_is_not_2(service, directory, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("deapi._core.targets.PartialFile.finish", fail)
    ended = run_command("batch", "run", write(directory, [FOX]))
    assert ended.code == 1
    assert "No space left" in ended.errors
    assert "1 items: 1 done" in ended.errors


def test_a_journal_in_use_is_an_error(service, directory):
    opened = Journal("run.db")
    try:
        for command in (["run", write(directory, [FOX]), "--journal"], ["show"]):
            ended = run_command("batch", *command, "run.db")
            assert ended.code == 2
            assert "run.db" in ended.errors
    finally:
        opened.close()
    assert not service.jobs


def test_a_journal_is_shown_without_a_key(service, directory, monkeypatch):
    service.fail_jobs(retryable=False)
    name = write(directory, [FOX | {"key": "first"}, FOXES[1]])
    run_command("batch", "run", name, "--journal", "run.db", "--concurrency", "1")
    monkeypatch.delenv("DEAPI_API_KEY")
    lines = run_command("batch", "show", "run.db").output.splitlines()
    assert lines[0].startswith("failed  images.generate  first  Job ")
    assert lines[1].startswith("2 items: 1 done, 1 failed")
    shown = run_command("batch", "show", "run.db", "--json").output.splitlines()
    assert [json.loads(line)["key"] for line in shown] == ["first", "foxes/1.png"]
    # The process was killed while it was sending.
    with contextlib.closing(sqlite3.connect("run.db")) as database:
        database.execute("UPDATE items SET state = 'sending' WHERE id = 1")
        database.commit()
    killed = run_command("batch", "show", "run.db").output
    assert killed.startswith("unknown  ")
    assert "1 unknown" in killed


def test_a_journal_that_does_not_exist_is_not_created(directory):
    ended = run_command("batch", "show", "run.db")
    assert ended.code == 2
    assert not (directory / "run.db").exists()


@pytest.mark.parametrize("where", ["pipe", "terminal"])
@pytest.mark.parametrize("journal", ["run.db", None])
def test_ctrl_c_says_how_to_resume(directory, where, journal):
    name = write(directory, FOXES[:1])
    with Emulator(polls_per_state=1_000_000) as emulator, contextlib.ExitStack() as stack:
        env = {"DEAPI_BASE_URL": emulator.url, "DEAPI_API_KEY": emulator.api_key}
        arguments = ["-m", "deapi", "batch", "run", name]
        arguments += [] if journal is None else ["--journal", journal]
        if where == "terminal":
            process, screen = stack.enter_context(in_terminal(*arguments, env=env))
            seen = ""
            while "0 of 1" not in seen:
                seen += next(screen)
        else:
            process = stack.enter_context(start(arguments, env=env))
            screen = iter(lambda: os.read(process.stderr.fileno(), 65536).decode(), "")
            stack.callback(process.kill)
        end = time.monotonic() + 60
        while not emulator.jobs:
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        seen = "".join(screen)
        assert process.wait(timeout=60) == 130
        [job] = emulator.jobs
    expected = "Run the same command again" if journal else f"`deapi jobs save {job}`"
    assert expected in seen
    assert "1 items: 1 submitted" in seen
    assert "Traceback" not in seen
