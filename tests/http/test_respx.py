"""Mocking both clients with respx."""

import json

import pytest
import respx

from deapi import AsyncDeapiClient, DeapiClient, RateLimitError

KEY = "7|a-key-for-tests-only"
ID = "5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11"
IMAGE = {"prompt": "a fox", "model": "Flux1schnell", "width": 512, "height": 512, "seed": 1}


@pytest.mark.parametrize(
    ("version", "path"), [("v1", "v1/client/txt2img"), ("v2", "v2/images/generations")]
)
def test_a_mocked_submission_can_be_inspected(version, path):
    with respx.mock(base_url="https://api.deapi.ai/api") as mocked:
        route = mocked.post(path).respond(json={"data": {"request_id": ID}})
        with DeapiClient(api_key=KEY, api_version=version) as client:
            assert client.images.generate(**IMAGE).request_id == ID
    (call,) = route.calls
    assert json.loads(call.request.content) == IMAGE
    assert call.request.headers["authorization"] == f"Bearer {KEY}"


async def test_a_mocked_call_of_the_async_client_succeeds():
    with respx.mock(base_url="https://api.deapi.ai/api") as mocked:
        mocked.get("v2/account/balance").respond(json={"data": {"balance": 4.2}})
        async with AsyncDeapiClient(api_key=KEY, api_version="v2") as client:
            assert (await client.balance()).balance == 4.2


def test_a_mocked_rate_limit_error_has_the_rate_limit():
    headers = {"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "0", "X-RateLimit-Type": "minute"}
    with respx.mock(base_url="https://api.deapi.ai/api") as mocked:
        mocked.post("v1/client/txt2img").respond(429, headers=headers)
        with (
            DeapiClient(api_key=KEY, max_retries=0) as client,
            pytest.raises(RateLimitError) as caught,
        ):
            client.images.generate(**IMAGE)
    assert caught.value.rate_limit is not None
    assert (caught.value.rate_limit.minute.limit, caught.value.rate_limit.minute.remaining) == (
        3,
        0,
    )
