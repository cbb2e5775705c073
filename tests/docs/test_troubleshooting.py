"""The headings of the guide "Troubleshooting" are texts of real errors."""

import asyncio
import re
from pathlib import Path
from unittest import mock

import pytest

from deapi import AsyncDeapiClient, DeapiClient
from deapi.emulator import Emulator
from deapi.webhook import sign, unwrap

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
HEADINGS = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

# Raised by Python if another package is installed, or not an error.
NOT_OURS = {
    "ModuleNotFoundError: No module named 'numpy'",
    "ImportError: cannot import name 'DeapiClient'",
    "result_url is None",
}

IMAGE = {
    "prompt": "a fox",
    "model": "Flux1schnell",
    "width": 512,
    "height": 512,
    "steps": 4,
    "seed": 1,
}


def message_of(call):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each has another type
        call()
    return str(caught.value)


async def forget_await(emulator):
    async with AsyncDeapiClient(base_url=emulator.url, api_key=emulator.api_key) as client:
        call = client.images.generate(**IMAGE)
        try:
            call.save("fox.png")
        finally:
            call.close()


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """The messages of all errors that the page describes."""
    profiles = tmp_path_factory.mktemp("settings") / "credentials.json"
    with (
        mock.patch("deapi._profiles.credentials_path", return_value=profiles),
        Emulator(polls_per_state=0) as emulator,
        emulator.client() as client,
    ):
        generate, upscale = client.images.generate, client.images.upscale
        once = client.with_options(max_retries=0)
        calls = [
            lambda: DeapiClient(api_key=""),
            lambda: DeapiClient(profile="home"),
            lambda: emulator.client(api_key="1|unknown").balance(),
            lambda: generate(**{**IMAGE, "model": "unknown"}),
            lambda: upscale(image="missing.png", model="RealESRGAN_x4"),
            lambda: upscale(image="https://example.com/a.png", model="RealESRGAN_x4"),
            lambda: generate(**IMAGE, webhook_url="http://example.com"),
            lambda: asyncio.run(forget_await(emulator)),
            lambda: DeapiClient(
                api_key="1|k", base_url="http://127.0.0.1:9", max_retries=0
            ).balance(),
            lambda: unwrap(
                payload=b"{}", headers=sign(payload=b"{}", secret="b" * 32), secret="a" * 32
            ),
        ]
        found = [message_of(call) for call in calls]
        profiles.touch()
        profiles.chmod(0o644)
        found.append(message_of(lambda: DeapiClient(profile="home")))
        emulator.inject_fault(operation="images.generate", status=502)
        found.append(message_of(lambda: generate(**IMAGE)))
        headers = {"Retry-After": "5000"}
        emulator.inject_fault(operation="images.generate", status=429, headers=headers)
        found.append(message_of(lambda: generate(**IMAGE)))
        emulator.fail_jobs(error_code="WORKER_TIMEOUT", retryable=True)
        found.append(message_of(lambda: generate(**IMAGE).result()))
        emulator.inject_fault(edge="blocked")
        found.append(message_of(once.balance))
        job = generate(**IMAGE)
        emulator.inject_fault(operation="jobs.status", status=503)
        found.append(message_of(lambda: once.job(job.request_id).result(max_wait=0)))
        emulator.balance = 0.1
        found.append(message_of(lambda: generate(**IMAGE)))
    found.append(message_of(client.balance))
    return found


@pytest.mark.parametrize("heading", [each for each in HEADINGS if each not in NOT_OURS])
def test_a_heading_is_the_text_of_an_error(heading, messages):
    text = heading.replace(" (HTTP 401)", "")
    assert any(text in message for message in messages), messages


def test_the_page_describes_many_errors():
    assert len(HEADINGS) > 15
    assert set(HEADINGS) > NOT_OURS
