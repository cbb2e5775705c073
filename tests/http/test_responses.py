"""Parsing of responses over a socket: any status with any body, and huge or endless bodies."""

import asyncio
import contextlib
import gzip
import json
import logging
import pickle
import re
import threading
import zlib

import httpx
import pytest

import deapi
from deapi._core import outcomes, parsing
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import (
    BALANCE,
    GENERATE,
    PRICE,
    REQUEST_ID,
    STATUS,
    SUBMISSIONS,
)

STATUSES = {
    400: deapi.DeapiError,
    401: deapi.AuthenticationError,
    402: deapi.SpendLimitError,
    403: deapi.AccountSuspendedError,
    404: deapi.NotFoundError,
    405: deapi.DeapiError,
    408: deapi.DeapiError,
    410: deapi.EndpointGoneError,
    413: deapi.PayloadTooLargeError,
    422: deapi.ValidationError,
    429: deapi.RateLimitError,
    499: deapi.DeapiError,
    500: deapi.ServerError,
    502: deapi.ServerError,
    503: deapi.ServerError,
    524: deapi.ServerError,
    599: deapi.ServerError,
    999: deapi.ServerError,
}

# A body that is a JSON object is the error's `body`; for any other, `body` is None.
OBJECTS = {
    "empty object": "{}",
    "null message": '{"message": null}',
    "empty message": '{"message": ""}',
    "list as message": '{"message": ["one", "two"]}',
    "object as message": '{"message": {"text": "no"}}',
    "number as message": '{"message": 404}',
    "error object": '{"error": {"message": "no", "code": 7}}',
    "error string": '{"error": "no"}',
    "PHP's empty errors": '{"message": "no", "errors": []}',
    "list of errors": '{"message": "no", "errors": ["bad", {"field": "x", "messages": ["y"]}]}',
    "string as errors": '{"message": "no", "errors": "bad"}',
    "string per field": '{"message": "no", "errors": {"width": "too small"}}',
    "null per field": '{"message": "no", "errors": {"width": null}}',
    "numbers per field": '{"message": "no", "errors": {"width": [1, 2.5, true, null]}}',
    "bare field errors": '{"width": ["too small"]}',
    "code of another type": '{"message": "no", "code": ["a", {"b": 1}]}',
    "null data": '{"data": null}',
    "null everywhere": '{"message": null, "errors": null, "code": null, "data": null}',
    "NaN": '{"message": "no", "limit": NaN}',
    "surrogates": '{"message": "half \\ud800 a pair"}',
    "controls": '{"message": "a\\u0000b\\u001b[31mred\\r\\nX-Injected: 1"}',
    "long message": '{"message": "' + "long " * 20_000 + '"}',
    "many errors": '{"errors": {' + ", ".join(f'"f{n}": ["bad"]' for n in range(2_000)) + "}}",
    "deep errors": '{"errors": {"a": ' + "[" * 100 + "]" * 100 + "}}",
}
OTHERS = {
    "empty": "",
    "whitespace": " \n ",
    "null": "null",
    "PHP's empty object": "[]",
    "list": '[{"message": "no"}]',
    "string": '"no"',
    "number": "12",
    "true": "true",
    "HTML": "<!DOCTYPE html><html><head><title>502 Bad\nGateway</title></head><p>cloudflare",
    "HTML without title": "<html><body>" + "no " * 1000,
    "page of 3 MB": "<html><body>" + "x" * 3_000_000,
    "cut JSON": '{"message": "no',
    "not UTF-8": b"\xff\xfe\x00caf\xe9",
    "not UTF-8 in JSON": b'{"message": "caf\xe9"}',
    "binary": bytes(range(256)) * 40,
    "deep nesting": "[" * 200_000,
    "huge number": "1" * 10_000,
    "UTF-8 BOM": b'\xef\xbb\xbf{"message": "no"}',
}

PAGES = {"HTML", "HTML without title", "page of 3 MB"}


def error_from_response(client, operation):
    """Make a call, and return its DeapiError. Any other exception fails the test."""
    with pytest.raises(deapi.DeapiError) as caught:
        operation.call(client)
    return caught.value


def check(error, status):
    assert error.status_code == status
    assert isinstance(error.message, str)
    assert str(error) == error.message
    assert 5 < len(error.message) < 2000
    assert str(status) in error.message
    assert error.body is None or isinstance(error.body, dict)
    assert error.code is None or isinstance(error.code, str)
    assert error.response.status_code == status
    # no control characters, line breaks or surrogates
    assert error.message.isprintable()
    assert pickle.loads(pickle.dumps(error)).message == error.message


