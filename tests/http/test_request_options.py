"""Headers, fields and idempotency keys that the caller adds, over a real socket."""

import pytest

import deapi
from deapi import AsyncDeapiClient, DeapiClient
from support import server_behaviors as behaviors
from support.blocking_client import unwrap
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE, STATUS, SUBMISSIONS, UPSCALE

CLIENTS = [DeapiClient, AsyncDeapiClient]


@pytest.fixture
def with_options(make_client):
    """Return a client with options of `with_options()`."""

    return lambda url, **options: make_client(url).with_options(**options)


@pytest.mark.parametrize("operation", SUBMISSIONS, ids=str)
def test_an_idempotency_key_of_the_caller_is_sent_with_each_attempt(
    with_options, recorded_sleeps, operation
):
    with FaultyServer(behaviors.respond(503), operation.success()) as server:
        operation.call(with_options(server.url, idempotency_key="order 17"))
    assert [each.header("Idempotency-Key") for each in server.requests] == ["order 17"] * 2


def test_an_idempotency_key_of_the_caller_is_not_sent_with_reads(with_options):
    with FaultyServer(BALANCE.success()) as server:
        BALANCE.call(with_options(server.url, idempotency_key="order-17"))
    assert server.requests[0].header("Idempotency-Key") is None


@pytest.mark.parametrize("operation", [BALANCE, GENERATE, UPSCALE], ids=str)
def test_extra_headers_are_sent_and_replace_defaults(with_options, operation):
    headers = {"X-Preview": "1", "User-Agent": "shop/2"}
    with FaultyServer(operation.success()) as server:
        operation.call(with_options(server.url, extra_headers=headers))
    (request,) = server.requests
    assert (request.header("X-Preview"), request.header("User-Agent")) == ("1", "shop/2")
    assert request.header("Authorization").startswith("Bearer ")


def test_extra_fields_are_merged_into_json(with_options):
    with FaultyServer(GENERATE.success()) as server:
        GENERATE.call(with_options(server.url, extra_body={"new": {"a": [1]}, "seed": 5}))
    body = server.requests[0].json()
    assert (body["new"], body["seed"], body["prompt"]) == ({"a": [1]}, 5, "a tin robot")


def test_extra_fields_are_merged_into_a_form(with_options):
    with FaultyServer(UPSCALE.success()) as server:
        UPSCALE.call(with_options(server.url, extra_body={"new": {"a": True}}))
    assert b'name="new[a]"\r\n\r\n1\r\n' in server.requests[0].body


def test_extra_fields_are_rejected_for_a_request_without_a_body(with_options):
    with FaultyServer(BALANCE.success()) as server:
        client = with_options(server.url, extra_body={"new": 1})
        with pytest.raises(ValueError, match=r"extra_body cannot be sent by balance\(\)"):
            BALANCE.call(client)
        assert server.requests == []
        server.set_behaviors(STATUS.success())
        assert STATUS.succeeds(client)


def test_errors_do_not_show_extra_values(with_options):
    def echo(connection):
        request = connection.read_request()
        text = f"{request.header('X-Token')} {request.body.decode()}"
        connection.send(behaviors.response_bytes(422, {"message": text}))

    with FaultyServer(echo) as server:
        client = with_options(
            server.url,
            extra_headers={"X-Token": "token-of-the-caller"},
            extra_body={"nested": [{"password": "password-of-the-caller"}]},
        )
        with pytest.raises(deapi.ValidationError) as caught:
            GENERATE.call(client)
    assert "of-the-caller" not in f"{caught.value} {caught.value.response.text}"
    assert "of-the-caller" not in repr(unwrap(client)._config)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"extra_headers": {"X-A": "a\r\nHost: b"}}, ValueError),
        ({"extra_headers": {"X-A": "a\n"}}, ValueError),
        ({"extra_headers": {"X-A": "é"}}, ValueError),
        ({"extra_headers": {"X-A\r\nB": "1"}}, ValueError),
        ({"extra_headers": {"": "1"}}, ValueError),
        ({"extra_headers": {"AUTHORIZATION": "1"}}, ValueError),
        ({"extra_headers": {"Host": "1"}}, ValueError),
        ({"extra_headers": {"content-length": "1"}}, ValueError),
        ({"extra_headers": {"X-A": 1}}, TypeError),
        ({"extra_headers": {1: "a"}}, TypeError),
        ({"extra_headers": "X-A: 1"}, TypeError),
        ({"extra_body": [1]}, TypeError),
        ({"extra_body": {1: 1}}, TypeError),
        ({"idempotency_key": ""}, ValueError),
        ({"idempotency_key": "a\n"}, ValueError),
        ({"idempotency_key": "a" * 256}, ValueError),
        ({"idempotency_key": 17}, TypeError),
    ],
    ids=repr,
)
def test_invalid_additions_are_rejected(client, options, error):
    with pytest.raises(error, match=next(iter(options))):
        client(api_key="k").with_options(**options)
