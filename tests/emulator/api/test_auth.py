"""Authorization: API keys, suspension, IP allowlists and the order of the checks."""

from __future__ import annotations

import httpx
import pytest


def get_balance(api, key):
    headers = {} if key is None else {"Authorization": key}
    return httpx.get(f"{api.emulator.url}/api/v1/client/balance", headers=headers)


def test_a_valid_key_is_accepted(v1):
    assert get_balance(v1, f"Bearer {v1.emulator.api_key}").json() == {"data": {"balance": 100.0}}


def test_a_key_with_the_gateway_prefix_is_accepted(v1):
    assert get_balance(v1, f"Bearer dpn-sk-{v1.emulator.api_key}").status_code == 200


@pytest.mark.parametrize("key", [None, "", "Bearer", "Basic abc"])
def test_a_missing_key_is_a_401_with_its_own_code(v1, key):
    response = get_balance(v1, key)
    assert response.status_code == 401
    assert response.json() == {"message": "Unauthenticated.", "code": "missing_key"}


def test_an_unknown_key_is_a_401_without_rate_limit_headers(v1):
    response = get_balance(v1, "Bearer 9|unknown")
    assert response.status_code == 401
    assert response.json()["code"] == "invalid_key"
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


@pytest.mark.parametrize("path", ["account", "keys", "key/usage"])
def test_account_endpoints_require_a_key(v1, path):
    assert v1.request_v2("GET", path, headers={"Authorization": ""}).json()["code"] == "missing_key"
    assert v1.request_v2("GET", path, key="9|unknown").json()["code"] == "invalid_key"


def test_a_suspended_account_gets_403_before_validation_except_for_prices(v1):
    v1.emulator.suspended = True
    rejected = v1.post("txt2img", {})
    assert rejected.status_code == 403
    assert rejected.json()["message"].startswith("Client account is suspended.")
    assert v1.get("balance").status_code == 403
    assert v1.post("txt2img/price-calculation", {}).status_code == 422
    v1.emulator.suspended = False
    assert v1.get("balance").status_code == 200


@pytest.mark.parametrize("path", ["account", "account/usage", "key", "keys", "keys/1/usage"])
def test_a_suspended_account_cannot_read_its_account(v1, path):
    v1.emulator.suspended = True
    rejected = v1.request_v2("GET", path)
    assert rejected.status_code == 403
    assert rejected.json()["message"].startswith("Client account is suspended.")
    assert "code" not in rejected.json()


def test_a_suspended_account_can_read_enhancement_prices(v2):
    v2.emulator.suspended = True
    assert v2.post("prompts/enhancements/price", {}).status_code == 422
    assert v2.post("prompts/enhancements", {}).status_code == 403


def test_the_key_is_checked_before_the_rate_limit_and_suspension(start_emulator):
    api = start_emulator(plan="basic")
    api.emulator.suspended = True
    wrong = {"Authorization": "Bearer 9|unknown"}
    for _ in range(5):
        assert api.post("txt2img", {}, headers=wrong).status_code == 401
    statuses = [api.generate().status_code for _ in range(4)]
    assert statuses == [403, 403, 403, 429]


def test_fields_are_validated_before_the_balance(v1):
    v1.emulator.balance = 0
    assert "balance" not in v1.generate(prompt=None).json()["errors"]
    assert "balance" in v1.generate().json()["errors"]


def test_a_request_from_a_disallowed_ip_counts_against_the_rate_limit(start_emulator):
    api = start_emulator(plan="basic", speed=1)
    secret = api.create_key(ip_whitelist=["203.0.113.9"])["secret"]
    responses = [api.generate_with_key(secret) for _ in range(4)]
    assert [response.status_code for response in responses] == [403, 403, 403, 429]
    assert responses[0].json()["code"] == "ip_not_allowed"
    remaining = [response.headers["x-ratelimit-remaining"] for response in responses]
    assert remaining == ["2", "1", "0", "0"]
    (key, _) = api.request_v2("GET", "keys").json()["data"]
    assert key["last_used_at"] is None


def test_a_429_for_disallowed_ips_has_the_rate_limit_headers(start_emulator):
    api = start_emulator(plan="basic", speed=1)
    secret = api.create_key(ip_whitelist=["203.0.113.9"])["secret"]
    responses = [api.request_v2("GET", "models", key=secret) for _ in range(11)]
    assert responses[-1].headers["x-ratelimit-type"] == "ip-not-allowed"
    assert responses[-1].headers["x-ratelimit-remaining"] == "289"


def test_a_key_is_rejected_from_an_ip_outside_its_allowlist(v1):
    new_key = v1.create_key(ip_whitelist=["203.0.113.0/24"])
    rejected = v1.request_v2("GET", "models", key=new_key["secret"])
    assert rejected.status_code == 403
    assert rejected.json()["code"] == "ip_not_allowed"
    allowed_ip_headers = {"X-Forwarded-For": "203.0.113.9"}
    assert (
        v1.request_v2(
            "GET", "models", key=new_key["secret"], headers=allowed_ip_headers
        ).status_code
        == 200
    )
    v1.request_v2("PATCH", f"keys/{new_key['id']}", {"ip_whitelist": ["127.0.0.0/8"]})
    assert v1.request_v2("GET", "models", key=new_key["secret"]).status_code == 200


def test_repeated_requests_from_a_disallowed_ip_become_a_429(start_emulator):
    api = start_emulator(plan="basic", speed=1)
    secrets = [api.create_key(ip_whitelist=["203.0.113.9"])["secret"] for _ in range(2)]
    responses = [api.request_v2("GET", "models", key=secrets[0]) for _ in range(11)]
    assert [response.status_code for response in responses] == [403] * 10 + [429]
    assert responses[-1].headers["x-ratelimit-type"] == "ip-not-allowed"
    assert int(responses[-1].headers["retry-after"]) >= 1
    assert api.request_v2("GET", "models", key=secrets[1]).status_code == 403
    api.emulator.advance(61)
    assert api.request_v2("GET", "models", key=secrets[0]).status_code == 403


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
def test_an_api_key_cannot_use_admin_endpoints(v1, method, path):
    secret = v1.create_key()["secret"]
    rejected = v1.request_v2(method, path, key=secret)
    assert rejected.status_code == 403
    assert rejected.json()["code"] == "insufficient_permissions"
    assert "x-ratelimit-limit" in rejected.headers
    assert v1.request_v2("GET", "key").status_code == 200


def test_an_api_key_can_read_itself_the_models_and_the_v1_balance(v1):
    secret = v1.create_key()["secret"]
    for path in ("key", "key/usage", "models"):
        assert v1.request_v2("GET", path, key=secret).status_code == 200
    headers = {"Authorization": f"Bearer {secret}"}
    assert v1.get("balance", headers=headers).status_code == 200
