"""Spans of calls, jobs and downloads, recorded by the SDK of OpenTelemetry."""

from __future__ import annotations

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

import deapi
import deapi.otel
from deapi.emulator import Emulator
from deapi.otel import OpenTelemetry
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, IMAGE, REQUEST_ID, STATUS


@pytest.fixture
def traced(make_client):
    """Return a function that creates a client, the tracer provider, and the exporter."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    def create(url, **options):
        telemetry = OpenTelemetry(provider)
        return make_client(url, **options).with_options(on_event=telemetry), provider, exporter

    yield create
    provider.shutdown()


def test_a_call_is_a_client_span_with_the_attributes_of_http_clients(traced):
    with FaultyServer(BALANCE.success()) as server:
        client, _, exporter = traced(server.url)
        BALANCE.call(client)
        port = int(server.url.rpartition(":")[2])
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.kind) == ("GET balance", SpanKind.CLIENT)
    assert span.status.status_code == StatusCode.UNSET
    scope = span.instrumentation_scope
    assert (scope.name, scope.version) == ("deapi", deapi.__version__)
    assert dict(span.attributes) == {
        "deapi.operation": "balance",
        "http.request.method": "GET",
        "url.full": f"{server.url}/api/v1/client/balance",
        "server.address": "127.0.0.1",
        "server.port": port,
        "http.response.status_code": 200,
    }


def test_attempts_and_retries_are_events_of_the_span(traced, recorded_sleeps):
    with FaultyServer(
        behaviors.respond(503, headers=[("X-Request-Id", "req-7")]), BALANCE.success()
    ) as server:
        client, _, exporter = traced(server.url)
        BALANCE.call(client)
    (span,) = exporter.get_finished_spans()
    first, retry, second = span.events
    assert [first.name, retry.name, second.name] == ["attempt", "retry", "attempt"]
    assert first.attributes["http.response.status_code"] == 503
    assert first.attributes["deapi.http_request_id"] == "req-7"
    assert retry.attributes["deapi.delay"] == recorded_sleeps[0]
    assert second.attributes["deapi.attempt"] == 2
    assert span.attributes["http.request.resend_count"] == 1


def test_a_failed_call_is_an_error_with_its_class(traced):
    with FaultyServer(behaviors.respond(404, {})) as server:
        client, _, exporter = traced(server.url)
        with pytest.raises(deapi.NotFoundError):
            STATUS.call(client)
    (span,) = exporter.get_finished_spans()
    assert span.status.status_code == StatusCode.ERROR
    assert span.attributes["error.type"] == "NotFoundError"
    assert span.attributes["http.response.status_code"] == 404


def test_a_job_is_a_span_from_its_submission_to_its_result(traced, tmp_path):
    prompt = "a private prompt"
    with Emulator(polls_per_state=1) as emulator:
        client, provider, exporter = traced(emulator.url, api_key=emulator.api_key)
        with provider.get_tracer("program").start_as_current_span("parent") as parent:
            job = client.images.generate(**{**IMAGE, "prompt": prompt}, steps=4)
            job.save(str(tmp_path / "robot.png"), poll_interval=0.01)
    spans = exporter.get_finished_spans()
    (span,) = [span for span in spans if span.name == "job images.generate"]
    assert dict(span.attributes) == {
        "deapi.operation": "images.generate",
        "deapi.job.id": job.request_id,
        "gen_ai.request.model": "Flux1schnell",
        "deapi.job.status": "done",
    }
    (download,) = [span for span in spans if span.name == "download"]
    assert download.attributes["deapi.download.size"] == (tmp_path / "robot.png").stat().st_size
    assert download.start_time <= download.end_time
    submission = next(span for span in spans if span.name == "POST images.generate")
    assert submission.start_time <= span.start_time <= span.end_time
    for each in (span, submission):
        assert each.parent.span_id == parent.get_span_context().span_id
    assert download.parent.span_id == span.get_span_context().span_id
    shown = "".join(each.to_json() for each in spans)
    for secret in (prompt, emulator.api_key, "signature", "expires"):
        assert secret not in shown


def test_a_failed_job_is_an_error(traced):
    with FaultyServer(
        behaviors.respond(200, {"data": {"request_id": REQUEST_ID}}),
        behaviors.respond(200, {"data": {"status": "error"}}),
    ) as server:
        client, _, exporter = traced(server.url)
        client.images.generate(**IMAGE).wait()
    (span,) = [span for span in exporter.get_finished_spans() if span.name.startswith("job")]
    assert span.status.status_code == StatusCode.ERROR
    assert span.attributes["deapi.job.status"] == "error"


def test_the_number_of_jobs_in_memory_is_limited(traced, monkeypatch):
    monkeypatch.setattr(deapi.otel, "_MAX_JOBS", 1)
    submissions = [
        behaviors.respond(200, {"data": {"request_id": f"{number}{REQUEST_ID}"}})
        for number in range(2)
    ]
    with FaultyServer(*submissions) as server:
        client, _, exporter = traced(server.url)
        for _ in submissions:
            client.images.generate(**IMAGE)
    ended = [span for span in exporter.get_finished_spans() if span.name.startswith("job")]
    assert [span.attributes["deapi.job.id"] for span in ended] == [f"0{REQUEST_ID}"]


def test_the_job_of_another_process_has_no_span(traced):
    with FaultyServer(behaviors.respond(200, {"data": {"status": "done"}})) as server:
        client, _, exporter = traced(server.url)
        client.job(REQUEST_ID).status()
    assert [span.name for span in exporter.get_finished_spans()] == ["GET jobs.status"]


def test_a_finished_job_is_ended_once(traced, monkeypatch, caplog):
    monkeypatch.setattr(deapi.otel, "_MAX_JOBS", 1)
    accepted = [
        behaviors.respond(200, {"data": {"request_id": f"{number}{REQUEST_ID}"}})
        for number in range(2)
    ]
    finished = behaviors.respond(200, {"data": {"status": "done"}})
    with FaultyServer(accepted[0], finished, finished, accepted[1]) as server:
        client, _, exporter = traced(server.url)
        job = client.images.generate(**IMAGE)
        job.status()
        client.job(job.request_id).status()
        client.images.generate(**IMAGE)
    ended = [span for span in exporter.get_finished_spans() if span.name.startswith("job")]
    assert [span.attributes["deapi.job.status"] for span in ended] == ["done"]
    assert "ended span" not in caplog.text


def test_a_missing_extra_is_reported():
    code = "import sys; sys.modules['opentelemetry'] = None; import deapi.otel"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "pip install 'deapi-python-sdk[otel]'" in ended.stderr
