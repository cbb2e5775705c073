"""OpenTelemetry spans of calls, jobs and downloads. Requires the extra ``otel``."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from ._version import __version__
from .events import (
    AttemptFinished,
    CallFinished,
    CallStarted,
    DownloadFinished,
    JobFinished,
    JobSubmitted,
    RetryScheduled,
)

try:
    from opentelemetry import trace
except ImportError as _error:
    raise ImportError(
        "deapi.otel requires the extra 'otel': pip install 'deapi-python-sdk[otel]'"
    ) from _error

if TYPE_CHECKING:
    from .events import Event

_Attributes: TypeAlias = "dict[str, str | int | float]"

# Jobs that this process does not wait for would otherwise stay in memory.
_MAX_JOBS = 10_000

_PORTS = {"http": 80, "https": 443}


class OpenTelemetry:
    """Creates spans from the events of a client: ``client.with_options(on_event=OpenTelemetry())``.

    Each call is a span of kind CLIENT with the attributes of HTTP clients, and an event for each
    attempt and retry. Each job is a span from its submission until this process has received its
    result, and the parent of the spans of its downloads. The parent of other spans is the span that
    is current where the call is made. No span contains a prompt, an API key or the link of a
    result.

    One instance may be used by several clients, threads and event loops.
    """

    def __init__(self, tracer_provider: trace.TracerProvider | None = None) -> None:
        """Create a callback for ``on_event``.

        Args:
            tracer_provider: Provider of the tracer; by default the global one.
        """
        self._tracer = trace.get_tracer("deapi", __version__, tracer_provider=tracer_provider)
        self._calls: dict[int, trace.Span] = {}
        self._jobs: OrderedDict[str, trace.Span] = OrderedDict()

    def __call__(self, event: Event) -> None:
        """Create, change or end the span of an event."""
        if isinstance(event, CallStarted):
            self._start_call(event)
        elif isinstance(event, AttemptFinished):
            self._add_attempt(event)
        elif isinstance(event, RetryScheduled):
            span = self._calls.get(event.call_id)
            if span is not None:
                span.add_event("retry", {"deapi.retry": event.number, "deapi.delay": event.delay})
        elif isinstance(event, CallFinished):
            self._end_call(event)
        elif isinstance(event, JobSubmitted):
            self._start_job(event)
        elif isinstance(event, JobFinished):
            self._end_job(event)
        else:
            self._add_download(event)

    def _start_call(self, event: CallStarted) -> None:
        url = urlsplit(event.url)
        attributes: _Attributes = {
            "deapi.operation": event.operation,
            "http.request.method": event.method,
            "url.full": event.url,
            "server.address": url.hostname or "",
            "server.port": url.port or _PORTS.get(url.scheme, 0),
        }
        self._calls[event.call_id] = self._tracer.start_span(
            f"{event.method} {event.operation}", kind=trace.SpanKind.CLIENT, attributes=attributes
        )

    def _add_attempt(self, event: AttemptFinished) -> None:
        span = self._calls.get(event.call_id)
        if span is None:
            return
        attributes: _Attributes = {"deapi.attempt": event.number, "deapi.seconds": event.seconds}
        if event.status_code is not None:
            attributes["http.response.status_code"] = event.status_code
        if event.http_request_id is not None:
            attributes["deapi.http_request_id"] = event.http_request_id
        span.add_event("attempt", attributes)

    def _end_call(self, event: CallFinished) -> None:
        span = self._calls.pop(event.call_id, None)
        if span is None:
            return
        if event.status_code is not None:
            span.set_attribute("http.response.status_code", event.status_code)
        if event.attempts > 1:
            span.set_attribute("http.request.resend_count", event.attempts - 1)
        _end(span, event.error_type)

    def _start_job(self, event: JobSubmitted) -> None:
        if len(self._jobs) >= _MAX_JOBS:
            with suppress(KeyError):  # another thread has removed the last one
                oldest = self._jobs.popitem(last=False)[1]
                if oldest.is_recording():
                    oldest.end()
        attributes: _Attributes = {
            "deapi.operation": event.operation,
            "deapi.job.id": event.request_id,
        }
        if event.model is not None:
            attributes["gen_ai.request.model"] = event.model
        self._jobs[event.request_id] = self._tracer.start_span(
            f"job {event.operation}", attributes=attributes
        )

    def _end_job(self, event: JobFinished) -> None:
        span = self._jobs.get(event.request_id)
        if span is not None and span.is_recording():  # otherwise another process submitted the job
            span.set_attribute("deapi.job.status", event.status)
            _end(span, None if event.status == "done" else event.status)
            # A span that has ended is only needed as the parent of downloads.
            self._jobs[event.request_id] = trace.NonRecordingSpan(span.get_span_context())

    def _add_download(self, event: DownloadFinished) -> None:
        now = time.time_ns()
        job = self._jobs.get(event.request_id)
        attributes: _Attributes = {
            "deapi.job.id": event.request_id,
            "deapi.download.size": event.size,
        }
        if event.attempts > 1:
            attributes["http.request.resend_count"] = event.attempts - 1
        span = self._tracer.start_span(
            "download",
            context=None if job is None else trace.set_span_in_context(job),
            kind=trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=now - int(event.seconds * 1e9),
        )
        _end(span, event.error_type, now)


def _end(span: trace.Span, error_type: str | None, end_time: int | None = None) -> None:
    if error_type is not None:
        span.set_attribute("error.type", error_type)
        span.set_status(trace.StatusCode.ERROR)
    span.end(end_time)
