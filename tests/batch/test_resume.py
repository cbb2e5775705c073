"""A later run with the same journal: what it leaves alone, resumes, sends and refuses."""

import signal
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest

from deapi import JournalError
from deapi.batch.journal import Journal
from deapi.emulator import Emulator
from support.batches import FLUX, plan_foxes, submissions
from support.programs import Program

# A program that is killed. It reports each item that finishes.
PROGRAM = textwrap.dedent("""
    import sys
    from pathlib import Path
    from deapi import DeapiClient
    from support.batches import plan_foxes

    url, key, directory, count = sys.argv[1:]
    with DeapiClient(api_key=key, base_url=url) as client:
        with client.batch(Path(directory) / "run.db", concurrency=4, budget=5) as batch:
            plan_foxes(int(count), Path(directory) / "out")(batch)
            for item in batch.run():
                print(item.state, flush=True)
""")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.db"


def start(emulator, directory, count):
    """Start the program in another process."""
    arguments = [emulator.url, emulator.api_key, str(directory), str(count)]
    return Program(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )


def journal_states(path):
    with closing(Journal(path)) as journal:
        return journal.count()


def test_finished_items_are_left_alone(emulator, run_batch, path, tmp_path):
    run_batch(emulator, plan_foxes(3, tmp_path), path)
    (tmp_path / "1.png").unlink()  # moved elsewhere by the user
    requests = len(emulator.requests)
    outcome = run_batch(emulator, plan_foxes(3, tmp_path), path)
    assert outcome.finished == []
    assert outcome.states() == ["saved"] * 3
    assert outcome.items[2].path == tmp_path / "2.png"
    assert len(emulator.requests) == requests


def test_a_killed_program_is_resumed_without_a_second_submission(run_batch, tmp_path):
    with Emulator(speed=50) as emulator:
        with start(emulator, tmp_path, 10) as program:
            for finished, _ in enumerate(program.stdout, 1):
                if finished == 3:
                    break
            program.send_signal(signal.SIGKILL)
        outcome = run_batch(
            emulator, plan_foxes(10, tmp_path / "out"), tmp_path / "run.db", budget=5.0
        )
        unknown = [item for item in outcome.items if item.state == "unknown"]
        saved = [item for item in outcome.items if item.state == "saved"]
        assert outcome.error is None
        assert len(saved) + len(unknown) == 10
        assert len(outcome.finished) <= 7
        assert len({item.request_id for item in saved}) == len(saved)
        assert len(emulator.jobs) <= len(saved) + len(unknown)
        for number, item in enumerate(outcome.items):
            assert (tmp_path / "out" / f"{number}.png").exists() == (item.state == "saved")


def test_a_submission_in_flight_at_a_kill_is_unknown_and_never_sent_again(run_batch, tmp_path):
    with Emulator(polls_per_state=0) as emulator:
        emulator.inject_fault(operation="images.generate", delay=60.0, accepted=True)
        with start(emulator, tmp_path, 1) as program:
            while not submissions(emulator):
                assert program.poll() is None
            program.send_signal(signal.SIGKILL)
        emulator.clear_faults()
        plan, path = plan_foxes(1, tmp_path / "out"), tmp_path / "run.db"
        for _ in range(2):
            outcome = run_batch(emulator, plan, path)
            (item,) = outcome.items
            assert outcome.finished == []
            assert item.state == "unknown"
            assert item.arguments["prompt"] == "fox 0"
            assert item.sent_at is not None
            assert "before the outcome" in str(item.error)
            assert "may have been accepted and charged" in str(item.error)
            (request,) = submissions(emulator)
            assert request.headers["idempotency-key"] == item.idempotency_key
            assert outcome.summary.unknown == 1
        outcome = run_batch(emulator, plan, path, run={"retry_unknown": True})
        assert outcome.states() == ["saved"]
        assert len(submissions(emulator)) == 2
        # The first submission may have been charged.
        assert outcome.summary.spent == pytest.approx(2 * outcome.items[0].estimate)


def test_a_second_process_is_refused_at_once(emulator, run_batch, path):
    with closing(Journal(path)):
        outcome = run_batch_error(run_batch, emulator, path)
    assert "has opened it" in str(outcome)
    assert emulator.requests == []


def run_batch_error(run_batch, emulator, path):
    with pytest.raises(JournalError) as caught:
        run_batch(emulator, plan_foxes(1), path)
    return caught.value


def test_a_submission_without_a_response_is_unknown(emulator, run_batch, path):
    emulator.inject_fault(operation="images.generate", drop=True, accepted=True)
    outcome = run_batch(emulator, plan_foxes(3), path, concurrency=1, budget=1.0)
    assert outcome.states() == ["unknown", "done", "done"]
    assert outcome.items[0].error.possibly_accepted
    assert len(outcome.finished) == 3
    assert len(emulator.jobs) == 3
    assert outcome.summary.spent == pytest.approx(3 * outcome.items[1].estimate)
    assert run_batch(emulator, plan_foxes(3), path).finished == []
    assert len(emulator.jobs) == 3


