"""API keys: creation, changes, expiry and limits on their number."""

from __future__ import annotations

import datetime

import httpx
import pytest

from deapi.emulator import Emulator
from deapi.emulator.account.keys import Key, ip_is_allowed, spending_window


def timestamp(text):
    return datetime.datetime.fromisoformat(f"{text}+00:00").timestamp()


def parse(text):
    assert text.endswith("+00:00")
    return datetime.datetime.fromisoformat(text)


LIMIT_REACHED = "active_key_limit_reached"


def hours_after_creation(new_key, hours):
    created = datetime.datetime.fromisoformat(new_key["created_at"])
    return (created + datetime.timedelta(hours=hours)).isoformat()


def change(api, new_key, **fields):
    return api.request_v2("PATCH", f"keys/{new_key['id']}", fields)


def create_keys(api, count):
    for _ in range(count):
        api.create_key()


def test_the_first_key_is_an_admin_key_without_expiry(v1):
    key = v1.request_v2("GET", "key").json()["data"]
    parse(key.pop("created_at"))
    parse(key.pop("last_used_at"))
    assert key == {
        "id": 1,
        "name": "default",
        "preview": "1|…lse",
        "role": "admin",
        "status": "active",
        "expires_at": None,
        "ip_whitelist": [],
        "ip_whitelist_count": 0,
        "limit": None,
        "reset_interval": "none",
        "limit_used": 0.0,
        "limit_remaining": None,
        "limit_resets_at": None,
    }


def test_a_first_key_without_a_number_has_id_1(start_emulator):
    api = start_emulator(api_key="plain")
    assert api.request_v2("GET", "key").json()["data"]["id"] == 1
    assert api.create_key()["id"] == 2


@pytest.mark.parametrize("api_key", ["dpn-sk-5|abc", " 5|abc "])
def test_the_first_key_may_have_the_gateway_prefix_or_white_space(api_key):
    with Emulator(api_key=api_key) as emulator:
        url = f"{emulator.url}/api/v2/key"
        for secret in ("5|abc", "dpn-sk-5|abc"):
            response = httpx.get(url, headers={"Authorization": f"Bearer {secret}"})
            assert response.status_code == 200
            assert response.json()["data"]["id"] == 5
        with emulator.client() as client:
            assert client.balance().balance == 100


def test_a_new_key_shows_its_secret_once_and_works_in_both_versions(v1):
    new_key = v1.create_key(name="ci", limit=5, reset_interval="daily")
    secret = new_key.pop("secret")
    assert secret.startswith(f"{new_key['id']}|")
    assert new_key["preview"] == f"{new_key['id']}|…{secret[-3:]}"
    assert new_key["role"] == "api"
    assert new_key["last_used_at"] is None
    created = parse(new_key["created_at"])
    assert parse(new_key["limit_resets_at"]) == created + datetime.timedelta(days=1)
    returned = v1.request_v2("GET", f"keys/{new_key['id']}").json()["data"]
    assert "secret" not in returned
    assert returned == new_key
    assert v1.generate_with_key(secret, "v1/client/txt2img").status_code == 200
    assert v1.generate_with_key(secret, "v2/images/generations").status_code == 200
    current_key = v1.request_v2("GET", "key", key=f"dpn-sk-{secret}").json()["data"]
    assert current_key["id"] == new_key["id"]
    assert current_key["last_used_at"] is not None


