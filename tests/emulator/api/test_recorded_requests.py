"""What is kept of the requests that arrived."""

from __future__ import annotations

import hashlib
import json

import httpx
import pytest

from deapi.emulator import LargeValue
from deapi.emulator.api import recorded_requests
from deapi.emulator.api.recorded_requests import RecordedRequest, RequestLog


def test_small_fields_are_recorded_whole_and_large_ones_as_size_and_digest(v1):
    texts = ["a fox " * 20_000]
    v1.post("txt2embedding", {"input": texts, "model": "Bge_M3_FP16", "other": "é" * 70_000})
    fields = v1.emulator.requests[0].fields
    content = json.dumps(texts).encode()
    assert fields["model"] == "Bge_M3_FP16"
    assert fields["input"] == LargeValue(len(content), hashlib.sha256(content).hexdigest())
    assert fields["other"].size == 140_000


@pytest.mark.parametrize("key", [None, "Bearer 9|wrong", "Basic x"])
def test_nothing_of_a_body_is_kept_without_a_valid_key(v1, key):
    headers = {"Authorization": key} if key else {}
    content = json.dumps({"prompt": "a" * 1_000_000})
    url = f"{v1.emulator.url}/api/v1/client/txt2img"
    for data in ({"content": content}, {"files": {"image": ("a.png", b"a")}}):
        assert httpx.post(url, headers=headers, **data).status_code == 401
    assert [request.fields for request in v1.emulator.requests] == [{}, {}]


def record(text=""):
    return RecordedRequest("GET", "/", {}, None, None, {"a": text}, {}, 0.0)


def test_the_oldest_requests_are_removed_beyond_the_maximum_number_and_size(monkeypatch):
    monkeypatch.setattr(recorded_requests, "MAX_REQUESTS", 3)
    monkeypatch.setattr(recorded_requests, "MAX_BYTES", 1000)
    log, records = RequestLog(), [record() for _ in range(5)]
    for each in records:
        log.add(each)
    assert log.all() == records[2:]
    log.add_fields(records[4], {"b": "x" * 999})
    assert log.all() == records[4:]
    log.add_fields(records[0], {"b": "a request that is not listed any more"})
    large = record("x" * 2000)
    log.add(large)
    assert log.all() == [large]
