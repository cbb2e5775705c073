"""Spend limits of API keys."""

from __future__ import annotations

import datetime

import pytest

PRICE = 0.00136


DAY = 86400


def submit(api, key, **changes):
    return api.generate_with_key(key["secret"], **changes)


def get_key(api, key):
    return api.request_v2("GET", "key", key=key["secret"]).json()["data"]


def test_spending_counts_against_the_keys_limit(v1):
    key = v1.create_key(limit=1, reset_interval="none")
    assert submit(v1, key).status_code == 200
    current = get_key(v1, key)
    assert (current["limit_used"], current["limit_remaining"]) == (PRICE, 0.99864)
    assert current["limit_resets_at"] is None
    first = v1.request_v2("GET", "keys/1").json()["data"]
    assert first["limit_used"] == 0


def test_a_used_up_limit_is_a_402_without_a_charge_or_job(v1):
    key = v1.create_key(limit=0.001, reset_interval="daily")
    assert submit(v1, key).status_code == 200
    balance = v1.emulator.balance
    rejected = submit(v1, key)
    assert rejected.status_code == 402
    body = rejected.json()
    assert body.pop("message").startswith("This API key has reached its spend limit of $0.001. ")
    resets_at = body.pop("resets_at")
    assert resets_at == get_key(v1, key)["limit_resets_at"]
    assert body == {
        "code": "key_limit_exceeded",
        "limit": 0.001,
        "used": PRICE,
        "remaining": 0,
    }
    assert "x-ratelimit-limit" in rejected.headers
    assert v1.emulator.balance == balance
    assert len(v1.emulator.jobs) == 1


def test_a_limit_of_0_allows_no_spending(v1):
    key = v1.create_key(limit=0)
    rejected = submit(v1, key).json()
    assert rejected["resets_at"] is None
    assert rejected["message"].startswith("This API key has reached its spend limit of $0.00.")


def test_the_limit_applies_to_version_1(start_emulator):
    api = start_emulator(legacy_prompts=True)
    secret = api.create_key(limit=0)["secret"]
    assert api.generate_with_key(secret, "v1/client/txt2img").status_code == 402
    headers = {"Authorization": f"Bearer {secret}"}
    prompt = {"prompt": "a fern", "negative_prompt": None}
    assert api.post("prompt/image", prompt, headers=headers).status_code == 402
    assert api.emulator.balance == 100


def test_fields_are_validated_before_the_limit(v1):
    key = v1.create_key(limit=0)
    assert submit(v1, key, width=-1).status_code == 422


def test_the_limit_is_checked_before_the_balance(v1):
    key = v1.create_key(limit=0)
    v1.emulator.balance = 0
    assert submit(v1, key).status_code == 402


def test_prices_and_lists_are_available_with_a_used_up_limit(v1):
    key = v1.create_key(limit=0)
    price = v1.generate_with_key(key["secret"], "v2/images/generations/price")
    assert price.json()["data"]["price"] == PRICE
    assert v1.request_v2("GET", "models", key=key["secret"]).status_code == 200
    assert get_key(v1, key)["limit_remaining"] == 0


def test_prompt_enhancements_count_against_the_limit(start_emulator):
    api = start_emulator(legacy_prompts=True)
    key = api.create_key(limit=1)
    headers = {"Authorization": f"Bearer {key['secret']}"}
    prompt = {"prompt": "a fern", "negative_prompt": None}
    assert api.post("prompt/image", prompt, headers=headers).status_code == 200
    assert get_key(api, key)["limit_used"] == round(100 - api.emulator.balance, 8) > 0


def test_a_refund_reduces_the_used_limit(v1):
    v1.emulator.fail_jobs()
    v1.emulator.fail_jobs(refunded=False)
    key = v1.create_key(limit=1)
    v1.wait_for_job(submit(v1, key))
    assert get_key(v1, key)["limit_used"] == 0
    v1.wait_for_job(submit(v1, key))
    assert get_key(v1, key)["limit_used"] == PRICE


@pytest.mark.parametrize(("interval", "days"), [("daily", 1), ("weekly", 7), ("monthly", 31)])
def test_a_key_can_spend_again_in_its_next_window(v1, interval, days):
    key = v1.create_key(limit=0.001, reset_interval=interval)
    submit(v1, key)
    resets = datetime.datetime.fromisoformat(submit(v1, key).json()["resets_at"])
    created = datetime.datetime.fromisoformat(key["created_at"])
    assert datetime.timedelta(days=days - 3) < resets - created <= datetime.timedelta(days=days)
    v1.emulator.advance(days * DAY)
    assert get_key(v1, key)["limit_used"] == 0
    assert submit(v1, key).status_code == 200


def test_a_refund_of_an_earlier_window_does_not_reduce_the_used_limit(start_emulator):
    api = start_emulator(speed=1)
    api.emulator.fail_jobs()
    key = api.create_key(limit=1, reset_interval="daily")
    submit(api, key)
    api.emulator.advance(DAY)
    assert get_key(api, key)["limit_used"] == 0
    assert get_key(api, key)["limit_remaining"] == 1


def test_changing_the_limit_does_not_reset_the_used_amount(v1):
    key = v1.create_key(limit=0.001)
    submit(v1, key)
    path = f"keys/{key['id']}"
    raised = v1.request_v2("PATCH", path, {"limit": 1}).json()["data"]
    assert (raised["limit_used"], raised["limit_remaining"]) == (PRICE, 0.99864)
    assert submit(v1, key).status_code == 200
    lowered = v1.request_v2("PATCH", path, {"limit": 0.001}).json()["data"]
    assert (lowered["limit_used"], lowered["limit_remaining"]) == (2 * PRICE, 0)
    assert submit(v1, key).status_code == 402
    v1.request_v2("PATCH", path, {"limit": None})
    assert submit(v1, key).status_code == 200
