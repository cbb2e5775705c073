"""Redaction of secrets in a response, in every encoding that may quote them."""

import functools
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest

from deapi._response import Response, find_new_keys

SECRETS = {
    "API key": "123|aB3-dE_6ghijklmnop",
    "quotes and slashes": "a\"b'c</d>&efgh ijk",
    "backslashes": "a\\b\\\\c\\\\\\d-0123456",
    "not ASCII": "grüße-\N{FOX FACE}-żółw-1234",
}
ENCODINGS = {
    "unchanged": lambda text: text,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in upper case": lambda text: json.dumps(text)[1:-1].replace("\\ud83e", "\\uD83E"),
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON of JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "JSON three times": lambda text: functools.reduce(
        lambda inner, _: json.dumps(inner)[1:-1], range(3), text
    ),
    "URL": lambda text: quote(text, safe=""),
    "URL in lower case": lambda text: quote(text, safe="").replace("%C3%BC", "%c3%bc"),
    "form": quote_plus,
    "HTML": html.escape,
    "HTML in numbers": lambda text: text.replace("<", "&#60;").replace('"', "&#x22;"),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_redacted_in_every_encoding(secret, encode):
    content = f"before {encode(secret)} after".encode()
    redacted = Response(400, {}, content).redacted([secret])
    assert redacted.content == b"before *** after"


def test_a_secret_is_redacted_in_headers():
    secret = SECRETS["API key"]
    headers = {"location": f"https://x.example/?key={quote(secret)}", "server": "nginx"}
    redacted = Response(302, headers, b"").redacted([secret])
    assert redacted.headers == {"location": "https://x.example/?key=***", "server": "nginx"}
    assert redacted.status_code == 302


@pytest.mark.parametrize(("secret", "redacted"), [("1234567", False), ("12345678", True)])
def test_only_secrets_of_at_least_eight_characters_are_redacted(secret, redacted):
    response = Response(400, {}, f"a {secret} b".encode())
    assert response.redacted([secret]).content == (b"a *** b" if redacted else response.content)


def test_every_secret_is_redacted():
    response = Response(400, {}, b"first-secret second-secret")
    assert response.redacted(["first-secret", "second-secret"]).content == b"*** ***"


def test_redacting_a_long_body_of_backslashes_takes_little_time():
    response = Response(400, {}, b"\\" * 1_000_000)
    start = time.monotonic()
    for secret in SECRETS.values():
        response.redacted([secret])
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (b'{"data": {"secret": "7|new-key_1"}}', ["7|new-key_1", "7|new-key_1"]),
        (b'{"Secret" : "not in the usual form"}', ["not in the usual form"]),
        (rb'{"secret": "with a \" quote"}', [r"with a \" quote"]),
        (b"<p>77%7Cnew-key</p>", ["77%7Cnew-key"]),
        (b"<p>77%7cnew-key</p>", ["77%7cnew-key"]),
        (rb'{"text": "7\u007cnew-key"}', [r"7\u007cnew-key"]),
        (rb'{"text": "7\u007Cnew-key"}', [r"7\u007Cnew-key"]),
        (b"no key", []),
    ],
)
def test_a_new_key_is_found_in_every_form(content, keys):
    assert find_new_keys(Response(201, {}, content)) == keys


def test_a_new_key_is_found_in_headers():
    headers = {"location": "https://x.example/keys/7", "x-new": "7|new-key"}
    assert find_new_keys(Response(201, headers, b"8")) == ["7|new-key"]


@pytest.mark.parametrize("content", [b"[" * 100_000, b"", b"<html>"])
def test_a_body_that_is_not_json_is_a_value_error(content):
    with pytest.raises(ValueError, match=r"nested too deeply|Expecting value"):
        Response(200, {}, content).json()


def test_the_repr_of_a_response_shows_only_its_status_and_size():
    response = Response(200, {"x-key": "secret"}, b"secret")
    assert repr(response) == "<Response: HTTP 200, 6 bytes>"
