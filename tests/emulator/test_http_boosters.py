from __future__ import annotations

import pytest

PATHS = ["image", "video", "speech", "image2image"]


@pytest.mark.parametrize("ending", ["", "/price-calculation"])
@pytest.mark.parametrize("name", PATHS)
def test_the_boosters_are_gone_and_say_where_to(api, name, ending):
    answer = api.post(f"prompt/{name}{ending}", {"prompt": "a fox"})
    assert answer.status_code == 410
    assert answer.json() == {
        "message": "This endpoint has been removed.",
        "successor": "/api/v2/prompts/enhancements",
        "documentation": "https://docs.deapi.ai/api/v2/prompt-enhancement/overview",
    }
    assert answer.headers["deprecation"] == "true"
    assert answer.headers["link"] == '</api/v2/prompts/enhancements>; rel="successor-version"'


def test_a_gone_booster_still_wants_a_key(api):
    answer = api.post("prompt/image", {}, headers={"Authorization": "Bearer 9|nobody"})
    assert answer.status_code == 401


@pytest.fixture
def old(serve):
    return serve(legacy_prompts=True)


def test_the_old_boosters_answer_at_the_top_level_and_cost(old):
    answer = old.post("prompt/image", {"prompt": "a fox", "negative_prompt": None})
    assert set(answer.json()) == {"prompt", "negative_prompt"}
    assert answer.json()["prompt"].startswith("a fox")
    assert answer.json()["negative_prompt"] is None
    assert old.emulator.balance < 100


def test_an_old_booster_improves_the_negative_prompt_too(old):
    answer = old.post("prompt/video", {"prompt": "a fox", "negative_prompt": "blurry"})
    assert answer.json()["negative_prompt"].startswith("blurry")


def test_the_old_price_is_not_wrapped(old):
    fields = {"prompt": "a fox", "negative_prompt": None}
    answer = old.post("prompt/image/price-calculation", fields)
    assert set(answer.json()) == {"price"}
    old.post("prompt/image", fields)
    assert old.emulator.balance == pytest.approx(100 - answer.json()["price"])


def test_speech_has_no_negative_prompt(old):
    assert set(old.post("prompt/speech", {"prompt": "a tale"}).json()) == {"prompt"}


def test_the_key_negative_prompt_has_to_be_there(old, png):
    missing = old.post("prompt/image", {"prompt": "a fox"})
    assert missing.json()["errors"] == {
        "negative_prompt": ["The negative prompt field must be present."]
    }
    image = {"image": ("a.png", png())}
    assert (
        old.form("prompt/image2image", image, prompt="a fox", negative_prompt="").status_code == 200
    )


def test_a_booster_checks_its_fields(old):
    short = old.post("prompt/image", {"prompt": "ab", "negative_prompt": None})
    assert short.json()["errors"] == {"prompt": ["The prompt field must be at least 3 characters."]}
    imageless = old.post("prompt/image2image", {"prompt": "a fox", "negative_prompt": None})
    assert list(imageless.json()["errors"]) == ["image"]


def test_a_sample_prompt_is_made_up(api):
    answer = api.get("prompts/samples", params={"type": "text2image", "topic": "harbours"})
    body = answer.json()
    assert body["success"] is True
    assert body["data"]["type"] == "text2image"
    assert "harbours" in body["data"]["prompt"]
    price = api.get("prompts/samples/price-calculation", params={"type": "text2image"}).json()
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
def test_a_sample_checks_its_query(api, query, field):
    answer = api.get("prompts/samples", params=query)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
