"""Webhooks: signatures, retries, and disabling after repeated failures."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deapi.emulator import Emulator
from deapi.emulator.jobs import webhooks
from deapi.emulator.jobs.webhooks import RESPONSE_TIMEOUT, RETRY_DELAYS, signature

SECRET = "a secret of at least thirty-two characters"


class Receiver(ThreadingHTTPServer):
    """Records webhooks, and responds with the statuses in `statuses`, then with 200."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received = []
        self.statuses = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"

    def wait_for_webhooks(self, count):
        """Wait until this number of webhooks has arrived."""
        deadline = time.monotonic() + 30
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.received) == count
        return self.received


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.received.append((self.headers, body))

    def log_message(self, *arguments):
        pass


@pytest.fixture
def receiver():
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def wait_until(condition):
    """Wait until a condition holds."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def wait_for_attempts(api, count):
    """Wait until this number of attempts is recorded."""
    attempts = api.emulator.wait_for_webhooks(count)
    assert len(attempts) == count
    return attempts


def test_a_job_sends_webhooks_about_its_start_and_end(start_emulator, receiver):
    api = start_emulator(allow_http_webhooks=True)
    submission = api.generate(webhook_url=receiver.url)
    request_id = submission.json()["data"]["request_id"]
    bodies = {
        json.loads(body)["event"]: json.loads(body) for _, body in receiver.wait_for_webhooks(2)
    }
    started, completed = bodies["job.processing"], bodies["job.completed"]
    assert started["data"]["job_request_id"] == request_id
    assert started["data"]["previous_status"] == "pending"
    assert started["data"]["status"] == "processing"
    assert "started_at" in started["data"]
    assert completed["data"]["job_type"] == "txt2img"
    assert completed["data"]["previous_status"] == "processing"
    assert completed["data"]["processing_time_ms"] == 3000
    assert completed["timestamp"].endswith("+00:00")
    download = api.http.get(completed["data"]["result_url"])
    assert download.headers["content-type"] == "image/png"


def test_webhooks_are_signed_over_the_raw_body(start_emulator, receiver):
    api = start_emulator("v2", allow_http_webhooks=True)
    api.generate(webhook_url=receiver.url, webhook_secret=SECRET)
    for headers, body in receiver.wait_for_webhooks(2):
        timestamp = headers["X-DeAPI-Timestamp"]
        assert abs(int(timestamp) - time.time()) < 30
        message = f"{timestamp}.".encode() + body
        expected = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        assert headers["X-DeAPI-Signature"] == f"sha256={expected}"
        assert headers["User-Agent"] == "DeAPI-Webhook/1.0"
        assert headers["Content-Type"] == "application/json"
        assert headers["X-DeAPI-Event"] == json.loads(body)["event"]
        assert headers["X-DeAPI-Delivery-Id"] == json.loads(body)["delivery_id"]
        assert b"/" not in body.replace(b"\\/", b"")


def test_the_signature_is_empty_without_a_secret():
    assert signature(None, "1", b"{}") == ""


def test_a_jobs_url_replaces_the_url_of_the_account(start_emulator, receiver):
    api = start_emulator(webhook_url=receiver.url, webhook_secret=SECRET)
    api.generate()
    headers, body = receiver.wait_for_webhooks(2)[0]
    assert headers["X-DeAPI-Signature"] == signature(SECRET, headers["X-DeAPI-Timestamp"], body)
    api.generate(webhook_url="https://127.0.0.1:1/closed")
    urls = {delivery.url for delivery in wait_for_attempts(api, 4)}
    assert urls == {receiver.url, "https://127.0.0.1:1/closed"}


def test_version_1_ignores_the_secret_of_a_job(start_emulator, receiver):
    api = start_emulator(allow_http_webhooks=True, webhook_secret=SECRET)
    submission = api.generate(webhook_url=receiver.url, webhook_secret="too short")
    assert submission.status_code == 200
    headers, body = receiver.wait_for_webhooks(2)[0]
    assert headers["X-DeAPI-Signature"] == signature(SECRET, headers["X-DeAPI-Timestamp"], body)


def test_the_webhook_of_a_failed_job_has_its_reason(start_emulator, receiver):
    api = start_emulator(webhook_url=receiver.url)
    api.emulator.fail_jobs(error_code="WORKER_TIMEOUT", error_reason="TIMEOUT")
    api.generate()
    data = next(
        json.loads(body)["data"]
        for headers, body in receiver.wait_for_webhooks(2)
        if headers["X-DeAPI-Event"] == "job.failed"
    )
    assert data["status"] == "error"
    assert data["error_code"] == "WORKER_TIMEOUT"
    assert data["error_reason"] == "TIMEOUT"
    assert data["retryable"] is True
    assert data["refunded"] is True
    assert data["price"] == {"amount": 0, "is_estimated": False}
    assert "failed_at" in data


def test_http_urls_are_accepted_only_if_allowed_and_only_on_this_machine(start_emulator, receiver):
    assert start_emulator().generate(webhook_url=receiver.url).status_code == 422
    api = start_emulator(allow_http_webhooks=True)
    assert api.generate(webhook_url="http://example.com/hook").status_code == 422
    assert api.generate(webhook_url=receiver.url).status_code == 200


def test_a_rejected_local_url_is_explained(v1):
    response = v1.generate(webhook_url="http://127.0.0.1:8000/hook")
    assert response.status_code == 422
    assert response.json()["message"].endswith("accepts it with allow_http_webhooks.")


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_response_other_than_2xx_is_retried_after_a_minute(start_emulator, receiver, status):
    api = start_emulator(webhook_url=receiver.url, polls_per_state=1)
    receiver.statuses = [status]
    submission = api.generate()
    api.get_job(submission), api.get_job(submission)
    receiver.wait_for_webhooks(1)
    wait_for_attempts(api, 1)
    time.sleep(0.05)
    assert len(receiver.received) == 1
    api.emulator.advance(60)
    (first, first_body), (second, second_body) = receiver.wait_for_webhooks(2)
    assert first["X-DeAPI-Delivery-Id"] == second["X-DeAPI-Delivery-Id"]
    assert uuid.UUID(first["X-DeAPI-Delivery-Id"])
    assert first_body == second_body
    assert [delivery.attempt for delivery in wait_for_attempts(api, 2)] == [1, 2]
    assert [delivery.succeeded for delivery in api.emulator.webhooks] == [False, True]


def test_retries_end_after_22_hours_and_48_minutes(start_emulator, receiver):
    api = start_emulator(webhook_url=receiver.url, polls_per_state=1)
    receiver.statuses = [500] * 10
    submission = api.generate()
    api.get_job(submission), api.get_job(submission)
    for count, wait in enumerate(RETRY_DELAYS[1:], start=1):
        wait_for_attempts(api, count)
        api.emulator.advance(wait)
    wait_for_attempts(api, 10)
    assert sum(RETRY_DELAYS) == 22 * 3600 + 48 * 60
    assert api.emulator.webhooks_enabled, "this is one failed delivery, not ten"
    last = api.generate()
    api.get_job(last), api.get_job(last)
    receiver.wait_for_webhooks(11)


def test_ten_consecutive_failed_deliveries_of_any_jobs_disable_webhooks(
    start_emulator, receiver, monkeypatch
):
    monkeypatch.setattr(webhooks, "RETRY_DELAYS", (0, 60))
    api = start_emulator(webhook_url=receiver.url)
    receiver.statuses = [500] * 16 + [200, 200] + [500] * 20
    for _ in range(4):
        api.generate()
    wait_for_attempts(api, 8)
    api.emulator.advance(60)
    wait_for_attempts(api, 16)
    api.generate()
    wait_for_attempts(api, 18)
    assert api.emulator.webhooks_enabled, "8 failed deliveries, 2 successful ones"
    for _ in range(5):
        api.generate()
    wait_for_attempts(api, 28)
    assert api.emulator.webhooks_enabled, "10 failed attempts, but no failed delivery"
    api.emulator.advance(60)
    wait_until(lambda: not api.emulator.webhooks_enabled)
    api.generate()
    api.emulator.enable_webhooks()
    api.generate()
    receiver.wait_for_webhooks(40)
    assert api.emulator.webhooks_enabled


def test_an_attempt_without_a_connection_is_recorded(start_emulator):
    api = start_emulator(webhook_url="http://127.0.0.1:1/closed")
    api.generate()
    delivery = wait_for_attempts(api, 2)[0]
    assert delivery.status is None
    assert "ConnectError" in delivery.error


def test_a_webhook_to_another_machine_is_only_recorded_unless_allowed(start_emulator):
    # .invalid never resolves, so an attempt to send fails with a connection error.
    submission = {"webhook_url": "https://receiver.invalid/hook"}
    api = start_emulator()
    for _ in range(6):
        api.generate(**submission)
    assert {delivery.error for delivery in wait_for_attempts(api, 12)} == {
        "not sent: the URL is on another machine; see allow_remote_webhooks"
    }
    assert api.emulator.webhooks_enabled, "a webhook that was not sent is not a failure"

    api = start_emulator(allow_remote_webhooks=True)
    api.generate(**submission)
    assert "ConnectError" in wait_for_attempts(api, 2)[0].error


def test_a_receiver_has_ten_real_seconds_to_respond():
    assert RESPONSE_TIMEOUT == 10


def test_a_function_receives_all_webhooks_instead_of_their_urls(start_emulator):
    received = []

    def handle(headers, body):
        received.append((dict(headers), body))
        return [204, None][len(received) % 2]

    api = start_emulator(on_webhook=handle, webhook_secret=SECRET)
    api.generate()
    api.generate(webhook_url="https://receiver.invalid/hook")
    attempts = wait_for_attempts(api, 4)
    assert {attempt.status for attempt in attempts} == {200, 204}
    assert {attempt.url for attempt in attempts} == {
        "function:on_webhook",
        "https://receiver.invalid/hook",
    }
    for headers, body in received:
        expected = signature(SECRET, headers["X-DeAPI-Timestamp"], body)
        assert headers["X-DeAPI-Signature"] == expected
        assert headers["X-DeAPI-Event"] == json.loads(body)["event"]


def test_a_webhook_function_that_raises_or_returns_an_error_is_called_again(start_emulator):
    calls = []

    def handle(headers, body):
        calls.append(headers["X-DeAPI-Event"])
        if len(calls) <= 2:
            return 500
        if len(calls) <= 4:
            raise LookupError("no such job")
        return None

    api = start_emulator(on_webhook=handle)
    api.generate()
    wait_for_attempts(api, 2)
    api.emulator.advance(60)
    wait_for_attempts(api, 4)
    api.emulator.advance(120)
    attempts = wait_for_attempts(api, 6)
    assert [attempt.status for attempt in attempts] == [500, 500, None, None, 200, 200]
    assert attempts[2].error == "LookupError('no such job')"


def test_a_function_that_returns_no_status_code_is_a_failed_attempt(start_emulator):
    api = start_emulator(on_webhook=lambda _headers, _body: "ok")
    api.get_job(api.generate())
    for attempt in api.emulator.wait_for_webhooks(2):
        assert attempt.error == "on_webhook returned 'ok', which is not a status code"
        assert not attempt.succeeded


def test_a_coroutine_function_cannot_receive_webhooks():
    async def on_webhook(_headers, _body):
        """Never called."""

    with pytest.raises(TypeError, match="on_webhook must not be async"):
        Emulator(on_webhook=on_webhook)


def test_a_test_waits_for_webhooks_and_learns_which_are_missing(start_emulator):
    may_respond = threading.Event()

    def on_webhook(headers, _body):
        if headers["X-DeAPI-Event"] == "job.completed":
            may_respond.wait(30)
            return 503
        return None

    api = start_emulator(on_webhook=on_webhook)
    api.get_job(api.generate())
    assert [each.status for each in api.emulator.wait_for_webhooks(1)] == [200]
    with pytest.raises(TimeoutError, match=r"1 of 2 attempts .* 0\.01 s: job\.processing: 200$"):
        api.emulator.wait_for_webhooks(2, timeout=0.01)
    may_respond.set()
    assert [each.status for each in api.emulator.wait_for_webhooks(2)] == [200, 503]
