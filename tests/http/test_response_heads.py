"""Results carry the status and the headers of their response, without secrets."""

from __future__ import annotations

import copy
import json
import pickle
from urllib.parse import quote

import pytest

from deapi import NotFoundError, types
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE, PRICE, REQUEST_ID, STATUS

HEADERS = [("X-Request-Id", "req-7"), ("X-Other", "Value")]
MODELS = {"data": [{"name": "A model", "slug": "A"}], "meta": {"last_page": 1}}


def respond(body, *headers):
    return behaviors.respond(200, body, headers=[*HEADERS, *headers])


@pytest.mark.parametrize("operation", [BALANCE, PRICE, STATUS, GENERATE], ids=str)
def test_a_result_has_the_status_and_headers_of_its_response(make_client, operation):
    with FaultyServer(respond({"data": operation.response_data})) as server:
        response = operation.call(make_client(server.url)).response
    assert response.status_code == 200
    assert response.headers["x-other"] == "Value"
    assert response.http_request_id == "req-7"


def test_a_page_has_the_response_and_its_items_have_none(make_client):
    with FaultyServer(respond(MODELS)) as server:
        page = make_client(server.url).models.list()
    assert page.response.http_request_id == "req-7"
    assert page[0].response is None


def test_a_model_that_was_found_has_the_response_of_its_page(make_client):
    with FaultyServer(respond(MODELS)) as server:
        model = make_client(server.url).models.get("A")
    assert model.response.http_request_id == "req-7"


def test_the_result_of_a_wait_has_the_response_of_the_last_poll(make_client):
    done = {"status": "done", "result_url": "https://files.example/a.png"}
    poll = respond({"data": done}, ("X-Poll", "2"))
    with FaultyServer(respond({"data": {"request_id": REQUEST_ID}}), poll) as server:
        job = GENERATE.call(make_client(server.url))
        assert job.result().response.headers["x-poll"] == "2"
        assert "x-poll" not in job.response.headers


def test_a_job_that_was_not_submitted_has_no_response(make_client):
    assert make_client("http://127.0.0.1:9").job(REQUEST_ID).response is None


def test_a_service_without_request_ids_is_reported_as_none(make_client):
    with FaultyServer(BALANCE.success()) as server:
        assert BALANCE.call(make_client(server.url)).response.http_request_id is None


def test_an_error_has_the_request_id_too(make_client):
    missing = behaviors.respond(404, {}, headers=HEADERS)
    with FaultyServer(missing) as server, pytest.raises(NotFoundError) as caught:
        STATUS.call(make_client(server.url))
    assert caught.value.response.http_request_id == "req-7"


@pytest.mark.parametrize(
    "echo",
    [
        KEY,
        f"Bearer {KEY}",
        quote(KEY, safe=""),
        "".join(f"%{byte:02x}" for byte in KEY.encode()),
        "".join(f"\\u{byte:04x}" for byte in KEY.encode()),
        "".join(f"&#{byte};" for byte in KEY.encode()),
    ],
)
def test_a_header_that_repeats_the_api_key_is_redacted(make_client, echo):
    with FaultyServer(respond({"data": {"balance": 1}}, ("X-Echo", f"<{echo}>"))) as server:
        response = BALANCE.call(make_client(server.url)).response
    assert response.headers["x-echo"] in ("<***>", "<Bearer ***>")
    assert response.http_request_id == "req-7"


def test_a_header_that_repeats_a_new_key_is_redacted(make_client):
    key = {"id": 1, "name": "a", "secret": "77|newsecretnewsecret"}
    server_key = respond({"data": key}, ("X-Echo", "77|newsecretnewsecret"))
    with FaultyServer(server_key) as server:
        created = make_client(server.url, api_version="v2").keys.create(name="a")
    assert created.secret == "77|newsecretnewsecret"
    assert "newsecret" not in str(created.response)


def test_the_response_is_not_a_field_of_the_result(make_client):
    with FaultyServer(respond({"data": {"balance": 1}})) as server:
        balance = BALANCE.call(make_client(server.url))
    plain = types.Balance(balance=1)
    assert plain.response is None
    assert balance == plain
    assert repr(balance) == repr(plain)
    assert balance.model_dump() == {"balance": 1.0}
    assert json.loads(balance.model_dump_json()) == {"balance": 1.0}
    for copied in (
        copy.copy(balance),
        copy.deepcopy(balance),
        balance.model_copy(),
        pickle.loads(pickle.dumps(balance)),
    ):
        assert copied == balance
        assert copied.response is None


def test_a_field_of_the_service_with_the_same_name_is_kept(make_client):
    with FaultyServer(respond({"data": {"balance": 1, "response": "new"}})) as server:
        balance = BALANCE.call(make_client(server.url))
    assert balance.response.status_code == 200
    assert balance.model_extra == {"response": "new"}
