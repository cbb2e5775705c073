"""Webhooks: signing, delivery with retries, and disabling after repeated failures."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx

from ..operations.registry import OPERATIONS
from ..validation.urls import is_loopback
from .status import failure_fields

if TYPE_CHECKING:
    from ..clock import Clock
    from .jobs import Job, Status

RETRY_DELAYS = (0, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 43200)
"""Emulated seconds before each attempt."""

RESPONSE_TIMEOUT = 10.0
"""Real seconds until an attempt times out. Receivers run in real time."""

MAX_CONSECUTIVE_FAILURES = 10
"""Consecutive failed deliveries of the whole account after which webhooks are disabled.

A delivery has failed when its last attempt has.
"""

WebhookHandler = Callable[[Mapping[str, str], bytes], "int | None"]
"""Receives the headers and the body of a webhook. It returns a status code; None means 200."""

ON_WEBHOOK_URL = "function:on_webhook"
"""URL of a delivery to a handler, if the job has no webhook URL."""

EVENTS: dict[Status, str] = {
    "processing": "job.processing",
    "done": "job.completed",
    "error": "job.failed",
}

_NO_SOCKETS = "not sent: the emulator has no sockets; see on_webhook"
_NOT_SENT = "not sent: the URL is on another machine; see allow_remote_webhooks"


@dataclass(frozen=True)
class Delivery:
    """An attempt to deliver a webhook.

    Attributes:
        url: URL of the receiver.
        event: Event type, such as "job.completed".
        request_id: ID of the job.
        delivery_id: ID of the webhook, the same for all attempts.
        attempt: Number of the attempt, starting at 1.
        headers: Headers of the request.
        body: Body of the request.
        status: Status code of the receiver's response, or None without a response.
        error: Why there is no response, or None.
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
        """Whether the receiver responded with 2xx."""
        return self.status is not None and 200 <= self.status < 300


def signature(secret: str | None, timestamp: str, body: bytes) -> str:
    """Return the value of `X-DeAPI-Signature`. It is empty without a secret."""
    if not secret:
        return ""
    message = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def build_payload(
    job: Job, previous_status: Status, delivery_id: str, result_url: str | None
) -> bytes:
    """Build the body of a webhook about a job's new status. Slashes are escaped, as in PHP."""
    data: dict[str, Any] = {
        "job_request_id": job.request_id,
        "status": job.status,
        "previous_status": previous_status,
        "job_type": job.job_type,
    }
    if job.status == "processing":
        data["started_at"] = _isoformat(job.started_at)
    elif job.status == "done":
        data["completed_at"] = _isoformat(job.finished_at)
        data["result_url"] = result_url
        data["processing_time_ms"] = round(OPERATIONS[job.operation].seconds * 1000)
    elif job.failure:
        data["failed_at"] = _isoformat(job.finished_at)
        data |= failure_fields(job)
        data["price"] = {"amount": 0, "is_estimated": False}
    body = {
        "event": EVENTS[job.status],
        "delivery_id": delivery_id,
        "timestamp": _isoformat(datetime.datetime.now(datetime.timezone.utc)),
        "data": data,
    }
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


