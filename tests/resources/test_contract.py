"""Whatever is called, what arrives at the service over a socket is what its contract asks for."""

import contextlib
import json

import pytest

from support import openapi
from support.blocking_client import KEY, ClientFactory
from support.call_table import ID, PREFIXES, respond_successfully
from support.calls import CALLS
from support.faulty_server import FaultyServer
from support.received import parse_request

STATUS = {"v1": "request-status/{request_id}", "v2": "jobs/{job_request}"}

# Bodies that the files call multipart only; without a file, clients have always sent JSON.
JSON_WITHOUT_A_FILE = {
    "txt2audio",
    "txt2music",
    "transcribe",
    "transcribe/price-calculation",
    "audio/speech",
    "audio/music",
    "audio/transcriptions",
    "audio/transcriptions/price",
}

# Operations that the files leave out, and the contract's text has.
UNFILED = {
    ("POST", "videos/descriptions"),
    ("POST", "videos/descriptions/price"),
    ("GET", "account"),
    ("GET", "account/usage"),
    ("GET", "account/payments"),
    ("GET", "key"),
    ("GET", "key/usage"),
    ("GET", "keys"),
    ("POST", "keys"),
    ("GET", "keys/42"),
    ("PATCH", "keys/42"),
    ("DELETE", "keys/42"),
    ("GET", "keys/42/usage"),
}
FILED_CALLS = [call for call in CALLS if (call.method, call.path) not in UNFILED]

# Fields of other operations, likewise.
UNFILED_FIELDS = {
    # Not even there: the reference has the argument, and it is for the service to refuse it.
    ("vid2txt/price-calculation", "duration_seconds"),
    ("videos/animations", "ref_images[]"),
    ("videos/animations", "ref_videos[]"),
    ("videos/animations", "ref_audios[]"),
    ("videos/animations/price", "ref_images_count"),
    ("videos/animations/price", "ref_videos_count"),
    ("videos/animations/price", "ref_audios_count"),
}

# Required by the files, optional by the reference, which leaves it to the service.
LEFT_TO_THE_CALLER = {"guidance", "steps", "video_url"}

# Required by the files, and replaced by what only the text has.
REPLACED = {("videos/animations", "first_frame_image"): "ref_images[]"}


@pytest.fixture(scope="module")
def server():
    with FaultyServer(respond_successfully) as server:
        yield server


@pytest.fixture(scope="module", params=["sync", "async"])
def clients(request, server):
    """A client for each version."""
    with contextlib.closing(ClientFactory(request.param)) as make_client:
        yield {version: make_client(server.url, api_version=version) for version in PREFIXES}


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_call_arrives_as_the_project_expects_it(server, clients, call):
    before = len(server.requests)
    call.make(clients[call.version])
    (request,) = server.requests[before:]
    seen = parse_request(request)
    assert (seen.method, seen.path) == (call.method, call.target)
    assert seen.content_type == call.content_type
    assert seen.fields == call.fields
    # Nor only equal, as 1 and 1.0 and True are.
    assert as_text(seen.fields) == as_text(call.fields)
    assert request.header("Accept") == "application/json"
    assert request.header("Authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_what_must_not_happen_twice_says_which_call_it_is_and_nothing_else_does(
    server, clients, call
):
    call.make(clients[call.version])
    key = server.requests[-1].header("Idempotency-Key")
    is_price = call.path.endswith(("/price", "/price-calculation"))
    assert bool(key) is ((call.method == "POST" and not is_price) or call.path == "prompts/samples")


def as_text(fields):
    return json.dumps(fields, default=repr, sort_keys=True)


@pytest.mark.parametrize("version", PREFIXES)
def test_the_status_of_a_job_is_read_where_the_contract_has_it(server, clients, version):
    clients[version].job(ID).status()
    seen = parse_request(server.requests[-1])
    place = PREFIXES[version] + STATUS[version]
    assert (seen.method, seen.path) == ("GET", f"{place.rpartition('/')[0]}/{ID}")
    assert (seen.content_type, seen.fields) == (None, {})
    openapi.operation(place, "GET")


@pytest.mark.parametrize("call", FILED_CALLS, ids=str)
def test_a_call_fits_the_openapi_files(server, clients, call):
    call.make(clients[call.version])
    seen = parse_request(server.requests[-1])
    operation = openapi.operation(seen.path, seen.method)
    if seen.method == "GET":
        fits_query(seen, operation)
    else:
        fits_body(seen, operation, call.path)


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


def fits_body(seen, operation, path):
    content = operation["requestBody"]["content"]
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
        name: value for name, value in seen.fields.items() if (path, name) not in UNFILED_FIELDS
    }
    owners = {name: name if name in known else openapi.base(name) for name in sent}
    if unknown := set(owners.values()) - set(known):
        return f"unknown: {unknown}"
    replaced = {
        name for (where, name), by in REPLACED.items() if where == path and by in seen.fields
    }
    if missing := required - set(owners.values()) - LEFT_TO_THE_CALLER - replaced:
        return f"missing: {missing}"
    is_json = seen.content_type == "application/json"
    check = openapi.problem_in_json if is_json else openapi.problem_in_form
    found = (check(known[owners[name]], value, name) for name, value in sent.items())
    return next(filter(None, found), None)


def test_every_operation_of_the_openapi_files_is_called():
    called = {(call.target, call.method) for call in CALLS}
    called.update((PREFIXES[version] + path, "GET") for version, path in STATUS.items())
    for file in openapi.FILES:
        for path, item in openapi.paths(file).items():
            for method in item:
                assert (path, method.upper()) in called


def test_every_operation_that_only_the_text_has_is_called():
    assert {(call.method, call.path) for call in CALLS} >= UNFILED


def test_the_files_still_lack_what_only_the_text_has():
    paths = openapi.paths("openapi-v2.json")
    for method, path in UNFILED:
        assert method.lower() not in paths.get(f"{PREFIXES['v2']}{path}", {})
    for path, name in UNFILED_FIELDS:
        (call, *_) = (c for c in CALLS if c.path == path)
        body = openapi.operation(call.target, call.method)["requestBody"]["content"]
        for kind in body.values():
            assert all(name not in openapi.names(s)[0] for s in openapi.shapes(kind["schema"]))
