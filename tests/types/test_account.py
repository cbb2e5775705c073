"""Parsing of billing, usage, payments and keys, and the repr of a new key."""

import datetime
import json
import subprocess
import sys

import pytest

import deapi
from deapi import types
from deapi._core.parsing import parse
from deapi._response import Response
from support.account_samples import BILLING, KEY, NEW_KEY, PAYMENT, SECRET, USAGE, page

UTC = datetime.timezone.utc
LAST_DAY = datetime.date(2026, 10, 7)


def response(body):
    return Response(200, {}, json.dumps(body).encode())


def test_every_field_of_a_key_is_parsed():
    key = parse(response({"data": KEY}), "ApiKey")
    assert key.created_at == datetime.datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert key.last_used_at == datetime.datetime(2026, 10, 2, 8, tzinfo=UTC)
    assert key.limit_resets_at == datetime.datetime(2026, 10, 3, tzinfo=UTC)
    assert key.expires_at is None
    datetimes = {"created_at", "last_used_at", "limit_resets_at"}
    others = {name: value for name, value in KEY.items() if name not in datetimes}
    assert {name: getattr(key, name) for name in others} == others


def test_a_datetime_without_a_time_zone_is_in_utc():
    for value in ("2026-10-01T08:00:00", "2026-10-01 08:00:00"):
        key = types.ApiKey.model_validate({**KEY, "created_at": value})
        assert key.created_at == datetime.datetime(2026, 10, 1, 8, tzinfo=UTC)


def test_every_field_of_usage_is_parsed():
    usage = parse(response({"data": USAGE}), "Usage")
    assert (usage.start, usage.end) == (datetime.date(2026, 10, 1), LAST_DAY)
    assert (usage.group_by, usage.currency) == ("key", "USD")
    assert (usage.totals.cost, usage.totals.requests, usage.totals.errors) == (0.75, 3, 1)
    ci, model = usage.groups
    assert (ci.key, ci.name, ci.cost, ci.requests, ci.errors) == ("42", "ci", 0.5, 2, 1)
    assert (model.key, model.name) == ("model", None)
    assert usage == types.Usage(start="2026-10-01", end=LAST_DAY, **without(USAGE, "from", "to"))


@pytest.mark.parametrize(
    "value", ["2026-10-07", "2026-10-07T23:59:59+00:00", "2026-10-07 00:00:00"]
)
def test_the_period_of_usage_is_parsed_from_dates_and_datetimes(value):
    assert types.Usage.model_validate({**USAGE, "to": value}).end == LAST_DAY


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def test_every_field_of_billing_and_payments_is_parsed():
    billing = parse(response({"data": BILLING}), "Billing")
    top_up = billing.auto_top_up
    assert (billing.balance, billing.currency) == (12.5, "USD")
    assert (top_up.enabled, top_up.threshold, top_up.amount) == (True, 2.0, 10.0)
    (payment,) = parse(response(page([PAYMENT])), "PaymentsPage").data
    assert payment.created_at == datetime.datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert payment.model_dump(exclude={"created_at"}) == without(PAYMENT, "created_at")


MODELS = {
    "billing": ("Billing", BILLING, {"balance"}),
    "usage": ("Usage", USAGE, {"totals"}),
    "key": ("ApiKey", KEY, {"id"}),
    "new key": ("NewApiKey", NEW_KEY, {"id", "secret"}),
}
OPTIONAL = [
    (name, field)
    for name, (_, body, required) in MODELS.items()
    for field in body
    if field not in required
]


@pytest.mark.parametrize(
    "value", ["missing", None, [], {}, "", "?", -1, [None], {"0": 7}], ids=repr
)
@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_an_invalid_optional_field_does_not_affect_the_others(name, field, value):
    model, body, _ = MODELS[name]
    data = {**without(body, field), **({} if value == "missing" else {field: value}), "new": [1]}
    result, valid = parse(response({"data": data}), model), parse(response(body), model)
    attribute = {"from": "start", "to": "end"}.get(field, field)
    assert result.model_dump(exclude={attribute, "new"}) == valid.model_dump(exclude={attribute})
    assert result.new == [1]


@pytest.mark.parametrize("value", ["missing", None, [None]], ids=repr)
@pytest.mark.parametrize(
    ("name", "field"),
    [
        (name, field)
        for name, (*_, required) in MODELS.items()
        for field in sorted(required)
        if (name, field) != ("new key", "id")  # the secret matters more
    ],
)
def test_a_response_without_its_required_field_is_invalid(name, field, value):
    model, body, _ = MODELS[name]
    data = {**without(body, field), **({} if value == "missing" else {field: value})}
    with pytest.raises(deapi.InvalidResponseError, match=field):
        parse(response({"data": data}), model)


@pytest.mark.parametrize("body", [[], {}, None, "ok", 7, {"data": None}, {"data": []}], ids=repr)
@pytest.mark.parametrize("name", MODELS)
def test_a_response_of_another_type_is_invalid(name, body):
    with pytest.raises(deapi.InvalidResponseError):
        parse(response(body), MODELS[name][0])


@pytest.mark.parametrize(
    "body",
    [
        [KEY],
        {"data": {"0": KEY}},
        {"data": [None, KEY, "?"]},
        {"data": {"data": [KEY], "meta": {}}},
        {"data": [KEY], "links": [], "meta": []},
        {"data": [KEY], "meta": {"last_page": "1", "total": None}},
    ],
)
def test_a_page_is_parsed_whatever_its_wrapper(body):
    result = parse(response(body), "KeysPage")
    assert result.data == [types.ApiKey.model_validate(KEY)]
    assert (result.meta.current_page, result.meta.last_page) == (1, 1)
    assert result.links == types.PaginationLinks()


def test_an_ip_whitelist_is_parsed_from_a_list_or_an_object():
    for value in (["::1"], {"1": "::1"}, ["::1", None, 7]):
        assert types.ApiKey.model_validate({**KEY, "ip_whitelist": value}).ip_whitelist == ["::1"]


def test_rarely_used_types_are_imported_on_first_use():
    program = (
        "import sys, deapi.types, deapi.resources.keys\n"
        "lazy = ('account', 'descriptions', 'sources')\n"
        "assert not any(f'deapi.types.{name}' in sys.modules for name in lazy)\n"
        "assert not {'Usage', 'VideoDescription'} & {*dir(deapi.types)}\n"
        "from deapi.types import *\n"
        "assert Usage.__module__ == 'deapi.types.account'\n"
        "assert not hasattr(deapi.types, 'Field')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# -- the secret of a new key -------------------------------------------------------------------


def test_the_secret_of_a_new_key_is_not_in_its_repr():
    key = parse(response({"data": NEW_KEY}), "NewApiKey")
    assert key.secret == SECRET
    assert key.model_dump()["secret"] == SECRET
    for shown in (repr(key), str(key), f"{key}", repr([key])):
        assert SECRET not in shown
        assert "name='ci'" in shown


def test_unknown_fields_of_a_new_key_are_not_in_its_repr():
    key = parse(response({"data": {**NEW_KEY, "token": SECRET}}), "NewApiKey")
    assert SECRET not in repr(key)
    assert key.token == SECRET
