"""Jobs are pickled as an ID and an API version, and resumed with a client on the other side."""

import copy
import inspect
import io
import pickle
import subprocess
import sys

import pytest

from deapi import AsyncDeapiClient, AsyncJob, DeapiClient, DeapiError, Job, UnsupportedVersionError
from deapi.emulator import Emulator

KEY = "17|secret-of-the-account"
FLUX = {"prompt": "a fox", "model": "Flux1schnell", "width": 256, "height": 256, "steps": 4}
CLIENTS = [DeapiClient, AsyncDeapiClient]


class MyJob(Job):
    """A subclass of a user."""


def through_a_pickle(value):
    return pickle.loads(pickle.dumps(value))


def arguments_of(name):
    return ("fox.png",) if name == "save" else ()


async def call(job, name):
    """Call a method of a job, and do what its result requires."""
    value = getattr(job, name)(*arguments_of(name))
    if inspect.isawaitable(value):
        await value


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("api_version", ["v1", "v2"])
def test_a_pickle_has_the_id_and_the_api_version_and_nothing_else(client, api_version):
    job = client(api_key=KEY, base_url="https://h.example", api_version=api_version).job("fox")
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        pickled = pickle.dumps(job, protocol)
        assert b"secret" not in pickled
        assert b"h.example" not in pickled
        assert len(pickled) < 200
        restored = pickle.loads(pickled)
        assert type(restored) is type(job)
        assert repr(restored) == repr(job)
        assert pickle.dumps(restored, protocol) == pickled


@pytest.mark.parametrize("client", CLIENTS)
async def test_every_method_of_an_unpickled_job_says_how_to_resume_it(client):
    job = through_a_pickle(client(api_key=KEY).job("fox"))
    assert job.request_id == "fox"
    assert job.response is None
    methods = {name for name in dir(job) if name[0] != "_"} - {"request_id", "response"}
    assert {"save", "wait", "status", "updates", "iter_bytes"} < methods
    for name in methods:
        with pytest.raises(DeapiError, match=r"Nothing was sent.*client\.job\(job\)"):
            await call(job, name)


def test_an_unpickled_job_is_resumed_with_a_client(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        job = await wait(client.images.generate(seed=1, **FLUX))
        resumed = client.job(through_a_pickle(job))
        assert resumed.request_id == job.request_id
        assert (await wait(resumed.save(tmp_path / "fox.png"))).stat().st_size > 0

    run_in_both_clients(emulator, use)


@pytest.mark.parametrize("api_version", ["v1", "v2"])
@pytest.mark.parametrize("other", ["v1", "v2"])
def test_a_resumed_job_keeps_its_api_version(emulator, run_in_both_clients, api_version, other):
    async def submit(client, wait):
        return pickle.dumps(await wait(client.images.generate(seed=1, **FLUX)))

    async def resume(client, wait):
        result = await wait(client.job(pickle.loads(pickled)).result())
        assert (result.price is not None) == (api_version == "v2")
        # An ID alone is read with the version of the client.
        result = await wait(client.job(result.request_id).result())
        assert (result.price is not None) == (other == "v2")

    pickled = run_in_both_clients(emulator, submit, api_version=api_version)
    run_in_both_clients(emulator, resume, api_version=other)


async def test_a_job_is_resumed_with_a_client_of_the_other_type(emulator):
    with emulator.client() as client:
        job = client.images.generate(seed=1, **FLUX)
    async with emulator.async_client() as async_client:
        resumed = async_client.job(through_a_pickle(job))
        assert type(resumed) is AsyncJob
        assert await resumed.is_done()
    with emulator.client() as client:
        assert type(client.job(resumed)) is Job
        assert client.job(resumed).is_done()


def test_another_process_resumes_a_job(emulator):
    with emulator.client() as client:
        pickled = pickle.dumps(client.images.generate(seed=1, **FLUX))
    program = (
        "import pickle, sys, deapi\n"
        f"client = deapi.DeapiClient(api_key={emulator.api_key!r}, base_url={emulator.url!r})\n"
        "print(client.job(pickle.load(sys.stdin.buffer)).result().status.value)\n"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.check_output(command, input=pickled).strip() == b"done"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_copy_of_a_job_has_the_same_client_and_the_same_state(client):
    original = client(api_key=KEY).job("fox")
    for copied in (copy.copy(original), copy.deepcopy(original), copy.deepcopy([original])[0]):
        assert copied is not original
        assert type(copied) is type(original)
        assert vars(copied) == vars(original)
    detached = through_a_pickle(original)
    assert repr(copy.deepcopy(detached)) == repr(original)


def test_a_copied_job_can_be_used(emulator, run_in_both_clients):
    async def use(client, wait):
        job = await wait(client.images.generate(seed=1, **FLUX))
        for copied in (copy.copy(job), copy.deepcopy(job)):
            assert await wait(copied.is_done())
        assert len(emulator.requests) == 2  # the copies share what they have received
        assert copied.response == job.response

    run_in_both_clients(emulator, use)


def test_the_job_of_a_subclass_is_pickled(emulator):
    with emulator.client() as client:
        job = MyJob(client._driver, "fox")
        assert type(through_a_pickle(job)) is MyJob
        assert type(client.job(through_a_pickle(job))) is Job


@pytest.mark.parametrize("client", CLIENTS)
def test_a_job_of_an_unknown_api_version_is_rejected(client):
    job = client(api_key=KEY).job("fox")
    job._api_version = "v9"  # of a later version of this package
    with pytest.raises(UnsupportedVersionError, match="v9"):
        client(api_key=KEY).job(through_a_pickle(job))


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "state",
    [
        {"request_id": "fox"},  # of an earlier version of this package
        {"api_version": "v1"},
        {"request_id": 7, "api_version": "v1"},
        {"request_id": "fox", "api_version": ["v1"]},
        ["fox", "v1"],
        "fox",
    ],
)
def test_a_pickle_that_is_not_that_of_a_job_is_one_clear_error(monkeypatch, client, state):
    job = client(api_key=KEY).job("fox")
    monkeypatch.setattr(type(job), "__getstate__", lambda _: state)
    with pytest.raises(DeapiError, match=r"must have a request_id and an api_version, and is "):
        through_a_pickle(job)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("value", [None, 7, b"fox", object(), io.StringIO("fox")])
def test_what_is_not_a_job_is_rejected(client, value):
    with pytest.raises(TypeError, match="request_id must be a str or a job"):
        client(api_key=KEY).job(value)


def test_the_status_of_a_job_survives_a_pickle(run_in_both_clients):
    async def use(client, wait):
        job = await wait(client.images.generate(seed=1, **FLUX))
        result = await wait(job.result())
        restored = through_a_pickle(result)
        assert restored == result
        assert restored.request_id == job.request_id
        assert restored.raise_for_error() is restored
        emulator.fail_jobs()
        failed = await wait((await wait(client.images.generate(seed=1, **FLUX))).wait())
        with pytest.raises(DeapiError, match=failed.request_id):
            through_a_pickle(failed).raise_for_error()

    with Emulator(polls_per_state=0) as emulator:
        run_in_both_clients(emulator, use)