def test_null_fields_are_the_same_as_missing_fields_on_creation(v1):
    new_key = v1.create_key(
        expires_at=None, ip_whitelist=None, limit=None, reset_interval=None, role=None
    )
    assert (new_key["expires_at"], new_key["ip_whitelist"], new_key["limit"]) == (None, [], None)
    assert (new_key["reset_interval"], new_key["role"]) == ("none", "api")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"role": "owner"}, "role"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": "2038-01-19T03:14:08Z"}, "expires_at"),
        ({"ip_whitelist": "127.0.0.1"}, "ip_whitelist"),
        ({"ip_whitelist": ["127.0.0.1"] * 21}, "ip_whitelist"),
        ({"ip_whitelist": ["127.0.0.1", "there"]}, "ip_whitelist.1"),
        ({"ip_whitelist": ["10.0.0.0/33"]}, "ip_whitelist.0"),
        ({"ip_whitelist": [7]}, "ip_whitelist.0"),
        ({"limit": -0.1}, "limit"),
        ({"limit": 1_000_000}, "limit"),
        ({"limit": "much"}, "limit"),
        ({"reset_interval": "hourly"}, "reset_interval"),
    ],
)
def test_an_invalid_field_of_a_new_key_is_a_422(v1, fields, field):
    rejected = v1.request_v2("POST", "keys", {"name": "ci", **fields})
    assert rejected.status_code == 422
    assert list(rejected.json()["errors"]) == [field]
    assert v1.request_v2("GET", "keys").json()["meta"]["total"] == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "n" * 255},
        {"role": "api"},
        {"expires_at": "2038-01-19T03:14:07Z"},
        {"ip_whitelist": ["10.0.0.0/8", "2001:db8::/32", "::1", *["127.0.0.1"] * 17]},
        {"limit": 0},
        {"limit": 999_999.999999},
    ],
)
def test_the_largest_allowed_values_are_accepted(v1, fields):
    v1.create_key(**fields)


def test_an_expiry_with_an_offset_is_returned_in_utc(v1):
    assert v1.create_key(expires_at="2037-05-01")["expires_at"] == "2037-05-01T00:00:00+00:00"
    converted = v1.create_key(expires_at="2037-05-01T01:30:00+02:00")
    assert converted["expires_at"] == "2037-04-30T23:30:00+00:00"


def test_an_admin_key_cannot_be_created(v1):
    rejected = v1.request_v2("POST", "keys", {"name": "boss", "role": "admin"})
    assert rejected.status_code == 403
    assert rejected.json()["code"] == "insufficient_permissions"


def test_the_101st_active_key_is_rejected(v1):
    key_ids = [v1.create_key()["id"] for _ in range(99)]
    rejected = v1.request_v2("POST", "keys", {"name": "one more"})
    assert rejected.status_code == 422
    assert rejected.json()["code"] == "active_key_limit_reached"
    v1.request_v2("PATCH", f"keys/{key_ids[0]}", {"active": False})
    v1.create_key()
    again = v1.request_v2("PATCH", f"keys/{key_ids[0]}", {"active": True})
    assert again.json()["code"] == "active_key_limit_reached"
    assert v1.request_v2("PATCH", f"keys/{key_ids[1]}", {"active": True}).status_code == 200
    v1.request_v2("DELETE", f"keys/{key_ids[1]}")
    v1.create_key()


def test_extending_an_expired_key_cannot_make_it_the_101st_active_key(v1):
    expired_key = v1.create_key()
    change(v1, expired_key, expires_at=hours_after_creation(expired_key, 1))
    v1.emulator.advance(7200)
    create_keys(v1, 99)
    for expires_at in (None, hours_after_creation(expired_key, 5)):
        assert change(v1, expired_key, expires_at=expires_at).json()["code"] == LIMIT_REACHED
    assert v1.request_v2("GET", f"keys/{expired_key['id']}").json()["data"]["status"] == "expired"


def test_a_change_that_activates_no_key_is_allowed_at_the_limit(v1):
    expired_key, revoked_key = v1.create_key(), v1.create_key()
    change(v1, expired_key, expires_at=hours_after_creation(expired_key, 1), active=False)
    change(v1, revoked_key, active=False)
    v1.emulator.advance(7200)
    create_keys(v1, 99)
    assert change(v1, expired_key, active=True).status_code == 200
    assert (
        change(
            v1, revoked_key, active=True, expires_at=hours_after_creation(revoked_key, 1)
        ).status_code
        == 200
    )
    assert change(v1, revoked_key, expires_at=None).json()["code"] == LIMIT_REACHED
    new_key = v1.create_key(expires_at=hours_after_creation(revoked_key, 1))
    assert new_key["status"] == "expired"


