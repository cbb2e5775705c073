"""A job that was accepted is returned, whatever its ID is, and messages show the ID safely."""

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import GENERATE, SUBMISSIONS

IDS = {
    "line break": "job-1\n",
    "dot": ".",
    "two dots": "..",
    "path": "../keys/1?x=1#y",
    "space": "a job",
    "no-break space": "job\u00a01",
    "NUL": "job\x00",
    "right-to-left override": "\u202egnp.xof",
    "not ASCII": "zadanie-żółć-🐢",
    "percent": "100%25",
    "number": 12345,
    "100 kB": "x" * 100_000,
}


@pytest.mark.parametrize("operation", SUBMISSIONS, ids=str)
@pytest.mark.parametrize("name", IDS)
def test_a_submission_with_any_id_returns_a_job(make_client, operation, name):
    with FaultyServer(behaviors.respond(200, {"data": {"request_id": IDS[name]}})) as server:
        job = operation.call(make_client(server.url))
    assert job.request_id == str(IDS[name])
    assert repr(job).isprintable()
    assert len(repr(job)) < 200


@pytest.mark.parametrize("body", [None, {}, [], "job-1", {"data": {"request_id": ""}}], ids=repr)
@pytest.mark.parametrize("operation", SUBMISSIONS, ids=str)
def test_a_submission_without_an_id_is_possibly_accepted(make_client, operation, body):
    with (
        FaultyServer(behaviors.respond(200, body)) as server,
        pytest.raises(deapi.InvalidResponseError) as caught,
    ):
        operation.call(make_client(server.url))
    assert caught.value.possibly_accepted


@pytest.mark.parametrize(
    ("request_id", "segment"),
    [
        ("job-1\n", "job-1%0A"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("../keys/1?x=1#y", "..%2Fkeys%2F1%3Fx%3D1%23y"),
        ("a job", "a%20job"),
    ],
)
def test_the_id_is_one_segment_of_the_path(make_client, request_id, segment):
    accepted = behaviors.respond(200, {"data": {"request_id": request_id}})
    with FaultyServer(accepted, behaviors.respond(200, {"data": {"status": "done"}})) as server:
        job = GENERATE.call(make_client(server.url))
        assert job.status().status == "done"
    assert server.requests[-1].path == f"/api/v1/client/request-status/{segment}"


@pytest.mark.parametrize(
    "state",
    [
        {"status": "processing"},
        {"status": "\x1b[31m" + "levitating" * 10_000},
        {"status": "error", "error_message": "\x1b[31m" + "no" * 10_000},
        {"status": "done", "result_url": "javascript:\x1b[31m" + "x" * 10_000},
        {"status": "done"},
    ],
    ids=["timeout", "unknown status", "failed", "URL", "no result"],
)
def test_a_message_about_a_job_is_short_and_printable(make_client, tmp_path, state):
    request_id = "job\x1b[31m" + "x" * 10_000
    with FaultyServer(
        behaviors.respond(200, {"data": {"request_id": request_id}}),
        *[behaviors.respond(200, {"data": state})] * 3,
    ) as server:
        job = GENERATE.call(make_client(server.url))
        with pytest.raises(deapi.DeapiError) as caught:
            job.save(tmp_path / "result", max_wait=0)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1500


def test_the_id_that_a_caller_passes_is_still_validated(make_client):
    client = make_client("http://127.0.0.1:9")
    for request_id in ("", ".", "..", "job\n", "job\x00"):
        with pytest.raises(ValueError, match="not the ID of a job"):
            client.job(request_id)
