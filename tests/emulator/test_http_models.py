from __future__ import annotations

import pytest

from deapi.emulator.api.pagination import paginate
from deapi.emulator.catalogue.model import Model, filter_by_types

URL = "http://here/api/v1/client/models"


def models(count):
    return [Model(f"m{number}", f"Model {number}", ("txt2img",)) for number in range(count)]


def test_the_list_has_laravels_frame(api):
    body = api.get("models").json()
    assert set(body) == {"data", "links", "meta"}
    meta = body["meta"]
    assert (meta["current_page"], meta["last_page"], meta["per_page"]) == (1, 1, 50)
    assert meta["total"] == len(body["data"]) == meta["to"]
    assert meta["path"] == f"{api.emulator.url}/api/v1/client/models"
    assert body["links"]["prev"] is None
    assert meta["links"][0]["label"] == "&laquo; Previous"


def test_a_page_has_the_asked_size_and_links_to_its_neighbours(api):
    body = api.get("models", params={"limit": 5, "page": 2}).json()
    assert len(body["data"]) == 5
    assert (body["meta"]["from"], body["meta"]["to"]) == (6, 10)
    following = api.http.get(body["links"]["next"]).json()
    assert following["meta"]["current_page"] == 3
    assert following["meta"]["per_page"] == 5


def test_walking_the_pages_finds_every_model_once(api):
    slugs, page = [], 1
    while True:
        body = api.get("models", params={"limit": 7, "page": page}).json()
        slugs += [model["slug"] for model in body["data"]]
        if page == body["meta"]["last_page"]:
            break
        page += 1
    assert len(slugs) == len(set(slugs)) == body["meta"]["total"]


def test_limit_goes_before_per_page_and_is_clamped(api):
    def per_page(**query):
        return api.get("models", params=query).json()["meta"]["per_page"]

    assert per_page(per_page=3) == 3
    assert per_page(per_page=3, limit=4) == 4
    assert per_page(limit=1000) == 100
    assert per_page(limit="many") == 50


@pytest.mark.parametrize("name", ["page", "limit"])
def test_a_page_number_of_thousands_of_digits_is_none(api, name):
    meta = api.get("models", params={name: "9" * 5000}).json()["meta"]
    assert (meta["current_page"], meta["per_page"]) == (1, 50)


def test_a_page_beyond_the_last_is_empty():
    page = paginate(models(3), Model.as_json, {"page": "9"}, URL)
    assert page["data"] == []
    assert page["meta"]["from"] is None
    assert page["meta"]["to"] is None


def test_types_are_filtered_by_their_exact_names(api):
    query = {"filter[inference_types]": "img-upscale,img-rmbg"}
    slugs = {model["slug"] for model in api.get("models", params=query).json()["data"]}
    assert slugs == {"RealESRGAN_x4", "Ben2"}
    nothing = api.get("models", params={"filter[inference_types]": "img_upscale"}).json()
    assert nothing["data"] == []
    assert filter_by_types(models(2), None) == models(2)


def test_the_plan_decides_on_partner_models(serve):
    def slugs(plan):
        return {model["slug"] for model in serve(plan=plan).get("models").json()["data"]}

    assert slugs("premium") - slugs("basic") == {
        "gpt-image-1.5",
        "gpt-image-2",
        "gpt-image-2.5",
        "nano-banana-2",
    }


def test_a_model_without_limits_has_a_php_list_for_its_info():
    assert models(1)[0].as_json()["info"] == []


def test_a_model_without_features_has_a_php_list_for_them(api):
    query = {"filter[inference_types]": "video2text"}
    (whisper,) = api.get("models", params=query).json()["data"]
    assert whisper["info"]["features"] == []
    assert whisper["slug"] == "WhisperLargeV3"
    assert "loras" not in whisper


def test_an_unlisted_model_is_accepted_all_the_same(api):
    fields = {"source_url": "https://youtu.be/x", "model": "WhisperLargeV3Ct2"}
    assert api.post("transcribe", fields).status_code == 200


def test_a_version_lists_no_model_that_it_has_no_endpoint_for(api, v2):
    def slugs(listing):
        return {model["slug"] for model in listing.get("models").json()["data"]}

    assert "Marlin_2B" in slugs(v2)
    assert "Marlin_2B" not in slugs(api)


def test_limits_loras_and_voices_are_told(api):
    listed = {model["slug"]: model for model in api.get("models").json()["data"]}
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
