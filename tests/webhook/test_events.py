"""Webhook events: parsing them, signing them in tests, and what the module imports."""

import json
import subprocess
import sys

import pytest

import deapi
from deapi.webhook import (
    InvalidPayloadError,
    InvalidSignatureError,
    WebhookEvent,
    WebhookEventData,
    construct_event,
    sign,
    verify_signature,
)
from support.webhook_samples import (
    BODY,
    COMPLETED,
    FAILED,
    INVALID_EVENTS,
    NOW,
    PROCESSING,
    SECRET,
    encode,
    headers_of,
    representations,
    signed_arguments,
    unwrap_with,
)


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch):
    monkeypatch.setattr("time.time", lambda: NOW + 0.75)


# -- invalid payloads --------------------------------------------------------------------------


@pytest.mark.parametrize("body", INVALID_EVENTS.values(), ids=INVALID_EVENTS.keys())
def test_a_signed_body_that_is_not_an_event_is_an_invalid_payload(body):
    verify_signature(**signed_arguments(body))
    with pytest.raises(InvalidPayloadError, match="not an event") as caught:
        construct_event(**signed_arguments(body))
    text = representations(caught.value)
    assert len(str(caught.value)) < 500
    assert SECRET not in text
    assert "pydantic" not in text
    with pytest.raises(InvalidPayloadError):
        unwrap_with(headers_of(signed_arguments(body)), payload=body)


# -- events ------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [PROCESSING, COMPLETED, FAILED], ids=lambda p: p["event"])
def test_every_field_of_the_known_events_is_parsed(payload):
    event = construct_event(**signed_arguments(encode(payload)))
    assert (event.event, event.type) == (payload["event"], payload["event"])
    assert (event.delivery_id, event.timestamp) == (payload["delivery_id"], payload["timestamp"])
    assert event.data.model_dump(exclude_unset=True) == payload["data"]
    assert not event.model_extra
    assert not event.data.model_extra
    others = set(WebhookEventData.model_fields) - set(payload["data"])
    assert others
    assert all(getattr(event.data, name) is None for name in others)


def test_unknown_events_and_fields_are_kept():
    payload = {
        "event": "account.low_balance",
        "delivery_id": "d",
        "timestamp": "t",
        "data": {"balance": 1.5, "model_config": 1},
        "account": {"id": 7},
    }
    event = construct_event(**signed_arguments(encode(payload)))
    assert event.type == "account.low_balance"
    assert event.data.balance == 1.5
    assert event.data.job_request_id == ""
    assert event.account == {"id": 7}


def test_an_unknown_status_and_job_type_are_accepted():
    data = {"job_request_id": "j", "status": "paused", "job_type": "txt2smell", "eta": 4}
    event = construct_event(**signed_arguments(encode({**COMPLETED, "data": data})))
    assert (event.data.status, event.data.job_type, event.data.eta) == ("paused", "txt2smell", 4)


@pytest.mark.parametrize("value", [None, [], {}, "odd", 5, -1.5, True, [1], {"a": 1}])
@pytest.mark.parametrize("field", sorted(set(WebhookEventData.model_fields) - {"job_request_id"}))
def test_an_invalid_field_does_not_invalidate_the_event(field, value):
    data = {"job_request_id": "j", field: value}
    event = construct_event(**signed_arguments(encode({**FAILED, "data": data})))
    assert event.data.job_request_id == "j"


@pytest.mark.parametrize("data", [None, [], {}])
def test_the_data_of_an_unknown_event_may_be_empty(data):
    event = construct_event(
        **signed_arguments(encode({"event": "ping", "delivery_id": "d", "data": data}))
    )
    assert event.data == WebhookEventData()


def test_numeric_ids_and_timestamps_become_strings():
    event = construct_event(
        **signed_arguments(encode({**COMPLETED, "delivery_id": 5, "timestamp": NOW}))
    )
    assert (event.delivery_id, event.timestamp) == ("5", str(NOW))


def test_events_can_be_constructed_and_serialized():
    data = WebhookEventData(job_request_id="j", status="done")
    event = WebhookEvent(event="job.completed", delivery_id="d", timestamp="t", data=data)
    assert WebhookEvent.model_validate_json(event.model_dump_json()) == event


# -- signing in tests --------------------------------------------------------------------------


