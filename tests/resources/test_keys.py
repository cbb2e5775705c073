"""What is known to be wrong with a key or a report that is asked for is not sent."""

import contextlib
import datetime
import inspect
import math

import pytest

import deapi
from deapi import NOT_GIVEN
from support import server_behaviors as behaviors
from support.account_samples import SECRET
from support.blocking_client import ClientFactory
from support.faulty_server import FaultyServer


@pytest.fixture(params=["sync", "async"])
def make_client(request):
    with contextlib.closing(ClientFactory(request.param)) as connector:
        yield lambda url, **options: connector(url, **{"api_version": "v2", **options})


UTC = datetime.timezone.utc
WARSAW = datetime.timezone(datetime.timedelta(hours=2))
LATER = datetime.datetime(2027, 1, 1, tzinfo=UTC)
NAIVE = LATER.replace(tzinfo=None)

RESTRICTIONS = [
    ({"expires_at": NAIVE}, ValueError, "expires_at has no time zone"),
    ({"expires_at": "2027-01-01T00:00:00"}, ValueError, "expires_at has no time zone"),
    ({"expires_at": "2027-01-01"}, ValueError, "expires_at has no time zone"),
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
        "expires_at is beyond the calendar",
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
WRONG = [
    *((lambda c, g=given: c.keys.create(name="ci", **g), *wrong) for given, *wrong in RESTRICTIONS),
    *((lambda c, g=given: c.keys.update(42, **g), *wrong) for given, *wrong in RESTRICTIONS),
    (lambda c: c.keys.create(name=""), ValueError, "name must have 1 to 255"),
    (lambda c: c.keys.create(name=" \t"), ValueError, "not blanks only"),
    (lambda c: c.keys.create(name="n" * 256), ValueError, "this one has 256"),
    (lambda c: c.keys.create(name=7), TypeError, "name must be a str"),
    (lambda c: c.keys.create(name=None), TypeError, "name is required"),
    (
        lambda c: c.keys.update(42),
        ValueError,
        "Give at least one of active, expires_at",
    ),
    (lambda c: c.keys.update(42, limit=NOT_GIVEN), ValueError, "Nothing is to be changed"),
    (lambda c: c.keys.update(42, active=None), TypeError, "active must be True or False"),
    (lambda c: c.keys.update(42, active="no"), TypeError, "active must be True or False"),
    (lambda c: c.keys.update(42, ip_whitelist=None), TypeError, "ip_whitelist must be a list"),
    (lambda c: c.keys.update(42, reset_interval=None), TypeError, "or 'none', not NoneType"),
    (
        lambda c: c.account.usage(start="2026-10-07", end="2026-10-06"),
        ValueError,
        "start is after end",
    ),
    (lambda c: c.current_key.usage(start=NAIVE), ValueError, "start has no time zone"),
    (
        lambda c: c.current_key.usage(end="last week"),
        ValueError,
        "end is not in ISO 8601: 'last week'",
    ),
    (lambda c: c.current_key.usage(group_by="x" * 100_000), ValueError, "too long to be sent"),
    (lambda c: c.keys.usage(42, end=20261001), TypeError, "end must be a date"),
    (lambda c: c.account.payments(per_page=0), ValueError, "per_page must be 1 or more"),
    (lambda c: c.keys.list(page=True), TypeError, "page must be an int"),
    (lambda c: c.keys.iterate(per_page=0), ValueError, "per_page must be 1 or more"),
    (lambda c: c.account.iterate_payments(per_page="5"), TypeError, "per_page must be an int"),
]


@pytest.mark.parametrize(("call", "error", "match"), WRONG)
def test_what_is_known_to_be_wrong_is_not_sent(make_client, call, error, match):
    with FaultyServer(behaviors.respond(200, {})) as server, pytest.raises(error, match=match):
        call(make_client(server.url))
    assert server.requests == []


@pytest.mark.parametrize("method", ["get", "update", "delete", "usage"])
@pytest.mark.parametrize(
    ("key_id", "error"),
    [
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
    ],
)
def test_only_the_number_of_a_key_is_its_id(make_client, method, key_id, error):
    with FaultyServer(behaviors.respond(200, {})) as server:
        keys = make_client(server.url).keys
        with pytest.raises(error, match="key_id must be") as caught:
            getattr(keys, method)(key_id, **({"active": False} if method == "update" else {}))
    assert server.requests == []
    assert SECRET not in str(caught.value)


def test_signatures_show_what_is_left_unchanged():
    shown = str(inspect.signature(deapi.DeapiClient(api_key="1|k").keys.update))
    assert shown.count("= NOT_GIVEN") == 5
