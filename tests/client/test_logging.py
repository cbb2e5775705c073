"""The environment variable DEAPI_LOG: each record is logged once."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import logging
{before}
import deapi
deapi.DeapiClient
{after}
logging.getLogger("deapi").debug("one record")
"""
BASIC = "logging.basicConfig(level=logging.INFO)"


@pytest.mark.parametrize(("before", "after"), [("", ""), (BASIC, ""), ("", BASIC)])
def test_each_record_is_logged_once(before, after):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before, after=after)],
        env={**os.environ, "DEAPI_LOG": "debug"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.count("one record") == 1
