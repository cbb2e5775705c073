"""The pace of submissions: the rate limits of each model, 429, and daily quotas."""

import math
import time
from collections import Counter
from datetime import datetime, timezone

import pytest

from deapi import RateLimitError, ServerError
from deapi._rate_limits import RateLimit, RateLimitWindow
from deapi.batch.pace import Pace
from deapi.emulator import Emulator
from support.batches import FLUX, plan_foxes, submissions


def limit(remaining, day=None):
    """Return the rate limit that a response reports at the time 0."""

    def window(left, total, seconds):
        return RateLimitWindow(total, left, datetime.fromtimestamp(seconds, timezone.utc))

    days = None if day is None else window(day, 100, 86_400)
    return RateLimit("images.generate", window(remaining, 3, 60), days)


def test_only_one_submission_is_sent_before_the_first_response():
    pace = Pace()
    assert pace.hold(0.0) == 0
    pace.begin(0.0)
    assert pace.hold(0.0) == math.inf
    pace.finish(limit(2), 0.0, 0.0)
    assert pace.hold(0.0) == 0


def test_a_submission_that_was_not_sent_lets_another_one_be_the_first():
    pace = Pace()
    pace.begin(0.0)
    pace.cancel()
    assert pace.hold(0.0) == 0


def test_the_limit_of_a_minute_is_obeyed_until_its_reset():
    pace = Pace()
    pace.begin(0.0)
    pace.finish(limit(2), 0.0, 0.0)
    for _ in range(2):
        assert pace.hold(1.0) == 0
        pace.begin(1.0)
    assert 59 <= pace.hold(1.0) <= 61
    assert pace.hold(61.5) == 0
    pace.cancel()
    assert pace.hold(1.0) == 0


def test_submissions_in_flight_count_in_the_daily_limit():
    pace = Pace()
    pace.begin(0.0)
    pace.finish(limit(3, day=2), 0.0, 0.0)
    for _ in range(2):
        assert pace.hold(1.0) == 0
        pace.begin(1.0)
    assert pace.hold(1.0) > 86_000
    pace.cancel()
    assert pace.hold(1.0) == 0


def test_a_daily_limit_is_obeyed_until_its_reset():
    pace = Pace()
    pace.begin(0.0)
    pace.finish(limit(2, day=0), 0.0, 0.0)
    assert pace.hold(0.0) > 86_000
    assert pace.quota_ends(0.0) == pytest.approx(86_400, abs=5)
    assert pace.quota_ends(86_410.0) is None
    assert pace.hold(86_410.0) == 0


@pytest.mark.parametrize("error", [RateLimitError("Too many."), ServerError("Busy.")], ids=repr)
def test_retry_after_holds_all_submissions(error):
    pace = Pace()
    pace.begin(0.0)
    pace.finish(None, 0.0, 0.0)
    pace.pause(error, 20.0, 10.0)
    assert pace.hold(10.0) == pytest.approx(20)
    assert pace.quota_ends(10.0) is None
    assert pace.hold(31.0) == 0


@pytest.mark.parametrize(("limit_type", "seconds"), [("daily", 100.0), ("other", 7200.0)])
def test_a_long_retry_after_is_a_daily_quota(limit_type, seconds):
    pace = Pace()
    pace.begin(0.0)
    pace.finish(None, 0.0, 0.0)
    pace.pause(RateLimitError("Too many.", limit_type=limit_type), seconds, 0.0)
    assert pace.quota_ends(0.0) == seconds
    assert pace.quota_ends(seconds + 1) is None


def statuses(emulator):
    return Counter(request.status for request in submissions(emulator))


def test_submissions_keep_to_the_limit_of_a_minute(run_batch):
    # A minute of the emulator takes a second. The basic plan has 3 images a minute.
    with Emulator(polls_per_state=0, plan="basic", speed=60) as emulator:
        outcome = run_batch(emulator, plan_foxes(5), concurrency=5)
        assert outcome.summary.done == 5
        assert statuses(emulator)[429] <= 2


def test_retry_after_is_obeyed_by_all_items_of_a_model(emulator, run_batch):
    body = {"message": "Too Many Attempts."}
    headers = {"Retry-After": "2", "X-RateLimit-Type": "minute"}
    emulator.inject_fault(operation="images.generate", status=429, body=body, headers=headers)
    outcome = run_batch(emulator, plan_foxes(4), concurrency=4)
    assert outcome.summary.done == 4
    assert statuses(emulator) == {429: 1, 200: 4}
    first, second, *_ = submissions(emulator)
    assert second.received_at - first.received_at >= 1.9


def test_models_do_not_wait_for_one_another(emulator):
    body = {"message": "Too Many Attempts."}
    headers = {"Retry-After": "3000", "X-RateLimit-Type": "minute"}

    def plan(batch):
        plan_foxes(3)(batch)
        for seed in range(3):
            turbo = {**FLUX, "model": "ZImageTurbo_INT8"}
            batch.images.generate(prompt="a fox", seed=seed, **turbo)

    emulator.inject_fault(operation="images.generate", status=429, body=body, headers=headers)
    done = []
    with emulator.client() as client, client.batch(concurrency=1) as batch:
        plan(batch)
        for item in batch.run():
            done.append(item.arguments["model"])
            if len(done) == 3:
                break
    assert done == ["ZImageTurbo_INT8"] * 3


def quota_fault(emulator, seconds):
    emulator.inject_fault(
        operation="images.generate",
        status=429,
        body={"message": "Too Many Attempts."},
        headers={"Retry-After": str(seconds), "X-RateLimit-Type": "daily"},
    )


def test_a_daily_quota_that_is_used_up_ends_the_run(emulator, run_batch, tmp_path):
    path = tmp_path / "run.db"
    quota_fault(emulator, 7200)
    outcome = run_batch(emulator, plan_foxes(5), path, concurrency=3)
    assert outcome.error is None
    assert set(outcome.states()) == {"planned"}
    assert outcome.finished == []
    assert "daily quota of images.generate with Flux1schnell" in outcome.summary.stopped
    assert "2.0 h. 5 planned items are left" in outcome.summary.stopped
    assert len(submissions(emulator)) == 1
    assert run_batch(emulator, plan_foxes(5), path).summary.done == 5


def test_a_run_can_wait_for_the_reset_of_a_daily_quota(emulator, run_batch):
    quota_fault(emulator, 2)
    outcome = run_batch(emulator, plan_foxes(3), run={"wait_for_quota": True})
    assert outcome.summary.done == 3
    assert outcome.summary.stopped is None
    assert statuses(emulator) == {429: 1, 200: 3}


def test_a_quota_that_is_reset_while_a_laptop_sleeps_does_not_hold_the_run(
    emulator, run_batch, monkeypatch
):
    asleep = []
    pause = Pace.pause

    def pause_and_fall_asleep(pace, *args):
        pause(pace, *args)
        asleep.append(7200.0)

    monkeypatch.setattr(Pace, "pause", pause_and_fall_asleep)
    monkeypatch.setattr("deapi.batch.run._MAX_HOLD", 0.1)
    monkeypatch.setattr("deapi._client._elapsed", lambda: time.monotonic() + sum(asleep))
    quota_fault(emulator, 7200)
    outcome = run_batch(emulator, plan_foxes(3), run={"wait_for_quota": True})
    assert outcome.summary.done == 3
    assert statuses(emulator) == {429: 1, 200: 3}
