"""A run: what is sent, yielded, saved and recorded, in both clients."""

import json
import os
import sqlite3
import struct
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from deapi import (
    AuthenticationError,
    DeapiError,
    InsufficientBalanceError,
    NotFoundError,
    ValidationError,
)
from deapi.batch import planning
from deapi.emulator import Emulator
from support.batches import FLUX, plan_foxes, prices, submissions
from support.signals import posix


def rows(path, table="items"):
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"SELECT * FROM {table}")]


def test_a_run_saves_each_result(emulator, run_batch, tmp_path):
    outcome = run_batch(emulator, plan_foxes(5, tmp_path / "new" / "directory"), concurrency=3)
    assert outcome.error is None
    assert sorted(map(id, outcome.finished)) == sorted(map(id, outcome.items))
    for number, item in enumerate(outcome.items):
        assert item.state == "saved"
        assert item.path == tmp_path / "new" / "directory" / f"{number}.png"
        with Image.open(item.path) as image:
            assert image.size == (256, 256)
        assert item.result.status == "done"
        assert item.request_id in emulator.jobs
        assert item.error is None
    assert len(emulator.jobs) == 5
    assert outcome.summary.saved == outcome.summary.done == outcome.summary.total == 5


@pytest.mark.parametrize("limit", [0, 2])
def test_a_run_has_fewer_workers_if_no_more_threads_can_be_started(
    emulator, tmp_path, monkeypatch, limit
):
    start, started = threading.Thread.start, []

    def start_workers(thread):
        if getattr(thread._target, "__name__", None) == "_work":
            if len(started) == limit:
                raise RuntimeError("can't start new thread")
            started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_workers)
    with emulator.client() as client, client.batch(tmp_path / "run.db", concurrency=4) as batch:
        plan_foxes(4)(batch)
        if limit:
            assert [item.state for item in batch.run()] == ["done"] * 4
        else:
            with pytest.raises(RuntimeError, match="can't start new thread"):
                list(batch.run())
    assert len(started) == limit
    assert len(emulator.jobs) == (4 if limit else 0)


def test_a_result_that_is_not_saved_is_in_its_item(emulator, run_batch):
    outcome = run_batch(emulator, plan_foxes(2))
    assert outcome.states() == ["done", "done"]
    assert all(item.result.result_url for item in outcome.items)
    assert outcome.items[0].path is None


def test_an_item_does_not_keep_the_headers_of_responses(emulator, run_batch):
    outcome = run_batch(emulator, plan_foxes(2))
    assert [item.result.status for item in outcome.items] == ["done", "done"]
    assert [item.result.response for item in outcome.items] == [None, None]


def test_a_directory_gets_files_named_by_their_jobs(emulator, run_batch, tmp_path):
    def plan(batch):
        for _ in range(2):
            batch.images.generate(prompt="a fox", seed=1, **FLUX).save(f"{tmp_path / 'out'}/")

    outcome = run_batch(emulator, plan, tmp_path / "run.db")
    assert {item.path.name for item in outcome.items} == {
        f"{item.request_id}.png" for item in outcome.items
    }
    assert run_batch(emulator, plan, tmp_path / "run.db").finished == []


