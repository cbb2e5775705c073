"""Whatever is called, what arrives at the service over a socket is what its contract asks for."""

import contextlib
import json

import pytest

from support import behaviours as b
from support import openapi
from support.arrivals import arrival
from support.blocking import KEY, Connector
from support.call import ID, answer_to
from support.calls import CALLS
from support.weather import WeatherServer

PREFIX = "/api/v1/client/"

# Bodies that the files call multipart only; without a file, clients have always sent JSON.
JSON_WITHOUT_A_FILE = {
    "txt2audio",
    "txt2music",
    "transcribe",
    "transcribe/price-calculation",
}

# What the files leave out, and the contract's text has: (path, field).
ONLY_IN_THE_TEXT = {
    ("img2img/price-calculation", "guidance"),
    # Not even there: the reference has the argument, and it is for the service to refuse it.
    ("vid2txt/price-calculation", "duration_seconds"),
}

# Required by the files, optional by the reference, which leaves it to the service.
LEFT_TO_THE_CALLER = {"guidance", "steps", "video_url"}


@pytest.fixture(scope="module")
def server():
    with WeatherServer(b.answer_from(answer_to)) as server:
        yield server


@pytest.fixture(scope="module", params=["sync", "async"])
def client(request, server):
    with contextlib.closing(Connector(request.param)) as connect:
        yield connect(server.url)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_call_arrives_as_the_project_expects_it(server, client, call):
    call.on(client)
    request = server.requests[-1]
    seen = arrival(request)
    assert (seen.method, seen.path) == (call.method, PREFIX + call.path)
    assert seen.content_type == call.content_type
    assert seen.fields == call.fields
    # Nor only equal, as 1 and 1.0 and True are.
    assert as_text(seen.fields) == as_text(call.fields)
    assert request.header("Accept") == "application/json"
    assert request.header("Authorization") == f"Bearer {KEY}"


def as_text(fields):
    return json.dumps(fields, default=repr, sort_keys=True)


def test_the_status_of_a_job_is_read_where_the_contract_has_it(server, client):
    server.play(b.answer(200, {"data": {"status": "done"}}))
    try:
        client.job(ID).status()
    finally:
        server.play(b.answer_from(answer_to))
    seen = arrival(server.requests[-1])
    assert (seen.method, seen.path) == ("GET", f"{PREFIX}request-status/{ID}")
    assert (seen.content_type, seen.fields) == (None, {})
    openapi.operation(f"{PREFIX}request-status/{{request_id}}", "GET")


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_call_fits_the_openapi_files(server, client, call):
    call.on(client)
    seen = arrival(server.requests[-1])
    operation = openapi.operation(seen.path, seen.method)
    if seen.method == "GET":
        fits_query(seen, operation)
    else:
        fits_body(seen, operation)


def fits_query(seen, operation):
    declared = {p["name"]: p for p in operation.get("parameters", ()) if p.get("in") == "query"}
    assert set(seen.fields) <= set(declared)
    assert {name for name, p in declared.items() if p.get("required")} <= set(seen.fields)
    for name, value in seen.fields.items():
        schema = declared[name]["schema"]
        if schema["type"] == "array":
            assert set(value.split(",")) <= set(schema["items"]["enum"])
        else:
            assert openapi.problem_in_form(schema, value, name) is None
        if "maximum" in schema:
            assert schema["minimum"] <= int(value) <= schema["maximum"]


def fits_body(seen, operation):
    content = operation["requestBody"]["content"]
    path = seen.path.removeprefix(PREFIX)
    if seen.content_type not in content:
        assert path in JSON_WITHOUT_A_FILE
        assert seen.content_type == "application/json"
    (body,) = (kind["schema"] for kind in content.values())
    problems = [problem(seen, shape, path) for shape in openapi.shapes(body)]
    assert None in problems, problems


def problem(seen, shape, path):
    """What keeps a request from being of this shape, None if nothing does."""
    known, required = openapi.names(shape)
    sent = {
        name: value for name, value in seen.fields.items() if (path, name) not in ONLY_IN_THE_TEXT
    }
    owners = {name: name if name in known else openapi.base(name) for name in sent}
    if unknown := set(owners.values()) - set(known):
        return f"unknown: {unknown}"
    if missing := required - set(owners.values()) - LEFT_TO_THE_CALLER:
        return f"missing: {missing}"
    is_json = seen.content_type == "application/json"
    check = openapi.problem_in_json if is_json else openapi.problem_in_form
    found = (check(known[owners[name]], value, name) for name, value in sent.items())
    return next(filter(None, found), None)


def test_every_operation_of_the_openapi_files_is_called():
    called = {(PREFIX + call.path, call.method) for call in CALLS}
    called.add((f"{PREFIX}request-status/{{request_id}}", "GET"))
    for file in ("openapi-v1.json", "openapi-v1-removed-prompts.json"):
        for path, item in openapi.paths(file).items():
            for method in item:
                assert (path, method.upper()) in called
