"""No local variable of deapi in a traceback contains an API key or a webhook secret.

Debuggers, rich and Sentry show the local variables of each function in a traceback.
"""

import inspect
import json
import time
import traceback
from pathlib import Path

import pytest

import deapi
from deapi import webhook
from deapi.resources import _arguments
from support import server_behaviors as behaviors
from support.call_table import WEBHOOK
from support.faulty_server import FaultyServer
from support.sample_operations import IMAGE, UPLOAD

CLIENTS = [deapi.DeapiClient, deapi.AsyncDeapiClient]
KEY = "12|key-that-is-never-shown"
SECRET = "secret-of-the-receiver-0123456789"
BODY = b'{"event": "job.completed"}'


def shown_variables(error):
    """Yield the variables of each function of deapi in the tracebacks of an exception."""
    while error is not None:
        for frame in traceback.TracebackException.from_exception(error, capture_locals=True).stack:
            if "/deapi/" in frame.filename:
                yield frame.name, frame.locals
        error = error.__cause__ or error.__context__


def assert_nothing_is_shown(error):
    frames = list(shown_variables(error))
    assert frames
    for name, variables in frames:
        for secret in (KEY, SECRET):
            assert secret not in str(variables), name


SETTINGS = [
    {"timeout": -1},
    {"api_version": "v9"},
    {"max_retries": "many"},
    {"base_url": "no URL"},
    {"retry_submissions": "sometimes"},
    {"api_key": f"{KEY} {KEY}"},
    {"api_key": [KEY]},
    {"api_key": KEY.encode()},
]


@pytest.mark.parametrize("client_class", CLIENTS)
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_rejected_setting_does_not_show_the_key(client_class, settings):
    with pytest.raises((ValueError, TypeError)) as caught:
        client_class(**{"api_key": KEY, **settings})
    assert_nothing_is_shown(caught.value)
    with pytest.raises((ValueError, TypeError)) as caught:
        client_class(api_key=KEY).with_options(**{"api_key": KEY, **settings})
    assert_nothing_is_shown(caught.value)


@pytest.mark.parametrize("client_class", CLIENTS)
def test_a_rejected_http_client_does_not_show_the_key(client_class):
    with pytest.raises(TypeError, match="http_client") as caught:
        client_class(api_key=KEY, http_client=object())
    assert_nothing_is_shown(caught.value)


@pytest.mark.parametrize("client_class", CLIENTS)
def test_a_rejected_setting_does_not_show_the_key_of_the_environment(client_class, monkeypatch):
    monkeypatch.setenv("DEAPI_API_KEY", KEY)
    with pytest.raises(ValueError, match="timeout") as caught:
        client_class(timeout=-1)
    assert_nothing_is_shown(caught.value)


WITH_SECRET = {"webhook_url": WEBHOOK, "webhook_secret": SECRET}
INVALID_CALLS = {
    "without a URL": lambda client: client.images.generate(**IMAGE, webhook_secret=SECRET),
    "too long": lambda client: client.images.generate(
        **IMAGE, webhook_url=WEBHOOK, webhook_secret=SECRET * 9
    ),
    "not a str": lambda client: client.images.generate(
        **IMAGE, webhook_url=WEBHOOK, webhook_secret=[SECRET]
    ),
    "surrogate": lambda client: client.images.generate(
        **IMAGE, webhook_url=WEBHOOK, webhook_secret=f"{SECRET}\ud800"
    ),
    "other argument": lambda client: client.images.generate(**{**IMAGE, "seed": 1j}, **WITH_SECRET),
    "file": lambda client: client.images.upscale(model="m", image="/none", **WITH_SECRET),
    "too large": lambda client: client.images.upscale(model="m", image="large", **WITH_SECRET),
    "version": lambda client: client.with_options(api_version="v1").images.generate(
        **IMAGE, **WITH_SECRET
    ),
}


