"""Test a program that uses deapi, without a key, a network or money.

    pip install 'deapi-python-sdk[emulator]' pytest
    python -m pytest examples/test_with_emulator.py

The fixture deapi_emulator comes with the extra; nothing has to be imported for it.
"""

from pathlib import Path

import pytest

from deapi import DeapiClient, JobFailedError, ServerError
from deapi.emulator import Emulator


def illustrate(client: DeapiClient, title: str, path: Path) -> Path:
    """Make a picture for a title. This is the program under test."""
    job = client.images.generate(
        prompt=f"cover art: {title}", model="Flux1schnell", width=512, height=512, steps=4, seed=1
    )
    return job.save(path, poll_interval=0.05)


def test_a_picture_is_made(deapi_emulator: Emulator, tmp_path: Path) -> None:
    with deapi_emulator.client() as client:
        assert illustrate(client, "The Sea", tmp_path / "cover.png").stat().st_size > 0
    assert deapi_emulator.requests[0].fields["prompt"] == "cover art: The Sea"


def test_a_failed_job_leaves_no_file(deapi_emulator: Emulator, tmp_path: Path) -> None:
    deapi_emulator.fail_jobs(error_reason="CAPACITY_UNAVAILABLE")
    with deapi_emulator.client() as client, pytest.raises(JobFailedError, match="CAPACITY"):
        illustrate(client, "The Sea", tmp_path / "cover.png")
    assert not list(tmp_path.iterdir())


def test_a_lost_answer_does_not_order_twice(deapi_emulator: Emulator, tmp_path: Path) -> None:
    deapi_emulator.inject_fault(operation="txt2img", status=502, accepted=True)
    with deapi_emulator.client() as client, pytest.raises(ServerError):
        illustrate(client, "The Sea", tmp_path / "cover.png")
    assert len(deapi_emulator.jobs) == 1
