"""``client.keys`` and ``client.current_key``: managing API keys. API v2 only."""

import datetime
import inspect
import json
import math
import pickle
import traceback

import pytest

import deapi
from deapi import NOT_GIVEN, types
from deapi.emulator import Emulator
from support import server_behaviors as behaviors
from support.account_samples import KEY, NEW_KEY, SECRET, USAGE, page
from support.call_table import respond_successfully
from support.calls_v2 import V2
from support.faulty_server import FaultyServer

UTC = datetime.timezone.utc
WARSAW = datetime.timezone(datetime.timedelta(hours=2))
LATER = datetime.datetime(2027, 1, 1, tzinfo=UTC)
NAIVE = LATER.replace(tzinfo=None)

KEY_RESULT = types.ApiKey.model_validate(KEY)
USAGE_RESULT = types.Usage.model_validate(USAGE)
RESULTS = {
    "current_key.get": KEY_RESULT,
    "current_key.usage": USAGE_RESULT,
    "keys.list": types.KeysPage.model_validate(page([KEY])),
    "keys.iterate": [KEY_RESULT],
    "keys.create": types.NewApiKey.model_validate(NEW_KEY),
    "keys.get": KEY_RESULT,
    "keys.update": KEY_RESULT,
    "keys.delete": None,
    "keys.usage": USAGE_RESULT,
}
CALLS = {call.operation: call for call in V2.calls if call.operation in RESULTS}
"""A call of each operation."""

# -- arguments ---------------------------------------------------------------------------------

