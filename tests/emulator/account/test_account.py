"""The account endpoint and its payments."""

from __future__ import annotations

import datetime

import pytest


def test_the_account_has_its_balance_and_top_up_settings(start_emulator):
    api = start_emulator(balance=12.5)
    assert api.request_v2("GET", "account").json() == {
        "data": {
            "balance": 12.5,
            "currency": "USD",
            "auto_top_up": {"enabled": False, "threshold": 2.0, "amount": None},
        }
    }
    assert api.request_v2("GET", "account/balance").json() == {"data": {"balance": 12.5}}


def test_the_initial_balance_is_the_only_payment(start_emulator):
    body = start_emulator(balance=20).request_v2("GET", "account/payments").json()
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
def test_an_account_without_a_payment_has_an_empty_list(start_emulator, options):
    body = start_emulator(**options).request_v2("GET", "account/payments").json()
    assert body["data"] == []
    assert body["meta"]["from"] is None
