from __future__ import annotations

import datetime

import pytest


def test_the_account_tells_its_balance_and_how_it_is_filled(serve):
    api = serve(balance=12.5)
    assert api.call_v2("GET", "account").json() == {
        "data": {
            "balance": 12.5,
            "currency": "USD",
            "auto_top_up": {"enabled": False, "threshold": 2.0, "amount": None},
        }
    }
    assert api.call_v2("GET", "account/balance").json() == {"data": {"balance": 12.5}}


def test_the_opening_balance_is_the_one_payment(serve):
    body = serve(balance=20).call_v2("GET", "account/payments").json()
    (payment,) = body["data"]
    created = datetime.datetime.fromisoformat(payment.pop("created_at"))
    assert created.utcoffset() == datetime.timedelta(0)
    assert payment == {
        "id": 1,
        "amount": 20,
        "currency": "USD",
        "status": "paid",
        "provider": "emulator",
    }
    assert body["meta"]["total"] == 1
    assert set(body["links"]) == {"first", "last", "prev", "next"}


@pytest.mark.parametrize("options", [{"plan": "basic"}, {"balance": 0}])
def test_an_account_into_which_nothing_was_paid_has_no_payments(serve, options):
    body = serve(**options).call_v2("GET", "account/payments").json()
    assert body["data"] == []
    assert body["meta"]["from"] is None


@pytest.mark.parametrize("path", ["account", "account/usage", "key", "keys", "keys/1/usage"])
def test_a_suspended_account_shows_nothing(api, path):
    api.emulator.suspended = True
    refused = api.call_v2("GET", path)
    assert refused.status_code == 403
    assert refused.json()["message"].startswith("Client account is suspended.")
    assert "code" not in refused.json()


@pytest.mark.parametrize("path", ["account", "keys", "key/usage"])
def test_the_account_is_closed_without_a_key(api, path):
    assert api.call_v2("GET", path, headers={"Authorization": ""}).json()["code"] == "missing_key"
    assert api.call_v2("GET", path, key="9|nobody").json()["code"] == "invalid_key"
