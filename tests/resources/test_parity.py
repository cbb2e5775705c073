"""Both clients have the same operations, those of the vendor's SDK and more, and send the same."""

import contextlib
import inspect
import re

import pytest

from deapi import AsyncDeapiClient, AsyncJob, DeapiClient, Job
from deapi._config import API_PREFIXES
from support.blocking_client import ClientFactory
from support.calls import CALLS
from support.operations import OPERATIONS
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
    """Return every public method of a resource by its dotted name."""
    return {
        f"{resource}.{name}": method
        for resource in RESOURCES
        for name, method in inspect.getmembers(getattr(client, resource), inspect.isroutine)
        if not name.startswith("_")
    } | {"balance": client.balance}


def resource_attributes(client):
    public = (name for name in dir(client) if not name.startswith("_"))
    return {name for name in public if hasattr(getattr(client, name), "_driver")}


def test_both_clients_have_the_same_resources(clients):
    for client in clients.values():
        assert resource_attributes(client) == set(RESOURCES)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_client_has_the_operations_of_the_vendors_sdk_and_the_added_ones(clients, mode):
    assert set(operations(clients[mode])) == {*REFERENCE, *ADDED_OPERATIONS, "balance"}


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("operation", REFERENCE)
def test_an_operation_has_the_arguments_of_the_vendors_sdk(clients, mode, operation):
    parameters = inspect.signature(operations(clients[mode])[operation]).parameters.values()
    expected = [
        (name, None if operation in NO_LONGER_REQUIRED.get(name, ()) else default)
        for name, default in REFERENCE[operation]
    ]
    added = signature("", ADDED_ARGUMENTS.get(operation, ""))
    assert [(p.name, p.default) for p in parameters] == [*expected, *added]
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.KEYWORD_ONLY}


def test_arguments_that_became_optional_are_required_by_the_vendors_sdk():
    for name, optional_in in NO_LONGER_REQUIRED.items():
        for operation in optional_in:
            assert (name, REQUIRED) in REFERENCE[operation]


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("operation", ADDED_OPERATIONS)
def test_an_added_operation_has_keyword_only_arguments_except_its_id(clients, mode, operation):
    parameters = list(inspect.signature(operations(clients[mode])[operation]).parameters.values())
    assert [(p.name, p.default) for p in parameters] == ADDED_OPERATIONS[operation]
    for position, parameter in enumerate(parameters):
        keyword_only = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert keyword_only is not (position == 0 and parameter.name in ("slug", "key_id"))


@pytest.mark.parametrize("operation", [*REFERENCE, *ADDED_OPERATIONS, "balance"])
def test_an_operation_is_the_same_in_both_clients_and_a_coroutine_function_in_one(
    clients, operation
):
    sync_method, async_method = (operations(clients[mode])[operation] for mode in clients)
    sync_parameters, async_parameters = (
        inspect.signature(method).parameters for method in (sync_method, async_method)
    )
    assert list(sync_parameters.items()) == list(async_parameters.items())
    assert sync_method.__doc__ == async_method.__doc__
    assert not inspect.iscoroutinefunction(sync_method)
    if ".iterate" in operation:
        assert inspect.isgenerator(sync_method())
        assert inspect.isasyncgen(async_method())
    else:
        assert inspect.iscoroutinefunction(async_method)


@pytest.mark.parametrize(
    "operation",
    [name for name in ADDED_OPERATIONS if name.startswith(("account.", "current_key.", "keys."))],
)
def test_a_docstring_says_whether_the_admin_role_is_required(clients, operation):
    text = operations(clients["sync"])[operation].__doc__
    admin_only = not operation.startswith("current_key.")
    assert ("Requires an ADMIN key." in text) is admin_only
    resource = getattr(clients["sync"], operation.partition(".")[0])
    assert ("PermissionDeniedError" in type(resource).__doc__) is admin_only


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
        f"``{route.method} {route.path}`` ({version})"
        for version, route in OPERATIONS[name].routes.items()
    )


@pytest.mark.parametrize(
    "pair", [(DeapiClient, AsyncDeapiClient), (Job, AsyncJob)], ids=["clients", "jobs"]
)
def test_sync_and_async_classes_have_the_same_methods(pair):
    both = [dict(inspect.getmembers(class_, inspect.isroutine)) for class_ in pair]
    names = {name for methods in both for name in methods if not name.startswith("_")}
    for name in names | {"__init__"}:
        sync_parameters, async_parameters = (
            [
                (parameter.name, parameter.kind, parameter.default)
                for parameter in inspect.signature(methods[name]).parameters.values()
            ]
            for methods in both
        )
        assert sync_parameters == async_parameters


def test_every_route_has_a_method_and_every_method_a_route(clients):
    methods = {PAGED_BY.get(name, name) for name in operations(clients["sync"])} | {"jobs.status"}
    assert methods == set(OPERATIONS)


@pytest.mark.parametrize("version", API_PREFIXES)
def test_every_route_is_in_the_table_of_calls(version):
    routes = {name for name, operation in OPERATIONS.items() if version in operation.routes}
    called = {call.operation for call in CALLS if call.version == version}
    iterators = {name for name, by in PAGED_BY.items() if by in routes}
    assert called | {"jobs.status"} == {*routes, *iterators}


@pytest.mark.parametrize("operation", [*REFERENCE, *ADDED_OPERATIONS, "balance"])
def test_every_argument_is_used_in_the_table_of_calls(clients, operation):
    used = {name for call in CALLS if call.operation == operation for name in call.arguments}
    assert used == set(inspect.signature(operations(clients["sync"])[operation]).parameters)


@pytest.fixture(scope="module")
def clients_by_version(server):
    """A sync and an async client of each API version."""
    with contextlib.ExitStack() as stack:
        factories = [
            stack.enter_context(contextlib.closing(ClientFactory(mode)))
            for mode in ("sync", "async")
        ]
        yield {
            version: [make_client(server.url, api_version=version) for make_client in factories]
            for version in API_PREFIXES
        }


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_both_clients_send_the_same_bytes(server, clients_by_version, call):
    sent = []
    for client in clients_by_version[call.version]:
        call.make(client)
        sent.append(without_boundary(server.requests[-1]))
    assert sent[0] == sent[1]
