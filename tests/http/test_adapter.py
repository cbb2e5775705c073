"""Requests and exceptions of the HTTP library, as the drivers see them."""

import asyncio
import dataclasses
import gc
import threading

import httpcore
import httpx
import pytest

from deapi._config import Timeouts
from deapi._core.files import FilePart
from deapi._core.multipart import Multipart
from deapi._core.steps import Download, Send
from deapi._http.adapter import RequestBody, timeout_failure, to_outcome
from deapi._response import Failure

TIMEOUTS = Timeouts(connect=5, read=30, write=20, pool=None)
STEP = Send(None, "POST", "http://host/", {}, None, TIMEOUTS)


class Chunks(FilePart):
    """A file of three chunks that records which of them have been read."""

    def __init__(self):
        super().__init__("image", None)
        self.read = []
        self.second_read = threading.Event()

    def chunks(self, size=0):
        for number in range(3):
            self.read.append(number)
            if number == 1:
                self.second_read.set()
            yield b"x"


def chunks_of(content):
    """Consume a body, and yield what `fully_sent` is after each chunk and at the end."""
    calls = []
    body = RequestBody(content)
    body.on_sent = lambda: calls.append(body.fully_sent)
    states = [(body.started, body.fully_sent)]
    states += [(body.started, body.fully_sent) for _ in body]
    assert calls == [True]
    return [*states, (body.started, body.fully_sent)]


@pytest.mark.parametrize("content", [b"body", Multipart({"a": 1}, [], boundary="b")])
def test_a_body_is_fully_sent_only_after_its_last_chunk_was_taken(content):
    first, *during, last = chunks_of(content)
    assert first == (False, False)
    assert set(during) == {(True, False)}
    assert last == (True, True)


def test_a_body_that_is_abandoned_is_not_fully_sent():
    body = RequestBody(Multipart({}, [("image", Chunks())], boundary="b"))
    for _ in body:
        break
    body.close()
    assert (body.started, body.fully_sent) == (True, False)
    assert timeout_failure(STEP, body) == Failure(
        "no complete response within 30 s (read timeout)", sent=False
    )


def test_a_body_that_no_transport_has_read_may_have_been_sent():
    assert timeout_failure(STEP, RequestBody(b"body")).sent is True


async def test_the_next_chunk_is_read_while_the_previous_one_is_sent():
    file = Chunks()
    body = RequestBody(Multipart({}, [("image", file)], boundary="b"))
    iterator = body.__aiter__()
    await anext(iterator)  # the header of the part
    await anext(iterator)
    assert await asyncio.to_thread(file.second_read.wait, 10), "only the first one was consumed"
    rest = [chunk async for chunk in iterator]
    assert b"".join(rest) == b"xx\r\n--b--\r\n"
    assert body.fully_sent


class Broken(Chunks):
    """A file that cannot be read after its first chunk."""

    def chunks(self, size=0):
        yield b"x"
        self.second_read.set()
        raise OSError("disk error")


async def test_a_read_that_fails_after_the_request_was_abandoned_is_not_reported(caplog):
    file = Broken()
    body = RequestBody(Multipart({}, [("image", file)], boundary="b"))
    iterator = body.__aiter__()
    await anext(iterator)
    await anext(iterator)
    await asyncio.to_thread(file.second_read.wait, 10)
    await iterator.aclose()
    await body.finish_pending_read()
    assert str(body.error) == "disk error"
    del iterator, body
    gc.collect()
    await asyncio.sleep(0)
    assert caplog.records == [], "asyncio reports an exception that was never retrieved"


class Slow(Chunks):
    """A file whose first read waits for the test."""

    def __init__(self):
        super().__init__()
        self.reading, self.released, self.closed = (threading.Event() for _ in range(3))

    def chunks(self, size=0):
        try:
            self.reading.set()
            self.released.wait(10)
            yield b"x"
        finally:
            self.closed.set()


async def test_a_file_is_closed_only_after_the_read_that_was_in_progress():
    file = Slow()
    body = RequestBody(Multipart({}, [("image", file)], boundary="b"))
    iterator = body.__aiter__()
    await anext(iterator)
    sending = asyncio.create_task(anext(iterator))
    await asyncio.to_thread(file.reading.wait, 10)
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    finishing = asyncio.create_task(body.finish_pending_read())
    await asyncio.sleep(0.05)
    assert not finishing.done()
    file.released.set()
    await finishing
    assert file.closed.is_set()


async def test_a_read_that_was_cancelled_with_its_executor_is_ignored():
    body = RequestBody(Multipart({}, [("image", Chunks())], boundary="b"))
    body._prefetch = asyncio.get_running_loop().create_future()
    body._prefetch.cancel()
    await body.finish_pending_read()


def outcome(error, *, body=None):
    found = to_outcome(error, httpx, STEP, body)
    assert isinstance(found, Failure)
    return found


def chained(error, cause):
    error.__cause__ = cause
    return error


def test_the_reason_is_the_last_cause_on_one_line_of_limited_length():
    error = chained(httpx.ReadError("outer"), OSError("inner\n  reason."))
    assert outcome(error).reason == "inner reason"
    assert len(outcome(httpx.ReadError("x" * 10_000)).reason) == 300


