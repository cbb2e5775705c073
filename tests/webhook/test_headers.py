"""`unwrap()` with the headers of any framework."""

import email.message

import pytest
from starlette.datastructures import Headers as StarletteHeaders
from werkzeug.datastructures import EnvironHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

from deapi.webhook import InvalidSignatureError, construct_event, unwrap
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
    "a dict with lower-case names": lambda h: {name.lower(): value for name, value in h.items()},
    "a dict with upper-case names": lambda h: {name.upper(): value for name, value in h.items()},
    "a dict of bytes": lambda h: {n.encode(): v.encode() for n, v in h.items()},
    "a dict of lists": lambda h: {name: [value] for name, value in h.items()},
    "pairs": lambda h: list(h.items()),
    "an iterator over pairs": lambda h: iter(h.items()),
    "ASGI pairs": lambda h: [(n.lower().encode(), v.encode()) for n, v in h.items()],
    "pairs that are lists": lambda h: [[name, value] for name, value in h.items()],
    "WSGI environ": lambda h: {
        "wsgi.version": (1, 0),
        "REQUEST_METHOD": "POST",
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in h.items()},
    },
    "Starlette": StarletteHeaders,
    "Werkzeug": WerkzeugHeaders,
    "Werkzeug, of an environ": lambda h: EnvironHeaders(
        {"HTTP_" + name.upper().replace("-", "_"): value for name, value in h.items()}
    ),
    "http.server": message_of,
    "names that are not strings": lambda h: {None: "x", 5: "y", **h},
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS.keys())
def test_headers_are_found_in_any_container_and_case(container):
    valid = signed_arguments()
    assert unwrap_with(container(headers_of(valid))) == construct_event(**valid)
    with pytest.raises(InvalidSignatureError):
        unwrap_with(container(headers_of(valid)), payload=BODY + b" ")


def test_unwrap_accepts_several_secrets_and_a_tolerance():
    headers = headers_of(signed_arguments(timestamp=str(NOW - 1000)))
    assert unwrap_with(headers, secret=["new", SECRET], tolerance=0).delivery_id
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers, secret=["new", SECRET])


def test_the_secret_is_read_from_the_environment_by_default(monkeypatch):
    headers = headers_of(signed_arguments())
    monkeypatch.setenv("DEAPI_WEBHOOK_SECRET", f"{SECRET}\n")
    assert unwrap(payload=BODY, headers=headers).delivery_id
    monkeypatch.setenv("DEAPI_WEBHOOK_SECRET", "another secret")
    with pytest.raises(InvalidSignatureError):
        unwrap(payload=BODY, headers=headers)
    assert unwrap(payload=BODY, headers=headers, secret=SECRET).delivery_id


def test_the_secret_of_the_environment_is_unquoted_like_the_other_variables(monkeypatch):
    monkeypatch.setenv("DEAPI_WEBHOOK_SECRET", f'\ufeff"{SECRET}"\n')
    assert unwrap(payload=BODY, headers=headers_of(signed_arguments())).delivery_id


def test_unwrap_without_a_secret_is_a_value_error_that_names_the_variable(monkeypatch):
    headers = headers_of(signed_arguments())
    for value in (None, "", " "):
        monkeypatch.delenv("DEAPI_WEBHOOK_SECRET", raising=False)
        if value is not None:
            monkeypatch.setenv("DEAPI_WEBHOOK_SECRET", value)
        with pytest.raises(ValueError, match=r"required: .* DEAPI_WEBHOOK_SECRET"):
            unwrap(payload=BODY, headers=headers, secret=None)


@pytest.mark.parametrize("name", ["X-DeAPI-Signature", "X-DeAPI-Timestamp"])
def test_a_missing_header_is_rejected_by_name(name):
    headers = headers_of(signed_arguments())
    del headers[name]
    with pytest.raises(InvalidSignatureError, match=f"no {name}"):
        unwrap_with(headers)


@pytest.mark.parametrize("name", ["X-DeAPI-Signature", "X-DeAPI-Timestamp"])
@pytest.mark.parametrize("position", [0, 9])
@pytest.mark.parametrize(
    "convert", [str, str.lower, str.encode, lambda name: name.replace("-", "_")]
)
@pytest.mark.parametrize("same", [True, False])
def test_a_duplicate_header_is_rejected(name, position, convert, same):
    headers = headers_of(signed_arguments())
    pairs = list(headers.items())
    pairs.insert(position, (convert(name), headers[name] if same else "another"))
    with pytest.raises(InvalidSignatureError, match=f"more than one {name}"):
        unwrap_with(pairs)


def test_a_header_joined_from_two_is_rejected():
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
def test_values_that_are_not_headers_are_rejected(headers):
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers)


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
@pytest.mark.parametrize("name", ["X-DeAPI-Signature", "X-DeAPI-Timestamp"])
def test_a_hostile_header_is_rejected(name, value):
    with pytest.raises(InvalidSignatureError):
        unwrap_with({**headers_of(signed_arguments()), name: value})


def test_the_repr_of_bytes_is_not_accepted_as_a_header():
    headers = {name: str(value.encode()) for name, value in headers_of(signed_arguments()).items()}
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers)
