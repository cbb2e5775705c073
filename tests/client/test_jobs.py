"""Jobs: resuming by ID, updates, failures and saving, in both clients."""

import threading

import pytest
from PIL import Image

from deapi import JobFailedError, JobStatus, NotFoundError
from deapi._core.targets import PartialFile
from deapi.emulator import Emulator

FLUX = {"prompt": "a fox", "model": "Flux1schnell", "steps": 4, "seed": 7}


def test_a_job_is_resumed_by_its_id(emulator, run_in_both_clients, tmp_path):
    with emulator.client() as client:
        request_id = client.images.generate(width=256, height=256, **FLUX).request_id

    async def use(client, wait):
        job = client.job(request_id)
        assert job.request_id == request_id
        assert (await wait(job.is_done())) is True
        assert (await wait(job.is_error())) is False
        await wait(job.save(tmp_path / "resumed.png"))

    run_in_both_clients(emulator, use)


def test_on_update_is_called_with_each_state(run_in_both_clients):
    async def use(client, wait):
        seen = []
        job = await wait(client.images.generate(width=256, height=256, **FLUX))
        await wait(job.wait(poll_interval=0.01, on_update=seen.append))
        assert seen[-1].status is JobStatus.DONE
        assert seen[0].status is JobStatus.PENDING
        assert sorted(state.progress for state in seen) == [state.progress for state in seen]
        assert any(state.preview for state in seen)

    with Emulator(polls_per_state=1) as emulator:
        run_in_both_clients(emulator, use)


async def test_async_updates_can_be_iterated_and_passed_to_a_coroutine():
    reported = []

    async def report(state):
        reported.append(state.status)

    with Emulator(polls_per_state=1) as emulator:
        async with emulator.async_client() as client:
            job = await client.images.generate(width=256, height=256, **FLUX)
            states = [state.status async for state in job.updates(poll_interval=0.01)]
            await client.job(job.request_id).wait(on_update=report)
            chunks = client.job(job.request_id).iter_bytes(on_update=report)
            assert b"".join([chunk async for chunk in chunks])
    assert states[0] is JobStatus.PENDING
    assert states[-1] is JobStatus.DONE
    assert reported == [JobStatus.DONE] * 2


def test_a_failed_job_is_refunded_and_reports_its_error(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        emulator.fail_jobs(error_code="WORKER_ERROR", error_reason="TIMEOUT", retryable=True)
        before = await wait(client.balance())
        job = await wait(client.images.generate(width=256, height=256, **FLUX))
        assert (await wait(job.wait())).status is JobStatus.ERROR
        with pytest.raises(JobFailedError, match="WORKER_ERROR") as caught:
            await wait(job.save(tmp_path / "none.png"))
        assert caught.value.retryable
        assert await wait(client.balance()) == before
        assert list(tmp_path.iterdir()) == []

    run_in_both_clients(emulator, use)


def test_a_download_survives_a_dropped_connection_and_an_expired_link(
    emulator, run_in_both_clients, tmp_path
):
    async def use(client, wait):
        job = await wait(client.images.generate(width=512, height=512, **FLUX))
        await wait(job.wait())
        emulator.advance(90_000)
        emulator.inject_fault(operation="result", drop=True, after_bytes=5_000)
        with Image.open(await wait(job.save(tmp_path / "fox.png"))) as image:
            image.load()
            assert image.size == (512, 512)

    run_in_both_clients(emulator, use, max_retry_wait=0)


def test_the_api_key_is_sent_to_the_api_only_and_not_to_the_result_host(
    emulator, run_in_both_clients, tmp_path
):
    async def use(client, wait):
        job = await wait(client.images.generate(width=256, height=256, **FLUX))
        await wait(job.save(tmp_path / "fox.png"))

    run_in_both_clients(emulator, use)
    for request in emulator.requests:
        assert ("authorization" in request.headers) == (request.operation != "result")


def test_an_unknown_job_id_is_not_found(emulator, run_in_both_clients):
    async def use(client, wait):
        with pytest.raises(NotFoundError):
            await wait(client.job("00000000-0000-0000-0000-000000000000").status())

    run_in_both_clients(emulator, use)


def test_an_unwritable_path_is_rejected_before_the_wait(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        with pytest.raises(FileNotFoundError):
            await wait(client.job("any").save(tmp_path / "missing" / "fox.png"))

    run_in_both_clients(emulator, use)
    assert emulator.requests == []


def test_a_finished_job_is_saved_through_one_temporary_file(
    emulator, run_in_both_clients, tmp_path, monkeypatch
):
    opened = []
    original = PartialFile.open

    def record(part):
        opened.append(part.target)
        original(part)

    monkeypatch.setattr(PartialFile, "open", record)

    async def use(client, wait):
        job = await wait(client.images.generate(width=256, height=256, **FLUX))
        await wait(job.result())
        opened.clear()
        await wait(job.save(tmp_path / "fox.png"))
        assert opened == [tmp_path / "fox.png"]

    run_in_both_clients(emulator, use)


async def test_the_async_client_checks_the_path_in_a_thread(emulator, tmp_path, monkeypatch):
    threads = []

    def record(path, **_):
        threads.append(threading.current_thread())
        raise FileNotFoundError(path)

    monkeypatch.setattr("deapi._core.download.validate_path", record)
    async with emulator.async_client() as client:
        with pytest.raises(FileNotFoundError):
            await client.job("any").save(tmp_path / "fox.png")
    assert threads
    assert threading.main_thread() not in threads
