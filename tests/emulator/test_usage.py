from __future__ import annotations

import datetime

import pytest

from deapi.emulator.account.usage import Period, Usage, UsageRecord, parse_period, summarize
from deapi.emulator.clock import format_datetime, parse_datetime
from deapi.emulator.errors import ApiError

PRICE = 0.00136
GROUPS = ("day", "hour", "type", "model")
NOW = datetime.datetime(2026, 10, 4, 9, 30, tzinfo=datetime.timezone.utc).timestamp()
DAY = 86400


def entry(moment=NOW, key=1, kind="txt2img", model="Flux1schnell", cost=0.5, **rest):
    return UsageRecord(moment, key, kind, model, cost, **rest)


def usage(api, path="account/usage", *, key=None, **query):
    answer = api.call_v2("GET", path, key=key, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def period(first, last, group_by="day"):
    day = datetime.date.fromisoformat
    return Period(day(first), day(last), group_by)


def test_without_a_question_the_last_seven_days_are_told_by_day(api):
    api.generate()
    told = usage(api)
    first, last = (datetime.date.fromisoformat(told.pop(name)) for name in ("from", "to"))
    assert last - first == datetime.timedelta(days=6)
    sums = {"cost": PRICE, "requests": 1, "errors": 0}
    assert told == {
        "group_by": "day",
        "currency": "USD",
        "totals": sums,
        "groups": [{"key": last.isoformat(), **sums}],
    }


def test_jobs_and_boosts_are_requests_and_refusals_and_prices_are_none(serve):
    api = serve(legacy_prompts=True)
    api.generate()
    api.generate(width=-1)
    api.image(api.emulator.api_key, "v1/client/txt2img/price-calculation")
    api.get("models")
    api.post("prompt/image", {"prompt": "a fern", "negative_prompt": None})
    told = usage(api, group_by="type")
    assert told["totals"]["requests"] == 2
    assert told["totals"]["cost"] == round(100 - api.emulator.balance, 8)
    assert [(group["key"], group["requests"]) for group in told["groups"]] == [
        ("txt2img", 1),
        ("prompt", 1),
    ]


def test_a_boost_is_told_under_the_model_that_it_is_for(serve):
    api = serve(legacy_prompts=True)
    fields = {"prompt": "a fern", "type": "images.generations", "model_slug": "Flux1schnell"}
    assert api.call_v2("POST", "prompts/enhancements", fields).status_code == 200
    api.get("prompts/samples", params={"type": "text2image"})
    told = usage(api, group_by="model")
    assert {group["key"] for group in told["groups"]} == {"Flux1schnell", "none"}
    assert {group["key"] for group in usage(api, group_by="type")["groups"]} == {"prompt"}


def test_a_failed_job_is_an_error_and_costs_what_was_not_refunded(api):
    api.emulator.fail_jobs()
    api.emulator.fail_jobs(refunded=False)
    for _ in range(3):
        api.finished(api.generate())
    assert usage(api)["totals"] == {"cost": 2 * PRICE, "requests": 3, "errors": 2}


def test_each_key_sees_its_own_and_the_account_sees_all(api):
    made = api.make_key(name="ci")
    api.generate()
    for _ in range(2):
        api.image(made["secret"])
    assert usage(api, "key/usage")["totals"]["requests"] == 1
    assert usage(api, "key/usage", key=made["secret"])["totals"]["requests"] == 2
    of_key = usage(api, f"keys/{made['id']}/usage", group_by="model")
    assert of_key["groups"] == [
        {"key": "Flux1schnell", "cost": 2 * PRICE, "requests": 2, "errors": 0}
    ]
    api.call_v2("DELETE", f"keys/{made['id']}")
    by_key = usage(api, group_by="key")["groups"]
    assert [(group["key"], group["name"], group["requests"]) for group in by_key] == [
        (str(made["id"]), "ci", 2),
        ("1", "default", 1),
    ]


@pytest.mark.parametrize("path", ["key/usage", "keys/1/usage"])
def test_only_the_account_is_grouped_by_key(api, path):
    refused = api.call_v2("GET", path, params={"group_by": "key"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == {"group_by": ["The selected group by is invalid."]}


def test_usage_stands_at_emulated_time(api):
    api.generate()
    first = usage(api)["to"]
    api.emulator.advance(3 * DAY)
    api.generate()
    told = usage(api)
    assert [group["key"] for group in told["groups"]] == [first, told["to"]]
    alone = usage(api, **{"from": first, "to": first})
    assert alone["totals"]["requests"] == 1


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"group_by": "week"}, "group_by"),
        ({"from": "2026-10-02", "to": "2026-10-01"}, "to"),
        ({"from": "2026-07-05"}, "from"),
        ({"from": "2026-09-03", "to": "2026-10-04", "group_by": "hour"}, "to"),
    ],
)
def test_a_bad_range_is_a_422_that_names_the_field(query, wrong):
    with pytest.raises(ApiError) as refused:
        parse_period(query, GROUPS, NOW)
    assert refused.value.status == 422
    assert list(refused.value.body["errors"]) == [wrong]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({}, period("2026-09-28", "2026-10-04")),
        ({"to": "2026-09-10"}, period("2026-09-04", "2026-09-10")),
        ({"from": "2026-07-06"}, period("2026-07-06", "2026-10-04")),
        (
            {"from": "2026-09-04", "to": "2026-10-04", "group_by": "hour"},
            period("2026-09-04", "2026-10-04", "hour"),
        ),
        (
            {"from": "2026-10-03T23:00:00-02:00", "to": "2026-10-04T01:00:00Z"},
            period("2026-10-04", "2026-10-04"),
        ),
    ],
)
def test_a_range_is_days_of_utc_with_both_ends(query, asked):
    assert parse_period(query, GROUPS, NOW) == asked