@posix
def test_a_run_does_not_need_a_working_directory(emulator, run_batch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deleted = tmp_path / "deleted"
    deleted.mkdir()
    os.chdir(deleted)
    deleted.rmdir()
    outcome = run_batch(emulator, plan_foxes(1, tmp_path / "out"), tmp_path / "run.db")
    assert outcome.states() == ["saved"]
    assert outcome.items[0].path == tmp_path / "out" / "0.png"


def test_relative_paths_start_from_the_working_directory_at_the_beginning_of_the_run(
    emulator, run_batch, tmp_path, monkeypatch
):
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(tmp_path)
    outcome = run_batch(
        emulator,
        plan_foxes(3, Path("out")),
        concurrency=1,
        on_item=lambda _: monkeypatch.chdir(other),
    )
    assert outcome.states() == ["saved"] * 3
    assert [item.path for item in outcome.items] == [
        Path(f"out/{number}.png") for number in range(3)
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.png", "1.png", "2.png"]


def test_the_journal_has_every_step(emulator, run_batch, tmp_path):
    path = tmp_path / "run.db"

    def plan(batch):
        item = batch.images.generate(prompt="a fox", seed=1, **FLUX)
        item.key("fox").save(tmp_path / "fox.png").tag(animal="fox")

    outcome = run_batch(emulator, plan, path)
    (row,), (submission,) = rows(path), rows(path, "submissions")
    (item,) = outcome.items
    assert row["identity"] == "key:fox"
    assert (row["state"], row["path"]) == ("saved", str(tmp_path / "fox.png"))
    assert json.loads(row["arguments"]) == item.arguments
    assert json.loads(row["tags"]) == {"animal": "fox"}
    assert row["planned_at"] <= row["sent_at"] <= row["submitted_at"] <= row["finished_at"]
    assert row["request_id"] == submission["request_id"] == item.request_id
    assert submission["outcome"] == "done"
    (request,) = submissions(emulator)
    sent = request.headers["idempotency-key"]
    assert sent == row["idempotency_key"] == submission["idempotency_key"] == item.idempotency_key


def test_the_journal_contains_no_secret(run_batch, tmp_path):
    path = tmp_path / "run.db"

    def plan(batch):
        batch.images.generate(
            prompt="a fox",
            seed=1,
            webhook_url="https://example.com/hook",
            webhook_secret="secret-of-the-webhook-" + "s" * 32,
            **FLUX,
        )

    with Emulator(polls_per_state=0) as emulator:
        outcome = run_batch(emulator, plan, path, client={"api_version": "v2"})
        assert outcome.states() == ["done"]
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"a fox" in files
    assert b"secret-of-the-webhook" not in files
    assert emulator.api_key.encode() not in files
    assert emulator.api_key.partition("|")[2].encode() not in files


def test_an_error_of_one_item_does_not_stop_the_others(emulator, run_batch, tmp_path):
    def plan(batch):
        plan_foxes(2)(batch)
        wrong = {**FLUX, "model": "NoSuchModel"}
        batch.images.generate(prompt="wrong", seed=1, **wrong).key("wrong")
        batch.images.upscale(image=tmp_path / "fox.png", model="RealESRGAN_x4").key("gone")
        batch.images.generate(prompt="right", seed=1, **FLUX).key("right")

    (tmp_path / "fox.png").write_bytes(b"not an image")
    outcome = run_batch(emulator, plan, tmp_path / "run.db")
    assert outcome.error is None
    assert outcome.states() == ["done", "done", "failed", "failed", "done"]
    assert isinstance(outcome.items[2].error, ValidationError)
    assert len(outcome.finished) == 5
    assert outcome.summary.failed == 2
    # Failed items are finished. A later run leaves them alone.
    later = run_batch(emulator, plan, tmp_path / "run.db")
    assert later.finished == []
    assert "model" in str(later.items[2].error)


def test_a_job_that_fails_is_a_failed_item(emulator, run_batch):
    emulator.fail_jobs(times=1, error_code="WORKER_ERROR", retryable=False, refunded=True)
    outcome = run_batch(emulator, plan_foxes(3), concurrency=1, budget=1.0)
    assert outcome.states().count("failed") == 1
    (failed,) = [item for item in outcome.items if item.state == "failed"]
    assert "WORKER_ERROR" in str(failed.error)
    assert failed.result.status == "error"
    price = outcome.items[0].estimate
    assert outcome.summary.spent == pytest.approx(2 * price)


def test_a_job_that_the_service_does_not_know_is_a_failed_item(emulator, run_batch, tmp_path):
    path = tmp_path / "run.db"
    emulator.inject_fault(operation="jobs.status", status=404)
    outcome = run_batch(emulator, plan_foxes(3), path, concurrency=1)
    assert outcome.error is None
    assert outcome.states() == ["failed", "done", "done"]
    assert isinstance(outcome.items[0].error, NotFoundError)
    later = run_batch(emulator, plan_foxes(3), path)
    assert later.finished == []
    assert later.states() == ["failed", "done", "done"]


UNAUTHENTICATED = {"status": 401, "body": {"message": "Unauthenticated."}}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (UNAUTHENTICATED, AuthenticationError),
        ({**UNAUTHENTICATED, "operation": "images.generate_price"}, AuthenticationError),
        (
            {"status": 422, "body": {"message": "No.", "errors": {"balance": ["Not enough."]}}},
            InsufficientBalanceError,
        ),
    ],
)
def test_an_error_of_the_account_stops_the_run(emulator, run_batch, tmp_path, fault, error):
    path = tmp_path / "run.db"
    emulator.inject_fault(**{"operation": "images.generate", "times": 50, **fault})
    outcome = run_batch(emulator, plan_foxes(12), path, concurrency=4)
    assert isinstance(outcome.error, error)
    assert set(outcome.states()) == {"planned"}
    assert len(submissions(emulator)) <= 4
    emulator.clear_faults()
    assert run_batch(emulator, plan_foxes(12), path, concurrency=4).summary.done == 12


