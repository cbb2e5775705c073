"""What a webhook says, how it is signed for tests, and what reading it costs."""

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
    everything_about,
    headers_of,
    signed_arguments,
    unwrap_with,
)


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch):
    monkeypatch.setattr("time.time", lambda: NOW + 0.75)


# -- bodies that are no events -----------------------------------------------------------------


@pytest.mark.parametrize("body", INVALID_EVENTS.values(), ids=INVALID_EVENTS.keys())
def test_a_signed_body_that_is_no_event_is_an_invalid_payload(body):
    verify_signature(**signed_arguments(body))
    with pytest.raises(InvalidPayloadError, match="not an event") as caught:
        construct_event(**signed_arguments(body))
    text = everything_about(caught.value)
    assert len(str(caught.value)) < 500
    assert SECRET not in text
    assert "pydantic" not in text
    with pytest.raises(InvalidPayloadError):
        unwrap_with(headers_of(signed_arguments(body)), payload=body)


# -- events ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [PROCESSING, COMPLETED, FAILED], ids=lambda sent: sent["event"])
def test_every_field_of_the_three_events_is_named(sent):
    event = construct_event(**signed_arguments(encode(sent)))
    assert (event.event, event.type) == (sent["event"], sent["event"])
    assert (event.delivery_id, event.timestamp) == (sent["delivery_id"], sent["timestamp"])
    assert event.data.model_dump(exclude_unset=True) == sent["data"]
    assert not event.model_extra
    assert not event.data.model_extra
    rest = set(WebhookEventData.model_fields) - set(sent["data"])
    assert rest
    assert all(getattr(event.data, name) is None for name in rest)


def test_unknown_events_and_fields_pass_through():
    sent = {
        "event": "account.low_balance",
        "delivery_id": "d",
        "timestamp": "t",
        "data": {"balance": 1.5, "model_config": 1},
        "account": {"id": 7},
    }
    event = construct_event(**signed_arguments(encode(sent)))
    assert event.type == "account.low_balance"
    assert event.data.balance == 1.5
    assert event.data.job_request_id == ""
    assert event.account == {"id": 7}


def test_a_new_status_and_a_new_job_type_are_no_errors():
    data = {"job_request_id": "j", "status": "paused", "job_type": "txt2smell", "eta": 4}
    event = construct_event(**signed_arguments(encode({**COMPLETED, "data": data})))
    assert (event.data.status, event.data.job_type, event.data.eta) == ("paused", "txt2smell", 4)


@pytest.mark.parametrize("odd", [None, [], {}, "odd", 5, -1.5, True, [1], {"a": 1}])
@pytest.mark.parametrize("field", sorted(set(WebhookEventData.model_fields) - {"job_request_id"}))
def test_a_field_that_is_not_understood_does_not_cost_the_event(field, odd):
    data = {"job_request_id": "j", field: odd}
    event = construct_event(**signed_arguments(encode({**FAILED, "data": data})))
    assert event.data.job_request_id == "j"


@pytest.mark.parametrize("data", [None, [], {}])
def test_an_unknown_event_may_have_no_data(data):
    event = construct_event(
        **signed_arguments(encode({"event": "ping", "delivery_id": "d", "data": data}))
    )
    assert event.data == WebhookEventData()


def test_ids_and_times_that_are_numbers_become_text():
    event = construct_event(
        **signed_arguments(encode({**COMPLETED, "delivery_id": 5, "timestamp": NOW}))
    )
    assert (event.delivery_id, event.timestamp) == ("5", str(NOW))


def test_events_can_be_made_by_hand():
    data = WebhookEventData(job_request_id="j", status="done")
    event = WebhookEvent(event="job.completed", delivery_id="d", timestamp="t", data=data)
    assert WebhookEvent.model_validate_json(event.model_dump_json()) == event


# -- signing for tests -------------------------------------------------------------------------


def test_a_signed_test_payload_is_accepted():
    headers = sign(payload=BODY, secret=SECRET)
    assert headers == {
        "X-DeAPI-Signature": signed_arguments()["signature"],
        "X-DeAPI-Timestamp": str(NOW),
        "X-DeAPI-Event": "job.completed",
        "X-DeAPI-Delivery-Id": COMPLETED["delivery_id"],
    }
    assert unwrap_with(headers) == construct_event(**signed_arguments())


@pytest.mark.parametrize("kind", [bytes, bytearray, bytes.decode])
def test_text_and_bytes_are_signed_alike(kind):
    assert sign(payload=kind(BODY), secret=SECRET) == sign(payload=BODY, secret=SECRET)


@pytest.mark.parametrize("timestamp", [NOW - 1000, NOW - 999.5, str(NOW - 1000)])
def test_an_old_delivery_can_be_signed(timestamp):
    headers = sign(payload=BODY, secret=SECRET, timestamp=timestamp)
    assert headers["X-DeAPI-Timestamp"] == str(NOW - 1000)
    assert unwrap_with(headers, tolerance=0)
    with pytest.raises(InvalidSignatureError, match="replay"):
        unwrap_with(headers)


@pytest.mark.parametrize("body", INVALID_EVENTS.values(), ids=INVALID_EVENTS.keys())
def test_anything_can_be_signed_with_headers_that_can_be_sent(body):
    headers = sign(payload=body, secret=SECRET)
    verify_signature(
        payload=body,
        signature=headers["X-DeAPI-Signature"],
        timestamp=headers["X-DeAPI-Timestamp"],
        secret=SECRET,
    )
    assert all(value and value.isascii() and value.isprintable() for value in headers.values())


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "ü", "", " ", "x" * 300, 5, None, ["x"]])
def test_what_cannot_stand_in_a_header_is_left_out(value):
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
        ({"timestamp": b"5"}, TypeError),
    ],
)
def test_signing_refuses_what_it_cannot_sign(changes, error):
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


def test_nothing_heavy_is_imported_before_the_first_good_event():
    output = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True)
    assert json.loads(output.stdout) == [[], [], [], [], [], [], ["pydantic"]]


def test_the_names_are_where_the_reference_has_them():
    assert deapi.construct_event is construct_event
    assert deapi.verify_signature is verify_signature
    assert deapi.WebhookEvent is WebhookEvent is deapi.types.WebhookEvent
    assert deapi.WebhookEventData is WebhookEventData is deapi.types.WebhookEventData
    assert deapi.InvalidSignatureError is InvalidSignatureError
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        deapi.webhook.nothing_of_the_kind
