"""The model list of both versions."""

from __future__ import annotations

import pytest

from deapi.emulator.catalogue.model import Model, filter_by_types


def models(count):
    return [Model(f"m{number}", f"Model {number}", ("txt2img",)) for number in range(count)]


def test_inference_types_are_filtered_by_exact_names(v1):
    query = {"filter[inference_types]": "img-upscale,img-rmbg"}
    slugs = {model["slug"] for model in v1.get("models", params=query).json()["data"]}
    assert slugs == {"RealESRGAN_x4", "Ben2"}
    empty = v1.get("models", params={"filter[inference_types]": "img_upscale"}).json()
    assert empty["data"] == []
    assert filter_by_types(models(2), None) == models(2)


def test_the_basic_plan_does_not_list_partner_models(start_emulator):
    def slugs(plan):
        return {model["slug"] for model in start_emulator(plan=plan).get("models").json()["data"]}

    assert slugs("premium") - slugs("basic") == {
        "gpt-image-1.5",
        "gpt-image-2",
        "gpt-image-2.5",
        "nano-banana-2",
    }


def test_info_of_a_model_without_limits_is_an_empty_list():
    assert models(1)[0].as_json(full=True)["info"] == []


def test_features_of_a_model_without_features_are_an_empty_list(v1):
    query = {"filter[inference_types]": "video2text"}
    (whisper,) = v1.get("models", params=query).json()["data"]
    assert whisper["info"]["features"] == []
    assert whisper["slug"] == "WhisperLargeV3"
    assert "loras" not in whisper


def test_an_unlisted_model_is_accepted(v1):
    fields = {"source_url": "https://youtu.be/x", "model": "WhisperLargeV3Ct2"}
    assert v1.post("transcribe", fields).status_code == 200


def test_a_version_does_not_list_models_without_an_endpoint(v1, v2):
    def slugs(listing):
        return {model["slug"] for model in listing.get("models").json()["data"]}

    assert "Marlin_2B" in slugs(v2)
    assert "Marlin_2B" not in slugs(v1)


def test_models_have_limits_loras_and_voices(v1):
    listed = {model["slug"]: model for model in v1.get("models").json()["data"]}
    flux, kokoro = listed["Flux1schnell"], listed["Kokoro"]
    assert flux["info"]["limits"]["resolution_step"] == 128
    assert flux["info"]["features"]["supports_guidance"] is False
    assert flux["loras"][0] == {
        "display_name": "Pepe FLUX Schnell",
        "name": "PepeFluxSchnellLora",
    }
    voices = [voice for language in kokoro["languages"] for voice in language["voices"]]
    assert len(voices) == 41
    assert {"name": "Sky", "slug": "af_sky", "gender": "female"} in voices


def slugs(api, **query):
    return [model["slug"] for model in api.get("models", params=query).json()["data"]]


def test_models_are_sorted_newest_first_or_as_requested(v2):
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


def test_version_1_neither_sorts_nor_filters_by_tags(v1):
    assert slugs(v1, sort="name", **{"filter[tags]": "new"}) == slugs(v1)


def test_every_model_of_version_2_has_tags_and_a_status(v2):
    models = v2.get("models").json()["data"]
    assert {model["status"] for model in models} == {"standard_model", "test_model"}
    assert all(isinstance(model["tags"], list) for model in models)


def test_models_of_version_1_have_neither_tags_nor_a_status(v1):
    for model in v1.get("models").json()["data"]:
        assert not {"tags", "status"} & model.keys()


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
def test_models_have_the_limits_of_the_version_2_fields(v2, slug, limits, features):
    listed = {model["slug"]: model for model in v2.get("models").json()["data"]}
    info = listed[slug]["info"]
    assert info["limits"].items() >= limits.items()
    assert all(info["features"][feature] for feature in features)
