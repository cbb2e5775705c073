"""The full status of version 2, and the models of the list."""

from __future__ import annotations

import datetime

import pytest

from deapi.emulator.media import images

EVERY = {
    "status",
    "preview",
    "result_url",
    "results_alt_formats",
    "result",
    "progress",
    "metadata",
    "error_code",
    "error_message",
    "error_reason",
    "retryable",
    "refunded",
    "failed_at",
    "price",
    "prompt_boosted",
    "prompt_boost",
}
NULL_WHILE_FINE = EVERY - {"status", "progress", "prompt_boosted", "preview"}


def test_a_running_job_has_every_field_null_where_there_is_nothing(serve):
    v2 = serve("v2", polls_per_state=1)
    order = v2.generate()
    for status in ("pending", "processing"):
        job = v2.job(order)
        assert job.keys() == EVERY
        assert job["status"] == status
        assert {job[name] for name in NULL_WHILE_FINE} == {None}
        assert job["prompt_boosted"] is False


@pytest.mark.parametrize("fails", [False, True])
def test_a_status_is_of_one_moment_however_long_its_preview_takes(serve, monkeypatch, fails):
    v2 = serve("v2", speed=1)
    if fails:
        v2.emulator.fail_jobs()
    order = v2.generate()
    v2.emulator.advance(1)

    def late(draft, progress):
        v2.emulator.advance(60)
        return "preview"

    monkeypatch.setattr(images, "blurred_preview", late)
    job = v2.job(order)
    assert (job["status"], job["preview"]) == ("processing", "preview")
    assert {job[name] for name in NULL_WHILE_FINE} == {None}
    assert v2.job(order)["status"] == ("error" if fails else "done")


def test_a_finished_job_tells_its_price(v2):
    job = v2.job(v2.generate())
    assert job.keys() == EVERY
    assert job["price"] == {"amount": 0.00136, "is_estimated": False}
    assert job["failed_at"] is None


def test_a_failed_job_tells_when_and_why_and_that_it_costs_nothing(v2):
    v2.emulator.fail_jobs(error_reason="TIMEOUT", error_code="WORKER_TIMEOUT")
    job = v2.job(v2.generate())
    assert job.keys() == EVERY
    assert (job["error_code"], job["error_reason"]) == ("WORKER_TIMEOUT", "TIMEOUT")
    assert (job["retryable"], job["refunded"]) == (True, True)
    assert job["price"] == {"amount": 0, "is_estimated": False}
    failed_at = datetime.datetime.fromisoformat(job["failed_at"])
    assert failed_at.utcoffset() == datetime.timedelta(0)


def test_a_partner_model_is_billed_after_an_estimate(v2):
    order = v2.generate(model="gpt-image-2", quality="low")
    prices = [v2.job(order)["price"] for _ in range(3)]
    assert [price["is_estimated"] for price in prices] == [True, False, False]
    assert {price["amount"] for price in prices} == {0.011}


def test_on_the_clock_a_partner_model_is_billed_a_while_after_the_end(serve):
    v2 = serve("v2", speed=1)
    order = v2.generate(model="gpt-image-2")
    v2.emulator.advance(10)
    assert v2.job(order)["price"]["is_estimated"] is True
    assert v2.job(order)["price"]["is_estimated"] is True
    v2.emulator.advance(30)
    assert v2.job(order)["price"]["is_estimated"] is False


def slugs(api, **query):
    return [model["slug"] for model in api.get("models", params=query).json()["data"]]


def test_models_come_newest_first_and_in_the_order_asked_for(v2):
    newest_first = slugs(v2)
    assert slugs(v2, sort="created_at") == newest_first[::-1]
    assert slugs(v2, sort="-created_at") == slugs(v2, sort="-id") == newest_first
    assert slugs(v2, sort="price") == newest_first
    names = [model["name"] for model in v2.get("models", params={"sort": "name"}).json()["data"]]
    assert names == sorted(names, key=str.casefold)
    assert slugs(v2, sort="-name") == slugs(v2, sort="name")[::-1]


def test_models_are_filtered_by_tags(v2):
    body = v2.get("models", params={"filter[tags]": "new,beta"}).json()
    assert body["data"]
    assert all("new" in model["tags"] for model in body["data"])
    assert slugs(v2, **{"filter[tags]": "old"}) == []
    both = {"filter[tags]": "new", "filter[inference_types]": "video2desc"}
    assert slugs(v2, **both) == ["Marlin_2B"]


def test_version_1_neither_sorts_nor_filters_by_tags(api):
    assert slugs(api, sort="name", **{"filter[tags]": "new"}) == slugs(api)


def test_every_model_has_tags_and_a_status(v2):
    models = v2.get("models").json()["data"]
    assert {model["status"] for model in models} == {"standard_model", "test_model"}
    assert all(isinstance(model["tags"], list) for model in models)


@pytest.mark.parametrize(
    ("slug", "limits", "features"),
    [
        ("Marlin_2B", {"available_presets": ["fast", "balanced", "detail"]}, {"supports_presets"}),
        (
            "WhisperLargeV3Ct2",
            {"timestamp_levels": ["segment", "word"]},
            {"supports_diarization"},
        ),
        ("WhisperLargeV3", {"timestamp_levels": ["segment"]}, set()),
        ("gpt-image-2", {"quality_options": ["low", "medium", "high", "auto"]}, set()),
        (
            "MiniMaxH3_33B_Turbo_INT8",
            {"max_ref_images": 9, "max_ref_videos": 1, "max_ref_audios": 3, "max_ref_files": 12},
            {"supports_image_refs", "supports_video_refs", "supports_audio_refs"},
        ),
    ],
)
def test_the_list_tells_what_the_new_fields_may_be(v2, slug, limits, features):
    listed = {model["slug"]: model for model in v2.get("models").json()["data"]}
    info = listed[slug]["info"]
    assert info["limits"].items() >= limits.items()
    assert all(info["features"][feature] for feature in features)
