from __future__ import annotations

import datetime

import pytest

from deapi.emulator.account.keys import Key, ip_is_allowed, spending_window


def at(text):
    return datetime.datetime.fromisoformat(f"{text}+00:00").timestamp()


def parsed(text):
    assert text.endswith("+00:00")
    return datetime.datetime.fromisoformat(text)


def test_the_first_key_is_an_admin_key_that_never_ends(api):
    key = api.call_v2("GET", "key").json()["data"]
    parsed(key.pop("created_at"))
    parsed(key.pop("last_used_at"))
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


def test_a_key_without_a_number_of_its_own_is_the_first(serve):
    api = serve(api_key="plain")
    assert api.call_v2("GET", "key").json()["data"]["id"] == 1
    assert api.make_key()["id"] == 2


def test_a_new_key_shows_its_secret_once_and_works_in_both_versions(api):
    made = api.make_key(name="ci", limit=5, reset_interval="daily")
    secret = made.pop("secret")
    assert secret.startswith(f"{made['id']}|")
    assert made["preview"] == f"{made['id']}|…{secret[-3:]}"
    assert made["role"] == "api"
    assert made["last_used_at"] is None
    created = parsed(made["created_at"])
    assert parsed(made["limit_resets_at"]) == created + datetime.timedelta(days=1)
    shown = api.call_v2("GET", f"keys/{made['id']}").json()["data"]
    assert "secret" not in shown
    assert shown == made
    assert api.image(secret, "v1/client/txt2img").status_code == 200
    assert api.image(secret, "v2/images/generations").status_code == 200
    own = api.call_v2("GET", "key", key=f"dpn-sk-{secret}").json()["data"]
    assert own["id"] == made["id"]
    assert own["last_used_at"] is not None


def test_a_json_null_lifts_nothing_that_was_not_there(api):
    made = api.make_key(
        expires_at=None, ip_whitelist=None, limit=None, reset_interval=None, role=None
    )
    assert (made["expires_at"], made["ip_whitelist"], made["limit"]) == (None, [], None)
    assert (made["reset_interval"], made["role"]) == ("none", "api")


@pytest.mark.parametrize(
    ("fields", "wrong"),
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
def test_what_a_key_may_not_be_is_a_422_that_names_the_field(api, fields, wrong):
    refused = api.call_v2("POST", "keys", {"name": "ci", **fields})
    assert refused.status_code == 422
    assert list(refused.json()["errors"]) == [wrong]
    assert api.call_v2("GET", "keys").json()["meta"]["total"] == 1


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
def test_a_key_may_be_all_that_the_limits_allow(api, fields):
    api.make_key(**fields)


def test_expiries_are_told_in_utc_whatever_offset_they_came_with(api):
    assert api.make_key(expires_at="2037-05-01")["expires_at"] == "2037-05-01T00:00:00+00:00"
    moved = api.make_key(expires_at="2037-05-01T01:30:00+02:00")
    assert moved["expires_at"] == "2037-04-30T23:30:00+00:00"


def test_an_admin_key_is_not_made_through_the_api(api):
    refused = api.call_v2("POST", "keys", {"name": "boss", "role": "admin"})
    assert refused.status_code == 403
    assert refused.json()["code"] == "insufficient_permissions"


def test_the_hundred_and_first_active_key_is_refused(api):
    numbers = [api.make_key()["id"] for _ in range(99)]
    refused = api.call_v2("POST", "keys", {"name": "one more"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "active_key_limit_reached"
    api.call_v2("PATCH", f"keys/{numbers[0]}", {"active": False})
    api.make_key()
    again = api.call_v2("PATCH", f"keys/{numbers[0]}", {"active": True})
    assert again.json()["code"] == "active_key_limit_reached"
    assert api.call_v2("PATCH", f"keys/{numbers[1]}", {"active": True}).status_code == 200
    api.call_v2("DELETE", f"keys/{numbers[1]}")
    api.make_key()


def test_keys_that_are_made_too_fast_are_a_429_that_says_when(serve):
    api = serve(plan="premium", speed=10)
    for _ in range(10):
        api.make_key()
    refused = api.call_v2("POST", "keys", {"name": "hasty"})
    assert refused.status_code == 429
    wait = refused.json()["retry_after"]
    assert 1 <= wait <= 6
    assert refused.json()["code"] == "rate_limited"
    assert refused.headers["retry-after"] == str(wait)
    assert refused.headers["x-ratelimit-type"] == "key-creation"
    assert refused.headers["x-ratelimit-limit"] == "600"
    api.emulator.advance(61)
    api.make_key()


def test_keys_are_listed_newest_first_in_pages(api):
    for name in ("one", "two", "three"):
        api.make_key(name=name)
    body = api.call_v2("GET", "keys", params={"limit": 2}).json()
    assert [key["name"] for key in body["data"]] == ["three", "two"]
    assert (body["meta"]["total"], body["meta"]["last_page"]) == (4, 2)
    rest = api.http.get(body["links"]["next"]).json()
    assert [key["name"] for key in rest["data"]] == ["one", "default"]


def test_a_change_sets_what_it_names_and_leaves_the_rest(api):
    made = api.make_key(limit=5, reset_interval="weekly", ip_whitelist=["::1", "127.0.0.1"])
    path = f"keys/{made['id']}"
    changed = api.call_v2("PATCH", path, {"limit": 2.5, "name": "ignored"}).json()["data"]
    assert (changed["limit"], changed["limit_remaining"], changed["name"]) == (2.5, 2.5, "ci")
    assert changed["reset_interval"] == "weekly"
    assert changed["ip_whitelist_count"] == 2
    until = {"expires_at": "2037-01-01", "reset_interval": "monthly"}
    assert api.call_v2("PATCH", path, until).json()["data"]["expires_at"] is not None
    nulls = {"limit": None, "ip_whitelist": None, "expires_at": None, "reset_interval": None}
    lifted = api.call_v2("PATCH", path, nulls).json()["data"]
    assert (lifted["limit"], lifted["ip_whitelist"], lifted["expires_at"]) == (None, [], None)
    assert (lifted["reset_interval"], lifted["limit_resets_at"]) == ("none", None)
    assert api.call_v2("PATCH", path, {}).json()["data"] == lifted


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"active": None}, "active"),
        ({"active": "perhaps"}, "active"),
        ({"limit": -1}, "limit"),
        ({"ip_whitelist": ["nowhere"]}, "ip_whitelist.0"),
    ],
)
def test_a_wrong_change_is_a_422_and_changes_nothing(api, change, wrong):
    made = api.make_key()
    refused = api.call_v2("PATCH", f"keys/{made['id']}", {"reset_interval": "daily", **change})
    assert refused.status_code == 422
    assert list(refused.json()["errors"]) == [wrong]
    assert api.call_v2("GET", f"keys/{made['id']}").json()["data"]["reset_interval"] == "none"


