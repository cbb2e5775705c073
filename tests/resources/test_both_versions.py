"""The same program under both versions of the API, and what only one of them can do."""

import contextlib
from dataclasses import replace

import pytest

from deapi import DeapiClient, JobStatus, NotFoundError
from deapi._exceptions import DeapiError
from deapi.emulator import Emulator
from support.blocking_client import ClientFactory
from support.call_table import PREFIXES, respond_successfully
from support.calls import CALLS
from support.faulty_server import FaultyServer
from support.reference_signatures import ADDED_ARGUMENTS, ADDED_OPERATIONS
from support.scenario import FOX, PARTS, Scenario

VERSIONS = list(PREFIXES)
V1 = [call for call in CALLS if call.version == "v1"]
V2 = [call for call in CALLS if call.version == "v2"]
PATHS = {(call.version, call.method, call.path): call for call in CALLS}
"""A call for each method of each path."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_a_program_runs_word_for_word_under_each_version(
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
    """The requests that reached the API, and not a result's host."""
    return [request for request in emulator.requests if request.path.startswith("/api/")]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_whole_list_of_models_is_walked_under_each_version(emulator, version):
    with emulator.client(api_version=version) as client:
        slugs = [model.slug for model in client.models.iterate(per_page=7)]
        assert len(slugs) == len(set(slugs)) == client.models.list(per_page=7).meta.total > 7


@pytest.mark.parametrize(("first", "second"), [("v1", "v2"), ("v2", "v1")])
def test_a_job_of_one_version_is_taken_up_under_the_other(
    emulator, run_in_both_clients, tmp_path, first, second
):
    async def use(client, wait):
        job = await wait(client.images.generate(**FOX, steps=4))
        other = client.with_options(api_version=second)
        again = other.job(job.request_id)
        result = await wait(again.wait(poll_interval=0.01))
        assert result.status is JobStatus.DONE
        saved = [
            await wait(handle.save(tmp_path / f"{index}.png"))
            for index, handle in enumerate((job, again))
        ]
        assert saved[0].read_bytes() == saved[1].read_bytes()
        states = {
            name: await wait(client.with_options(api_version=name).job(job.request_id).status())
            for name in VERSIONS
        }
        assert (states["v1"].price, states["v2"].price.amount > 0) == (None, True)

    run_in_both_clients(emulator, use, api_version=first)


# -- every path --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served():
    """An emulator, and a client of it for each version."""
    with Emulator(polls_per_state=0) as emulator, contextlib.ExitStack() as stack:
        yield (
            emulator,
            {name: stack.enter_context(emulator.client(api_version=name)) for name in VERSIONS},
        )


