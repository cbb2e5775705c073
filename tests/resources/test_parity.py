"""Both clients offer the same operations, those of the reference, and send the same for each."""

import contextlib
import inspect
import re

import pytest

from deapi import AsyncDeapiClient, AsyncJob, DeapiClient, Job
from deapi._transport.versions import VERSIONS
from support.blocking_client import ClientFactory
from support.call_table import respond_successfully
from support.calls import CALLS
from support.faulty_server import FaultyServer
from support.received import without_boundary
from support.reference_signatures import (
    ADDED_ARGUMENTS,
    ADDED_OPERATIONS,
    NO_LONGER_REQUIRED,
    PAGED_BY,
    REFERENCE,
    REQUIRED,
    signature,
)

RESOURCES = (
    "images",
    "audio",
    "video",
    "transcription",
    "embeddings",
    "ocr",
    "prompts",
    "models",
    "account",
    "current_key",
    "keys",
)


@pytest.fixture(scope="module")
def clients():
    return {
        "sync": DeapiClient(api_key="1|k", base_url="http://127.0.0.1:9"),
        "async": AsyncDeapiClient(api_key="1|k", base_url="http://127.0.0.1:9"),
    }


def operations(client):
    """Every public method that stands for an operation of the API, by its dotted name."""
    return {
        f"{resource}.{name}": method
        for resource in RESOURCES
        for name, method in inspect.getmembers(getattr(client, resource), inspect.isroutine)
        if not name.startswith("_")
    } | {"balance": client.balance}


def resource_attributes(client):
    public = (name for name in dir(client) if not name.startswith("_"))
    return {name for name in public if hasattr(getattr(client, name), "_transport")}


def test_both_clients_have_the_resources_of_the_reference_and_those_of_the_account(clients):
    for client in clients.values():
        assert resource_attributes(client) == set(RESOURCES)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_has_the_operations_of_the_reference_and_some_of_its_own(clients, kind):
    assert set(operations(clients[kind])) == {*REFERENCE, *ADDED_OPERATIONS, "balance"}


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("operation", REFERENCE)
def test_an_operation_takes_the_arguments_of_the_reference(clients, kind, operation):
    parameters = inspect.signature(operations(clients[kind])[operation]).parameters.values()
    expected = [
        (name, None if operation in NO_LONGER_REQUIRED.get(name, ()) else default)
        for name, default in REFERENCE[operation]
    ]
    beyond = signature("", ADDED_ARGUMENTS.get(operation, ""))
    assert [(p.name, p.default) for p in parameters] == [*expected, *beyond]
    assert {p.kind for p in parameters} == {inspect.Parameter.KEYWORD_ONLY}


def test_what_is_no_longer_required_is_required_by_the_reference():
    for name, relaxed in NO_LONGER_REQUIRED.items():
        for operation in relaxed:
            assert (name, REQUIRED) in REFERENCE[operation]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("operation", ADDED_OPERATIONS)
def test_an_operation_of_ours_takes_an_id_first_and_the_rest_by_name(clients, kind, operation):
    parameters = list(inspect.signature(operations(clients[kind])[operation]).parameters.values())
    assert [(p.name, p.default) for p in parameters] == ADDED_OPERATIONS[operation]
    for position, parameter in enumerate(parameters):
        by_name = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert by_name is not (position == 0 and parameter.name in ("slug", "key_id"))


@pytest.mark.parametrize("operation", [*REFERENCE, *ADDED_OPERATIONS, "balance"])
def test_an_operation_is_the_same_in_both_clients_but_awaited_in_one(clients, operation):
    plain, awaited = (operations(clients[kind])[operation] for kind in ("sync", "async"))
    same = [inspect.signature(method).parameters for method in (plain, awaited)]
    assert list(same[0].items()) == list(same[1].items())
    assert plain.__doc__ == awaited.__doc__
    assert not inspect.iscoroutinefunction(plain)
    assert inspect.iscoroutinefunction(awaited) is (".iterate" not in operation)


@pytest.mark.parametrize("operation", [*REFERENCE, *ADDED_OPERATIONS, "balance"])
def test_a_docstring_describes_every_argument_and_names_the_endpoints(clients, operation):
    method = operations(clients["sync"])[operation]
    text = inspect.getdoc(method)
    described = re.findall(
        r"^    (\w+): ", text.partition("Args:")[2].partition("\n\n")[0], re.MULTILINE
    )
    assert described == list(inspect.signature(method).parameters)
    last = " ".join(text.rpartition("\n\n")[2].split())
    assert re.sub(r"\{\w+\}", "{}", last) == f"Endpoint: {endpoints(operation)}."


def endpoints(operation):
    name = PAGED_BY.get(operation, operation)
    return ", ".join(
        f"``{version.routes[name].method} {version.routes[name].path}`` ({number})"
        for number, version in VERSIONS.items()
        if name in version.routes
    )


@pytest.mark.parametrize(
    "pair", [(DeapiClient, AsyncDeapiClient), (Job, AsyncJob)], ids=["clients", "jobs"]
)
def test_clients_and_jobs_have_the_same_methods_of_both_kinds(pair):
    plain, awaited = (dict(inspect.getmembers(kind, inspect.isroutine)) for kind in pair)
    for name in {n for n in (*plain, *awaited) if not n.startswith("_")} | {"__init__"}:
        same = [inspect.signature(methods[name]).parameters for methods in (plain, awaited)]
        assert [(p.name, p.kind, p.default) for p in same[0].values()] == [
            (p.name, p.kind, p.default) for p in same[1].values()
        ]


def test_every_operation_of_a_version_is_reached_by_a_method_and_the_other_way_round(clients):
    offered = {PAGED_BY.get(name, name) for name in operations(clients["sync"])} | {"jobs.status"}
    assert offered == {name for version in VERSIONS.values() for name in version.routes}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_of_a_version_has_a_row_in_its_table_of_calls(version):
    routes = VERSIONS[version].routes
    called = {call.operation for call in CALLS if call.version == version}
    walked = {name for name, by in PAGED_BY.items() if by in routes}
    assert called | {"jobs.status"} == {*routes, *walked}


@pytest.mark.parametrize("operation", [*REFERENCE, *ADDED_OPERATIONS, "balance"])
def test_every_argument_is_given_in_some_row_of_the_table_of_calls(clients, operation):
    given = {name for call in CALLS if call.operation == operation for name in call.arguments}
    assert given == set(inspect.signature(operations(clients["sync"])[operation]).parameters)


@pytest.fixture(scope="module")
def server():
    with FaultyServer(respond_successfully) as server:
        yield server


@pytest.fixture(scope="module")
def connected(server):
    with contextlib.ExitStack() as stack:
        make = [
            stack.enter_context(contextlib.closing(ClientFactory(kind)))
            for kind in ("sync", "async")
        ]
        yield {
            version: [make_client(server.url, api_version=version) for make_client in make]
            for version in VERSIONS
        }


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_both_clients_send_the_same_bytes(server, connected, call):
    sent = []
    for client in connected[call.version]:
        call.make(client)
        sent.append(without_boundary(server.requests[-1]))
    assert sent[0] == sent[1]
