"""A window of a rate limit: when its requests may be sent."""

import math
from datetime import datetime, timezone

import pytest

from deapi._core.rate_windows import Window
from deapi._rate_limits import RateLimitWindow


@pytest.mark.parametrize("limit", [1, 2, 3, 50, 300])
def test_a_window_never_grants_more_requests_than_its_limit(limit):
    window = Window(60.0, limit, limit, 60.0)
    slots = [window.slot(rank, 0.0) for rank in range(5 * limit)]
    assert slots == sorted(slots)
    for number in range(5):
        assert len([slot for slot in slots if 60 * number <= slot < 60 * (number + 1)]) <= limit
    assert slots[0] == 0
    assert slots[-1] < 300


@pytest.mark.parametrize("seconds_left", [60, 59, 30, 1])
def test_a_window_that_was_just_reported_delays_no_poll(seconds_left):
    window = Window(60.0)
    resets_at = datetime.fromtimestamp(1000 + seconds_left, timezone.utc)
    window.update(RateLimitWindow(limit=50, remaining=49, resets_at=resets_at), 5.0, 1000.0)
    assert window.slot(0, 5.0) == 5.0


def test_a_window_without_a_limit_grants_everything():
    window = Window(60.0)
    assert window.slot(10_000, 5.0) == 5.0
    assert window.available(5.0) == math.inf
