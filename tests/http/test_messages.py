"""Messages are short and printable, whatever strings the server sends."""

import logging
import re

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE

HOSTILE = "\x1b[31m\u202e\x00" + "x" * 100_000
HEADER = "x" * 2_000
BODIES = {
    "message": (500, {"message": HOSTILE}),
    "error": (400, {"error": {"message": HOSTILE}}),
    "field": (422, {"message": "no", "errors": {HOSTILE: [HOSTILE]}}),
    "code": (403, {"message": "no", "code": HOSTILE}),
    "successor": (410, {"message": "Gone.", "successor": HOSTILE, "documentation": HOSTILE}),
    "reset": (402, {"message": "no", "resets_at": HOSTILE, "limit": HOSTILE}),
    "page": (502, f"<html><title>{HOSTILE}</title>"),
    "text": (503, HOSTILE),
    "key of an invalid field": (200, {"balance": {HOSTILE: HOSTILE}}),
    "not JSON": (200, HOSTILE),
}


@pytest.mark.parametrize("operation", [BALANCE, GENERATE], ids=str)
@pytest.mark.parametrize("name", BODIES)
def test_an_error_message_is_short_and_printable(make_client, operation, name):
    with (
        FaultyServer(behaviors.respond(*BODIES[name])) as server,
        pytest.raises(deapi.DeapiError) as caught,
    ):
        operation.call(make_client(server.url, max_retries=0))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 2_500


def shown_in(error, caplog):
    """Yield everything that a program shows of an error, and all log records."""
    yield from (str(error), repr(error), *map(str, error.args))
    yield from getattr(error, "__notes__", ())
    yield from map(repr, (getattr(error, "result", None), getattr(error, "rate_limit", None)))
    yield repr(error.response)
    yield from (record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("operation", [BALANCE, GENERATE], ids=str)
@pytest.mark.parametrize(
    "status", [200, 302, 400, 401, 402, 403, 404, 410, 413, 422, 429, 500, 502]
)
def test_hostile_strings_in_every_field_are_shown_nowhere(make_client, caplog, operation, status):
    caplog.set_level(logging.DEBUG, "deapi")
    names = ["message", "code", "error", "successor", "documentation", "resets_at", "limit", "used"]
    body = dict.fromkeys([*names, HOSTILE], HOSTILE)
    body["errors"] = {HOSTILE: [HOSTILE] * 50, "model": [HOSTILE], "width": [HOSTILE]}
    headers = ["x-ratelimit-type", "x-ratelimit-source", "x-ratelimit-policy", "retry-after"]
    headers = [*((name, HEADER) for name in headers), ("x-ratelimit-limit", "9" * 1000)]
    with (
        FaultyServer(behaviors.respond(status, body, headers=headers)) as server,
        pytest.raises(deapi.DeapiError) as caught,
    ):
        operation.call(make_client(server.url, max_retries=0))
    for text in shown_in(caught.value, caplog):
        assert text.isprintable()
        assert len(text) < 2_500


@pytest.mark.parametrize("status", ["pending", "error", "\x1b[31m\u202e" + "x" * 100_000])
def test_hostile_strings_of_a_job_are_shown_nowhere(make_client, caplog, status):
    caplog.set_level(logging.DEBUG, "deapi")
    names = set(deapi.types.JobResult.model_fields) - {"status", "progress"}
    data = {**dict.fromkeys(names, HOSTILE), "status": status, "request_id": HOSTILE}
    with FaultyServer(
        behaviors.respond(200, {"data": {"request_id": HOSTILE[-50_000:]}}),
        behaviors.respond(200, {"data": data}),
    ) as server:
        job = GENERATE.call(make_client(server.url, max_retries=0))
        job.status()
        with pytest.raises((deapi.JobTimeoutError, deapi.JobFailedError)) as caught:
            job.wait(max_wait=0).raise_for_error()
        for text in (repr(job), *shown_in(caught.value, caplog)):
            assert text.isprintable()
            assert len(text) < 2_500


@pytest.mark.parametrize("header", ["location", "retry-after", "x-ratelimit-type"])
def test_a_message_does_not_contain_a_whole_header(make_client, header):
    response = behaviors.respond(302 if header == "location" else 429, headers=[(header, HEADER)])
    with FaultyServer(response) as server, pytest.raises(deapi.DeapiError) as caught:
        BALANCE.call(make_client(server.url, max_retries=0))
    assert len(str(caught.value)) < 1_500


def test_an_id_that_does_not_exist_is_named(make_client):
    response = behaviors.respond(404, {"message": "No query results for the requested resource."})
    with FaultyServer(response) as server:
        client = make_client(server.url, api_key="1|secret", api_version="v2", max_retries=0)
        for identifier, shown in (("5f0c", "'5f0c' is not found"), ("1|secret", "404: not found")):
            with pytest.raises(deapi.NotFoundError, match=re.escape(shown)) as caught:
                client.job(identifier).status()
            assert "secret" not in str(caught.value)
        with pytest.raises(deapi.NotFoundError, match=r"404: '7' is not found, or not owned by"):
            client.keys.get(7)


def test_a_suggested_model_is_shortened(make_client):
    models = [{"name": "flux" + HOSTILE, "slug": "flux" + HOSTILE, "inference_types": []}]
    with (
        FaultyServer(behaviors.respond(200, {"data": models})) as server,
        pytest.raises(deapi.NotFoundError, match="Did you mean") as caught,
    ):
        make_client(server.url).models.get("flux")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("depth", range(900, 1000, 7))
def test_errors_that_are_nested_deeply_are_a_validation_error(make_client, depth):
    body = '{"message": "no", "errors": {"a": [' + "[" * depth + "]" * depth + "]}}"
    with FaultyServer(behaviors.respond(422, body)) as server, pytest.raises(deapi.ValidationError):
        BALANCE.call(make_client(server.url))


def test_the_repr_of_a_job_has_its_operation_and_its_last_status(make_client):
    with FaultyServer(
        GENERATE.success(), behaviors.respond(200, {"data": {"status": "processing"}})
    ) as server:
        job = GENERATE.call(make_client(server.url))
        assert repr(job).endswith(
            f"Job(request_id={job.request_id!r}, operation='images.generate')"
        )
        job.status()
        assert repr(job).endswith("operation='images.generate', status='processing')")
