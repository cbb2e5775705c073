"""Ctrl-C, SIGTERM and cancelling: what is being sent is recorded, and a later run continues."""

import asyncio
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import aclosing, closing

import pytest
from PIL import Image

from deapi import AsyncDeapiClient, DeapiError
from deapi.batch.journal import Journal
from deapi.emulator import Emulator
from support.batches import plan_foxes, submissions
from support.programs import Program
from support.signals import posix

PROGRAMS = {
    "sync": """
        import sys
        from pathlib import Path
        from deapi import DeapiClient
        from support.batches import plan_foxes

        url, key, directory = sys.argv[1:]
        with DeapiClient(api_key=key, base_url=url) as client:
            with client.batch(Path(directory) / "run.db", concurrency=3) as batch:
                plan_foxes(6, Path(directory) / "out")(batch)
                for item in batch.run():
                    print(item.state, flush=True)
    """,
    "async": """
        import asyncio
        import sys
        from pathlib import Path
        from deapi import AsyncDeapiClient
        from support.batches import plan_foxes

        async def main(url, key, directory):
            async with AsyncDeapiClient(api_key=key, base_url=url) as client:
                async with client.batch(Path(directory) / "run.db", concurrency=3) as batch:
                    plan_foxes(6, Path(directory) / "out")(batch)
                    async for item in batch.run():
                        print(item.state, flush=True)

        asyncio.run(main(*sys.argv[1:]))
    """,
}
DEADLINE = 60.0


