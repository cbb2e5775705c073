"""The webhook receivers in examples/, over real sockets."""

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest

from deapi.emulator import Emulator
from deapi.webhook import sign
from support.webhook_samples import COMPLETED, SECRET, encode

EXAMPLES = Path(__file__).parents[2] / "examples"
FRAMEWORKS = ["fastapi", "flask"]


class Receiver:
    """An example receiver in its own process. It prints one line for each event it processes.

    Standard output and standard error are read separately: both are written by several threads,
    and a line of the access log can otherwise end up inside a printed line.
    """

    def __init__(self, framework, **environment):
        self._printed = []
        self._logged = []
        self._changed = threading.Condition()
        self._url = None
        self.process = subprocess.Popen(
            [sys.executable, EXAMPLES / f"webhook_{framework}.py"],
            env={**os.environ, "PORT": "0", "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [
            threading.Thread(target=self._read, args=arguments)
            for arguments in (
                (self.process.stdout, self._printed),
                (self.process.stderr, self._logged),
            )
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines):
        with stream:
            for line in stream:
                with self._changed:
                    lines.append(line)
                    self._changed.notify_all()

    def _wait_for(self, lines, pattern):
        def matches():
            return [match for line in lines if (match := re.search(pattern, line))]

        with self._changed:
            assert self._changed.wait_for(matches, 30), (self._printed, self._logged)
            return matches()

    def wait_for_event(self, pattern):
        """Wait for a printed event, and return the matches of all lines so far."""
        return self._wait_for(self._printed, pattern)

    def wait_for_log(self, pattern):
        """Wait for a line of the log, and return the matches of all lines so far."""
        return self._wait_for(self._logged, pattern)

    @property
    def url(self):
        if self._url is None:
            origin = self.wait_for_log(r"[Rr]unning on (http://[\d.]+:\d+)")[0][1]
            self._url = f"{origin}/webhooks/deapi"
        return self._url

    def post(self, body, headers):
        return httpx.post(self.url, content=body, headers=headers, timeout=10, trust_env=False)

    def processed_jobs(self):
        """Send one more event, wait for it, and return the jobs of all events before it."""
        last = delivery()
        assert self.post(**last).status_code == 204
        self.wait_for_event(job_of(last))
        jobs = [match[1] for match in self.wait_for_event(r"^job\.\w+: job (\S+)")]
        jobs.remove(job_of(last))
        return jobs

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        for reader in self._readers:
            reader.join(10)


def delivery(*, secret=SECRET, timestamp=None, **changes):
    """Return the body of an event of a new job, and its signed headers."""
    data = {**COMPLETED["data"], "job_request_id": str(uuid.uuid4())}
    body = encode({**COMPLETED, "delivery_id": str(uuid.uuid4()), "data": data, **changes})
    return {"body": body, "headers": sign(payload=body, secret=secret, timestamp=timestamp)}


def job_of(request):
    return re.search(rb'"job_request_id":"([^"]+)"', request["body"])[1].decode()


@pytest.fixture(scope="module", params=FRAMEWORKS)
def receiver(request):
    with contextlib.closing(Receiver(request.param, DEAPI_WEBHOOK_SECRET=SECRET)) as receiver:
        yield receiver


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("secret", ["", " "])
def test_a_receiver_does_not_start_without_a_secret(framework, secret):
    with contextlib.closing(Receiver(framework, DEAPI_WEBHOOK_SECRET=secret)) as started:
        assert started.process.wait(30) == 1
        assert started.wait_for_log("DEAPI_WEBHOOK_SECRET")


def test_a_signed_delivery_is_accepted_and_processed(receiver):
    request = delivery()
    response = receiver.post(**request)
    assert (response.status_code, response.content) == (204, b"")
    assert job_of(request) in receiver.processed_jobs()


def test_an_unverified_delivery_gets_400_and_is_not_processed(receiver):
    valid = delivery()
    hour_ago = delivery(timestamp=time.time() - 3600)
    in_an_hour = delivery(timestamp=time.time() + 3600)
    invalid = [
        {**valid, "headers": {}},
        {**valid, "headers": {**valid["headers"], "X-DeAPI-Signature": ""}},
        {**valid, "headers": {**valid["headers"], "X-DeAPI-Timestamp": str(int(time.time()) - 1)}},
        {**valid, "headers": [*valid["headers"].items(), *valid["headers"].items()]},
        {**valid, "body": valid["body"].replace(b"job.completed", b"job.failed")},
        {**valid, "body": b""},
        {**valid, "body": b"\xff" * 1000},
        delivery(secret="another secret"),
        hour_ago,
        in_an_hour,
    ]
    for request in invalid:
        response = receiver.post(**request)
        assert response.status_code == 400, request
        assert SECRET not in response.text
    processed = receiver.processed_jobs()
    assert not {job_of(each) for each in (valid, hour_ago, in_an_hour)} & set(processed)


def test_a_repeated_delivery_is_accepted_and_processed_once(receiver):
    first = delivery()
    replayed = {**first, "headers": {**first["headers"], "X-DeAPI-Delivery-Id": "another"}}
    signed_again = sign(payload=first["body"], secret=SECRET, timestamp=time.time() - 60)
    for request in (first, first, replayed, {**first, "headers": signed_again}):
        assert receiver.post(**request).status_code == 204
    assert receiver.processed_jobs().count(job_of(first)) == 1


def test_concurrent_repeated_deliveries_are_processed_once(receiver):
    request = delivery()
    threads = [threading.Thread(target=receiver.post, kwargs=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert receiver.processed_jobs().count(job_of(request)) == 1


def test_a_signed_body_that_is_not_an_event_is_accepted_so_that_it_is_not_retried(receiver):
    body = b'{"event":"job.completed"}'
    assert receiver.post(body, sign(payload=body, secret=SECRET)).status_code == 204


def test_an_unknown_event_is_accepted(receiver):
    assert receiver.post(**delivery(event="job.unknown", data={})).status_code == 204


@pytest.mark.parametrize("chunked", [False, True])
def test_a_too_large_body_is_rejected(receiver, chunked):
    body = b" " * 70_000
    headers = sign(payload=body, secret=SECRET)
    response = receiver.post(iter([body]) if chunked else body, headers)
    # Werkzeug truncates a body without a length, and then its signature does not match.
    assert response.status_code in ({413, 400} if chunked else {413})


def test_the_deliveries_of_the_emulator_are_verified_and_processed(receiver):
    with Emulator(speed=100, webhook_secret=SECRET, allow_http_webhooks=True) as emulator:
        with emulator.client() as client:
            submit = client.images.generate
            image = {"model": "Flux1schnell", "width": 512, "height": 512, "steps": 4, "seed": 7}
            successful = submit(prompt="tin robot", webhook_url=receiver.url, **image)
            receiver.wait_for_event(f"job.processing: job {successful.request_id}")
            done = receiver.wait_for_event(rf"job.completed: job {successful.request_id} (\S+)")
            assert len(done) == 1
            assert httpx.get(done[0][1], trust_env=False).content.startswith(b"\x89PNG")
            emulator.fail_jobs()
            failed = submit(prompt="tin robot", webhook_url=receiver.url, **image)
            receiver.wait_for_event(f"job.failed: job {failed.request_id}")
        delivered = emulator.wait_for_webhooks(4)
        events = ["job.completed", "job.failed", "job.processing", "job.processing"]
        assert sorted(each.event for each in delivered) == events
        assert [each.status for each in delivered] == [204] * 4


def test_deliveries_signed_with_another_secret_are_rejected(receiver):
    other = {"webhook_secret": "another secret", "webhook_url": receiver.url}
    with Emulator(speed=100, allow_http_webhooks=True, **other) as emulator:
        with emulator.client() as client:
            job = client.images.generate(
                prompt="x", model="Flux1schnell", width=512, height=512, steps=4, seed=7
            )
        assert [each.status for each in emulator.wait_for_webhooks(2)] == [400, 400]
    assert job.request_id not in receiver.processed_jobs()
