"""The removed prompt endpoints of version 1, and the sample prompts."""

from __future__ import annotations

import pytest

NAMES = ["image", "video", "speech", "image2image"]


@pytest.fixture
def legacy(start_emulator):
    return start_emulator(legacy_prompts=True)


@pytest.mark.parametrize("ending", ["", "/price-calculation"])
@pytest.mark.parametrize("name", NAMES)
def test_the_endpoints_are_a_410_with_their_successor(v1, name, ending):
    response = v1.post(f"prompt/{name}{ending}", {"prompt": "a fox"})
    assert response.status_code == 410
    assert response.json() == {
        "message": "This endpoint has been removed.",
        "successor": "/api/v2/prompts/enhancements",
        "documentation": "https://docs.deapi.ai/api/v2/prompt-enhancement/overview",
    }
    assert response.headers["deprecation"] == "true"
    assert response.headers["link"] == '</api/v2/prompts/enhancements>; rel="successor-version"'


def test_a_removed_endpoint_requires_a_key(v1):
    response = v1.post("prompt/image", {}, headers={"Authorization": "Bearer 9|unknown"})
    assert response.status_code == 401


def test_a_legacy_enhancement_is_not_wrapped_in_data_and_is_charged(legacy):
    response = legacy.post("prompt/image", {"prompt": "a fox", "negative_prompt": None})
    assert set(response.json()) == {"prompt", "negative_prompt"}
    assert response.json()["prompt"].startswith("a fox")
    assert response.json()["negative_prompt"] is None
    assert legacy.emulator.balance < 100


def test_a_legacy_negative_prompt_is_enhanced(legacy):
    response = legacy.post("prompt/video", {"prompt": "a fox", "negative_prompt": "blurry"})
    assert response.json()["negative_prompt"].startswith("blurry")


def test_a_legacy_price_is_not_wrapped_in_data(legacy):
    fields = {"prompt": "a fox", "negative_prompt": None}
    response = legacy.post("prompt/image/price-calculation", fields)
    assert set(response.json()) == {"price"}
    legacy.post("prompt/image", fields)
    assert legacy.emulator.balance == pytest.approx(100 - response.json()["price"])


def test_speech_has_no_negative_prompt(legacy):
    assert set(legacy.post("prompt/speech", {"prompt": "a tale"}).json()) == {"prompt"}


def test_the_negative_prompt_must_be_present(legacy, make_png):
    missing = legacy.post("prompt/image", {"prompt": "a fox"})
    assert missing.json()["errors"] == {
        "negative_prompt": ["The negative prompt field must be present."]
    }
    image = {"image": ("a.png", make_png())}
    assert (
        legacy.post_form(
            "prompt/image2image", image, prompt="a fox", negative_prompt=""
        ).status_code
        == 200
    )


def test_legacy_fields_are_validated(legacy):
    short = legacy.post("prompt/image", {"prompt": "ab", "negative_prompt": None})
    assert short.json()["errors"] == {"prompt": ["The prompt field must be at least 3 characters."]}
    imageless = legacy.post("prompt/image2image", {"prompt": "a fox", "negative_prompt": None})
    assert list(imageless.json()["errors"]) == ["image"]


def test_the_price_of_an_image_prompt_requires_no_image(legacy):
    fields = {"prompt": "a fox", "negative_prompt": None}
    price = legacy.post("prompt/image2image/price-calculation", fields)
    assert price.json()["price"] > 0


def test_a_sample_prompt_is_generated(v1):
    response = v1.get("prompts/samples", params={"type": "text2image", "topic": "harbours"})
    body = response.json()
    assert body["success"] is True
    assert body["data"]["type"] == "text2image"
    assert "harbours" in body["data"]["prompt"]
    price = v1.get("prompts/samples/price-calculation", params={"type": "text2image"}).json()
    assert set(price) == {"price"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "type"),
        ({"type": "image"}, "type"),
        ({"type": "text2image", "topic": "x" * 501}, "topic"),
        ({"type": "text2speech", "lang_code": "en-us"}, "lang_code"),
    ],
)
def test_the_query_of_a_sample_prompt_is_validated(v1, query, field):
    response = v1.get("prompts/samples", params=query)
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [field]