class Webhooks:
    """Delivers the webhooks of the account.

    Args:
        clock: Emulated time, which the delays between attempts follow.
        url: URL that receives the webhooks of jobs without a webhook URL.
        secret: Secret that signs the webhooks of jobs without a webhook secret.
        allow_remote: Whether to send webhooks to other machines.
        handler: Receives all webhooks instead of their URLs.
        send: Whether webhooks are sent at all, and not only recorded.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        url: str | None,
        secret: str | None,
        allow_remote: bool,
        handler: WebhookHandler | None,
        send: bool,
    ) -> None:
        self.enabled = True
        self.deliveries: list[Delivery] = []
        self._clock = clock
        self._url = url or (ON_WEBHOOK_URL if handler else None)
        self._handler = handler
        self._sends = send
        self._secret = secret
        self._allow_remote = allow_remote
        self._consecutive_failures = 0
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._recorded = threading.Condition()
        self._client: httpx.AsyncClient | None = None

    def send(self, job: Job, previous_status: Status, result_url: str | None) -> None:
        """Start to deliver a webhook about a job's new status, if a URL is configured."""
        url = job.fields.get("webhook_url") or self._url
        if url is None or not self.enabled or self._closed:
            return
        delivery_id = str(uuid.uuid4())
        # The payload is built now, because the job may change before the delivery starts.
        body = build_payload(job, previous_status, delivery_id, result_url)
        deliver = self._deliver(url, EVENTS[job.status], job, delivery_id, body)
        task = asyncio.get_running_loop().create_task(deliver)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def enable(self) -> None:
        """Enable webhooks again, as the dashboard does."""
        self.enabled = True
        self._consecutive_failures = 0

    def wait_for(self, count: int, timeout: float) -> list[Delivery]:
        """Wait in another thread until attempts have ended, and return all of them.

        Raises:
            TimeoutError: After `timeout` real seconds there are fewer than `count`.
        """
        with self._recorded:
            if not self._recorded.wait_for(lambda: len(self.deliveries) >= count, timeout):
                attempts = [
                    f"{each.event}: {each.error or each.status}" for each in self.deliveries
                ]
                raise TimeoutError(
                    f"{len(attempts)} of {count} attempts to deliver a webhook ended within "
                    f"{timeout:g} s: {', '.join(attempts) or 'none'}"
                )
            return list(self.deliveries)

    async def close(self) -> None:
        """Cancel all deliveries, and start no more."""
        self._closed = True
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    async def _deliver(self, url: str, event: str, job: Job, delivery_id: str, body: bytes) -> None:
        secret = job.fields.get("webhook_secret") or self._secret
        due_at = self._clock.now()
        for attempt, delay in enumerate(RETRY_DELAYS, start=1):
            due_at += delay
            await self._clock.sleep_until(due_at)
            if not self.enabled:
                return
            timestamp = str(int(time.time()))
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "DeAPI-Webhook/1.0",
                "X-DeAPI-Event": event,
                "X-DeAPI-Timestamp": timestamp,
                "X-DeAPI-Delivery-Id": delivery_id,
                "X-DeAPI-Signature": signature(secret, timestamp, body),
            }
            status, error = await self._post(url, headers, body)
            delivery = Delivery(
                url, event, job.request_id, delivery_id, attempt, headers, body, status, error
            )
            if delivery.succeeded:
                self._consecutive_failures = 0
            elif attempt == len(RETRY_DELAYS):
                self._consecutive_failures += 1
                if self._consecutive_failures >= MAX_CONSECUTIVE_FAILURES:
                    self.enabled = False
            with self._recorded:  # last, because a test that waits for the attempt continues
                self.deliveries.append(delivery)
                self._recorded.notify_all()
            if delivery.succeeded or error in (_NOT_SENT, _NO_SOCKETS):
                return

    async def _post(
        self, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int | None, str | None]:
        if self._handler is not None:
            return await self._call_handler(self._handler, headers, body)
        if not self._sends:
            return None, _NO_SOCKETS
        if not self._allow_remote and not is_loopback(url):
            return None, _NOT_SENT
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=RESPONSE_TIMEOUT, trust_env=False)
        try:
            # asyncio.wait_for before Python 3.12 may swallow the cancellation that stops the
            # emulator.
            with anyio.fail_after(RESPONSE_TIMEOUT):
                response = await self._client.post(url, headers=headers, content=body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            return None, repr(error)
        return response.status_code, None

    async def _call_handler(
        self, handler: WebhookHandler, headers: dict[str, str], body: bytes
    ) -> tuple[int | None, str | None]:
        try:
            returned: object = await anyio.to_thread.run_sync(
                handler, headers, body, abandon_on_cancel=True
            )
        except Exception as error:  # noqa: BLE001 - a failed attempt, as from any receiver
            return None, repr(error)
        if returned is None:
            return 200, None
        if isinstance(returned, int):
            return returned, None
        return None, f"on_webhook returned {returned!r}, which is not a status code"


def _isoformat(value: datetime.datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None
