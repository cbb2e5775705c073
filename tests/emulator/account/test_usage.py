"""Usage: what is counted, and how it is grouped."""

from __future__ import annotations

import datetime

import pytest

from deapi.emulator.account.usage import Period, Usage, UsageRecord, parse_period, summarize
from deapi.emulator.errors import ApiError

PRICE = 0.00136


GROUPINGS = ("day", "hour", "type", "model")


NOW = datetime.datetime(2026, 10, 4, 9, 30, tzinfo=datetime.timezone.utc).timestamp()


DAY = 86400


def record(accepted_at=NOW, key=1, usage_type="txt2img", model="Flux1schnell", cost=0.5, **rest):
    return UsageRecord(accepted_at, key, usage_type, model, cost, **rest)


def get_usage(api, path="account/usage", *, key=None, **query):
    response = api.request_v2("GET", path, key=key, params=query)
    assert response.status_code == 200, response.text
    return response.json()["data"]


def period(first, last, group_by="day"):
    day = datetime.date.fromisoformat
    return Period(day(first), day(last), group_by)


def test_the_default_is_the_last_seven_days_by_day(v1):
    v1.generate()
    body = get_usage(v1)
    first, last = (datetime.date.fromisoformat(body.pop(name)) for name in ("from", "to"))
    assert last - first == datetime.timedelta(days=6)
    sums = {"cost": PRICE, "requests": 1, "errors": 0}
    assert body == {
        "group_by": "day",
        "currency": "USD",
        "totals": sums,
        "groups": [{"key": last.isoformat(), **sums}],
    }


def test_jobs_and_prompts_are_counted_but_not_refusals_and_prices(start_emulator):
    api = start_emulator(legacy_prompts=True)
    api.generate()
    api.generate(width=-1)
    api.generate_with_key(api.emulator.api_key, "v1/client/txt2img/price-calculation")
    api.get("models")
    api.post("prompt/image", {"prompt": "a fern", "negative_prompt": None})
    body = get_usage(api, group_by="type")
    assert body["totals"]["requests"] == 2
    assert body["totals"]["cost"] == round(100 - api.emulator.balance, 8)
    assert [(group["key"], group["requests"]) for group in body["groups"]] == [
        ("txt2img", 1),
        ("prompt", 1),
    ]


def test_a_prompt_enhancement_is_grouped_under_its_model(start_emulator):
    api = start_emulator(legacy_prompts=True)
    fields = {"prompt": "a fern", "type": "images.generations", "model_slug": "Flux1schnell"}
    assert api.request_v2("POST", "prompts/enhancements", fields).status_code == 200
    api.get("prompts/samples", params={"type": "text2image"})
    body = get_usage(api, group_by="model")
    assert {group["key"] for group in body["groups"]} == {"Flux1schnell", "none"}
    assert {group["key"] for group in get_usage(api, group_by="type")["groups"]} == {"prompt"}


def test_a_failed_job_is_an_error_and_costs_what_was_not_refunded(v1):
    v1.emulator.fail_jobs()
    v1.emulator.fail_jobs(refunded=False)
    for _ in range(3):
        v1.wait_for_job(v1.generate())
    assert get_usage(v1)["totals"] == {"cost": 2 * PRICE, "requests": 3, "errors": 2}


def test_a_key_has_its_own_usage_and_the_account_has_all(v1):
    new_key = v1.create_key(name="ci")
    v1.generate()
    for _ in range(2):
        v1.generate_with_key(new_key["secret"])
    assert get_usage(v1, "key/usage")["totals"]["requests"] == 1
    assert get_usage(v1, "key/usage", key=new_key["secret"])["totals"]["requests"] == 2
    of_key = get_usage(v1, f"keys/{new_key['id']}/usage", group_by="model")
    assert of_key["groups"] == [
        {"key": "Flux1schnell", "cost": 2 * PRICE, "requests": 2, "errors": 0}
    ]
    v1.request_v2("DELETE", f"keys/{new_key['id']}")
    by_key = get_usage(v1, group_by="key")["groups"]
    assert [(group["key"], group["name"], group["requests"]) for group in by_key] == [
        (str(new_key["id"]), "ci", 2),
        ("1", "default", 1),
    ]


@pytest.mark.parametrize("path", ["key/usage", "keys/1/usage"])
def test_only_account_usage_can_be_grouped_by_key(v1, path):
    rejected = v1.request_v2("GET", path, params={"group_by": "key"})
    assert rejected.status_code == 422
    assert rejected.json()["errors"] == {"group_by": ["The selected group by is invalid."]}


def test_usage_is_dated_in_emulated_time(v1):
    v1.generate()
    first = get_usage(v1)["to"]
    v1.emulator.advance(3 * DAY)
    v1.generate()
    body = get_usage(v1)
    assert [group["key"] for group in body["groups"]] == [first, body["to"]]
    alone = get_usage(v1, **{"from": first, "to": first})
    assert alone["totals"]["requests"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"group_by": "week"}, "group_by"),
        ({"from": "2026-10-02", "to": "2026-10-01"}, "to"),
        ({"from": "2026-07-05"}, "from"),
        ({"from": "2026-09-03", "to": "2026-10-04", "group_by": "hour"}, "to"),
    ],
)
def test_an_invalid_range_is_a_422_with_the_field(query, field):
    with pytest.raises(ApiError) as rejected:
        parse_period(query, GROUPINGS, NOW)
    assert rejected.value.status == 422
    assert list(rejected.value.body["errors"]) == [field]


@pytest.mark.parametrize(
    ("query", "expected"),
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
def test_a_range_is_in_utc_days_and_includes_both_ends(query, expected):
    assert parse_period(query, GROUPINGS, NOW) == expected


def test_an_invalid_range_is_a_422_over_http(v1):
    rejected = v1.request_v2("GET", "account/usage", params={"from": "soon", "group_by": "year"})
    assert rejected.status_code == 422
    assert set(rejected.json()["errors"]) == {"from", "group_by"}


def test_hours_are_named_by_their_start_and_in_order():
    entries = [record(), record(NOW - DAY), record(NOW + 1, failed=True)]
    body = summarize(entries, period("2026-10-01", "2026-10-04", "hour"))
    assert body["groups"] == [
        {"key": "2026-10-03T09:00:00+00:00", "cost": 0.5, "requests": 1, "errors": 0},
        {"key": "2026-10-04T09:00:00+00:00", "cost": 1.0, "requests": 2, "errors": 1},
    ]


def test_the_group_with_the_highest_cost_comes_first():
    entries = [
        record(model="a", cost=0.1),
        record(model="b", cost=0.2),
        record(model="c", cost=0.1),
    ]
    body = summarize(entries, period("2026-10-04", "2026-10-04", "model"))
    assert [group["key"] for group in body["groups"]] == ["b", "a", "c"]
    assert body["totals"]["cost"] == 0.4


def test_records_outside_the_range_are_not_included():
    entries = [record(NOW - DAY), record(NOW + DAY)]
    body = summarize(entries, period("2026-10-04", "2026-10-04"))
    assert body["groups"] == []
    assert body["totals"] == {"cost": 0, "requests": 0, "errors": 0}


def test_spending_of_a_key_is_counted_from_a_timestamp():
    spent = Usage([record(NOW - 2, cost=1), record(NOW - 1, key=2, cost=2), record(NOW, cost=4)])
    assert spent.spent(1, NOW - 2) == 5
    assert spent.spent(1, NOW - 1) == 4
    assert spent.spent(3, 0) == 0