RESTRICTIONS = [
    ({"expires_at": NAIVE}, ValueError, "expires_at is timezone-naive"),
    ({"expires_at": "2027-01-01T00:00:00"}, ValueError, "expires_at is timezone-naive"),
    ({"expires_at": "2027-01-01"}, ValueError, "expires_at is timezone-naive"),
    ({"expires_at": "tomorrow"}, ValueError, "expires_at is not in ISO 8601: 'tomorrow'"),
    ({"expires_at": ""}, ValueError, "expires_at is not in ISO 8601: ''"),
    ({"expires_at": LATER.date()}, TypeError, "expires_at must be a datetime"),
    ({"expires_at": LATER.timestamp()}, TypeError, "expires_at must be a datetime"),
    ({"expires_at": "2038-01-19T03:14:08Z"}, ValueError, "expires_at must not be after 2038"),
    (
        {"expires_at": datetime.datetime.max.replace(tzinfo=UTC)},
        ValueError,
        "expires_at must not be after 2038",
    ),
    (
        {"expires_at": datetime.datetime.min.replace(tzinfo=WARSAW)},
        ValueError,
        "expires_at is out of range",
    ),
    ({"ip_whitelist": "192.0.2.1"}, TypeError, "ip_whitelist must be a list, not a single str"),
    ({"ip_whitelist": 7}, TypeError, "ip_whitelist must be a list"),
    ({"ip_whitelist": [7]}, TypeError, r"ip_whitelist\[0\] must be a str, not int"),
    ({"ip_whitelist": ["::1", "localhost"]}, ValueError, r"ip_whitelist\[1\].*'localhost'"),
    ({"ip_whitelist": ["192.0.2.0/33"]}, ValueError, r"ip_whitelist\[0\]"),
    ({"ip_whitelist": [""]}, ValueError, r"ip_whitelist\[0\]"),
    ({"ip_whitelist": ["10.0.0.0/255.0.0.0"]}, ValueError, r"ip_whitelist\[0\]"),
    ({"ip_whitelist": ["10.0.0.0/"]}, ValueError, r"ip_whitelist\[0\]"),
    ({"ip_whitelist": ["fe80::1%eth0"]}, ValueError, r"ip_whitelist\[0\]"),
    ({"ip_whitelist": ["::1"] * 21}, ValueError, "at most 20 entries; got 21"),
    ({"limit": -0.01}, ValueError, "limit must be from 0"),
    ({"limit": 1_000_000}, ValueError, "limit must be from 0"),
    ({"limit": math.nan}, ValueError, "limit must be from 0"),
    ({"limit": math.inf}, ValueError, "limit must be from 0"),
    ({"limit": True}, TypeError, "limit must be a number, not bool"),
    ({"limit": "5"}, TypeError, "limit must be a number, not str"),
    ({"reset_interval": 7}, TypeError, "reset_interval must be a str"),
]
INVALID_ARGUMENTS = [
    *(("keys.create", {"name": "ci", **fields}, *expected) for fields, *expected in RESTRICTIONS),
    *(("keys.update", {"key_id": 42, **fields}, *expected) for fields, *expected in RESTRICTIONS),
    ("keys.create", {"name": ""}, ValueError, "name must have 1 to 255"),
    ("keys.create", {"name": " \t"}, ValueError, "not all white space"),
    ("keys.create", {"name": "n" * 256}, ValueError, "this one has 256"),
    ("keys.create", {"name": 7}, TypeError, "name must be a str"),
    ("keys.create", {"name": None}, TypeError, "name is required"),
    ("keys.update", {"key_id": 42}, ValueError, "Pass at least one of active, expires_at"),
    (
        "keys.update",
        {"key_id": 42, "limit": NOT_GIVEN},
        ValueError,
        "No changes were passed",
    ),
    ("keys.update", {"key_id": 42, "active": None}, TypeError, "active must be True or False"),
    ("keys.update", {"key_id": 42, "active": "no"}, TypeError, "active must be True or False"),
    (
        "keys.update",
        {"key_id": 42, "ip_whitelist": None},
        TypeError,
        "ip_whitelist must be a list",
    ),
    (
        "keys.update",
        {"key_id": 42, "reset_interval": None},
        TypeError,
        "or 'none', not NoneType",
    ),
    ("keys.usage", {"key_id": 42, "end": 20261001}, TypeError, "end must be a date"),
    ("keys.list", {"page": True}, TypeError, "page must be an int"),
    ("keys.iterate", {"per_page": 0}, ValueError, "per_page must be at least 1"),
    ("current_key.usage", {"start": NAIVE}, ValueError, "start is timezone-naive"),
    ("current_key.usage", {"end": "last week"}, ValueError, "end is not in ISO 8601: 'last week'"),
    ("current_key.usage", {"group_by": "x" * 100_000}, ValueError, "too long to be sent"),
    *(
        (f"keys.{method}", {"key_id": value, **arguments}, error, "key_id must be")
        for method, arguments in {
            "get": {},
            "update": {"active": False},
            "delete": {},
            "usage": {},
        }.items()
        for value, error in (
            (0, ValueError),
            (-1, ValueError),
            ("", ValueError),
            ("-1", ValueError),
            ("000", ValueError),
            ("٤٢", ValueError),
            ("../key", ValueError),
            (SECRET, ValueError),
            (True, TypeError),
            (42.0, TypeError),
            (None, TypeError),
        )
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    raised = api.assert_rejected("v2", operation, arguments, error, message)
    assert SECRET not in str(raised)


def test_the_longest_and_largest_properties_are_sent(api):
    properties = {
        "name": "n" * 255,
        "ip_whitelist": ["192.0.2.7/24"] * 20,
        "expires_at": "2038-01-19T03:14:07Z",
        "limit": 999_999.999999,
    }
    received = api.request("v2", "keys.create", properties)
    assert received.fields == {**properties, "expires_at": "2038-01-19T03:14:07+00:00"}
    received = api.request("v2", "keys.create", {"name": "n", "limit": 0})
    assert received.fields == {"name": "n", "limit": 0}


def test_the_expiry_is_sent_in_utc_and_whole_seconds(api):
    arguments = {"key_id": 42, "expires_at": "2037-01-01T02:00:00.75+02:00"}
    assert api.request("v2", "keys.update", arguments).fields == {
        "expires_at": "2037-01-01T00:00:00+00:00"
    }


def test_a_subclass_of_int_is_an_id(api):
    class KeyId(int):
        def __str__(self):
            return f"key {int(self)}"

    assert api.request("v2", "keys.get", {"key_id": KeyId(42)}).path == "/api/v2/keys/42"


def test_the_signature_of_update_shows_not_given():
    shown = str(inspect.signature(deapi.DeapiClient(api_key="1|k").keys.update))
    assert shown.count("= NOT_GIVEN") == 5


# -- responses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", CALLS)
def test_the_response_is_parsed_into_the_result_type(api, operation):
    assert CALLS[operation].make(api.clients["v2"]) == RESULTS[operation]


@pytest.mark.parametrize(
    "operation", [name for name in CALLS if not name.startswith("current_key.")]
)
def test_a_key_without_the_admin_role_raises_permission_denied(make_v2_client, operation):
    body = {"message": "Not allowed.", "code": "insufficient_permissions"}
    with (
        FaultyServer(behaviors.respond(403, body)) as server,
        pytest.raises(deapi.PermissionDeniedError, match="ADMIN key") as caught,
    ):
        CALLS[operation].make(make_v2_client(server.url))
    assert caught.value.code == "insufficient_permissions"
    assert len(server.requests) == 1


def test_an_html_page_instead_of_an_empty_response_is_an_invalid_response(make_v2_client):
    html = behaviors.respond(200, "<html><title>Please log in", content_type="text/html")
    with (
        FaultyServer(html) as server,
        pytest.raises(deapi.InvalidResponseError, match="HTML"),
    ):
        make_v2_client(server.url).keys.delete(42)


# -- retries -----------------------------------------------------------------------------------


LOST_RESPONSES = [
    behaviors.close_without_response(),
    behaviors.respond(502, "<html>"),
    behaviors.truncate_body(status=201),
    behaviors.hang(),
]


@pytest.mark.parametrize("lost", LOST_RESPONSES, ids=["closed", "502", "truncated", "timeout"])
def test_creating_a_key_is_not_retried_after_a_lost_response(make_v2_client, recorded_sleeps, lost):
    with FaultyServer(lost, behaviors.respond(201, {"data": NEW_KEY})) as server:
        client = make_v2_client(server.url, timeout=0.5)
        with pytest.raises(deapi.DeapiError, match="key may have been created") as caught:
            client.keys.create(name="ci")
    assert len(server.requests) == 1
    assert caught.value.possibly_accepted
    assert "keys.list()" in caught.value.message
    assert "charged" not in caught.value.message


@pytest.mark.parametrize("status", [429, 500, 503])
def test_creating_a_key_is_retried_if_none_was_created(make_v2_client, recorded_sleeps, status):
    with FaultyServer(
        behaviors.respond(status, {"message": "Later."}), behaviors.respond(201, {"data": NEW_KEY})
    ) as server:
        assert make_v2_client(server.url).keys.create(name="ci").secret == SECRET
    first, retry = (request.header("Idempotency-Key") for request in server.requests)
    assert first == retry is not None


def test_the_rate_limit_of_key_creation_is_reported(make_v2_client):
    body = {"message": "Slow down.", "code": "rate_limited", "retry_after": 3600}
    headers = [("X-RateLimit-Type", "key-creation"), ("Retry-After", "3600")]
    with (
        FaultyServer(behaviors.respond(429, body, headers)) as server,
        pytest.raises(deapi.RateLimitError) as caught,
    ):
        make_v2_client(server.url).keys.create(name="ci")
    error = caught.value
    assert (error.limit_type, error.retry_after) == ("key-creation", 3600)
    assert error.code == "rate_limited"
    assert not error.possibly_accepted


@pytest.mark.parametrize("operation", ["keys.update", "keys.delete", "current_key.get"])
def test_idempotent_operations_are_retried_after_a_lost_response(
    make_v2_client, recorded_sleeps, operation
):
    with FaultyServer(behaviors.close_without_response(), respond_successfully) as server:
        assert CALLS[operation].make(make_v2_client(server.url)) == RESULTS[operation]
    assert len(server.requests) == 2


def test_a_key_that_a_lost_attempt_deleted_is_not_found(make_v2_client, recorded_sleeps):
    with (
        FaultyServer(
            behaviors.close_without_response(),
            behaviors.respond(404, {"message": "No query results."}),
        ) as server,
        pytest.raises(deapi.NotFoundError),
    ):
        make_v2_client(server.url).keys.delete(42)


# -- the secret of a new key -------------------------------------------------------------------


@pytest.mark.parametrize("status", [201, 302, 409, 500])
@pytest.mark.parametrize(
    "body",
    [
        {"data": {**KEY, "token": SECRET}},
        {"data": {**KEY, "secret": [SECRET]}},
        {"data": {**KEY, "secret": ""}, "secret": "words that are the secret"},
        json.dumps({"data": NEW_KEY})[:-2],
        f"<html><title>{SECRET}",
        [SECRET],
    ],
    ids=["another name", "list", "words", "not JSON", "HTML", "array"],
)
def test_no_error_shows_a_response_that_may_contain_a_new_key(make_v2_client, status, body):
    with (
        FaultyServer(behaviors.respond(status, body)) as server,
        pytest.raises(deapi.DeapiError) as caught,
    ):
        make_v2_client(server.url, max_retries=0).keys.create(name="ci")
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__)
    for text in (shown, error.response.text, repr(pickle.dumps(error))):
        assert SECRET not in text
        assert "words that are the secret" not in text
    assert error.possibly_accepted is (status == 201)


def test_a_new_key_without_its_id_is_returned_with_its_secret(make_v2_client):
    with FaultyServer(behaviors.respond(201, {"data": {**NEW_KEY, "id": None}})) as server:
        key = make_v2_client(server.url).keys.create(name="ci")
    assert (key.id, key.secret) == (0, SECRET)


# -- against the emulator ----------------------------------------------------------------------


def test_a_key_is_created_used_changed_revoked_and_deleted(make_v2_client):
    with Emulator(plan="premium", polls_per_state=0) as emulator:
        admin = make_v2_client(emulator.url, api_key=emulator.api_key)
        created = admin.keys.create(
            name="ci", limit=5, reset_interval="daily", ip_whitelist=["127.0.0.0/8"]
        )
        assert created == types.NewApiKey(
            **admin.keys.get(created.id).model_dump(), secret=created.secret
        )
        client = make_v2_client(emulator.url, api_key=created.secret)
        key = client.current_key.get()
        assert (key.id, key.role, key.limit, key.ip_whitelist) == (
            created.id,
            "api",
            5,
            ["127.0.0.0/8"],
        )
        with pytest.raises(deapi.PermissionDeniedError, match="ADMIN key"):
            client.account.billing()
        with pytest.raises(deapi.PermissionDeniedError, match="ADMIN key"):
            client.balance()
        assert client.current_key.usage().totals.requests == 0
        changed = admin.keys.update(created.id, limit=None, reset_interval="none", ip_whitelist=[])
        assert (changed.limit, changed.reset_interval, changed.ip_whitelist) == (
            None,
            "none",
            [],
        )
        assert admin.keys.update(created.id, active=False).status == "revoked"
        with pytest.raises(deapi.AuthenticationError):
            client.current_key.get()
        assert [key.id for key in admin.keys.iterate(per_page=1)] == [created.id, 1]
        assert admin.keys.delete(created.id) is None
        with pytest.raises(deapi.NotFoundError):
            admin.keys.get(created.id)
        assert [key.id for key in admin.keys.list().data] == [1]