def test_prices_are_requested_once_for_each_kind_of_item(emulator, run_batch):
    def plan(batch):
        plan_foxes(10)(batch)
        for number in range(10):
            sizes = {**FLUX, "width": 512}
            batch.images.generate(prompt=f"wide {number}", seed=number, **sizes)

    outcome = run_batch(emulator, plan, concurrency=8)
    assert len(prices(emulator)) == 2
    assert outcome.items[0].estimate < outcome.items[-1].estimate
    total = sum(item.estimate for item in outcome.items)
    assert outcome.summary.spent == pytest.approx(total)
    assert 100 - emulator.balance == pytest.approx(total)


def test_the_price_that_the_service_reports_is_kept_beside_the_estimate(run_batch):
    with Emulator(polls_per_state=0) as emulator:
        outcome = run_batch(emulator, plan_foxes(1), client={"api_version": "v2"})
    (item,) = outcome.items
    assert item.estimate == pytest.approx(item.price)


def test_each_resource_runs_jobs(emulator, run_batch, tmp_path):
    image = tmp_path / "fox.png"
    Image.new("RGB", (256, 256), "teal").save(image)

    def plan(batch):
        batch.images.upscale(image=image, model="RealESRGAN_x4")
        batch.ocr.extract(image=image, model="Nanonets_Ocr_S_F16")
        batch.embeddings.create(input="a fox", model="Bge_M3_FP16", return_result_in_response=True)
        batch.audio.synthesize(
            text="a fox",
            model="Kokoro",
            lang="en-us",
            format="mp3",
            speed=1,
            sample_rate=24000,
            voice="af_bella",
        )

    outcome = run_batch(emulator, plan, budget=1.0)
    assert [str(item.error) for item in outcome.items] == ["None"] * 4
    assert outcome.states() == ["done"] * 4
    assert outcome.items[2].result.embeddings()
    assert all(item.estimate > 0 for item in outcome.items)


def test_a_batch_without_items_ends_at_once(emulator, run_batch):
    outcome = run_batch(emulator, lambda batch: None)
    assert outcome.finished == []
    assert str(outcome.summary) == "0 items: nothing; $0.0000 spent."
    assert emulator.requests == []


def test_a_batch_can_run_several_times(emulator):
    with emulator.client() as client, client.batch() as batch:
        plan_foxes(2)(batch)
        assert len(list(batch.run())) == 2
        later = batch.images.generate(prompt="a hare", seed=1, **FLUX)
        assert list(batch.run()) == [later]
        assert list(batch.run()) == []
        assert batch.summary().done == 3
    assert len(emulator.jobs) == 3


