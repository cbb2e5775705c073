"""Rate limits: headers, windows and buckets."""

from __future__ import annotations

import time

import pytest

from deapi.emulator.account.rate_limits import DAY, MINUTE, Bucket, Window, rate_limit_for
from deapi.emulator.clock import Clock


def test_every_authorized_response_has_the_minute_limit(start_emulator):
    api = start_emulator(plan="basic")
    response = api.get("balance")
    headers = response.headers
    assert headers["x-ratelimit-limit"] == "600"
    assert headers["x-ratelimit-remaining"] == "599"
    assert headers["x-ratelimit-source"] == "static"
    assert headers["x-ratelimit-policy"] == "600;w=60"
    assert abs(int(headers["x-ratelimit-reset"]) - time.time()) < 60
    assert "x-ratelimit-type" not in headers
    assert "retry-after" not in headers
    assert "x-ratelimit-daily-limit" not in headers


def test_a_full_minute_is_a_429_with_retry_after_in_real_seconds(start_emulator):
    api = start_emulator(plan="basic", speed=10)
    responses = [api.generate() for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    rejected = responses[-1]
    assert rejected.json()["message"] == "Too Many Attempts."
    assert rejected.headers["x-ratelimit-type"] == "minute"
    assert rejected.headers["x-ratelimit-remaining"] == "0"
    assert rejected.headers["x-ratelimit-daily-limit"] == "100"
    assert rejected.headers["x-ratelimit-daily-remaining"] == "97"
    assert rejected.headers["x-ratelimit-source"] == "model"
    assert rejected.headers["x-ratelimit-policy"] == "3;w=60, 100;w=86400"
    assert 1 <= int(rejected.headers["retry-after"]) <= 6
    assert len(api.emulator.jobs) == 3


def test_a_window_resets_when_it_ends(start_emulator):
    api = start_emulator(plan="basic")
    assert [api.generate().status_code for _ in range(4)][-1] == 429
    api.emulator.advance(61)
    assert api.generate().status_code == 200


def test_a_full_day_is_a_429_of_its_own_type(start_emulator):
    api = start_emulator(plan="basic", speed=1)
    for _ in range(4):
        for _ in range(50):
            assert api.get("request-status/nothing").status_code == 404
        api.emulator.advance(61)
    rejected = api.get("request-status/nothing")
    assert rejected.status_code == 429
    assert rejected.headers["x-ratelimit-type"] == "daily"
    assert 80000 < int(rejected.headers["retry-after"]) <= 86400
    api.emulator.advance(86400)
    assert api.get("request-status/nothing").status_code == 404


def test_invalid_requests_are_counted(start_emulator):
    api = start_emulator(plan="basic")
    statuses = [api.generate(width=-1).status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]


def test_each_model_has_its_own_bucket(start_emulator):
    api = start_emulator(plan="basic")
    assert [api.generate().status_code for _ in range(4)][-1] == 429
    assert api.generate(model="ZImageTurbo_INT8").status_code == 200


def test_requests_without_a_known_model_share_a_bucket(start_emulator):
    api = start_emulator(plan="basic")
    responses = [api.generate(model=f"unknown-{index}") for index in range(4)]
    assert [response.status_code for response in responses] == [422, 422, 422, 429]
    assert responses[0].headers["x-ratelimit-source"] == "tier"


def test_all_prices_share_a_bucket(start_emulator):
    api = start_emulator(plan="basic")
    first = api.post("txt2img/price-calculation", {})
    second = api.post("txt2music/price-calculation", {})
    assert first.headers["x-ratelimit-limit"] == "50"
    assert first.headers["x-ratelimit-remaining"] == "49"
    assert second.headers["x-ratelimit-remaining"] == "48"


def test_the_transcription_endpoints_share_a_bucket(start_emulator):
    api = start_emulator(plan="basic")
    model = {"model": "WhisperLargeV3"}
    assert api.post("transcribe", model).status_code == 422
    assert api.post("vid2txt", model).status_code == 429


def test_enhancements_have_their_own_bucket(start_emulator):
    v2 = start_emulator("v2", plan="basic")
    limit = int(v2.post("prompts/enhancements", {}).headers["x-ratelimit-limit"])
    statuses = [v2.post("prompts/enhancements", {}).status_code for _ in range(limit)]
    assert statuses == [422] * (limit - 1) + [429]
    assert v2.post("prompts/enhancements/price", {}).status_code == 422


def test_all_keys_share_the_buckets_of_the_account(start_emulator):
    api = start_emulator(plan="basic")
    secret = api.create_key()["secret"]
    assert [api.generate().status_code for _ in range(3)] == [200, 200, 200]
    assert api.generate_with_key(secret).status_code == 429


@pytest.mark.parametrize(
    ("path", "model", "policy", "source"),
    [
        ("videos/descriptions", "Marlin_2B", "1;w=60, 10;w=86400", "model"),
        ("videos/animations", "MiniMaxH3_33B_Turbo_INT8", "1;w=60, 3;w=86400", "model"),
        ("videos/descriptions/price", "Marlin_2B", "50;w=60, 200;w=86400", "tier"),
    ],
)
def test_version_2_has_its_own_rate_limits(start_emulator, path, model, policy, source):
    headers = start_emulator("v2", plan="basic").post(path, {"model": model}).headers
    assert headers["x-ratelimit-policy"] == policy
    assert headers["x-ratelimit-source"] == source


@pytest.mark.parametrize("path", ["account", "key", "keys", "key/usage", "account/payments"])
def test_account_endpoints_have_the_same_limit_on_all_plans(start_emulator, path):
    headers = start_emulator(plan="basic").request_v2("GET", path).headers
    assert headers["x-ratelimit-policy"] == "600;w=60"
    assert headers["x-ratelimit-source"] == "static"


def test_the_premium_plan_has_higher_limits(start_emulator):
    api = start_emulator(plan="premium")
    assert api.generate().headers["x-ratelimit-limit"] == "45"


def test_the_unlimited_plan_sends_headers_but_never_refuses(v1):
    responses = [v1.generate() for _ in range(30)]
    assert {response.status_code for response in responses} == {200}
    assert int(responses[-1].headers["x-ratelimit-remaining"]) > 0
    assert "x-ratelimit-daily-limit" not in responses[-1].headers


def test_a_window_resets_only_after_its_length():
    window = Window(MINUTE, limit=1)
    window.count_request(now=100.0)
    window.reset_if_expired(now=159.9)
    assert window.remaining == 0
    window.reset_if_expired(now=160.0)
    assert window.remaining == 1
    assert window.seconds_left(now=500.0) == MINUTE


def test_a_new_bucket_has_full_windows():
    bucket = Bucket("tier", {"minute": Window(MINUTE, 5), "daily": Window(DAY, 9)})
    decision = bucket.count_request(Clock(speed=1))
    assert decision.allowed
    assert decision.headers["X-RateLimit-Daily-Remaining"] == "8"


def test_an_endpoint_without_a_known_model_has_its_strictest_limit():
    assert rate_limit_for("audio/speech", None).basic == (3, 300)
