"""A webhook secret that the service echoes in an error response is redacted."""

import html
import json
import logging
import pickle
import traceback
from urllib.parse import urlencode

import pytest

from deapi import DeapiError
from support import server_behaviors as behaviors
from support.call_table import ID, WEBHOOK
from support.faulty_server import FaultyServer

IMAGE = {"prompt": "a fox", "model": "Flux1schnell", "width": 512, "height": 512, "seed": 1}
SECRETS = {
    "plain": "a-secret-of-the-receiver-0123456789",
    "quoted": '<with> & "quotes", a \\ and / and ü, thirty-two',
}


def echoed(request):
    return bytes(request.body)


def quoted_in_a_message(request):
    return {"message": "SQLSTATE: " + bytes(request.body).decode()}


def rejected_by_name(request):
    secret = json.loads(bytes(request.body))["webhook_secret"]
    return {"message": "No.", "errors": {"webhook_secret": [f"{secret} will not do."]}}


def as_go_writes_json(request):
    body = json.dumps(quoted_in_a_message(request))
    for character in "<>&":
        body = body.replace(character, f"\\u{ord(character):04x}")
    return body.encode()


def as_html(request):
    return f"<html><title>{html.escape(bytes(request.body).decode())}".encode()


def as_a_form(request):
    return urlencode(json.loads(bytes(request.body))).encode()


BODIES = [echoed, quoted_in_a_message, rejected_by_name, as_go_writes_json, as_html, as_a_form]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", [200, 400, 422, 500])
def test_an_echoed_webhook_secret_is_redacted(make_client, caplog, status, body, secret):
    caplog.set_level(logging.DEBUG, "deapi")
    with FaultyServer(behaviors.respond_from(body, status)) as server:
        client = make_client(server.url, api_version="v2", max_retries=0)
        with pytest.raises(DeapiError) as caught:
            client.images.generate(**IMAGE, webhook_url=WEBHOOK, webhook_secret=secret)
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(vars(error)) + caplog.text
    texts = (shown, error.response.text, repr(pickle.loads(pickle.dumps(error)).__dict__))
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        assert not [text for text in texts if secret in text or escaped in text]
    assert "***" in error.response.text


def test_a_webhook_secret_is_sent_unchanged(make_client):
    with FaultyServer(behaviors.respond(200, {"data": {"request_id": ID}})) as server:
        client = make_client(server.url, api_version="v2")
        secret = SECRETS["quoted"]
        job = client.images.generate(**IMAGE, webhook_url=WEBHOOK, webhook_secret=secret)
    assert job.request_id == ID
    assert json.loads(bytes(server.requests[-1].body))["webhook_secret"] == secret
