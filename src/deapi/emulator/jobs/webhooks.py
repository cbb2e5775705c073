"""Webhooks: signed, delivered on the real schedule, given up by a circuit breaker."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import httpx

from deapi.emulator.operations.registry import OPERATIONS
from deapi.emulator.validation.validator import is_loopback

if TYPE_CHECKING:
    from deapi.emulator.clock import Clock
    from deapi.emulator.jobs.jobs import Job, Status

WAITS = (0, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 43200)
"""Emulated seconds before each attempt."""

ANSWER_SECONDS = 10.0
"""Real seconds that a receiver has for its answer; receivers live in real time."""

BREAKING_FAILURES = 10
"""Failed attempts in a row, over the whole account, after which nothing more is sent."""

EVENTS: dict[Status, str] = {
    "processing": "job.processing",
    "done": "job.completed",
    "error": "job.failed",
}


@dataclass(frozen=True)
class Delivery:
    """An attempt to deliver a webhook.

    Attributes:
        url: Where to.
        event: Such as "job.completed".
        request_id: The job's id.
        delivery_id: The notification's id, the same in every attempt.
        attempt: 1 for the first.
        headers: Headers that were sent.
        body: Body that was sent.
        status: What the receiver answered; None if nothing came.
        error: Why nothing came.
    """

    url: str
    event: str
    request_id: str
    delivery_id: str
    attempt: int
    headers: dict[str, str]
    body: bytes
    status: int | None
    error: str | None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver accepted it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Target:
    """Where a job's webhooks go, and what signs them."""

    url: str
    secret: str | None


def target_of(job: Job, url: str | None, secret: str | None) -> Target | None:
    """Where to notify of a job.

    Args:
        job: The job; its own URL and secret go before the account's.
        url: The account's URL.
        secret: The account's secret.
    """
    own_url = job.fields.get("webhook_url")
    chosen = own_url or url
    if chosen is None:
        return None
    return Target(chosen, job.fields.get("webhook_secret") or secret)


def signature(secret: str | None, timestamp: str, body: bytes) -> str:
    """The value of `X-DeAPI-Signature`; empty without a secret."""
    if not secret:
        return ""
    message = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def payload(job: Job, previous: Status, delivery_id: str, result_url: str | None) -> bytes:
    """The body of a job's notification, with slashes escaped as PHP does.

    Args:
        job: The job, in the status that is told of.
        previous: The status that it had before.
        delivery_id: Id of the notification.
        result_url: Link to the result of a finished job.
    """
    data: dict[str, Any] = {
        "job_request_id": job.request_id,
        "status": job.status,
        "previous_status": previous,
        "job_type": job.job_type,
    }
    if job.status == "processing":
        data["started_at"] = _iso(job.started_at)
    elif job.status == "done":
        data["completed_at"] = _iso(job.finished_at)
        data["result_url"] = result_url
        data["processing_time_ms"] = round(OPERATIONS[job.operation].seconds * 1000)
    elif job.failure:
        failure = job.failure
        data["failed_at"] = _iso(job.finished_at)
        data["error_code"] = failure.error_code
        data["error_message"] = failure.error_message
        data["error_reason"] = failure.error_reason
        data["retryable"] = failure.retryable
        data["refunded"] = failure.refunded
        data["price"] = {"amount": 0, "is_estimated": False}
    body = {
        "event": EVENTS[job.status],
        "delivery_id": delivery_id,
        "timestamp": _iso(datetime.datetime.now(datetime.timezone.utc)),
        "data": data,
    }
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


_NOT_SENT = "not sent, as it leads to another machine: see allow_remote_webhooks"


class Webhooks:
    """Delivers the account's webhooks.

    Args:
        clock: Emulated time, in which the attempts are spread.
        remote: Whether to send to other machines than this one.
    """

    def __init__(self, clock: Clock, *, remote: bool) -> None:
        self._remote = remote
        self.enabled = True
        self.deliveries: list[Delivery] = []
        self._clock = clock
        self._failures = 0
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def notify(self, target: Target, job: Job, previous: Status, result_url: str | None) -> None:
        """Start to deliver a notification of a job's new status."""
        if not self.enabled or self._closed:
            return
        delivery_id = str(uuid.uuid4())
        body = payload(job, previous, delivery_id, result_url)
        attempts = self._attempts(target, EVENTS[job.status], job.request_id, delivery_id, body)
        task = asyncio.get_running_loop().create_task(attempts)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def enable(self) -> None:
        """Close the circuit again, as the dashboard does."""
        self.enabled = True
        self._failures = 0

    async def close(self) -> None:
        """Give up what is under way, and begin nothing more."""
        self._closed = True
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    async def _attempts(
        self, target: Target, event: str, request_id: str, delivery_id: str, body: bytes
    ) -> None:
        due = self._clock.now()
        for attempt, wait in enumerate(WAITS, start=1):
            due += wait
            await self._clock.sleep_until(due)
            if not self.enabled:
                return
            timestamp = str(int(time.time()))
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "DeAPI-Webhook/1.0",
                "X-DeAPI-Event": event,
                "X-DeAPI-Timestamp": timestamp,
                "X-DeAPI-Delivery-Id": delivery_id,
                "X-DeAPI-Signature": signature(target.secret, timestamp, body),
            }
            status, error = await self._post(target.url, headers, body)
            delivery = Delivery(
                url=target.url,
                event=event,
                request_id=request_id,
                delivery_id=delivery_id,
                attempt=attempt,
                headers=headers,
                body=body,
                status=status,
                error=error,
            )
            self.deliveries.append(delivery)
            if error == _NOT_SENT:
                return
            self._count(delivery)
            if delivery.succeeded:
                return

    async def _post(
        self, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int | None, str | None]:
        if not self._remote and not _leads_here(url):
            return None, _NOT_SENT
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False)
        try:
            # Not asyncio.wait_for, which before Python 3.12 may swallow the cancellation that
            # stops the emulator.
            with anyio.fail_after(ANSWER_SECONDS):
                response = await self._client.post(url, headers=headers, content=body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            return None, repr(error)
        return response.status_code, None

    def _count(self, delivery: Delivery) -> None:
        self._failures = 0 if delivery.succeeded else self._failures + 1
        if self._failures >= BREAKING_FAILURES:
            self.enabled = False


def _iso(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _leads_here(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