def wait_until(condition):
    """Wait for a condition."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def start(emulator, directory, client_type):
    """Start the program of a user."""
    program = textwrap.dedent(PROGRAMS[client_type])
    return Program(
        [sys.executable, "-c", program, emulator.url, emulator.api_key, str(directory)],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# A loop that is left without its end: the iterator still exists when the interpreter exits.
UNFINISHED = """
    import gc
    import os
    import signal
    import sys
    import time
    from pathlib import Path
    from deapi import DeapiClient
    from support.batches import plan_foxes

    url, key, directory, *fork = sys.argv[1:]
    client = DeapiClient(api_key=key, base_url=url)
    batch = client.batch(Path(directory) / "run.db", concurrency=3)
    plan_foxes(12, Path(directory) / "out")(batch)
    running = batch.run()
    next(running)
    while not batch._run.is_sending:
        time.sleep(0.001)
    if fork:
        child = os.fork()
        if not child:
            if fork == ["collected"]:
                del running, batch
                gc.collect()
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        next(running)
        print("forked", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def run_unfinished(emulator, directory, *arguments):
    program = textwrap.dedent(UNFINISHED)
    return subprocess.run(
        [sys.executable, "-c", program, emulator.url, emulator.api_key, str(directory), *arguments],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def count_states(path):
    with closing(Journal(path)) as journal:
        return journal.count()


def finish(run_batch, emulator, directory):
    """Run the program again to its end."""
    outcome = run_batch(emulator, plan_foxes(6, directory / "out"), directory / "run.db")
    assert outcome.error is None
    assert outcome.states() == ["saved"] * 6
    assert len(emulator.jobs) == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_submission_in_flight_is_recorded_before_the_program_ends(run_batch, tmp_path, number):
    with Emulator(polls_per_state=0) as emulator:
        # One job is accepted, and the response to the next submission takes a while.
        emulator.inject_fault(operation="images.generate", delay=2.0, accepted=True)
        with start(emulator, tmp_path, run_batch.client_type) as program:
            wait_until(lambda: submissions(emulator))
            program.send_signal(number)
            _, errors = program.communicate(timeout=DEADLINE)
        states = count_states(tmp_path / "run.db")
        assert "sending" not in states
        assert "unknown" not in states
        assert states["submitted"] == len(emulator.jobs) == 1
        assert program.returncode != 0
        if number == signal.SIGTERM:
            assert program.returncode == 128 + signal.SIGTERM
        else:
            assert "KeyboardInterrupt" in errors
        finish(run_batch, emulator, tmp_path)


def test_a_second_ctrl_c_ends_the_program_at_once(run_batch, tmp_path):
    if run_batch.client_type == "async":
        pytest.skip("asyncio.run() decides what a second Ctrl-C does")
    with Emulator(polls_per_state=0) as emulator:
        emulator.inject_fault(operation="images.generate", delay=600.0, accepted=True)
        with start(emulator, tmp_path, run_batch.client_type) as program:
            wait_until(lambda: submissions(emulator))
            end = time.monotonic() + DEADLINE
            while program.poll() is None:
                program.send_signal(signal.SIGINT)
                time.sleep(0.5)
                assert time.monotonic() < end
            program.communicate()
        assert count_states(tmp_path / "run.db") == {"sending": 1, "planned": 5}


def test_a_program_that_ends_within_its_loop_records_what_is_being_sent(tmp_path):
    with Emulator(polls_per_state=0) as emulator:
        emulator.inject_fault(operation="images.generate", delay=0.5, times=12)
        ended = run_unfinished(emulator, tmp_path)
        assert (ended.returncode, ended.stderr) == (0, "")
        states = count_states(tmp_path / "run.db")
        assert 12 - states["planned"] == len(emulator.jobs)
        assert not {"sending", "unknown"} & states.keys()


@posix
@pytest.mark.parametrize("fork", ["exits", "collected"])
def test_a_forked_process_leaves_the_journal_to_its_parent(tmp_path, fork):
    with Emulator(polls_per_state=0) as emulator:
        emulator.inject_fault(operation="images.generate", delay=0.5, times=12)
        killed = run_unfinished(emulator, tmp_path, fork)
        assert killed.stdout == "forked\n", killed.stderr
        states = count_states(tmp_path / "run.db")
        assert 12 - states["planned"] >= len(emulator.jobs) >= 2


def test_jobs_that_are_running_at_an_interruption_are_resumed(run_batch, tmp_path):
    with Emulator(polls_per_state=10**6) as emulator:
        with start(emulator, tmp_path, run_batch.client_type) as program:
            wait_until(lambda: len(emulator.jobs) == 3)
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=DEADLINE)
        assert count_states(tmp_path / "run.db") == {"submitted": 3, "planned": 3}


async def test_cancelling_records_submissions_and_is_delivered(tmp_path):
    with Emulator(polls_per_state=0) as emulator:
        emulator.inject_fault(operation="images.generate", delay=0.5, accepted=True)
        async with (
            emulator.async_client() as client,
            client.batch(tmp_path / "run.db", concurrency=3) as batch,
        ):
            plan_foxes(6)(batch)

            async def run():
                async for _ in batch.run():
                    pass

            task = asyncio.create_task(run())
            await asyncio.to_thread(wait_until, lambda: submissions(emulator))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert batch.summary().submitted == len(emulator.jobs) == 1
            finished = [item async for item in batch.run()]
            assert len(finished) == 6
            assert len(emulator.jobs) == 6


def delay_second_submission(emulator):
    emulator.inject_fault(operation="images.generate")
    emulator.inject_fault(operation="images.generate", delay=1.0, accepted=True)


def test_closing_the_batch_records_what_is_being_sent(emulator, tmp_path):
    delay_second_submission(emulator)
    with emulator.client() as client:
        with client.batch(tmp_path / "run.db", concurrency=1) as batch:
            plan_foxes(3)(batch)
            running = batch.run()
            next(running)
            wait_until(lambda: len(submissions(emulator)) >= 2)
        assert not count_states(tmp_path / "run.db").keys() & {"sending", "unknown"}
        running.close()


async def test_an_error_in_the_loop_of_an_async_run_records_what_is_being_sent(emulator, tmp_path):
    delay_second_submission(emulator)

    async def run(client):
        async with client.batch(tmp_path / "run.db", concurrency=1) as batch:
            plan_foxes(3)(batch)
            async for _ in batch.run():
                await asyncio.to_thread(wait_until, lambda: len(submissions(emulator)) >= 2)
                raise RuntimeError

    async with emulator.async_client() as client:
        with pytest.raises(RuntimeError):
            await run(client)
        assert not count_states(tmp_path / "run.db").keys() & {"sending", "unknown"}


async def test_a_run_whose_iterator_is_closed_can_be_followed_by_another():
    with Emulator(polls_per_state=0) as emulator:
        async with emulator.async_client() as client, client.batch() as batch:
            plan_foxes(4)(batch)
            async with aclosing(batch.run()) as items:
                await items.__anext__()
            with pytest.raises(StopAsyncIteration):
                await items.__anext__()
            assert {item.state async for item in batch.run()} == {"done"}
            assert batch.summary().done == len(emulator.jobs) == 4


def test_leaving_the_loop_stops_the_run(emulator, tmp_path):
    with emulator.client() as client, client.batch(tmp_path / "run.db", concurrency=2) as batch:
        plan_foxes(8, tmp_path)(batch)
        for _ in batch.run():
            break
        assert len(submissions(emulator)) < 8
        assert len(list(batch.run())) >= 5
        assert batch.summary().saved == 8
    assert len(emulator.jobs) == 8


@pytest.mark.parametrize("handler", [signal.SIG_DFL, lambda *_: None], ids=["default", "own"])
def test_the_signal_handler_of_the_program_is_left_alone(emulator, run_batch, handler):
    def see(_):
        during.append(signal.getsignal(signal.SIGTERM))

    during = []
    before = signal.signal(signal.SIGTERM, handler)
    try:
        assert run_batch(emulator, plan_foxes(1), on_item=see).states() == ["done"]
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)
    assert handler is signal.SIG_DFL or during == [handler]


