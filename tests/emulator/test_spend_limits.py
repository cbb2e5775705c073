from __future__ import annotations

import datetime

import pytest

PRICE = 0.00136
DAY = 86400


def submit(api, key, **changes):
    return api.image(key["secret"], **changes)


def shown(api, key):
    return api.call_v2("GET", "key", key=key["secret"]).json()["data"]


def test_what_a_key_spends_counts_against_its_limit(api):
    key = api.make_key(limit=1, reset_interval="none")
    assert submit(api, key).status_code == 200
    now = shown(api, key)
    assert (now["limit_used"], now["limit_remaining"]) == (PRICE, 0.99864)
    assert now["limit_resets_at"] is None
    first = api.call_v2("GET", "keys/1").json()["data"]
    assert first["limit_used"] == 0


def test_a_used_up_limit_is_a_402_that_costs_nothing_and_makes_no_job(api):
    key = api.make_key(limit=0.001, reset_interval="daily")
    assert submit(api, key).status_code == 200
    balance = api.emulator.balance
    refused = submit(api, key)
    assert refused.status_code == 402
    body = refused.json()
    assert body.pop("message").startswith("This API key has reached its spend limit of $0.001. ")
    resets_at = body.pop("resets_at")
    assert resets_at == shown(api, key)["limit_resets_at"]
    assert body == {
        "code": "key_limit_exceeded",
        "limit": 0.001,
        "used": PRICE,
        "remaining": 0,
    }
    assert "x-ratelimit-limit" in refused.headers
    assert api.emulator.balance == balance
    assert len(api.emulator.jobs) == 1


def test_a_limit_of_nothing_lets_nothing_be_spent(api):
    key = api.make_key(limit=0)
    refused = submit(api, key).json()
    assert refused["resets_at"] is None
    assert refused["message"].startswith("This API key has reached its spend limit of $0.00.")


def test_version_1_knows_the_limit_too(serve):
    api = serve(legacy_prompts=True)
    secret = api.make_key(limit=0)["secret"]
    assert api.image(secret, "v1/client/txt2img").status_code == 402
    headers = {"Authorization": f"Bearer {secret}"}
    prompt = {"prompt": "a fern", "negative_prompt": None}
    assert api.post("prompt/image", prompt, headers=headers).status_code == 402
    assert api.emulator.balance == 100


def test_what_is_wrong_with_a_submission_is_told_before_its_keys_limit(api):
    key = api.make_key(limit=0)
    assert submit(api, key, width=-1).status_code == 422


def test_the_keys_limit_is_told_before_the_balance(api):
    key = api.make_key(limit=0)
    api.emulator.balance = 0
    assert submit(api, key).status_code == 402


def test_prices_and_reads_stay_open_to_a_key_that_has_spent_its_limit(api):
    key = api.make_key(limit=0)
    price = api.image(key["secret"], "v2/images/generations/price")
    assert price.json()["data"]["price"] == PRICE
    assert api.call_v2("GET", "models", key=key["secret"]).status_code == 200
    assert shown(api, key)["limit_remaining"] == 0


def test_boosts_count_against_the_limit(serve):
    api = serve(legacy_prompts=True)
    key = api.make_key(limit=1)
    headers = {"Authorization": f"Bearer {key['secret']}"}
    prompt = {"prompt": "a fern", "negative_prompt": None}
    assert api.post("prompt/image", prompt, headers=headers).status_code == 200
    assert shown(api, key)["limit_used"] == round(100 - api.emulator.balance, 8) > 0


def test_a_refund_is_credited_to_the_limit(api):
    api.emulator.fail_jobs()
    api.emulator.fail_jobs(refunded=False)
    key = api.make_key(limit=1)
    api.finished(submit(api, key))
    assert shown(api, key)["limit_used"] == 0
    api.finished(submit(api, key))
    assert shown(api, key)["limit_used"] == PRICE


@pytest.mark.parametrize(("interval", "days"), [("daily", 1), ("weekly", 7), ("monthly", 31)])
def test_a_key_may_spend_again_in_its_next_window(api, interval, days):
    key = api.make_key(limit=0.001, reset_interval=interval)
    submit(api, key)
    resets = datetime.datetime.fromisoformat(submit(api, key).json()["resets_at"])
    created = datetime.datetime.fromisoformat(key["created_at"])
    assert datetime.timedelta(days=days - 3) < resets - created <= datetime.timedelta(days=days)
    api.emulator.advance(days * DAY)
    assert shown(api, key)["limit_used"] == 0
    assert submit(api, key).status_code == 200


def test_a_refund_of_an_earlier_window_is_no_credit_in_this_one(serve):
    api = serve(speed=1)
    api.emulator.fail_jobs()
    key = api.make_key(limit=1, reset_interval="daily")
    submit(api, key)
    api.emulator.advance(DAY)
    assert shown(api, key)["limit_used"] == 0
    assert shown(api, key)["limit_remaining"] == 1


def test_another_limit_does_not_reset_what_was_used(api):
    key = api.make_key(limit=0.001)
    submit(api, key)
    path = f"keys/{key['id']}"
    raised = api.call_v2("PATCH", path, {"limit": 1}).json()["data"]
    assert (raised["limit_used"], raised["limit_remaining"]) == (PRICE, 0.99864)
    assert submit(api, key).status_code == 200
    lowered = api.call_v2("PATCH", path, {"limit": 0.001}).json()["data"]
    assert (lowered["limit_used"], lowered["limit_remaining"]) == (2 * PRICE, 0)
    assert submit(api, key).status_code == 402
    api.call_v2("PATCH", path, {"limit": None})
    assert submit(api, key).status_code == 200