@pytest.mark.parametrize("call", list(PATHS.values()), ids=str)
def test_the_emulator_serves_every_path_that_a_client_calls(served, call):
    emulator, clients = served
    before = len(emulator.requests)
    # What is sent is not always to the emulator's liking, and it has no key 42.
    with contextlib.suppress(DeapiError):
        call.make(clients[call.version])
    request = emulator.requests[before]
    assert (request.method, request.path) == (call.method, call.target)
    assert request.operation is not None
    assert request.status in (200, 201, 204, 410, 422) or (
        request.status == 404 and call.path.startswith("keys/")
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_the_emulator_knows_a_job_that_it_does_not_have_from_a_path_that_it_does_not(
    served, version
):
    emulator, clients = served
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


def test_an_argument_has_the_last_word_on_the_version(emulator, monkeypatch):
    monkeypatch.setenv("DEAPI_API_VERSION", "v2")
    with emulator.client(api_version="v1") as client:
        client.balance()
    assert [request.path for request in emulator.requests] == ["/api/v1/client/balance"]


def test_without_a_choice_it_is_the_version_of_the_reference(emulator, monkeypatch):
    monkeypatch.delenv("DEAPI_API_VERSION", raising=False)
    with emulator.client() as client:
        client.balance()
    assert [request.path for request in emulator.requests] == ["/api/v1/client/balance"]


# -- what one version cannot do ----------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with FaultyServer(respond_successfully) as server:
        yield server


@pytest.fixture(scope="module", params=["sync", "async"])
def connected(request, server):
    """A client for each version."""
    with contextlib.closing(ClientFactory(request.param)) as make_client:
        yield {name: make_client(server.url, api_version=name) for name in VERSIONS}


def test_both_versions_share_one_client_s_connections(server, connected):
    for client in (connected["v1"], connected["v1"].with_options(api_version="v2")):
        client.balance()
    first, second = server.requests[-2:]
    assert (first.path, second.path) == ("/api/v1/client/balance", "/api/v2/account/balance")
    assert first.connection == second.connection


# What a refusal speaks of where several are refused at once: a walk goes by its list, and reference
# sounds come with an image.
NAMED_INSTEAD = {
    "account.iterate_payments": "account.payments",
    "keys.iterate": "keys.list",
    "ref_audios": "ref_images",
    "ref_audios_count": "ref_images_count",
}


def known_to(version):
    """The arguments that the calls of a version give, by operation."""
    known = {}
    for call in CALLS:
        if call.version == version:
            known.setdefault(call.operation, set()).update(call.arguments)
    return known


def of_the_other_only(version):
    """Calls of the other version that this one lacks, or lacks an argument of: one each."""
    (other,) = set(VERSIONS) - {version}
    known = known_to(version)
    seen = set()
    for call in (call for call in CALLS if call.version == other):
        if call.operation not in known:
            if call.operation not in seen:
                seen.add(call.operation)
                yield pytest.param(call, call.operation, id=call.operation)
            continue
        strange = set(call.arguments) - known[call.operation]
        for name in sorted(strange):
            if (call.operation, name) not in seen:
                seen.add((call.operation, name))
                wanted = {name, NAMED_INSTEAD.get(name)}
                kept = {n: v for n, v in call.arguments.items() if n in wanted or n not in strange}
                yield pytest.param(
                    replace(call, arguments=kept), name, id=f"{call.operation} with {name}"
                )


ONLY_V1 = list(of_the_other_only("v2"))
ONLY_V2 = list(of_the_other_only("v1"))


@pytest.mark.parametrize(("call", "what"), ONLY_V2)
def test_what_only_v2_can_do_is_refused_under_v1_with_the_way_to_it(server, connected, call, what):
    refused(server, connected, call, NAMED_INSTEAD.get(what, what), by="v1", better="v2")


def refused(server, connected, call, what, *, by, better):
    before = len(server.requests)
    with pytest.raises(ValueError, match=f"API {by}") as caught:
        call.make(connected[by])
    lacks = f"API {by} has no {what}()."
    takes = f"{call.operation}() takes no {what} on API {by}."
    assert str(caught.value).startswith((lacks, takes))
    assert f"api_version={better!r}" in str(caught.value)
    assert "Nothing was sent." in str(caught.value)
    assert len(server.requests) == before


def test_what_only_v2_can_do_is_what_the_reference_lacks_but_for_what_v1_takes_as_well():
    arguments = {
        f"{operation} with {name}"
        for operation in ADDED_ARGUMENTS
        for name in ADDED_ARGUMENTS[operation].split()
    }
    assert {p.id for p in ONLY_V2} == {*ADDED_OPERATIONS, *arguments} - {
        "models.get",
        "models.iterate",
        "audio.compose with reference_audio",
        "video.upscale with scale",
        "video.upscale_price with scale",
        "video.upscale_price with duration",
    }


@pytest.mark.parametrize(("call", "what"), ONLY_V1)
def test_what_only_v1_can_do_is_refused_under_v2_with_the_way_to_it(server, connected, call, what):
    refused(server, connected, call, what, by="v2", better="v1")


def test_what_only_v1_can_do_is_samples_and_the_language_of_a_speech():
    assert {p.id for p in ONLY_V1} == {
        "prompts.samples",
        "prompts.samples_price",
        "prompts.enhance_speech with lang_code",
        "prompts.enhance_speech_price with lang_code",
    }


@pytest.mark.parametrize("call", [c for c in V1 if ".enhance_" in c.operation], ids=str)
def test_an_old_booster_needs_a_model_under_v2(server, connected, call):
    before = len(server.requests)
    given = {name: value for name, value in call.arguments.items() if name != "lang_code"}
    with pytest.raises(ValueError, match=rf"{call.operation}\(\) needs model on API v2"):
        replace(call, arguments=given).make(connected["v2"])
    assert len(server.requests) == before


def test_a_video_needs_its_first_image_under_v1(server, connected):
    (call,) = (c for c in V1 if str(c) == "v1 video.animate minimal")
    given = {name: value for name, value in call.arguments.items() if name != "first_frame_image"}
    before = len(server.requests)
    with pytest.raises(ValueError, match="first_frame_image"):
        replace(call, arguments=given).make(connected["v1"])
    assert len(server.requests) == before