@pytest.mark.parametrize("name", [*OBJECTS, *OTHERS])
def test_no_error_body_breaks_the_mapping(make_client, recorded_sleeps, name):
    body = {**OBJECTS, **OTHERS}[name]
    with FaultyServer(*(behaviors.respond(status, body) for status in STATUSES)) as server:
        client = make_client(server.url, max_retries=0)
        for status, expected in STATUSES.items():
            error = error_from_response(client, BALANCE)
            by_the_edge = status == 403 and name in PAGES  # it knows no accounts
            assert type(error) is (deapi.PermissionDeniedError if by_the_edge else expected), status
            check(error, status)
            if name in OBJECTS:
                assert isinstance(error.body, dict)
            elif name != "UTF-8 BOM":
                assert error.body is None


@pytest.mark.parametrize("name", [n for n in {**OBJECTS, **OTHERS} if n != "null data"])
@pytest.mark.parametrize("operation", [BALANCE, PRICE, STATUS, GENERATE], ids=str)
def test_a_2xx_response_without_usable_data_is_an_invalid_response(
    make_client, recorded_sleeps, name, operation
):
    body = {**OBJECTS, **OTHERS}[name]
    with FaultyServer(behaviors.respond(200, body)) as server:
        error = error_from_response(make_client(server.url), operation)
    assert type(error) is deapi.InvalidResponseError
    check(error, 200)
    assert error.possibly_accepted is (operation is GENERATE)
    assert len(server.requests) == 1


WRONG = [
    (BALANCE, {"balance": None}),
    (BALANCE, {"balance": "a lot"}),
    (BALANCE, {"balance": [1]}),
    (PRICE, {"price": None}),
    (PRICE, {"price": {}}),
    (PRICE, {"credits": 1}),
    (GENERATE, {"request_id": None}),
    (GENERATE, {"request_id": ""}),
    (GENERATE, {"request_id": ["x"]}),
    (GENERATE, {"id": "x"}),
    (STATUS, {"status": None}),
    (STATUS, {"status": 7}),
    (STATUS, {"progress": 7}),
]


@pytest.mark.parametrize(("operation", "data"), WRONG, ids=str)
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_wrong_type_or_a_missing_key_is_an_invalid_response(
    make_client, recorded_sleeps, operation, data, wrapped
):
    with FaultyServer(behaviors.respond(200, {"data": data} if wrapped else data)) as server:
        error = error_from_response(make_client(server.url), operation)
    assert type(error) is deapi.InvalidResponseError
    check(error, 200)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"progress": "most"},
        {"progress": None},
        {"result_url": 5},
        {"results_alt_formats": []},
        {"results_alt_formats": {"jpg": None}},
        {"metadata": []},
        {"price": "free"},
        {"preview": {}},
    ],
    ids=str,
)
def test_an_invalid_optional_field_does_not_affect_the_status_of_a_job(make_client, fields):
    with FaultyServer(behaviors.respond(200, {"data": {"status": "done", **fields}})) as server:
        assert STATUS.call(make_client(server.url)).status == "done"


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("operation", [BALANCE, PRICE, STATUS, GENERATE], ids=str)
def test_a_response_is_parsed_with_or_without_wrapper_and_with_unknown_fields(
    make_client, operation, status
):
    data = {**operation.response_data, "brand_new": {"a": [1]}}
    script = [behaviors.respond(status, {"data": data, "meta": 1}), behaviors.respond(status, data)]
    with FaultyServer(*script) as server:
        client = make_client(server.url)
        assert operation.succeeds(client)
        assert operation.succeeds(client)


@pytest.mark.parametrize("status", [204, 205, 304, 300, 302])
@pytest.mark.parametrize("operation", SUBMISSIONS, ids=str)
def test_a_response_without_a_job_is_an_invalid_response(
    make_client, recorded_sleeps, operation, status
):
    response = f"HTTP/1.1 {status} Status\r\n\r\n".encode()
    with FaultyServer(behaviors.send_raw(response)) as server:
        error = error_from_response(make_client(server.url), operation)
    assert type(error) is deapi.InvalidResponseError
    assert len(server.requests) == 1


def test_the_message_of_the_service_is_included_in_the_error(make_client):
    message = "The width field must be at least 512. (and 1 more error)"
    fields = {"width": ["The width field must be at least 512."], "seed": ["The seed is missing."]}
    with FaultyServer(behaviors.respond(422, {"message": message, "errors": fields})) as server:
        error = error_from_response(make_client(server.url), GENERATE)
    assert error.errors == fields
    assert message in error.message
    assert "The seed is missing." in error.message
    assert "nothing was charged" in error.message


