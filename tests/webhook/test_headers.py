"""`unwrap` with the headers of any framework."""

import email.message

import pytest
from starlette.datastructures import Headers as StarletteHeaders
from werkzeug.datastructures import EnvironHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

from deapi.webhook import InvalidSignatureError, construct_event
from support.webhook_samples import (
    BODY,
    HOSTILE_VALUES,
    NOW,
    SECRET,
    headers_of,
    signed_arguments,
    unwrap_with,
)


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch):
    monkeypatch.setattr("time.time", lambda: NOW + 0.75)


def message_of(headers):
    message = email.message.Message()
    for name, value in headers.items():
        message[name] = value
    return message


CONTAINERS = {
    "a dict": dict,
    "a dict in small letters": lambda h: {name.lower(): value for name, value in h.items()},
    "a dict in capitals": lambda h: {name.upper(): value for name, value in h.items()},
    "a dict of bytes": lambda h: {n.encode(): v.encode() for n, v in h.items()},
    "a dict of lists": lambda h: {name: [value] for name, value in h.items()},
    "pairs": lambda h: list(h.items()),
    "an iterator over pairs": lambda h: iter(h.items()),
    "ASGI's pairs": lambda h: [(n.lower().encode(), v.encode()) for n, v in h.items()],
    "pairs that are lists": lambda h: [[name, value] for name, value in h.items()],
    "WSGI's environ": lambda h: {
        "wsgi.version": (1, 0),
        "REQUEST_METHOD": "POST",
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in h.items()},
    },
    "Starlette's": StarletteHeaders,
    "Werkzeug's": WerkzeugHeaders,
    "Werkzeug's of an environ": lambda h: EnvironHeaders(
        {"HTTP_" + name.upper().replace("-", "_"): value for name, value in h.items()}
    ),
    "http.server's": message_of,
    "with names that are no text": lambda h: {None: "x", 5: "y", **h},
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS.keys())
def test_headers_are_found_in_any_container_and_case(container):
    good = signed_arguments()
    assert unwrap_with(container(headers_of(good))) == construct_event(**good)
    with pytest.raises(InvalidSignatureError):
        unwrap_with(container(headers_of(good)), payload=BODY + b" ")


def test_unwrap_takes_several_secrets_and_a_tolerance():
    headers = headers_of(signed_arguments(timestamp=str(NOW - 1000)))
    assert unwrap_with(headers, secret=["new", SECRET], tolerance=0).delivery_id
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers, secret=["new", SECRET])


@pytest.mark.parametrize("name", ["X-DeAPI-Signature", "X-DeAPI-Timestamp"])
def test_a_missing_header_is_refused_by_name(name):
    headers = headers_of(signed_arguments())
    del headers[name]
    with pytest.raises(InvalidSignatureError, match=f"no {name}"):
        unwrap_with(headers)


@pytest.mark.parametrize("name", ["X-DeAPI-Signature", "X-DeAPI-Timestamp"])
@pytest.mark.parametrize("place", [0, 9])
@pytest.mark.parametrize("form", [str, str.lower, str.encode, lambda name: name.replace("-", "_")])
@pytest.mark.parametrize("same", [True, False])
def test_a_header_that_is_there_twice_is_refused(name, place, form, same):
    headers = headers_of(signed_arguments())
    pairs = list(headers.items())
    pairs.insert(place, (form(name), headers[name] if same else "another"))
    with pytest.raises(InvalidSignatureError, match=f"more than one {name}"):
        unwrap_with(pairs)


def test_a_header_that_a_framework_joined_from_two_is_refused():
    headers = headers_of(signed_arguments())
    headers["X-DeAPI-Signature"] += ", " + headers["X-DeAPI-Signature"]
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers)


@pytest.mark.parametrize(
    "headers",
    [
        *[None, 5, 1.5, object(), "", "text", b"bytes"],
        *[[], {}, [()], [("a",)], [("a", "b", "c")], ["ab"], [5], [None]],
        {"X-DeAPI-Signature": None, "X-DeAPI-Timestamp": None},
        {"X-DeAPI-Signature": [], "X-DeAPI-Timestamp": []},
        {"X-DeAPI-Signature": 5, "X-DeAPI-Timestamp": 10**5000},
        {"X-DeAPI-Signature": {}, "X-DeAPI-Timestamp": "\ud800"},
        {b"x-deapi-signature": b"\xff", b"x-deapi-timestamp": b"\xfe"},
        {"ü": "ü", b"\xff": b"\xff"},
    ],
    ids=range(21),
)
def test_headers_that_are_none_are_refused(headers):
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers)


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
@pytest.mark.parametrize("name", ["X-DeAPI-Signature", "X-DeAPI-Timestamp"])
def test_a_hostile_header_is_refused(name, value):
    with pytest.raises(InvalidSignatureError):
        unwrap_with({**headers_of(signed_arguments()), name: value})


def test_header_values_of_bytes_are_not_taken_for_their_repr():
    headers = {name: str(value.encode()) for name, value in headers_of(signed_arguments()).items()}
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers)