def test_sign_returns_headers_that_unwrap_accepts():
    headers = sign(payload=BODY, secret=SECRET)
    assert headers == {
        "X-DeAPI-Signature": signed_arguments()["signature"],
        "X-DeAPI-Timestamp": str(NOW),
        "X-DeAPI-Event": "job.completed",
        "X-DeAPI-Delivery-Id": COMPLETED["delivery_id"],
    }
    assert unwrap_with(headers) == construct_event(**signed_arguments())


@pytest.mark.parametrize("convert", [bytes, bytearray, bytes.decode])
def test_strings_and_bytes_are_signed_the_same(convert):
    assert sign(payload=convert(BODY), secret=SECRET) == sign(payload=BODY, secret=SECRET)


@pytest.mark.parametrize("timestamp", [NOW - 1000, NOW - 999.5, str(NOW - 1000)])
def test_sign_accepts_a_timestamp_in_the_past(timestamp):
    headers = sign(payload=BODY, secret=SECRET, timestamp=timestamp)
    assert headers["X-DeAPI-Timestamp"] == str(NOW - 1000)
    assert unwrap_with(headers, tolerance=0)
    with pytest.raises(InvalidSignatureError, match="replay"):
        unwrap_with(headers)


@pytest.mark.parametrize("body", INVALID_EVENTS.values(), ids=INVALID_EVENTS.keys())
def test_any_payload_is_signed_with_valid_headers(body):
    headers = sign(payload=body, secret=SECRET)
    verify_signature(
        payload=body,
        signature=headers["X-DeAPI-Signature"],
        timestamp=headers["X-DeAPI-Timestamp"],
        secret=SECRET,
    )
    assert all(value and value.isascii() and value.isprintable() for value in headers.values())


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "ü", "", " ", "x" * 300, 5, None, ["x"]])
def test_values_that_are_invalid_in_a_header_are_omitted(value):
    body = json.dumps({"event": value, "delivery_id": value})
    assert set(sign(payload=body, secret=SECRET)) == {"X-DeAPI-Signature", "X-DeAPI-Timestamp"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"secret": ""}, ValueError),
        ({"secret": None}, TypeError),
        ({"secret": ["a"]}, TypeError),
        ({"payload": {}}, TypeError),
        ({"payload": "\ud800"}, TypeError),
        ({"timestamp": float("nan")}, ValueError),
        ({"timestamp": float("inf")}, ValueError),
        ({"timestamp": True}, TypeError),
        ({"timestamp": "\ud800"}, ValueError),
        ({"timestamp": b"5"}, TypeError),
    ],
)
def test_sign_rejects_invalid_arguments(changes, error):
    with pytest.raises(error, match=next(iter(changes))):
        sign(**{"payload": BODY, "secret": SECRET, **changes})


# -- imports -----------------------------------------------------------------------------------


SCRIPT = """
import json, sys
import deapi.webhook as webhook

def loaded():
    return [name for name in ("httpx", "httpcore", "asyncio", "pydantic") if name in sys.modules]

report = [loaded()]
body = '{"event":"ping","delivery_id":"d"}'
headers = webhook.sign(payload=body, secret="s")
for payload in ("", "{}", body + " ", None):
    try:
        webhook.unwrap(payload=payload, headers=headers, secret="s")
    except webhook.InvalidSignatureError:
        report.append(loaded())
webhook.verify_signature(
    payload=body,
    signature=headers["X-DeAPI-Signature"],
    timestamp=headers["X-DeAPI-Timestamp"],
    secret="s",
)
report.append(loaded())
event = webhook.unwrap(payload=body, headers=headers, secret="s")
report.append([name for name in loaded() if name != "asyncio"])
assert isinstance(event, webhook.WebhookEvent)
print(json.dumps(report))
"""


def test_pydantic_is_not_imported_before_the_first_valid_event():
    output = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True)
    assert json.loads(output.stdout) == [[], [], [], [], [], [], ["pydantic"]]


def test_the_public_names_are_those_of_the_vendors_sdk():
    assert deapi.construct_event is construct_event
    assert deapi.verify_signature is verify_signature
    assert deapi.WebhookEvent is WebhookEvent is deapi.types.WebhookEvent
    assert deapi.WebhookEventData is WebhookEventData is deapi.types.WebhookEventData
    assert deapi.InvalidSignatureError is InvalidSignatureError
    with pytest.raises(AttributeError, match="nonsense"):
        deapi.webhook.nonsense