def test_a_low_balance_is_recognized_by_the_field_or_the_code(make_client):
    by_field = {"message": "Not enough.", "errors": {"balance": ["Not enough."]}}
    by_code = {"message": "Not enough.", "code": "insufficient_balance"}
    with FaultyServer(behaviors.respond(422, by_field), behaviors.respond(422, by_code)) as server:
        client = make_client(server.url)
        for _ in range(2):
            assert type(error_from_response(client, GENERATE)) is deapi.InsufficientBalanceError


@pytest.mark.parametrize("code", ["insufficient_permissions", "ip_not_allowed"])
def test_a_missing_permission_is_not_a_suspended_account(make_client, code):
    with FaultyServer(behaviors.respond(403, {"message": "No.", "code": code})) as server:
        error = error_from_response(make_client(server.url), BALANCE)
    assert type(error) is deapi.PermissionDeniedError
    assert error.code == code


def test_a_removed_endpoint_names_its_successor(make_client):
    body = {"message": "Gone.", "successor": "/api/v2/prompts", "documentation": "https://docs"}
    with FaultyServer(behaviors.respond(410, body)) as server:
        error = error_from_response(make_client(server.url), BALANCE)
    assert (error.successor, error.documentation) == ("/api/v2/prompts", "https://docs")
    assert "/api/v2/prompts" in error.message


def test_an_html_page_is_described_by_its_title(make_client):
    page = "<html><head><title>api.deapi.ai | 403: Forbidden</title>" + "<p>" * 10_000
    with FaultyServer(behaviors.respond(403, page, content_type="text/html")) as server:
        error = error_from_response(make_client(server.url), BALANCE)
    assert "api.deapi.ai | 403: Forbidden" in error.message
    assert "<p>" not in error.message


def test_a_huge_response_does_not_make_a_huge_log_record(make_client, recorded_sleeps, caplog):
    caplog.set_level(logging.DEBUG)
    page = "<html>" + "x" * 3_000_000
    with FaultyServer(behaviors.respond(503, page), behaviors.respond(200, page)) as server:
        error_from_response(make_client(server.url), BALANCE)
    assert any(record.name == "deapi" for record in caplog.records)
    assert max(len(record.getMessage()) for record in caplog.records) < 2000


def test_an_endless_error_response_is_bounded_in_time_and_memory(make_client, peak_memory):
    with FaultyServer(behaviors.endless_body(status=404)) as server:
        client = make_client(server.url, timeout=0.5, max_retries=0)
        with peak_memory(120), pytest.raises(deapi.DeapiError):
            client.balance()


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_the_memory_of_a_gzip_bomb_is_bounded(make_client, peak_memory, status, coding):
    bomb = behaviors.compressed_blanks(500)
    behavior = behaviors.respond(status, bomb, [("Content-Encoding", coding)])
    with FaultyServer(behavior) as server:
        client = make_client(server.url, max_retries=0)
        with peak_memory(40), pytest.raises(deapi.DeapiError) as caught:
            client.balance()
    assert caught.value.status_code == status


def compressed(data, coding="gzip"):
    return behaviors.respond(200, gzip.compress(data), [("Content-Encoding", coding)])


