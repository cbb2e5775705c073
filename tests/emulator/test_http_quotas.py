from __future__ import annotations

import time

from deapi.emulator.account.rate_limits import DAY, MINUTE, Bucket, Window, rate_limit_for
from deapi.emulator.clock import Clock


def test_every_authenticated_answer_tells_the_minute_quota(serve):
    api = serve(plan="basic")
    answer = api.get("balance")
    headers = answer.headers
    assert headers["x-ratelimit-limit"] == "600"
    assert headers["x-ratelimit-remaining"] == "599"
    assert headers["x-ratelimit-source"] == "static"
    assert headers["x-ratelimit-policy"] == "600;w=60"
    assert abs(int(headers["x-ratelimit-reset"]) - time.time()) < 60
    assert "x-ratelimit-type" not in headers
    assert "retry-after" not in headers
    assert "x-ratelimit-daily-limit" not in headers


def test_a_full_minute_is_a_429_with_the_wait_in_real_seconds(serve):
    api = serve(plan="basic", speed=10)
    answers = [api.generate() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert refused.json()["message"] == "Too Many Attempts."
    assert refused.headers["x-ratelimit-type"] == "minute"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-ratelimit-daily-limit"] == "100"
    assert refused.headers["x-ratelimit-daily-remaining"] == "97"
    assert refused.headers["x-ratelimit-source"] == "model"
    assert refused.headers["x-ratelimit-policy"] == "3;w=60, 100;w=86400"
    assert 1 <= int(refused.headers["retry-after"]) <= 6
    assert len(api.emulator.jobs) == 3


def test_the_window_opens_again_when_its_time_is_over(serve):
    api = serve(plan="basic")
    assert [api.generate().status_code for _ in range(4)][-1] == 429
    api.emulator.advance(61)
    assert api.generate().status_code == 200


def test_a_used_up_day_is_a_429_of_its_own_type(serve):
    api = serve(plan="basic", speed=1)
    for _ in range(4):
        for _ in range(50):
            assert api.get("request-status/nothing").status_code == 404
        api.emulator.advance(61)
    refused = api.get("request-status/nothing")
    assert refused.status_code == 429
    assert refused.headers["x-ratelimit-type"] == "daily"
    assert 80000 < int(refused.headers["retry-after"]) <= 86400
    api.emulator.advance(86400)
    assert api.get("request-status/nothing").status_code == 404


def test_invalid_requests_count_too(serve):
    api = serve(plan="basic")
    statuses = [api.generate(width=-1).status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]


def test_models_have_buckets_of_their_own(serve):
    api = serve(plan="basic")
    assert [api.generate().status_code for _ in range(4)][-1] == 429
    assert api.generate(model="ZImageTurbo_INT8").status_code == 200


def test_requests_without_a_known_model_share_the_pool_of_the_tier(serve):
    api = serve(plan="basic")
    answers = [api.generate(model=f"unknown-{index}") for index in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert answers[0].headers["x-ratelimit-source"] == "tier"


def test_all_prices_share_one_bucket(serve):
    api = serve(plan="basic")
    first = api.post("txt2img/price-calculation", {})
    second = api.post("txt2music/price-calculation", {})
    assert first.headers["x-ratelimit-limit"] == "50"
    assert first.headers["x-ratelimit-remaining"] == "49"
    assert second.headers["x-ratelimit-remaining"] == "48"


def test_the_transcription_endpoints_share_one_bucket(serve):
    api = serve(plan="basic")
    model = {"model": "WhisperLargeV3"}
    assert api.post("transcribe", model).status_code == 422
    assert api.post("vid2txt", model).status_code == 429


def test_premium_has_the_higher_limits(serve):
    api = serve(plan="premium")
    assert api.generate().headers["x-ratelimit-limit"] == "45"


def test_the_unlimited_plan_sends_headers_and_never_refuses(api):
    answers = [api.generate() for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert int(answers[-1].headers["x-ratelimit-remaining"]) > 0
    assert "x-ratelimit-daily-limit" not in answers[-1].headers


def test_a_window_forgets_only_once_its_length_has_passed():
    window = Window(MINUTE, limit=1)
    window.count_request(now=100.0)
    window.reset_if_expired(now=159.9)
    assert window.remaining == 0
    window.reset_if_expired(now=160.0)
    assert window.remaining == 1
    assert window.seconds_left(now=500.0) == MINUTE


def test_an_idle_bucket_promises_a_whole_window():
    bucket = Bucket("tier", {"minute": Window(MINUTE, 5), "daily": Window(DAY, 9)})
    decision = bucket.count_request(Clock(speed=1))
    assert decision.allowed
    assert decision.headers["X-RateLimit-Daily-Remaining"] == "8"


def test_an_endpoint_without_a_known_model_has_its_strictest_limits():
    assert rate_limit_for("audio/speech", None).basic == (3, 300)
