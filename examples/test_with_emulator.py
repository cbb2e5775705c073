"""Test a program that uses deapi, without an API key, internet access or money.

    pip install 'deapi-python-sdk[emulator]' pytest
    python -m pytest examples/test_with_emulator.py

The extra installs the pytest fixture deapi_emulator. It needs no import.
"""

from pathlib import Path

import pytest

from deapi import DeapiClient, JobFailedError, ServerError
from deapi.emulator import Emulator


def illustrate(client: DeapiClient, title: str, path: Path) -> Path:
    """Generate an image for a title. This is the program under test."""
    job = client.images.generate(
        prompt=f"cover art: {title}", model="Flux1schnell", width=512, height=512, steps=4, seed=1
    )
    return job.save(path, poll_interval=0.05)


def test_the_image_is_saved(deapi_emulator: Emulator, tmp_path: Path) -> None:
    with deapi_emulator.client() as client:
        assert illustrate(client, "The Sea", tmp_path / "cover.png").stat().st_size > 0
    assert deapi_emulator.requests[0].fields["prompt"] == "cover art: The Sea"


def test_a_failed_job_creates_no_file(deapi_emulator: Emulator, tmp_path: Path) -> None:
    deapi_emulator.fail_jobs(error_reason="CAPACITY_UNAVAILABLE")
    with deapi_emulator.client() as client, pytest.raises(JobFailedError, match="CAPACITY"):
        illustrate(client, "The Sea", tmp_path / "cover.png")
    assert not list(tmp_path.iterdir())


def test_a_lost_response_does_not_submit_twice(deapi_emulator: Emulator, tmp_path: Path) -> None:
    deapi_emulator.inject_fault(operation="txt2img", status=502, accepted=True)
    with deapi_emulator.client() as client, pytest.raises(ServerError):
        illustrate(client, "The Sea", tmp_path / "cover.png")
    assert len(deapi_emulator.jobs) == 1
