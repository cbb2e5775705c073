from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deapi.emulator.jobs.webhooks import RESPONSE_TIMEOUT, RETRY_DELAYS, signature

SECRET = "a secret of at least thirty-two characters"


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent, and answers with the statuses that it was given, then 200."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received = []
        self.statuses = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"

    def events(self, count):
        """Wait until so many deliveries have come."""
        deadline = time.monotonic() + 10
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


def attempts(api, count):
    """Wait until so many attempts are on record."""
    deadline = time.monotonic() + 10
    while len(api.emulator.webhooks) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(api.emulator.webhooks) == count
    return api.emulator.webhooks


def test_a_job_tells_of_its_start_and_its_end(serve, receiver):
    api = serve(allow_http_webhooks=True)
    order = api.generate(webhook_url=receiver.url)
    request_id = order.json()["data"]["request_id"]
    bodies = {json.loads(body)["event"]: json.loads(body) for _, body in receiver.events(2)}
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


def test_deliveries_are_signed_over_their_raw_body(serve, receiver):
    api = serve("v2", allow_http_webhooks=True)
    api.generate(webhook_url=receiver.url, webhook_secret=SECRET)
    for headers, body in receiver.events(2):
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


def test_without_any_secret_the_signature_is_empty():
    assert signature(None, "1", b"{}") == ""


def test_the_account_has_a_url_and_a_secret_that_jobs_can_replace(serve, receiver):
    api = serve(webhook_url=receiver.url, webhook_secret=SECRET)
    api.generate()
    headers, body = receiver.events(2)[0]
    assert headers["X-DeAPI-Signature"] == signature(SECRET, headers["X-DeAPI-Timestamp"], body)
    api.generate(webhook_url="https://127.0.0.1:1/closed")
    urls = {delivery.url for delivery in attempts(api, 4)}
    assert urls == {receiver.url, "https://127.0.0.1:1/closed"}


def test_version_1_knows_no_secret_of_a_job(serve, receiver):
    api = serve(allow_http_webhooks=True, webhook_secret=SECRET)
    order = api.generate(webhook_url=receiver.url, webhook_secret="too short")
    assert order.status_code == 200
    headers, body = receiver.events(2)[0]
    assert headers["X-DeAPI-Signature"] == signature(SECRET, headers["X-DeAPI-Timestamp"], body)


def test_a_failed_job_tells_why(serve, receiver):
    api = serve(webhook_url=receiver.url)
    api.emulator.fail_jobs(error_code="WORKER_TIMEOUT", error_reason="TIMEOUT")
    api.generate()
    data = next(
        json.loads(body)["data"]
        for headers, body in receiver.events(2)
        if headers["X-DeAPI-Event"] == "job.failed"
    )
    assert data["status"] == "error"
    assert data["error_code"] == "WORKER_TIMEOUT"
    assert data["error_reason"] == "TIMEOUT"
    assert data["retryable"] is True
    assert data["refunded"] is True
    assert data["price"] == {"amount": 0, "is_estimated": False}
    assert "failed_at" in data


def test_http_urls_are_taken_only_where_allowed_and_only_on_this_machine(serve, receiver):
    assert serve().generate(webhook_url=receiver.url).status_code == 422
    api = serve(allow_http_webhooks=True)
    assert api.generate(webhook_url="http://example.com/hook").status_code == 422
    assert api.generate(webhook_url=receiver.url).status_code == 200


@pytest.mark.parametrize("status", [302, 404, 500])
def test_anything_but_a_2xx_is_tried_again_after_a_minute(serve, receiver, status):
    api = serve(webhook_url=receiver.url, polls_per_state=1)
    receiver.statuses = [status]
    order = api.generate()
    api.job(order), api.job(order)
    receiver.events(1)
    attempts(api, 1)
    time.sleep(0.05)
    assert len(receiver.received) == 1
    api.emulator.advance(60)
    (first, first_body), (second, second_body) = receiver.events(2)
    assert first["X-DeAPI-Delivery-Id"] == second["X-DeAPI-Delivery-Id"]
    assert uuid.UUID(first["X-DeAPI-Delivery-Id"])
    assert first_body == second_body
    assert [delivery.attempt for delivery in attempts(api, 2)] == [1, 2]
    assert [delivery.succeeded for delivery in api.emulator.webhooks] == [False, True]


def test_the_schedule_ends_after_22_hours_and_48_minutes_and_breaks_the_circuit(serve, receiver):
    api = serve(webhook_url=receiver.url, polls_per_state=1)
    receiver.statuses = [500] * 10
    order = api.generate()
    api.job(order), api.job(order)
    for count, wait in enumerate(RETRY_DELAYS[1:], start=1):
        attempts(api, count)
        assert api.emulator.webhooks_enabled
        api.emulator.advance(wait)
    attempts(api, 10)
    assert sum(RETRY_DELAYS) == 22 * 3600 + 48 * 60
    assert not api.emulator.webhooks_enabled
    api.emulator.advance(200_000)
    api.generate()
    time.sleep(0.1)
    assert len(receiver.received) == 10
    api.emulator.enable_webhooks()
    last = api.generate()
    api.job(last), api.job(last)
    receiver.events(11)
    assert api.emulator.webhooks_enabled


def test_ten_failures_in_a_row_over_all_jobs_break_the_circuit(serve, receiver):
    api = serve(webhook_url=receiver.url)
    receiver.statuses = [500] * 9 + [200] + [500] * 10
    for count in range(2, 21, 2):
        api.generate()
        attempts(api, count)
        assert api.emulator.webhooks_enabled is (count < 20)


def test_a_receiver_that_cannot_be_reached_is_on_record(serve):
    api = serve(webhook_url="http://127.0.0.1:1/closed")
    api.generate()
    delivery = attempts(api, 2)[0]
    assert delivery.status is None
    assert "ConnectError" in delivery.error


def test_a_webhook_for_another_machine_is_recorded_and_not_sent_unless_allowed(serve):
    # .invalid never resolves, so that an attempt to send ends in an error of its own.
    order = {"webhook_url": "https://receiver.invalid/hook"}
    api = serve()
    for _ in range(6):
        api.generate(**order)
    assert {delivery.error for delivery in attempts(api, 12)} == {
        "not sent: the URL is on another machine; see allow_remote_webhooks"
    }
    assert api.emulator.webhooks_enabled, "it is no failure of the receiver's"

    api = serve(allow_remote_webhooks=True)
    api.generate(**order)
    assert "ConnectError" in attempts(api, 2)[0].error


def test_a_receiver_has_ten_real_seconds():
    assert RESPONSE_TIMEOUT == 10
