"""The request of every operation, as it arrives over a socket, matches the API's contract."""

import contextlib
import json

import pytest

from support import openapi
from support.blocking_client import KEY, ClientFactory
from support.call_table import ID, PREFIXES
from support.calls import CALLS
from support.received import parse_request

STATUS = {"v1": "request-status/{request_id}", "v2": "jobs/{job_request}"}

ONE_CALL_PER_OPERATION = list({(call.version, call.operation): call for call in CALLS}.values())

# Operations whose body is multipart in the OpenAPI files, and JSON without a file in every client.
JSON_WITHOUT_A_FILE = {
    "txt2audio",
    "txt2music",
    "transcribe",
    "transcribe/price-calculation",
    "audiofile2txt/price-calculation",
    "videofile2txt/price-calculation",
    "img-upscale/price-calculation",
    "img-rmbg/price-calculation",
    "img2txt/price-calculation",
    "vid-upscale/price-calculation",
    "vid-rmbg/price-calculation",
    "videos/replace/price",
    "prompt/video",
    "prompt/video/price-calculation",
    "prompt/image2image/price-calculation",
}

# Operations that the vendor's documentation describes and the OpenAPI files lack.
ABSENT_OPERATIONS = {
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
CALLS_IN_THE_FILES = [call for call in CALLS if (call.method, call.path) not in ABSENT_OPERATIONS]

# Fields that the vendor's documentation describes and the OpenAPI files lack.
ABSENT_FIELDS = {
    # Not documented at all, but an argument of the vendor's SDK. The service decides about it.
    ("vid2txt/price-calculation", "duration_seconds"),
    ("aud2video/price-calculation", "guidance"),  # sent by the vendor's SDK
    ("videos/animations", "ref_images[]"),
    ("videos/animations", "ref_videos[]"),
    ("videos/animations", "ref_audios[]"),
    ("videos/animations/price", "ref_images_count"),
    ("videos/animations/price", "ref_videos_count"),
    ("videos/animations/price", "ref_audios_count"),
    ("videos/replacements/price", "steps"),
}

# Required by the OpenAPI files, optional in the vendor's SDK. The service decides about them.
OPTIONAL_IN_THE_SDK = {"guidance", "steps", "video_url"}

# Required by the OpenAPI files, unless the absent field is sent.
REPLACED_BY = {("videos/animations", "first_frame_image"): "ref_images[]"}


@pytest.fixture(scope="module", params=["sync", "async"])
def clients(request, server):
    """A client for each version."""
    with contextlib.closing(ClientFactory(request.param)) as make_client:
        yield {version: make_client(server.url, api_version=version) for version in PREFIXES}


@pytest.fixture(scope="module")
def sync_clients(server):
    """A sync client for each version."""
    with contextlib.closing(ClientFactory("sync")) as make_client:
        yield {version: make_client(server.url, api_version=version) for version in PREFIXES}


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_call_sends_the_expected_request(server, clients, call):
    before = len(server.requests)
    call.make(clients[call.version])
    (request,) = server.requests[before:]
    received = parse_request(request)
    assert (received.method, received.path) == (call.method, call.target)
    assert received.content_type == call.content_type
    assert received.fields == call.fields
    # Equality is not enough: 1, 1.0 and True are equal.
    assert as_json(received.fields) == as_json(call.fields)
    assert request.header("Accept") == "application/json"
    assert request.header("Authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("call", ONE_CALL_PER_OPERATION, ids=str)
def test_only_submissions_have_an_idempotency_key(server, clients, call):
    call.make(clients[call.version])
    key = server.requests[-1].header("Idempotency-Key")
    is_price = call.path.endswith(("/price", "/price-calculation"))
    assert bool(key) is ((call.method == "POST" and not is_price) or call.path == "prompts/samples")


def as_json(fields):
    return json.dumps(fields, default=repr, sort_keys=True)


@pytest.mark.parametrize("version", PREFIXES)
def test_the_status_of_a_job_is_read_from_the_path_of_the_contract(server, clients, version):
    clients[version].job(ID).status()
    received = parse_request(server.requests[-1])
    path = PREFIXES[version] + STATUS[version]
    assert (received.method, received.path) == ("GET", f"{path.rpartition('/')[0]}/{ID}")
    assert (received.content_type, received.fields) == (None, {})


@pytest.mark.openapi
@pytest.mark.parametrize("call", CALLS_IN_THE_FILES, ids=str)
def test_a_call_matches_the_openapi_files(server, sync_clients, call):
    # The async client sends the same bytes: see test_parity.py.
    call.make(sync_clients[call.version])
    received = parse_request(server.requests[-1])
    operation = openapi.operation(received.path, received.method)
    if received.method == "GET":
        check_query(received, operation)
    else:
        check_body(received, operation, call.path)


def check_query(received, operation):
    declared = {p["name"]: p for p in operation.get("parameters", ()) if p.get("in") == "query"}
    assert set(received.fields) <= set(declared)
    assert {name for name, p in declared.items() if p.get("required")} <= set(received.fields)
    for name, value in received.fields.items():
        schema = declared[name]["schema"]
        if schema["type"] == "array":
            assert set(value.split(",")) <= set(schema["items"]["enum"])
        else:
            assert openapi.problem_in_form(schema, value, name) is None


def check_body(received, operation, path):
    content = operation["requestBody"]["content"]
    if received.content_type not in content:
        assert path in JSON_WITHOUT_A_FILE
        assert received.content_type == "application/json"
    (body,) = (media_type["schema"] for media_type in content.values())
    problems = [problem(received, schema, path) for schema in openapi.alternatives(body)]
    assert None in problems, problems


def problem(received, schema, path):
    """Return why a request does not match a schema, or None if it does."""
    known, required = openapi.fields(schema)
    sent = {
        name: value for name, value in received.fields.items() if (path, name) not in ABSENT_FIELDS
    }
    owners = {name: name if name in known else openapi.field_of_part(name) for name in sent}
    if unknown := set(owners.values()) - set(known):
        return f"unknown: {unknown}"
    replaced = {
        name for (where, name), by in REPLACED_BY.items() if where == path and by in received.fields
    }
    if missing := required - set(owners.values()) - OPTIONAL_IN_THE_SDK - replaced:
        return f"missing: {missing}"
    is_json = received.content_type == "application/json"
    check = openapi.problem_in_json if is_json else openapi.problem_in_form
    found = (check(known[owners[name]], value, name) for name, value in sent.items())
    return next(filter(None, found), None)


@pytest.mark.openapi
def test_every_operation_of_the_openapi_files_is_called():
    called = {(call.target, call.method) for call in CALLS}
    called.update((PREFIXES[version] + path, "GET") for version, path in STATUS.items())
    for file in openapi.FILES:
        for path, item in openapi.paths(file).items():
            for method in item:
                assert (path, method.upper()) in called


def test_every_operation_absent_from_the_files_is_called():
    assert {(call.method, call.path) for call in CALLS} >= ABSENT_OPERATIONS


@pytest.mark.openapi
@pytest.mark.parametrize("version", PREFIXES)
def test_the_status_operation_is_in_the_openapi_files(version):
    assert openapi.operation(PREFIXES[version] + STATUS[version], "GET")


@pytest.mark.openapi
def test_the_openapi_files_still_lack_the_absent_operations_and_fields():
    paths = openapi.paths("openapi-v2.json")
    for method, path in ABSENT_OPERATIONS:
        assert method.lower() not in paths.get(f"{PREFIXES['v2']}{path}", {})
    for path, name in ABSENT_FIELDS:
        (call, *_) = (c for c in CALLS if c.path == path)
        body = openapi.operation(call.target, call.method)["requestBody"]["content"]
        for media_type in body.values():
            assert all(
                name not in openapi.fields(s)[0] for s in openapi.alternatives(media_type["schema"])
            )
