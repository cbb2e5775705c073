"""``client.account`` and ``client.balance()``: billing, payments and usage. API v2 only."""

import datetime

import pytest

import deapi
from deapi import types
from deapi.emulator import Emulator
from support import server_behaviors as behaviors
from support.account_samples import BALANCE, BILLING, PAYMENT, USAGE, page
from support.call_table import respond_successfully
from support.calls_v2 import V2
from support.faulty_server import FaultyServer

NAIVE = datetime.datetime(2027, 1, 1)  # noqa: DTZ001
RESULTS = {
    "account.billing": types.Billing.model_validate(BILLING),
    "account.usage": types.Usage.model_validate(USAGE),
    "account.payments": types.PaymentsPage.model_validate(page([PAYMENT])),
    "account.iterate_payments": [types.Payment.model_validate(PAYMENT)],
    "balance": types.Balance.model_validate(BALANCE),
}
CALLS = {call.operation: call for call in V2.calls if call.operation in RESULTS}
"""A call of each operation."""

INVALID_ARGUMENTS = [
    (
        "account.usage",
        {"start": "2026-10-07", "end": "2026-10-06"},
        ValueError,
        "start must not be after end",
    ),
    ("account.usage", {"start": NAIVE}, ValueError, "start is timezone-naive"),
    ("account.usage", {"end": "last week"}, ValueError, "end is not in ISO 8601: 'last week'"),
    ("account.usage", {"group_by": "x" * 100_000}, ValueError, "too long to be sent"),
    ("account.usage", {"end": 20261001}, TypeError, "end must be a date"),
    ("account.payments", {"per_page": 0}, ValueError, "per_page must be at least 1"),
    ("account.payments", {"page": True}, TypeError, "page must be an int"),
    ("account.iterate_payments", {"per_page": "5"}, TypeError, "per_page must be an int"),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    api.assert_rejected("v2", operation, arguments, error, message)


@pytest.mark.parametrize("operation", CALLS)
def test_the_response_is_parsed_into_the_result_type(api, operation):
    assert CALLS[operation].make(api.clients["v2"]) == RESULTS[operation]


def test_usage_is_retried_after_a_lost_response(make_v2_client, recorded_sleeps):
    with FaultyServer(behaviors.close_without_response(), respond_successfully) as server:
        result = CALLS["account.usage"].make(make_v2_client(server.url))
    assert result == RESULTS["account.usage"]
    assert len(server.requests) == 2


@pytest.mark.parametrize("operation", CALLS)
def test_a_key_without_the_admin_role_raises_permission_denied(make_v2_client, operation):
    body = {"message": "Not allowed.", "code": "insufficient_permissions"}
    with (
        FaultyServer(behaviors.respond(403, body)) as server,
        pytest.raises(deapi.PermissionDeniedError, match="ADMIN key") as caught,
    ):
        CALLS[operation].make(make_v2_client(server.url))
    assert caught.value.code == "insufficient_permissions"
    assert len(server.requests) == 1


def test_the_cost_of_a_job_appears_in_the_usage_of_its_key(make_v2_client):
    with Emulator(plan="premium", polls_per_state=0) as emulator:
        client = make_v2_client(emulator.url, api_key=emulator.api_key)
        client.images.generate(
            prompt="a fox", model="Flux1schnell", width=512, height=512, seed=1, steps=4
        ).wait()
        statuses = {payment.status for payment in client.account.iterate_payments()}
        assert statuses == {payment.status for payment in client.account.payments().data}
        assert statuses == {"paid"}
        usage = client.current_key.usage(group_by="model")
        ((group, cost),) = [(group.key, group.cost) for group in usage.groups]
        assert group == "Flux1schnell"
        assert usage.totals.cost == cost > 0
        by_key = client.account.usage(group_by="key", start=usage.start, end=usage.end)
        assert [(group.key, group.name, group.cost) for group in by_key.groups] == [
            ("1", "default", cost)
        ]
        assert client.keys.usage(1, group_by="type").totals == usage.totals
        billing = client.account.billing()
        assert billing.balance == client.balance().balance == pytest.approx(100 - cost)
        assert billing.auto_top_up.enabled is False