def test_a_result_that_could_not_be_downloaded_is_saved_by_the_next_run(
    emulator, run_batch, path, tmp_path
):
    emulator.inject_fault(operation="jobs.download", status=403, times=20)
    outcome = run_batch(emulator, plan_foxes(1, tmp_path), path)
    (item,) = outcome.finished
    assert item.state == "done"
    assert "could not be downloaded" in str(item.error)
    emulator.clear_faults()
    outcome = run_batch(emulator, plan_foxes(1, tmp_path), path)
    assert outcome.states() == ["saved"]
    assert outcome.items[0].error is None
    assert len(emulator.jobs) == 1


def test_new_items_of_a_changed_program_are_added(emulator, run_batch, path):
    run_batch(emulator, plan_foxes(2), path)
    outcome = run_batch(emulator, plan_foxes(4), path)
    assert len(outcome.finished) == 2
    assert len(emulator.jobs) == 4


def test_items_that_the_program_no_longer_has_are_left_alone(emulator, run_batch, path):
    emulator.inject_fault(operation="images.generate", status=401, times=10)
    run_batch(emulator, plan_foxes(4), path, concurrency=1)
    emulator.clear_faults()
    outcome = run_batch(emulator, plan_foxes(1), path)
    assert outcome.states() == ["done", "planned", "planned", "planned"]
    assert len(emulator.jobs) == 1
    assert outcome.summary.planned == 3


def test_submitted_jobs_that_the_program_no_longer_has_are_saved_to_their_paths(
    emulator, run_batch, path, tmp_path
):
    target = tmp_path / "out" / "0.png"
    emulator.inject_fault(operation="jobs.status", status=401, times=10)
    outcome = run_batch(emulator, plan_foxes(1, tmp_path / "out"), path)
    assert outcome.states() == ["submitted"]
    emulator.clear_faults()
    outcome = run_batch(emulator, lambda batch: None, path)
    (item,) = outcome.finished
    assert (item.state, item.path) == ("saved", target)
    assert target.exists()
    assert len(emulator.jobs) == 1


def test_a_job_of_an_earlier_program_is_not_saved_to_the_path_of_another_item(
    emulator, run_batch, path, tmp_path
):
    def plan(batch, key):
        item = batch.images.generate(prompt=f"a {key} fox", seed=1, **FLUX)
        item.key(key).save(tmp_path / "fox.png")

    emulator.inject_fault(operation="jobs.status", status=401, times=10)
    outcome = run_batch(emulator, lambda batch: plan(batch, "red"), path)
    assert outcome.states() == ["submitted"]
    emulator.clear_faults()
    outcome = run_batch(emulator, lambda batch: plan(batch, "blue"), path)
    assert outcome.states() == ["saved", "done"]


def test_changed_arguments_of_an_item_that_was_not_sent_are_used(emulator, run_batch, path):
    emulator.inject_fault(operation="images.generate", status=401)
    run_batch(emulator, plan_foxes(1), path)
    outcome = run_batch(emulator, plan_foxes(1, width=512), path)
    assert outcome.states() == ["done"]
    assert submissions(emulator)[-1].fields["width"] == 512
    with closing(Journal(path)) as journal:
        assert '"width": 512' in journal.items()[0]["arguments"]


def test_changed_arguments_of_an_item_that_was_sent_are_one_error(emulator, run_batch, path):
    run_batch(emulator, plan_foxes(8), path)
    requests = len(emulator.requests)
    outcome = run_batch(emulator, plan_foxes(9, width=512), path)
    assert isinstance(outcome.error, JournalError)
    assert "key:fox-0 (done)" in str(outcome.error)
    assert len(emulator.requests) == requests
    assert journal_states(path) == {"done": 8}


def test_the_content_of_a_file_is_part_of_an_item(emulator, run_batch, path, tmp_path):
    from PIL import Image

    image = tmp_path / "photo.png"

    def plan(batch):
        batch.images.upscale(image=image, model="RealESRGAN_x4")

    Image.new("RGB", (128, 128), "teal").save(image)
    run_batch(emulator, plan, path)
    assert run_batch(emulator, plan, path).finished == []
    Image.new("RGB", (128, 128), "navy").save(image)
    outcome = run_batch(emulator, plan, path)
    assert len(outcome.finished) == 1
    assert len(emulator.jobs) == 2


def test_equal_items_are_distinguished_by_their_number(emulator, run_batch, path):
    def plan(count):
        def plan_equal(batch):
            for _ in range(count):
                batch.images.generate(prompt="a fox", seed=-1, **FLUX)

        return plan_equal

    run_batch(emulator, plan(2), path)
    assert len(run_batch(emulator, plan(3), path).finished) == 1
    assert len(emulator.jobs) == 3


def test_another_path_of_a_saved_item_is_downloaded(emulator, run_batch, path, tmp_path):
    run_batch(emulator, plan_foxes(1, tmp_path / "a"), path)
    outcome = run_batch(emulator, plan_foxes(1, tmp_path / "b"), path)
    assert outcome.states() == ["saved"]
    assert (tmp_path / "b" / "0.png").exists()
    assert len(emulator.jobs) == 1


def test_a_journal_of_another_api_version_is_refused(emulator, run_batch, path):
    run_batch(emulator, plan_foxes(1), path)
    outcome = run_batch(emulator, plan_foxes(1), path, client={"api_version": "v2"})
    assert isinstance(outcome.error, JournalError)
    assert "api_version='v1'" in str(outcome.error)