TOO_LARGE = " " * 8 * 1024 * 1024 + "{}"
UNREADABLE = {
    "too large": behaviors.respond(200, TOO_LARGE),
    "too large when decompressed": compressed(TOO_LARGE.encode()),
    "chain of codings": compressed(gzip.compress(b"{}"), "gzip, gzip"),
    "unknown coding": behaviors.respond(200, "{}", [("Content-Encoding", "br")]),
    "too many objects": compressed(b"[" + b"{}," * 300_000 + b"1]"),
    "too many values": compressed(b"[" + b"1," * 4_100_000 + b"1]"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_successful_response_that_breaks_a_limit_is_an_invalid_response(make_client, name):
    problem = "larger than 8,388,608 bytes|content coding|too many values"
    with FaultyServer(UNREADABLE[name]) as server:
        client = make_client(server.url)
        for operation in (BALANCE, GENERATE):
            error = error_from_response(client, operation)
            assert type(error) is deapi.InvalidResponseError
            assert re.search(problem, error.message)
            assert error.status_code == 200
            assert error.possibly_accepted == (operation is GENERATE)
    assert len(server.requests) == 2  # a retry would fail in the same way


def test_a_status_may_be_larger_because_it_may_contain_an_inline_result(make_client):
    text = "a word " * 2_000_000
    data = {"status": "done", "result": text}
    with FaultyServer(behaviors.respond(200, {"data": data})) as server:
        result = make_client(server.url).job(REQUEST_ID).status()
    assert result.result == text


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_response_is_requested_and_decompressed(make_client, coding):
    data = json.dumps({"data": BALANCE.response_data}).encode()
    encoded = gzip.compress(data) if coding == "gzip" else zlib.compress(data)
    with FaultyServer(behaviors.respond(200, encoded, [("Content-Encoding", coding)])) as server:
        assert BALANCE.succeeds(make_client(server.url))
    assert server.requests[0].header("Accept-Encoding") == "gzip, deflate"


@pytest.mark.parametrize("depth", [100, 500, 960, 990, 1000, 5000, 100_000])
@pytest.mark.parametrize("status", [200, 422, 429, 503])
def test_nested_json_is_a_result_or_an_error_of_the_sdk(
    make_client, recorded_sleeps, status, depth
):
    nested = "[" * depth + "]" * depth
    fields = ("retry_after", "errors", "result", "metadata", "message")
    body = "{" + ", ".join(f'"{name}": {nested}' for name in fields) + ', "status": "done"}'
    with FaultyServer(behaviors.respond(status, body)) as server:
        client = make_client(server.url, max_retries=1)
        with contextlib.suppress(deapi.DeapiError):
            client.job(REQUEST_ID).status()


@pytest.mark.parametrize("number", ["9" * 400, "9" * 4300, "9" * 5000, "1e999999", "-1e400", "NaN"])
def test_a_huge_number_is_a_result_or_an_error_of_the_sdk(make_client, recorded_sleeps, number):
    fields = ("progress", "balance", "result", "preview", "request_id", "retry_after", "limit")
    body = "{" + ", ".join(f'"{name}": {number}' for name in fields) + ', "status": "done"}'
    calls = (BALANCE.call, STATUS.call, GENERATE.call)
    statuses = (200, 402, 422, 429)
    script = [behaviors.respond(status, body) for status in statuses for _ in calls]
    with FaultyServer(*script) as server:
        client = make_client(server.url, max_retries=0)
        for _ in statuses:
            for call in calls:
                with contextlib.suppress(deapi.DeapiError):
                    call(client)


class SmallChunks(httpx.AsyncByteStream):
    """A body of a thousand chunks, none of which has to be waited for.

    Attributes:
        iterations: Number of iterations of the event loop while it was read.
    """

    def __init__(self, end):
        self.iterations = 0
        self._end = end
        self._ended = False

    async def __aiter__(self):
        self._iterate()
        for _ in range(1000):
            yield b" "
        yield self._end
        self._ended = True

    def _iterate(self):
        if not self._ended:
            self.iterations += 1
            asyncio.get_running_loop().call_soon(self._iterate)


def test_other_tasks_run_while_a_body_arrives_in_small_chunks():
    balance, file = SmallChunks(b'{"data": {"balance": 1}}'), SmallChunks(b"end")
    done = {"status": "done", "result_url": "https://results.example/fox.png"}

    def respond(request):
        if request.url.path.endswith("/balance"):
            return httpx.Response(200, stream=balance)
        if request.url.host == "results.example":
            return httpx.Response(200, headers={"transfer-encoding": "chunked"}, stream=file)
        return httpx.Response(200, json={"data": done})

    async def read():
        async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http_client:
            client = deapi.AsyncDeapiClient(api_key=KEY, http_client=http_client)
            assert (await client.balance()).balance == 1
            assert await client.job("1").read() == b" " * 1000 + b"end"

    asyncio.run(read())
    assert balance.iterations >= 5
    assert file.iterations >= 5


def test_a_large_response_is_parsed_in_a_thread_so_that_the_event_loop_is_not_blocked(monkeypatch):
    threads = []

    def parse(*arguments):
        threads.append(threading.current_thread())
        return parsing.parse(*arguments)

    monkeypatch.setattr(outcomes, "parse", parse)
    large = {"data": {"status": "done", "result": [[0.5] * 1000] * 100}}
    small = {"data": {"status": "done", "result": "short"}}

    async def read():
        options = {"api_key": KEY, "base_url": server.url}
        async with deapi.AsyncDeapiClient(**options) as client:
            return [await client.job("1").status(), await client.job("2").status()]

    with FaultyServer(behaviors.respond(200, large), behaviors.respond(200, small)) as server:
        results = asyncio.run(read())
    assert results[0].embeddings() == [[0.5] * 1000] * 100
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()