def test_creating_keys_too_fast_is_a_429_with_retry_after(start_emulator):
    api = start_emulator(plan="premium", speed=10)
    for _ in range(10):
        api.create_key()
    rejected = api.request_v2("POST", "keys", {"name": "hasty"})
    assert rejected.status_code == 429
    wait = rejected.json()["retry_after"]
    assert 1 <= wait <= 6
    assert rejected.json()["code"] == "rate_limited"
    assert rejected.headers["retry-after"] == str(wait)
    assert rejected.headers["x-ratelimit-type"] == "key-creation"
    assert rejected.headers["x-ratelimit-limit"] == "600"
    api.emulator.advance(61)
    api.create_key()


def test_keys_are_listed_newest_first_in_pages(v1):
    for name in ("one", "two", "three"):
        v1.create_key(name=name)
    body = v1.request_v2("GET", "keys", params={"limit": 2}).json()
    assert [key["name"] for key in body["data"]] == ["three", "two"]
    assert (body["meta"]["total"], body["meta"]["last_page"]) == (4, 2)
    rest = v1.http.get(body["links"]["next"]).json()
    assert [key["name"] for key in rest["data"]] == ["one", "default"]


def test_a_change_sets_only_its_fields(v1):
    new_key = v1.create_key(limit=5, reset_interval="weekly", ip_whitelist=["::1", "127.0.0.1"])
    path = f"keys/{new_key['id']}"
    changed = v1.request_v2("PATCH", path, {"limit": 2.5, "name": "ignored"}).json()["data"]
    assert (changed["limit"], changed["limit_remaining"], changed["name"]) == (2.5, 2.5, "ci")
    assert changed["reset_interval"] == "weekly"
    assert changed["ip_whitelist_count"] == 2
    changes = {"expires_at": "2037-01-01", "reset_interval": "monthly"}
    assert v1.request_v2("PATCH", path, changes).json()["data"]["expires_at"] is not None
    nulls = {"limit": None, "ip_whitelist": None, "expires_at": None, "reset_interval": None}
    cleared = v1.request_v2("PATCH", path, nulls).json()["data"]
    assert (cleared["limit"], cleared["ip_whitelist"], cleared["expires_at"]) == (None, [], None)
    assert (cleared["reset_interval"], cleared["limit_resets_at"]) == ("none", None)
    assert v1.request_v2("PATCH", path, {}).json()["data"] == cleared


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"active": None}, "active"),
        ({"active": "perhaps"}, "active"),
        ({"limit": -1}, "limit"),
        ({"ip_whitelist": ["nowhere"]}, "ip_whitelist.0"),
    ],
)
def test_an_invalid_change_is_a_422_and_changes_nothing(v1, change, field):
    new_key = v1.create_key()
    rejected = v1.request_v2(
        "PATCH", f"keys/{new_key['id']}", {"reset_interval": "daily", **change}
    )
    assert rejected.status_code == 422
    assert list(rejected.json()["errors"]) == [field]
    assert v1.request_v2("GET", f"keys/{new_key['id']}").json()["data"]["reset_interval"] == "none"


def test_a_revoked_key_is_a_401_until_it_is_activated(v1):
    new_key = v1.create_key()
    revoked = v1.request_v2("PATCH", f"keys/{new_key['id']}", {"active": False}).json()["data"]
    assert revoked["status"] == "revoked"
    rejected = v1.request_v2("GET", "key", key=new_key["secret"])
    assert rejected.status_code == 401
    assert rejected.json() == {"message": "Unauthenticated.", "code": "key_revoked"}
    assert not [name for name in rejected.headers if name.startswith("x-ratelimit")]
    v1.request_v2("PATCH", f"keys/{new_key['id']}", {"active": True})
    assert v1.request_v2("GET", "key", key=new_key["secret"]).status_code == 200


