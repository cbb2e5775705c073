"""Webhook payloads and headers: valid ones as the service sends them, and hostile ones."""

import hashlib
import hmac
import json
import traceback

from deapi.webhook import unwrap

SECRET = "correct horse battery staple, twice"
NOW = 1_760_000_000

COMPLETED = {
    "event": "job.completed",
    "delivery_id": "0b0b1a5e-4a35-4b7e-9a53-3c1f3ce1d0aa",
    "timestamp": "2025-10-09T08:53:20+00:00",
    "data": {
        "job_request_id": "7c7c1a5e-4a35-4b7e-9a53-3c1f3ce1d0bb",
        "status": "done",
        "previous_status": "processing",
        "job_type": "txt2img",
        "completed_at": "2025-10-09T08:53:20+00:00",
        "result_url": "https://files.example/tin-robot.png?X-Amz-Signature=abc",
        "processing_time_ms": 4210,
    },
}
PROCESSING = {
    "event": "job.processing",
    "delivery_id": "d-2",
    "timestamp": "2025-10-09T08:53:10+00:00",
    "data": {
        "job_request_id": "j-2",
        "status": "processing",
        "previous_status": "pending",
        "job_type": "vid-upscale",
        "started_at": "2025-10-09T08:53:10+00:00",
    },
}
FAILED = {
    "event": "job.failed",
    "delivery_id": "d-3",
    "timestamp": "2025-10-09T08:54:00+00:00",
    "data": {
        "job_request_id": "j-3",
        "status": "error",
        "previous_status": "processing",
        "job_type": "txt2video",
        "failed_at": "2025-10-09T08:54:00+00:00",
        "error_code": "WORKER_TIMEOUT",
        "error_message": "The worker was silent.",
        "error_reason": "TIMEOUT",
        "retryable": True,
        "refunded": True,
        "price": {"amount": 0, "is_estimated": False},
    },
}


def encode(event):
    """Return the body as PHP encodes it, with escaped slashes."""
    return json.dumps(event, separators=(",", ":")).replace("/", "\\/").encode()


BODY = encode(COMPLETED)


def signed_arguments(payload=BODY, timestamp=str(NOW), secret=SECRET, **changes):
    """Return the arguments of a valid webhook, computed without the code under test."""
    body = payload if isinstance(payload, bytes) else payload.encode()
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    valid = {
        "payload": payload,
        "signature": f"sha256={digest.hexdigest()}",
        "timestamp": timestamp,
        "secret": secret,
    }
    return {**valid, **changes}


def headers_of(arguments):
    return {
        "Content-Type": "application/json",
        "X-DeAPI-Signature": arguments["signature"],
        "X-DeAPI-Timestamp": arguments["timestamp"],
        "X-DeAPI-Delivery-Id": "not signed",
    }


def unwrap_with(headers, **changes):
    return unwrap(**{"payload": BODY, "headers": headers, "secret": SECRET, **changes})


def representations(error):
    """Return every text that a log or a crash reporter may store for an exception."""
    texts = []
    while error is not None:
        texts += [
            str(error),
            repr(error),
            repr(vars(error)),
            *traceback.format_exception_only(error),
        ]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


HOSTILE_VALUES = [
    None,
    0,
    -1,
    True,
    1.5,
    float("nan"),
    10**5000,
    b"",
    b"sha256=" + b"0" * 64,
    b"\xff\xfe",
    [],
    {},
    object(),
    "",
    " ",
    "\0",
    "ü",
    "\ud800",
    "🤖" * 1000,
    "None",
    "x" * 100_000,
]

INVALID_EVENTS = {
    "empty": b"",
    "not JSON": b"<html>",
    "a truncated object": b'{"event":"job.completed"',
    "not UTF-8": b'{"event":"\xff"}',
    "null": b"null",
    "a number": b"5",
    "a string": b'"job.completed"',
    "a list": b"[]",
    "an empty object": b"{}",
    "no event": b'{"delivery_id":"d","data":{"job_request_id":"j"}}',
    "an empty event": b'{"event":"","delivery_id":"d","data":{"job_request_id":"j"}}',
    "an event that is null": b'{"event":null,"delivery_id":"d","data":{"job_request_id":"j"}}',
    "an event that is a list": b'{"event":["x"],"delivery_id":"d","data":{"job_request_id":"j"}}',
    "no delivery id": b'{"event":"job.failed","data":{"job_request_id":"j"}}',
    "an empty delivery id": b'{"event":"x","delivery_id":"","data":{}}',
    "no data": b'{"event":"job.failed","delivery_id":"d"}',
    "data without a job": b'{"event":"job.failed","delivery_id":"d","data":{"status":"error"}}',
    "data in PHP's empty form": b'{"event":"job.completed","delivery_id":"d","data":[]}',
    "data that is a string": b'{"event":"job.completed","delivery_id":"d","data":"x"}',
    "a very deep list": b"[" * 100_000,
    "a very deep field": b'{"event":"x","delivery_id":"d","data":{"a":' + b"[" * 100_000,
    "a very long number": b'{"event":"x","delivery_id":"d","data":{"a":' + b"9" * 10_000 + b"}}",
    "half a surrogate pair": rb'{"event":"\ud800","delivery_id":"d","data":{}}',
    "three million characters": b'{"event":' + b'"x' * 1_500_000,
}