def test_an_item_that_is_planned_while_a_run_begins_is_sent_by_the_next_one(emulator, monkeypatch):
    with emulator.client() as client, client.batch() as batch:
        plan_foxes(2)(batch)

        def plan_another(*_):  # as another thread may
            monkeypatch.undo()
            batch.images.generate(prompt="a hare", seed=1, **FLUX)

        monkeypatch.setattr(planning, "_validate_version", plan_another)
        assert len(list(batch.run())) == 2
        assert [item.arguments["prompt"] for item in batch.run()] == ["a hare"]


def test_two_runs_at_once_are_refused(emulator):
    with emulator.client() as client, client.batch() as batch:
        plan_foxes(3)(batch)
        running = batch.run()
        next(running)
        with pytest.raises(DeapiError, match="running already"):
            next(batch.run())
        assert len(list(running)) == 2


def test_two_items_with_one_key_or_path_are_refused(emulator, run_batch, tmp_path):
    def same_keys(batch):
        for seed in range(2):
            batch.images.generate(prompt="a fox", seed=seed, **FLUX).key("fox")

    def same_paths(batch):
        for seed in range(2):
            item = batch.images.generate(prompt="a fox", seed=seed, **FLUX)
            item.key(str(seed)).save(tmp_path / "fox.png")

    for plan in (same_keys, same_paths):
        outcome = run_batch(emulator, plan)
        assert isinstance(outcome.error, ValueError)
        assert "fox" in str(outcome.error)
    assert emulator.requests == []


@posix
def test_two_items_with_one_file_are_refused_however_their_paths_are_written(
    emulator, run_batch, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linked").symlink_to(tmp_path)
    (tmp_path / "link.png").symlink_to("fox.png")
    paths = ("./fox.png", tmp_path / "fox.png", "linked/fox.png", "new/../fox.png", "link.png")
    for other in paths:

        def plan(batch, other=other):
            batch.images.generate(prompt="a fox", seed=1, **FLUX).save("fox.png")
            batch.images.generate(prompt="a fox", seed=2, **FLUX).key("other").save(other)

        outcome = run_batch(emulator, plan)
        assert isinstance(outcome.error, ValueError)
        assert "the same path" in str(outcome.error)
    assert emulator.requests == []


@posix
@pytest.mark.parametrize("name", ["x" * 300 + ".png", "loop.png", "pipe", "fox\0.png", "run.db"])
def test_a_path_that_cannot_be_saved_to_is_an_error_before_anything_is_sent(
    emulator, run_batch, tmp_path, name
):
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    os.mkfifo(tmp_path / "pipe")

    def plan(batch):
        plan_foxes(1)(batch)
        batch.images.generate(prompt="a fox", seed=1, **FLUX).save(tmp_path / name)

    outcome = run_batch(emulator, plan, tmp_path / "run.db")
    assert isinstance(outcome.error, (OSError, ValueError))
    assert emulator.requests == []


PROGRAM = """
import sys
from deapi import DeapiClient
from support.batches import plan_foxes

with DeapiClient() as client, client.batch() as batch:
    plan_foxes(2)(batch)
    print(len(list(batch.run(progress=True))))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_progress_bar_counts_the_items_in_a_terminal(emulator):
    import fcntl
    import pty
    import termios

    settings = {"DEAPI_BASE_URL": emulator.url, "DEAPI_API_KEY": emulator.api_key}
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    environ = {**os.environ, **settings, "PYTHONPATH": ":".join(sys.path)}
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=terminal,
        check=True,
        timeout=100,
    ).stdout
    os.close(terminal)
    assert output == b"2\n"
    shown = os.read(screen, 100_000)
    os.close(screen)
    assert b"batch: 100%" in shown
    assert b"2/2" in shown


def test_no_progress_bar_is_drawn_in_a_file(emulator, run_batch, capsys):
    run_batch(emulator, plan_foxes(1), run={"progress": True})
    assert capsys.readouterr().err == ""
