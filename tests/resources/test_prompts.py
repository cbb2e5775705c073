"""``client.prompts``: prompt enhancement and sample prompts."""

import pytest

from deapi import EndpointGoneError
from deapi.emulator import Emulator
from deapi.types import EnhancePromptResult, EnhanceSpeechPromptResult
from support.call_table import FORM, JSON

FLUX = {"model": "Flux1schnell", "prompt": "a fox"}
FLUX_PARTS = {"model_slug": "Flux1schnell", "prompt": "a fox"}
V1_METHODS = {
    "enhance_image": {},
    "enhance_video": {},
    "enhance_speech": {},
    "enhance_image2image": {"image": b"it"},
}
TYPES_WITHOUT_IMAGE = ("images.generations", "videos.generations", "audio.speech", "audio.music")

INVALID_IN_V1 = [
    *(
        (f"prompts.{method}", {"type": value}, "type must be 'image' or 'speech'")
        for method in ("samples", "samples_price")
        for value in ("video", "", "Image", ["image"])
    ),
    ("prompts.samples", {"type": "image", "topic": "\ud800"}, "topic cannot be sent"),
    *(
        (f"prompts.enhance{suffix}", {**FLUX, "type": "audio.music"}, "API v1 does not have")
        for suffix in ("", "_price")
    ),
    *(
        (f"prompts.{method}", {**FLUX, **arguments}, "does not accept 'model' with API v1")
        for name, required in V1_METHODS.items()
        for method, arguments in ((name, required), (f"{name}_price", {}))
    ),
]
INVALID_IN_V2 = [
    *(
        (
            f"prompts.enhance{suffix}",
            {**FLUX, "type": type_, "image": b"it"},
            "image is not accepted",
        )
        for suffix in ("", "_price")
        for type_ in TYPES_WITHOUT_IMAGE
    ),
    *(
        ("prompts.enhance", {**FLUX, "type": type_}, "image is required")
        for type_ in ("images.edits", "videos.animations")
    ),
    *(
        (f"prompts.samples{suffix}", {"type": "image"}, "API v2 does not have")
        for suffix in ("", "_price")
    ),
    *(
        (f"prompts.{method}", {"prompt": "a fox", **arguments}, "model is required")
        for name, required in V1_METHODS.items()
        for method, arguments in ((name, required), (f"{name}_price", {}))
    ),
    *(
        (
            f"prompts.enhance_speech{suffix}",
            {**FLUX, "lang_code": "en"},
            "does not accept 'lang_code'",
        )
        for suffix in ("", "_price")
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "message"), INVALID_IN_V1)
def test_invalid_arguments_of_v1_are_rejected_before_sending(api, operation, arguments, message):
    api.assert_rejected("v1", operation, arguments, ValueError, message)


@pytest.mark.parametrize(("operation", "arguments", "message"), INVALID_IN_V2)
def test_invalid_arguments_of_v2_are_rejected_before_sending(api, operation, arguments, message):
    api.assert_rejected("v2", operation, arguments, ValueError, message)


@pytest.mark.parametrize(
    ("method", "type_", "arguments"),
    [
        ("enhance_image", "images.generations", {"negative_prompt": "rain"}),
        ("enhance_video", "videos.generations", {"negative_prompt": "rain"}),
        ("enhance_video", "videos.animations", {"negative_prompt": "rain", "image": b"first"}),
        ("enhance_speech", "audio.speech", {}),
        ("enhance_image2image", "images.edits", {"negative_prompt": "rain", "image": b"it"}),
    ],
)
def test_a_v1_method_sends_an_enhancement_of_its_type_in_v2(api, method, type_, arguments):
    for operation, values in (
        (f"prompts.{method}", arguments),
        ("prompts.enhance", {"type": type_, **arguments}),
    ):
        request = api.request("v2", operation, {**FLUX, **values})
        assert (request.path, request.content_type) == ("/api/v2/prompts/enhancements", FORM)
        assert request.fields == {"type": type_, **FLUX_PARTS, **arguments}


@pytest.mark.parametrize(
    ("method", "type_"),
    [
        ("enhance_image", "images.generations"),
        ("enhance_video", "videos.generations"),
        ("enhance_speech", "audio.speech"),
        ("enhance_image2image", "images.edits"),
    ],
)
def test_a_v1_price_method_sends_the_type_in_v2(api, method, type_):
    for operation, arguments in (
        (f"prompts.{method}_price", FLUX),
        ("prompts.enhance_price", {"type": type_, **FLUX}),
    ):
        request = api.request("v2", operation, arguments)
        assert (request.path, request.content_type) == ("/api/v2/prompts/enhancements/price", FORM)
        assert request.fields == {"type": type_, **FLUX_PARTS}


def test_a_v1_method_uses_its_own_endpoint_in_v1(api):
    arguments = {"prompt": "a fox", "negative_prompt": "rain"}
    request = api.request("v1", "prompts.enhance_image", arguments)
    assert (request.path, request.content_type) == ("/api/v1/client/prompt/image", JSON)
    assert request.fields == arguments


@pytest.mark.parametrize("type_", ["images.edits", "videos.animations", "images.upscales"])
def test_a_price_can_be_requested_with_the_image(api, type_):
    arguments = {"type": type_, "image": b"it"}
    request = api.request("v2", "prompts.enhance_price", {**FLUX, **arguments})
    assert request.fields == {**FLUX_PARTS, **arguments}


@pytest.mark.parametrize("image", [{}, {"image": b"it"}], ids=["without image", "with image"])
def test_an_unknown_type_is_sent_for_the_service_to_validate(api, image):
    arguments = {"type": "worlds.generations", **image}
    request = api.request("v2", "prompts.enhance", {**FLUX, **arguments})
    assert request.fields == {**FLUX_PARTS, **arguments}


def test_enhanced_prompts_and_their_prices_are_parsed(api):
    prompts = api.clients["v2"].prompts
    enhanced = prompts.enhance(type="audio.music", **FLUX)
    assert enhanced == EnhancePromptResult(prompt="a better one", negative_prompt="worse")
    assert prompts.enhance_image(**FLUX) == enhanced
    speech = prompts.enhance_speech(**FLUX)
    assert isinstance(speech, EnhanceSpeechPromptResult)
    assert speech.prompt == "a better one"
    assert prompts.enhance_price(type="audio.music", **FLUX).price == 0.25


def test_a_removed_endpoint_of_v1_names_its_successor(emulator_client):
    with pytest.raises(EndpointGoneError) as caught:
        emulator_client.prompts.enhance_image(prompt="a fox")
    assert caught.value.successor == "/api/v2/prompts/enhancements"


def test_the_emulator_can_serve_the_removed_endpoints_of_v1(make_client):
    with Emulator(legacy_prompts=True) as emulator:
        prompts = make_client(emulator.url, api_key=emulator.api_key).prompts
        assert prompts.enhance_image(prompt="a fox").prompt.startswith("a fox")
        assert prompts.enhance_video(prompt="a fox").negative_prompt is None
        assert prompts.enhance_speech(prompt="a fox", lang_code="en").prompt
        assert prompts.samples(type="speech").type == "text2speech"
        assert prompts.enhance_video_price(prompt="a fox").price > 0