def test_a_key_works_until_it_expires(v1):
    now = parse(v1.create_key()["created_at"])
    new_key = v1.create_key(expires_at=(now + datetime.timedelta(hours=1)).isoformat())
    assert v1.request_v2("GET", "models", key=new_key["secret"]).status_code == 200
    v1.emulator.advance(3600)
    rejected = v1.request_v2("GET", "models", key=new_key["secret"])
    assert rejected.status_code == 401
    assert rejected.json()["code"] == "key_expired"
    assert v1.request_v2("GET", f"keys/{new_key['id']}").json()["data"]["status"] == "expired"


def test_a_deleted_key_is_not_listed_and_not_accepted(v1):
    new_key = v1.create_key()
    path = f"keys/{new_key['id']}"
    deleted = v1.request_v2("DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "content-type" not in deleted.headers
    assert deleted.headers["x-ratelimit-source"] == "static"
    assert v1.request_v2("GET", "key", key=new_key["secret"]).status_code == 401
    assert [key["id"] for key in v1.request_v2("GET", "keys").json()["data"]] == [1]
    for method, suffix in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/usage")):
        assert v1.request_v2(method, path + suffix).status_code == 404


def test_a_deleted_key_is_an_unknown_key(v1):
    new_key = v1.create_key()
    v1.request_v2("DELETE", f"keys/{new_key['id']}")
    rejected = v1.request_v2("GET", "key", key=new_key["secret"])
    assert rejected.status_code == 401
    assert rejected.json() == {"message": "Unauthenticated.", "code": "invalid_key"}


@pytest.mark.parametrize("key_id", ["99", "01", "one"])
def test_an_unknown_key_id_is_a_404(v1, key_id):
    response = v1.request_v2("GET", f"keys/{key_id}")
    assert response.status_code == 404
    assert response.json() == {"message": "No query results for the requested resource."}


def test_the_repr_of_a_key_does_not_contain_its_secret():
    assert "1|hidden" not in repr(Key(1, "1|hidden", "ci", "api", 0.0))


@pytest.mark.parametrize(
    ("interval", "now", "start", "end"),
    [
        ("none", "2026-05-01T00:00:00", "2026-01-31T10:00:00", None),
        ("daily", "2026-01-31T10:00:00", "2026-01-31T10:00:00", "2026-02-01T10:00:00"),
        ("daily", "2026-02-02T09:59:59", "2026-02-01T10:00:00", "2026-02-02T10:00:00"),
        ("weekly", "2026-02-07T10:00:00", "2026-02-07T10:00:00", "2026-02-14T10:00:00"),
        ("monthly", "2026-02-28T09:00:00", "2026-01-31T10:00:00", "2026-02-28T10:00:00"),
        ("monthly", "2026-02-28T10:00:00", "2026-02-28T10:00:00", "2026-03-31T10:00:00"),
        ("monthly", "2027-01-01T00:00:00", "2026-12-31T10:00:00", "2027-01-31T10:00:00"),
    ],
)
def test_spending_windows_start_at_the_keys_creation(interval, now, start, end):
    found = spending_window(timestamp("2026-01-31T10:00:00"), interval, timestamp(now))
    assert found == (timestamp(start), end and timestamp(end))


@pytest.mark.parametrize(
    ("whitelist", "address", "allowed"),
    [
        ((), "198.51.100.4", True),
        (("198.51.100.4",), "198.51.100.4", True),
        (("198.51.100.4",), "198.51.100.5", False),
        (("10.1.2.3/8",), "10.200.0.1", True),
        (("2001:db8::/32",), "2001:db8:1::5", True),
        (("2001:db8::/32",), "198.51.100.4", False),
        (("127.0.0.1",), "::ffff:127.0.0.1", True),
        (("127.0.0.1",), "testclient", False),
    ],
)
def test_an_allowlist_contains_its_ip_addresses_and_networks(whitelist, address, allowed):
    assert ip_is_allowed(whitelist, address) is allowed