def test_a_bad_range_is_told_over_http_too(api):
    refused = api.call_v2("GET", "account/usage", params={"from": "soon", "group_by": "year"})
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"from", "group_by"}


def test_hours_are_told_by_their_beginning_in_order():
    entries = [entry(), entry(NOW - DAY), entry(NOW + 1, failed=True)]
    told = summarize(entries, period("2026-10-01", "2026-10-04", "hour"))
    assert told["groups"] == [
        {"key": "2026-10-03T09:00:00+00:00", "cost": 0.5, "requests": 1, "errors": 0},
        {"key": "2026-10-04T09:00:00+00:00", "cost": 1.0, "requests": 2, "errors": 1},
    ]


def test_what_costs_most_is_told_first():
    entries = [entry(model="a", cost=0.1), entry(model="b", cost=0.2), entry(model="c", cost=0.1)]
    told = summarize(entries, period("2026-10-04", "2026-10-04", "model"))
    assert [group["key"] for group in told["groups"]] == ["b", "a", "c"]
    assert told["totals"]["cost"] == 0.4


def test_what_lies_outside_the_range_is_not_told():
    entries = [entry(NOW - DAY), entry(NOW + DAY)]
    told = summarize(entries, period("2026-10-04", "2026-10-04"))
    assert told["groups"] == []
    assert told["totals"] == {"cost": 0, "requests": 0, "errors": 0}


def test_a_keys_spending_is_what_it_spent_since_a_moment():
    spent = Usage([entry(NOW - 2, cost=1), entry(NOW - 1, key=2, cost=2), entry(NOW, cost=4)])
    assert spent.spent(1, NOW - 2) == 5
    assert spent.spent(1, NOW - 1) == 4
    assert spent.spent(3, 0) == 0


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "0001-01-01", "9999-12-31T23:59:59-14:00", "Z"]
)
def test_what_is_no_date_of_ours_is_none(text):
    assert parse_datetime(text) is None


def test_dates_are_written_in_utc_to_the_second():
    assert format_datetime(NOW + 0.7) == "2026-10-04T09:30:00+00:00"
    assert parse_datetime("2026-10-04T09:30:00Z") == NOW
    assert parse_datetime("2026-10-04") == NOW - 9.5 * 3600