@pytest.mark.parametrize("name", INVALID_CALLS)
def test_a_rejected_argument_does_not_show_the_webhook_secret(
    make_client, tmp_path, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    with Path("large").open("wb") as file:
        file.truncate(80_000_000)
    client = make_client("http://127.0.0.1:9", api_key=KEY, api_version="v2")
    with pytest.raises((ValueError, TypeError, OSError)) as caught:
        INVALID_CALLS[name](client)
    assert_nothing_is_shown(caught.value)


RESPONSES = {
    "401": behaviors.respond(401, {"message": "no"}),
    "422": behaviors.respond(422, {"message": "no", "errors": {"webhook_secret": ["no"]}}),
    "502": behaviors.respond(502, "<html>"),
    "no JSON": behaviors.respond(200, "<html>"),
    "closed": behaviors.close_without_response(),
}


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize("call", ["generate", "upscale"])
def test_a_failed_submission_does_not_show_the_webhook_secret(make_client, name, call):
    with FaultyServer(RESPONSES[name]) as server:
        client = make_client(server.url, api_key=KEY, api_version="v2", max_retries=0)
        arguments = IMAGE if call == "generate" else UPLOAD
        with pytest.raises(deapi.DeapiError) as caught:
            getattr(client.images, call)(**arguments, **WITH_SECRET)
    assert SECRET.encode() in server.requests[0].body
    assert_nothing_is_shown(caught.value)


def headers(timestamp):
    return {"X-DeAPI-Signature": f"sha256={'0' * 64}", "X-DeAPI-Timestamp": str(timestamp)}


INVALID_WEBHOOKS = {
    "signature": {"headers": headers(int(time.time()))},
    "old": {"headers": headers(1)},
    "headers": {"headers": {}},
    "tolerance": {"headers": headers(1), "tolerance": -1},
    "one empty": {"headers": headers(1), "secret": [SECRET, ""]},
    "not a str": {"headers": headers(1), "secret": SECRET.encode()},
    "surrogate": {"headers": headers(1), "secret": [SECRET, f"{SECRET}\ud800"]},
    "not an event": {"headers": webhook.sign(payload=BODY, secret=SECRET)},
}


@pytest.mark.parametrize("name", INVALID_WEBHOOKS)
def test_a_rejected_webhook_does_not_show_the_secret(name):
    arguments = {"payload": BODY, "secret": SECRET, **INVALID_WEBHOOKS[name]}
    with pytest.raises((deapi.DeapiError, ValueError, TypeError)) as caught:
        webhook.unwrap(**arguments)
    assert_nothing_is_shown(caught.value)
    if values := tuple(arguments.pop("headers").values())[:2]:
        signed = dict(zip(("signature", "timestamp"), values, strict=True))
        with pytest.raises((deapi.DeapiError, ValueError, TypeError)) as caught:
            webhook.construct_event(**arguments, **signed)
        assert_nothing_is_shown(caught.value)


@pytest.mark.parametrize("arguments", [{"payload": 1}, {"timestamp": "\ud800"}, {"timestamp": []}])
def test_a_payload_that_cannot_be_signed_does_not_show_the_secret(arguments):
    with pytest.raises((ValueError, TypeError)) as caught:
        webhook.sign(**{"payload": BODY, "secret": SECRET, **arguments})
    assert_nothing_is_shown(caught.value)


def test_every_secret_argument_is_hidden():
    """Each method of both clients with such an argument passes it on as a `Secret`."""
    for name in ("webhook_secret", "api_key"):
        methods = [
            (cls, method)
            for cls in (*CLIENTS, *resource_classes())
            for method in vars(cls).values()
            if inspect.isfunction(method) and name in inspect.signature(method).parameters
        ]
        assert len(methods) >= 4
        for cls, method in methods:
            assert method.__wrapped__.__kwdefaults__.keys() >= {name}, (cls, method)


def resource_classes():
    for cls in CLIENTS:
        for name in cls.__annotations__:
            yield getattr(cls, name)


def test_a_webhook_secret_is_validated_without_a_wrapper():
    fields = _arguments.webhook_fields(WEBHOOK, SECRET)
    assert SECRET not in repr(fields)
    assert json.dumps(fields, default=lambda secret: secret.value)