def test_a_revoked_key_is_a_401_until_it_is_active_again(api):
    made = api.make_key()
    revoked = api.call_v2("PATCH", f"keys/{made['id']}", {"active": False}).json()["data"]
    assert revoked["status"] == "revoked"
    refused = api.call_v2("GET", "key", key=made["secret"])
    assert refused.status_code == 401
    assert refused.json() == {"message": "Unauthenticated.", "code": "key_revoked"}
    assert not [name for name in refused.headers if name.startswith("x-ratelimit")]
    api.call_v2("PATCH", f"keys/{made['id']}", {"active": True})
    assert api.call_v2("GET", "key", key=made["secret"]).status_code == 200


def test_a_key_works_until_it_expires(api):
    now = parsed(api.make_key()["created_at"])
    made = api.make_key(expires_at=(now + datetime.timedelta(hours=1)).isoformat())
    assert api.call_v2("GET", "models", key=made["secret"]).status_code == 200
    api.emulator.advance(3600)
    refused = api.call_v2("GET", "models", key=made["secret"])
    assert refused.status_code == 401
    assert refused.json()["code"] == "key_expired"
    assert api.call_v2("GET", f"keys/{made['id']}").json()["data"]["status"] == "expired"


def test_a_deleted_key_is_gone_and_opens_nothing(api):
    made = api.make_key()
    path = f"keys/{made['id']}"
    deleted = api.call_v2("DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "content-type" not in deleted.headers
    assert deleted.headers["x-ratelimit-source"] == "static"
    assert api.call_v2("GET", "key", key=made["secret"]).status_code == 401
    assert [key["id"] for key in api.call_v2("GET", "keys").json()["data"]] == [1]
    for method, below in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/usage")):
        assert api.call_v2(method, path + below).status_code == 404


@pytest.mark.parametrize("number", ["99", "01", "one"])
def test_an_unknown_key_is_a_404(api, number):
    answer = api.call_v2("GET", f"keys/{number}")
    assert answer.status_code == 404
    assert answer.json() == {"message": "No query results for the requested resource."}


ADMIN_ENDPOINTS = [
    ("GET", "account"),
    ("GET", "account/balance"),
    ("GET", "account/usage"),
    ("GET", "account/payments"),
    ("GET", "keys"),
    ("POST", "keys"),
    ("GET", "keys/1"),
    ("PATCH", "keys/1"),
    ("DELETE", "keys/1"),
    ("GET", "keys/1/usage"),
]


@pytest.mark.parametrize(("method", "path"), ADMIN_ENDPOINTS)
def test_a_key_for_inference_does_not_open_the_account(api, method, path):
    secret = api.make_key()["secret"]
    refused = api.call_v2(method, path, key=secret)
    assert refused.status_code == 403
    assert refused.json()["code"] == "insufficient_permissions"
    assert "x-ratelimit-limit" in refused.headers
    assert api.call_v2("GET", "key").status_code == 200


def test_a_key_for_inference_reads_itself_the_models_and_the_v1_balance(api):
    secret = api.make_key()["secret"]
    for path in ("key", "key/usage", "models"):
        assert api.call_v2("GET", path, key=secret).status_code == 200
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.get("balance", headers=headers).status_code == 200


def test_a_key_is_refused_where_its_list_does_not_admit_the_address(api):
    made = api.make_key(ip_whitelist=["203.0.113.0/24"])
    refused = api.call_v2("GET", "models", key=made["secret"])
    assert refused.status_code == 403
    assert refused.json()["code"] == "ip_not_allowed"
    there = {"X-Forwarded-For": "203.0.113.9"}
    assert api.call_v2("GET", "models", key=made["secret"], headers=there).status_code == 200
    api.call_v2("PATCH", f"keys/{made['id']}", {"ip_whitelist": ["127.0.0.0/8"]})
    assert api.call_v2("GET", "models", key=made["secret"]).status_code == 200


def test_many_refused_addresses_become_a_429(serve):
    api = serve(plan="basic", speed=1)
    secrets = [api.make_key(ip_whitelist=["203.0.113.9"])["secret"] for _ in range(2)]
    answers = [api.call_v2("GET", "models", key=secrets[0]) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert answers[-1].headers["x-ratelimit-type"] == "ip-not-allowed"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert api.call_v2("GET", "models", key=secrets[1]).status_code == 403
    api.emulator.advance(61)
    assert api.call_v2("GET", "models", key=secrets[0]).status_code == 403


def test_all_keys_share_the_buckets_of_the_account(serve):
    api = serve(plan="basic")
    secret = api.make_key()["secret"]
    assert [api.generate().status_code for _ in range(3)] == [200, 200, 200]
    assert api.image(secret).status_code == 429


@pytest.mark.parametrize("path", ["account", "key", "keys", "key/usage", "account/payments"])
def test_the_account_has_a_static_quota_for_everyone(serve, path):
    headers = serve(plan="basic").call_v2("GET", path).headers
    assert headers["x-ratelimit-policy"] == "600;w=60"
    assert headers["x-ratelimit-source"] == "static"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "keys", "GET, HEAD, POST"),
        ("POST", "keys/1", "GET, HEAD, PATCH, DELETE"),
        ("POST", "account", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(api, method, path, allowed):
    refused = api.call_v2(method, path)
    assert refused.status_code == 405
    assert refused.headers["allow"] == allowed
    assert refused.json()["message"].endswith(f"Supported methods: {allowed}.")


@pytest.mark.parametrize("path", ["account", "keys", "keys/1", "key/usage"])
def test_what_can_be_read_can_be_asked_for_its_head(api, path):
    answer = api.call_v2("HEAD", path)
    assert answer.status_code == 200
    assert answer.content == b""


def test_version_1_has_no_keys(api):
    assert api.get("keys").status_code == 404
    assert api.get("account").status_code == 404


def test_requests_and_faults_know_the_keys_by_name(api):
    api.emulator.inject_fault(operation="keys/{id}", status=503)
    assert api.call_v2("GET", "keys").status_code == 200
    assert api.call_v2("PATCH", "keys/1", {}).status_code == 503
    assert api.call_v2("GET", "keys/1/usage").status_code == 200
    names = [request.operation for request in api.emulator.requests]
    assert names == ["keys", "keys/{id}", "keys/{id}/usage"]


def test_a_secret_is_not_in_the_repr_of_its_key():
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
def test_spending_windows_are_anchored_to_the_keys_creation(interval, now, start, end):
    found = spending_window(at("2026-01-31T10:00:00"), interval, at(now))
    assert found == (at(start), end and at(end))


@pytest.mark.parametrize(
    ("whitelist", "address", "admitted"),
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
def test_a_list_admits_its_addresses_and_networks(whitelist, address, admitted):
    assert ip_is_allowed(whitelist, address) is admitted
