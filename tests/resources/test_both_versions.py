"""One program in both API versions, and the operations and arguments of only one of them."""

import contextlib
from dataclasses import replace

import pytest

from deapi import DeapiClient, JobStatus, NotFoundError
from deapi._exceptions import DeapiError
from deapi.emulator import Emulator
from support.blocking_client import ClientFactory
from support.call_table import PREFIXES
from support.calls import CALLS
from support.reference_signatures import ADDED_ARGUMENTS, ADDED_OPERATIONS
from support.scenario import FOX, PARTS, Scenario

VERSIONS = list(PREFIXES)
V1 = [call for call in CALLS if call.version == "v1"]
V2 = [call for call in CALLS if call.version == "v2"]
PATHS = {(call.version, call.method, call.path): call for call in CALLS}
"""One call for each HTTP method of each path."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_a_program_runs_unchanged_in_each_version(
    emulator, run_in_both_clients, tmp_path, version, part
):
    async def use(client, wait):
        scenario = Scenario(client, wait, tmp_path)
        before = (await wait(client.balance())).balance
        await part(scenario)
        after = (await wait(client.balance())).balance
        assert before - after == pytest.approx(scenario.total_price)
        assert (scenario.total_price > 0) is (part.__name__ != "models")

    run_in_both_clients(emulator, use, api_version=version)
    assert {request.path[: len(PREFIXES[version])] for request in calls_to(emulator)} == {
        PREFIXES[version]
    }


def calls_to(emulator):
    """Return the requests to the API, without the downloads of results."""
    return [request for request in emulator.requests if request.path.startswith("/api/")]


@pytest.mark.parametrize("version", VERSIONS)
def test_all_models_are_iterated_in_each_version(emulator, version):
    with emulator.client(api_version=version) as client:
        slugs = [model.slug for model in client.models.iterate(per_page=7)]
        assert len(slugs) == len(set(slugs)) == client.models.list(per_page=7).meta.total > 7


@pytest.mark.parametrize(("first", "second"), [("v1", "v2"), ("v2", "v1")])
def test_a_job_of_one_version_is_resumed_in_the_other(
    emulator, run_in_both_clients, tmp_path, first, second
):
    async def use(client, wait):
        job = await wait(client.images.generate(**FOX, steps=4))
        other = client.with_options(api_version=second)
        resumed = other.job(job.request_id)
        result = await wait(resumed.wait(poll_interval=0.01))
        assert result.status is JobStatus.DONE
        saved = [
            await wait(handle.save(tmp_path / f"{index}.png"))
            for index, handle in enumerate((job, resumed))
        ]
        assert saved[0].read_bytes() == saved[1].read_bytes()
        results = {
            name: await wait(client.with_options(api_version=name).job(job.request_id).status())
            for name in VERSIONS
        }
        assert (results["v1"].price, results["v2"].price.amount > 0) == (None, True)

    run_in_both_clients(emulator, use, api_version=first)


# -- every path --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def emulator_and_clients():
    """An emulator, and a client of it for each version."""
    with Emulator(polls_per_state=0) as emulator, contextlib.ExitStack() as stack:
        yield (
            emulator,
            {name: stack.enter_context(emulator.client(api_version=name)) for name in VERSIONS},
        )


@pytest.mark.parametrize("call", list(PATHS.values()), ids=str)
def test_the_emulator_serves_every_path_that_a_client_calls(emulator_and_clients, call):
    emulator, clients = emulator_and_clients
    before = len(emulator.requests)
    # The emulator rejects some of the arguments, and has no key 42.
    with contextlib.suppress(DeapiError):
        call.make(clients[call.version])
    request = emulator.requests[before]
    assert (request.method, request.path) == (call.method, call.target)
    assert request.operation is not None
    assert request.status in (200, 201, 204, 410, 422) or (
        request.status == 404 and call.path.startswith("keys/")
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_the_emulator_distinguishes_unknown_jobs_from_unknown_paths(emulator_and_clients, version):
    emulator, clients = emulator_and_clients
    with pytest.raises(NotFoundError, match="No query results"):
        clients[version].job("5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11").status()
    assert emulator.requests[-1].operation == "request-status"


# -- choosing a version ------------------------------------------------------------------------


def test_the_environment_chooses_the_version(emulator, monkeypatch):
    monkeypatch.setenv("DEAPI_API_VERSION", "v2")
    monkeypatch.setenv("DEAPI_API_KEY", emulator.api_key)
    monkeypatch.setenv("DEAPI_BASE_URL", emulator.url)
    with DeapiClient() as client:
        assert client._config.api_version == "v2"
        assert (
            client.images.generate(**FOX, steps=4).wait(poll_interval=0.01).prompt_boosted is False
        )
    assert [request.path.rsplit("/", 1)[0] for request in calls_to(emulator)] == [
        "/api/v2/images",
        "/api/v2/jobs",
    ]


def test_the_argument_overrides_the_environment_variable(emulator, monkeypatch):
    monkeypatch.setenv("DEAPI_API_VERSION", "v2")
    with emulator.client(api_version="v1") as client:
        client.balance()
    assert [request.path for request in emulator.requests] == ["/api/v1/client/balance"]


def test_the_default_version_is_that_of_the_vendors_sdk(emulator, monkeypatch):
    monkeypatch.delenv("DEAPI_API_VERSION", raising=False)
    with emulator.client() as client:
        client.balance()
    assert [request.path for request in emulator.requests] == ["/api/v1/client/balance"]


# -- operations and arguments of one version only ----------------------------------------------


@pytest.fixture(scope="module", params=["sync", "async"])
def clients(request, server):
    """A client for each version."""
    with contextlib.closing(ClientFactory(request.param)) as make_client:
        yield {name: make_client(server.url, api_version=name) for name in VERSIONS}


def test_clients_of_both_versions_share_connections(server, clients):
    for client in (clients["v1"], clients["v1"].with_options(api_version="v2")):
        client.balance()
    first, second = server.requests[-2:]
    assert (first.path, second.path) == ("/api/v1/client/balance", "/api/v2/account/balance")
    assert first.connection == second.connection


# The name in the error message, where it is not the name of the argument or the operation itself.
NAME_IN_MESSAGE = {
    "model_slug": "model",
    "account.iterate_payments": "account.payments",
    "keys.iterate": "keys.list",
    "ref_audios": "ref_images",
    "ref_audios_count": "ref_images_count",
}


def arguments_in(version):
    """Return the arguments that the calls of a version use, by operation."""
    known = {}
    for call in CALLS:
        if call.version == version:
            known.setdefault(call.operation, set()).update(call.arguments)
    return known


def unsupported_calls(version):
    """Yield one call of the other version for each operation or argument that this one lacks."""
    (other,) = set(VERSIONS) - {version}
    known = arguments_in(version)
    seen = set()
    for call in (call for call in CALLS if call.version == other):
        if call.operation not in known:
            if call.operation not in seen:
                seen.add(call.operation)
                yield pytest.param(call, call.operation, id=call.operation)
            continue
        unsupported = set(call.arguments) - known[call.operation]
        for name in sorted(unsupported):
            if (call.operation, name) not in seen:
                seen.add((call.operation, name))
                wanted = {name, NAME_IN_MESSAGE.get(name)}
                kept = {
                    n: v for n, v in call.arguments.items() if n in wanted or n not in unsupported
                }
                yield pytest.param(
                    replace(call, arguments=kept), name, id=f"{call.operation} with {name}"
                )


ONLY_V1 = list(unsupported_calls("v2"))
ONLY_V2 = list(unsupported_calls("v1"))


@pytest.mark.parametrize(("call", "name"), ONLY_V2)
def test_calls_of_v2_are_rejected_in_v1_with_advice(server, clients, call, name):
    assert_rejected(
        server, clients, call, NAME_IN_MESSAGE.get(name, name), version="v1", supported_in="v2"
    )


def assert_rejected(server, clients, call, name, *, version, supported_in):
    before = len(server.requests)
    with pytest.raises(ValueError, match=f"API {version}") as caught:
        call.make(clients[version])
    no_operation = f"API {version} does not have {name}()."
    no_argument = f"{call.operation}() does not accept '{name}' with API {version}."
    assert str(caught.value).startswith((no_operation, no_argument))
    assert f"api_version={supported_in!r}" in str(caught.value)
    assert "Nothing was sent." in str(caught.value)
    assert len(server.requests) == before


def test_the_calls_of_v2_only_are_those_added_to_the_vendors_sdk_except_those_of_v1():
    arguments = {
        f"{operation} with {name}"
        for operation in ADDED_ARGUMENTS
        for name in ADDED_ARGUMENTS[operation].split()
    }
    assert {p.id for p in ONLY_V2} == {*ADDED_OPERATIONS, *arguments} - {
        "models.get",
        "models.iterate",
        "audio.compose with reference_audio",
        "video.replace_price with steps",
        "video.upscale with scale",
        "video.upscale_price with scale",
        "video.upscale_price with duration",
    }


@pytest.mark.parametrize(("call", "name"), ONLY_V1)
def test_calls_of_v1_are_rejected_in_v2_with_advice(server, clients, call, name):
    assert_rejected(server, clients, call, name, version="v2", supported_in="v1")


def test_the_calls_of_v1_only_are_samples_and_the_language_of_speech():
    assert {p.id for p in ONLY_V1} == {
        "prompts.samples",
        "prompts.samples_price",
        "prompts.enhance_speech with lang_code",
        "prompts.enhance_speech_price with lang_code",
    }


@pytest.mark.parametrize("call", [c for c in V1 if ".enhance_" in c.operation], ids=str)
def test_the_enhance_methods_of_v1_require_a_model_in_v2(server, clients, call):
    before = len(server.requests)
    arguments = {name: value for name, value in call.arguments.items() if name != "lang_code"}
    with pytest.raises(ValueError, match=rf"model is required by {call.operation}\(\)"):
        replace(call, arguments=arguments).make(clients["v2"])
    assert len(server.requests) == before


def test_animating_requires_the_first_frame_in_v1(server, clients):
    (call,) = (c for c in V1 if str(c) == "v1 video.animate minimal")
    arguments = {n: value for n, value in call.arguments.items() if n != "first_frame_image"}
    before = len(server.requests)
    with pytest.raises(ValueError, match="first_frame_image"):
        replace(call, arguments=arguments).make(clients["v1"])
    assert len(server.requests) == before
