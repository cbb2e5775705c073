"""The clocks of a client: that of deadlines, and that of rate limits and the ages of jobs."""

import errno
import time

import pytest

from deapi import DeapiClient
from deapi._client import _clock
from support.signals import posix


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only some systems have this clock")
def test_the_clock_of_rate_limits_continues_while_a_laptop_sleeps():
    # It has another value than CLOCK_MONOTONIC only if the machine was asleep since its start.
    with DeapiClient(api_key="k") as client:
        assert client._driver.context.elapsed.args == (time.CLOCK_BOOTTIME,)


@posix
def test_a_clock_that_the_system_does_not_have_is_not_used(monkeypatch):
    read = time.clock_gettime

    def clock_gettime(clock):
        if clock == 7:
            raise OSError(errno.EINVAL, "Invalid argument")
        return read(clock)

    monkeypatch.setattr(time, "clock_gettime", clock_gettime)
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)
    clock = _clock("CLOCK_OF_ANOTHER_SYSTEM", "CLOCK_BOOTTIME", "CLOCK_MONOTONIC")
    assert clock.args == (time.CLOCK_MONOTONIC,)
    monkeypatch.delattr(time, "clock_gettime")  # as on Windows
    assert _clock("CLOCK_BOOTTIME", "CLOCK_MONOTONIC") is time.monotonic
