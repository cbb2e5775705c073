"""Video descriptions."""

from __future__ import annotations

import json

import pytest

from support.emulator_api import errors_of

URL = "https://www.twitch.tv/videos/1"


TIKTOK = "https://www.tiktok.com/@a/video/1"


MARLIN = "Marlin_2B"


def describe(api, **fields):
    return api.post("videos/descriptions", {"video_url": URL, "model": MARLIN, **fields})


def request_price(api, **fields):
    return api.post("videos/descriptions/price", {"model": MARLIN, **fields})


def get_price(api, **fields):
    response = request_price(api, **fields)
    assert response.status_code == 200, response.text
    return response.json()["data"]["price"]


def test_a_description_covers_the_whole_video_file(v2, video_with_audio):
    file = {"video_file": ("a.mp4", video_with_audio)}
    submission = v2.post_form(
        "videos/descriptions", file, model=MARLIN, return_result_in_response="true"
    )
    described = json.loads(v2.get_job(submission)["result"])
    assert v2.download_result(submission).headers["content-type"] == "application/json"
    assert v2.download_result(submission).json() == described
    assert described["meta"] == {"duration": 1.0, "preset": "fast"}
    for parts in (described["events"], described["scenes"]):
        assert parts[0]["start"] == 0
        assert parts[-1]["end"] == 1.0
        assert all(part["description"] for part in parts)


def test_a_video_without_audio_can_be_described(v2, video_without_audio):
    file = {"video_file": ("a.mp4", video_without_audio)}
    assert v2.download_result(v2.post_form("videos/descriptions", file, model=MARLIN)).json()[
        "scenes"
    ]


def test_the_result_is_inline_only_on_request(v2):
    assert v2.get_job(describe(v2))["result"] is None


def test_a_more_detailed_preset_has_more_events(v2):
    def events(preset):
        return len(v2.download_result(describe(v2, preset=preset)).json()["events"])

    assert events("fast") < events("balanced") < events("detail")


def test_metadata_is_available_for_a_url_only(v2, video_with_audio):
    job = v2.get_job(describe(v2, include_metadata=True))
    described = v2.download_result(describe(v2)).json()
    assert job["metadata"]["extractor"] == "twitch"
    assert job["metadata"]["duration_seconds"] == described["meta"]["duration"]
    file = {"video_file": ("a.mp4", video_with_audio)}
    of_file = v2.post_form("videos/descriptions", file, model=MARLIN, include_metadata="1")
    assert v2.get_job(of_file)["metadata"] is None
    assert "transcription" not in job


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"video_url": None}, "video_url"),
        ({"video_url": "https://example.com/a.mp4"}, "video_url"),
        ({"video_url": "https://x.com/i/spaces/1abc"}, "video_url"),
        ({"preset": "detailed"}, "preset"),
        ({"model": "WhisperLargeV3"}, "model"),
        ({"include_metadata": "maybe"}, "include_metadata"),
        ({"webhook_secret": "x" * 32}, "webhook_url"),
    ],
)
def test_an_invalid_field_is_a_422_with_its_name(v2, fields, field):
    assert list(errors_of(describe(v2, **fields))) == [field]


def test_a_url_and_a_file_are_rejected(v2, video_with_audio):
    file = {"video_file": ("a.mp4", video_with_audio)}
    both = v2.post_form("videos/descriptions", file, model=MARLIN, video_url=URL)
    assert list(errors_of(both)) == ["video_url"]


def test_an_audio_file_is_rejected(v2, make_wav):
    file = {"video_file": ("a.wav", make_wav())}
    rejected = v2.post_form("videos/descriptions", file, model=MARLIN)
    assert list(errors_of(rejected)) == ["video_file"]


def test_the_price_increases_with_duration_and_preset(v2):
    fast = get_price(v2, duration_seconds=100)
    assert fast > 0
    assert get_price(v2, duration_seconds=200) == pytest.approx(2 * fast)
    assert get_price(v2, duration_seconds=100, preset="balanced") == pytest.approx(3 * fast)
    assert get_price(v2, duration_seconds=100, preset="detail") == pytest.approx(7 * fast)
    assert get_price(v2, video_url=URL) == v2.get_job(describe(v2))["price"]["amount"]


@pytest.mark.parametrize(("preset", "factor"), [("fast", 0.75), ("balanced", 1), ("detail", 1.5)])
def test_tiktok_prices_depend_on_the_preset(v2, preset, factor):
    fields = {"duration_seconds": 60, "platform": "tiktok", "preset": preset}
    assert get_price(v2, **fields) == pytest.approx(0.015 * factor)


def test_tiktok_is_priced_by_duration_and_limited_to_ten_minutes(v2):
    assert list(errors_of(request_price(v2, video_url=TIKTOK))) == ["video_url"]
    too_long = request_price(v2, duration_seconds=601, platform="tiktok")
    assert list(errors_of(too_long)) == ["duration_seconds"]
    assert request_price(v2, duration_seconds=601, platform="youtube").status_code == 200
    assert describe(v2, video_url=TIKTOK).status_code == 200


def test_a_price_requires_a_source_and_a_platform_requires_a_duration(v2):
    assert list(errors_of(request_price(v2))) == ["video_url"]
    assert list(errors_of(request_price(v2, video_url=URL, platform="twitch"))) == ["platform"]


@pytest.mark.parametrize("uploaded", [False, True])
def test_the_webhook_distinguishes_urls_and_files(start_emulator, video_with_audio, uploaded):
    v2 = start_emulator("v2", speed=1000)
    fields = {"model": MARLIN, "webhook_url": "https://example.com/hook"}
    if uploaded:
        submission = v2.post_form(
            "videos/descriptions", {"video_file": ("a.mp4", video_with_audio)}, **fields
        )
    else:
        submission = describe(v2, **fields)
    v2.wait_for_job(submission)
    payload = json.loads(v2.emulator.webhooks[-1].body)
    expected = "video_file2desc" if uploaded else "video2desc"
    assert payload["data"]["job_type"] == expected
    (job,) = v2.emulator.jobs.values()
    assert job.job_type == expected
