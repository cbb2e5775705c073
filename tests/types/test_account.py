"""What the account's endpoints answer is read generously, and a secret is shown to nobody."""

import datetime
import json
import subprocess
import sys

import pytest

import deapi
from deapi import types
from deapi._transport import readers
from deapi._transport.response import Response
from support.account_samples import BILLING, KEY, NEW_KEY, PAYMENT, SECRET, USAGE, page

UTC = datetime.timezone.utc
LAST_DAY = datetime.date(2026, 10, 7)


def answer(body):
    return Response(200, {}, json.dumps(body).encode())


def test_a_key_is_read_to_its_leaves():
    key = readers.key(answer({"data": KEY}))
    assert key.created_at == datetime.datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert key.last_used_at == datetime.datetime(2026, 10, 2, 8, tzinfo=UTC)
    assert key.limit_resets_at == datetime.datetime(2026, 10, 3, tzinfo=UTC)
    assert key.expires_at is None
    moments = {"created_at", "last_used_at", "limit_resets_at"}
    same = {name: value for name, value in KEY.items() if name not in moments}
    assert {name: getattr(key, name) for name in same} == same


def test_a_moment_without_a_zone_is_in_utc():
    for text in ("2026-10-01T08:00:00", "2026-10-01 08:00:00"):
        key = types.ApiKey.model_validate({**KEY, "created_at": text})
        assert key.created_at == datetime.datetime(2026, 10, 1, 8, tzinfo=UTC)


def test_usage_is_read_to_its_leaves():
    usage = readers.usage(answer({"data": USAGE}))
    assert (usage.start, usage.end) == (datetime.date(2026, 10, 1), LAST_DAY)
    assert (usage.group_by, usage.currency) == ("key", "USD")
    assert (usage.totals.cost, usage.totals.requests, usage.totals.errors) == (0.75, 3, 1)
    ci, model = usage.groups
    assert (ci.key, ci.name, ci.cost, ci.requests, ci.errors) == ("42", "ci", 0.5, 2, 1)
    assert (model.key, model.name) == ("model", None)
    assert usage == types.Usage(start="2026-10-01", end=LAST_DAY, **without(USAGE, "from", "to"))


@pytest.mark.parametrize("sent", ["2026-10-07", "2026-10-07T23:59:59+00:00", "2026-10-07 00:00:00"])
def test_the_days_of_a_usage_report_are_days_however_they_are_written(sent):
    assert types.Usage.model_validate({**USAGE, "to": sent}).end == LAST_DAY


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def test_billing_and_payments_are_read_to_their_leaves():
    billing = readers.billing(answer({"data": BILLING}))
    top_up = billing.auto_top_up
    assert (billing.balance, billing.currency) == (12.5, "USD")
    assert (top_up.enabled, top_up.threshold, top_up.amount) == (True, 2.0, 10.0)
    (payment,) = readers.payments(answer(page([PAYMENT]))).data
    assert payment.created_at == datetime.datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert payment.model_dump(exclude={"created_at"}) == without(PAYMENT, "created_at")


READERS = {
    "billing": (readers.billing, BILLING, {"balance"}),
    "usage": (readers.usage, USAGE, {"totals"}),
    "key": (readers.key, KEY, {"id"}),
    "new key": (readers.new_key, NEW_KEY, {"id", "secret"}),
}
OPTIONAL = [
    (name, field)
    for name, (_, body, required) in READERS.items()
    for field in body
    if field not in required
]


@pytest.mark.parametrize("odd", ["missing", None, [], {}, "", "?", -1, [None], {"0": 7}], ids=repr)
@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_a_field_that_is_odd_costs_nothing_but_itself(name, field, odd):
    read, body, _ = READERS[name]
    given = {**without(body, field), **({} if odd == "missing" else {field: odd}), "new": [1]}
    seen, whole = read(answer({"data": given})), read(answer(body))
    own = {"from": "start", "to": "end"}.get(field, field)
    assert seen.model_dump(exclude={own, "new"}) == whole.model_dump(exclude={own})
    assert seen.new == [1]


@pytest.mark.parametrize("odd", ["missing", None, [None]], ids=repr)
@pytest.mark.parametrize(
    ("name", "field"),
    [
        (name, field)
        for name, (*_, required) in READERS.items()
        for field in sorted(required)
        if (name, field) != ("new key", "id")  # worth less than the secret beside it
    ],
)
def test_an_answer_without_what_it_is_about_is_an_error(name, field, odd):
    read, body, _ = READERS[name]
    given = {**without(body, field), **({} if odd == "missing" else {field: odd})}
    with pytest.raises(deapi.InvalidResponseError, match=field):
        read(answer({"data": given}))


@pytest.mark.parametrize("body", [[], {}, None, "ok", 7, {"data": None}, {"data": []}], ids=repr)
@pytest.mark.parametrize("name", READERS)
def test_an_answer_of_another_shape_is_an_error(name, body):
    with pytest.raises(deapi.InvalidResponseError):
        READERS[name][0](answer(body))


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
def test_a_page_is_read_whatever_is_around_it(body):
    read = readers.keys(answer(body))
    assert read.data == [types.ApiKey.model_validate(KEY)]
    assert (read.meta.current_page, read.meta.last_page) == (1, 1)
    assert read.links == types.PaginationLinks()


def test_a_list_of_addresses_is_read_from_php_too():
    for sent in (["::1"], {"1": "::1"}, ["::1", None, 7]):
        assert types.ApiKey.model_validate({**KEY, "ip_whitelist": sent}).ip_whitelist == ["::1"]


def test_the_models_of_the_account_are_loaded_when_they_are_used():
    program = (
        "import sys, deapi.types, deapi.resources.keys\n"
        "late = ('account', 'descriptions', 'sources')\n"
        "assert not any(f'deapi.types.{name}' in sys.modules for name in late)\n"
        "assert {'Usage', 'VideoDescription'} <= {*dir(deapi.types)}\n"
        "from deapi.types import *\n"
        "assert Usage.__module__ == 'deapi.types.account'\n"
        "assert not hasattr(deapi.types, 'Field')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# -- secrets -----------------------------------------------------------------------------------


def test_the_secret_of_a_new_key_is_there_but_is_not_printed():
    key = readers.new_key(answer({"data": NEW_KEY}))
    assert key.secret == SECRET
    assert key.model_dump()["secret"] == SECRET
    for shown in (repr(key), str(key), f"{key}", repr([key])):
        assert SECRET not in shown
        assert "name='ci'" in shown


def test_what_a_new_key_has_besides_is_not_printed():
    key = readers.new_key(answer({"data": {**NEW_KEY, "token": SECRET}}))
    assert SECRET not in repr(key)
    assert key.token == SECRET
