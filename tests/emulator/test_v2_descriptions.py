"""Descriptions of videos."""

from __future__ import annotations

import json

import pytest

URL = "https://www.twitch.tv/videos/1"
TIKTOK = "https://www.tiktok.com/@a/video/1"
MARLIN = "Marlin_2B"


def describe(api, **fields):
    return api.post("videos/descriptions", {"video_url": URL, "model": MARLIN, **fields})


def quote(api, **fields):
    return api.post("videos/descriptions/price", {"model": MARLIN, **fields})


def price(api, **fields):
    answer = quote(api, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["price"]


def errors_of(answer):
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


def test_a_video_file_is_described_from_its_start_to_its_end(v2, mp4):
    file = {"video_file": ("a.mp4", mp4)}
    order = v2.form("videos/descriptions", file, model=MARLIN, return_result_in_response="true")
    described = json.loads(v2.job(order)["result"])
    assert v2.result(order).headers["content-type"] == "application/json"
    assert v2.result(order).json() == described
    assert described["meta"] == {"duration": 1.0, "preset": "fast"}
    for parts in (described["events"], described["scenes"]):
        assert parts[0]["start"] == 0
        assert parts[-1]["end"] == 1.0
        assert all(part["description"] for part in parts)


def test_a_silent_video_can_be_described(v2, silent_mp4):
    file = {"video_file": ("a.mp4", silent_mp4)}
    assert v2.result(v2.form("videos/descriptions", file, model=MARLIN)).json()["scenes"]


def test_the_result_is_not_inline_unless_asked_for(v2):
    assert v2.job(describe(v2))["result"] is None


def test_a_finer_preset_sees_more(v2):
    def events(preset):
        return len(v2.result(describe(v2, preset=preset)).json()["events"])

    assert events("fast") < events("balanced") < events("detail")


def test_metadata_are_told_of_a_url(v2, mp4):
    job = v2.job(describe(v2, include_metadata=True))
    described = v2.result(describe(v2)).json()
    assert job["metadata"]["extractor"] == "twitch"
    assert job["metadata"]["duration_seconds"] == described["meta"]["duration"]
    file = {"video_file": ("a.mp4", mp4)}
    of_file = v2.form("videos/descriptions", file, model=MARLIN, include_metadata="1")
    assert v2.job(of_file)["metadata"] is None
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
def test_what_will_not_do_is_named(v2, fields, field):
    assert list(errors_of(describe(v2, **fields))) == [field]


def test_a_url_and_a_file_are_one_too_many(v2, mp4):
    file = {"video_file": ("a.mp4", mp4)}
    both = v2.form("videos/descriptions", file, model=MARLIN, video_url=URL)
    assert list(errors_of(both)) == ["video_url"]


def test_a_sound_is_no_video(v2, wav):
    file = {"video_file": ("a.wav", wav())}
    refused = v2.form("videos/descriptions", file, model=MARLIN)
    assert list(errors_of(refused)) == ["video_file"]


def test_the_price_grows_with_duration_and_preset(v2):
    fast = price(v2, duration_seconds=100)
    assert fast > 0
    assert price(v2, duration_seconds=200) == pytest.approx(2 * fast)
    assert price(v2, duration_seconds=100, preset="balanced") == pytest.approx(3 * fast)
    assert price(v2, duration_seconds=100, preset="detail") == pytest.approx(7 * fast)
    assert price(v2, video_url=URL) == v2.job(describe(v2))["price"]["amount"]


@pytest.mark.parametrize(("preset", "factor"), [("fast", 0.75), ("balanced", 1), ("detail", 1.5)])
def test_tiktok_has_a_card_by_preset(v2, preset, factor):
    asked = {"duration_seconds": 60, "platform": "tiktok", "preset": preset}
    assert price(v2, **asked) == pytest.approx(0.015 * factor)


def test_tiktok_is_priced_by_duration_and_described_up_to_ten_minutes(v2):
    assert list(errors_of(quote(v2, video_url=TIKTOK))) == ["video_url"]
    long = quote(v2, duration_seconds=601, platform="tiktok")
    assert list(errors_of(long)) == ["duration_seconds"]
    assert quote(v2, duration_seconds=601, platform="youtube").status_code == 200
    assert describe(v2, video_url=TIKTOK).status_code == 200


def test_a_quote_needs_a_source_and_a_platform_needs_a_duration(v2):
    assert list(errors_of(quote(v2))) == ["video_url"]
    assert list(errors_of(quote(v2, video_url=URL, platform="twitch"))) == ["platform"]


@pytest.mark.parametrize("uploaded", [False, True])
def test_the_webhook_tells_urls_and_files_apart(serve, mp4, uploaded):
    v2 = serve("v2", speed=1000)
    fields = {"model": MARLIN, "webhook_url": "https://example.com/hook"}
    if uploaded:
        order = v2.form("videos/descriptions", {"video_file": ("a.mp4", mp4)}, **fields)
    else:
        order = describe(v2, **fields)
    v2.finished(order)
    told = json.loads(v2.emulator.webhooks[-1].body)
    expected = "video_file2desc" if uploaded else "video2desc"
    assert told["data"]["job_type"] == expected
    (job,) = v2.emulator.jobs.values()
    assert job.job_type == expected