def test_closing_the_client_ends_the_run_with_an_error():
    with (
        Emulator(polls_per_state=0) as emulator,
        emulator.client() as client,
        client.batch(concurrency=2) as batch,
    ):
        plan_foxes(200)(batch)
        running = batch.run()
        next(running)
        client.close()
        with pytest.raises(DeapiError, match="closed"):
            list(running)
        # The connection of a submission in flight is closed.
        assert not batch.items("sending", "failed")
        known = batch.items("done", "submitted", "unknown")
        assert len(batch.items("done", "submitted")) <= len(emulator.jobs) <= len(known)


def test_closing_the_async_client_ends_the_run_with_an_error():
    async def run(emulator):
        client = AsyncDeapiClient(api_key=emulator.api_key, base_url=emulator.url)
        async with client.batch(concurrency=2) as batch:
            plan_foxes(200)(batch)
            running = batch.run()
            await anext(running)
            await client.close()
            with pytest.raises(DeapiError, match="closed"):
                [item async for item in running]
            assert not batch.items("sending", "failed")
            known = batch.items("done", "submitted", "unknown")
            assert len(batch.items("done", "submitted")) <= len(emulator.jobs) <= len(known)

    with Emulator(polls_per_state=0) as emulator:
        asyncio.run(run(emulator))


def test_a_file_that_vanishes_fails_its_item_only(tmp_path, monkeypatch):
    paths = [tmp_path / "vanishes.png", tmp_path / "stays.png"]
    with Emulator(polls_per_state=0) as emulator, emulator.client() as client:
        with client.batch(concurrency=1) as batch:
            plan_foxes(1)(batch)
            for path in paths:
                Image.new("RGB", (256, 256)).save(path)
                batch.images.upscale(image=path, model="RealESRGAN_x4")
            # After the files have been read for the journal, and before anything is sent.
            monkeypatch.setattr(
                "deapi.batch.planning.create_directories", lambda _: paths[0].unlink()
            )
            assert len(list(batch.run())) == 3
        assert [item.state for item in batch.items()] == ["done", "failed", "done"]
        assert isinstance(batch.items("failed")[0].error, FileNotFoundError)