def test_an_exception_without_a_message_is_named():
    assert outcome(httpx.ReadError("")).reason == "ReadError"
    assert outcome(chained(httpx.ReadError("outer"), ConnectionResetError())).reason == (
        "ConnectionResetError"
    )


def test_the_reason_of_httpcore_is_found_although_it_hides_the_cause():
    inner = httpcore.ReadError("hidden")
    inner.__context__ = OSError("the real reason")
    assert outcome(chained(httpx.ReadError("outer"), inner)).reason == "the real reason"
    unrelated = httpx.ReadError("outer")
    unrelated.__context__ = KeyError("of another program")
    assert outcome(unrelated).reason == "outer"


def test_the_reason_of_a_group_is_its_first_exception():
    class GroupError(OSError):
        exceptions = (OSError("first"), OSError("second"))

    assert outcome(chained(httpx.ConnectError("all failed"), GroupError("both"))).reason == (
        "could not connect (first)"
    )


@pytest.mark.parametrize("fully_sent", [True, False])
@pytest.mark.parametrize(
    "error",
    [httpx.WriteError("x"), httpx.WriteTimeout("x"), httpx.LocalProtocolError("x")],
    ids=repr,
)
def test_a_request_that_could_not_be_written_was_sent_only_if_all_of_it_was(error, fully_sent):
    body = RequestBody(b"body")
    body.started, body.fully_sent = True, fully_sent
    assert outcome(error, body=body).sent is fully_sent
    assert outcome(error, body=RequestBody(b"body")).sent is False


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.ProxyError("x"),
        httpx.UnsupportedProtocol("x"),
        httpx.InvalidURL("x"),
        UnicodeError("label too long"),
    ],
    ids=repr,
)
def test_a_request_without_a_connection_was_not_sent(error):
    assert outcome(error, body=RequestBody(b"body")).sent is False


class ServerDisconnectedError(Exception):
    """Has the name of aiohttp's exception for a connection that was lost after sending."""


class ClientConnectorError(ServerDisconnectedError):
    """Has the name of aiohttp's exception for a connection that was never made."""


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout])
@pytest.mark.parametrize(
    ("cause", "sent"), [(ServerDisconnectedError, True), (ClientConnectorError, False)]
)
def test_a_connect_error_of_aiohttp_may_mean_a_lost_connection(error, cause, sent):
    found = outcome(chained(error("outer"), cause("lost")), body=RequestBody(b"body"))
    assert found.sent is sent
    assert ("connect timeout" in found.reason) is (error is httpx.ConnectTimeout and not sent)


def test_a_failed_download_sends_nothing_that_costs_money():
    assert outcome(httpx.ReadError("x"), body=None).sent is False


class GroupError(Exception):
    """Has the attribute of exception groups, which Python 3.10 does not have."""

    def __init__(self, *exceptions):
        self.exceptions = exceptions


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        ValueError("x"),
        ZeroDivisionError(),
        GroupError(OSError("x"), KeyError("x")),
    ],
    ids=repr,
)
def test_an_unrelated_exception_has_no_outcome(error):
    assert to_outcome(error, httpx, STEP, RequestBody(b"body")) is None


def test_a_group_of_errors_of_the_network_is_a_failure():
    error = GroupError(GroupError(OSError("first")), httpx.ReadError("second"))
    assert outcome(error, body=RequestBody(b"body")).reason == "first"


def test_an_error_of_the_callers_file_is_the_outcome_whatever_the_library_raises():
    body = RequestBody(b"body")
    body.error = OSError("truncated")
    for error in (httpx.WriteError("x"), RuntimeError("x"), body.error):
        assert to_outcome(error, httpx, STEP, body) == Failure(
            "truncated", sent=False, error=body.error
        )


@pytest.mark.parametrize(("error", "reason"), [
    (httpx.ConnectTimeout("x"), "no connection within 5 s (connect timeout)"),
    (httpx.ReadTimeout("x"), "no complete response within 30 s (read timeout)"),
    (TimeoutError(), "no complete response within 30 s (read timeout)"),
    (httpx.WriteTimeout("x"), "the request could not be sent within 20 s (write timeout)"),
    (httpx.PoolTimeout("x"), "no free connection in time (pool timeout)"),
])  # fmt: skip
def test_a_timeout_is_named_with_its_seconds(error, reason):
    assert outcome(error, body=RequestBody(b"")).reason == reason


def test_a_timeout_that_a_limit_shortens_has_the_seconds_of_the_limit():
    step = dataclasses.replace(STEP, limit=2.5)
    found = to_outcome(httpx.ReadTimeout("x"), httpx, step, RequestBody(b""))
    assert found.reason == "no complete response within 2.5 s (read timeout)"


def test_a_timeout_of_a_download_applies_to_its_progress():
    step = Download("http://host/", {}, TIMEOUTS, transfer=None)
    found = to_outcome(httpx.ReadTimeout("x"), httpx, step)
    assert found.reason == "no data within 30 s (read timeout)"


def test_a_timeout_of_the_operating_system_is_not_one_of_the_client():
    error = chained(httpx.ReadError("x"), TimeoutError(110, "Connection timed out"))
    assert outcome(error).reason == "[Errno 110] Connection timed out"
