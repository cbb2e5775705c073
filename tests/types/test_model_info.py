"""Parsing of ``ModelInfo`` and pages of models."""

import json

import pytest

from deapi import InvalidResponseError
from deapi._core.parsing import parse
from deapi._response import Response
from deapi.types import ModelInfo, PaginationLinks

FLUX = {
    "name": "FLUX.1 Schnell",
    "slug": "Flux1schnell",
    "inference_types": ["txt2img"],
    "tags": ["new"],
    "status": "standard_model",
    "info": {"limits": {"max_width": 2048}, "features": {"supports_steps": True}},
    "loras": [{"display_name": "Pepe", "name": "PepeFluxSchnellLora"}],
}
KOKORO = {
    "name": "Kokoro",
    "slug": "Kokoro",
    "inference_types": ["txt2audio"],
    "info": {"limits": {"max_speed": 2}, "features": [], "defaults": []},
    "languages": [
        {
            "name": "English (US)",
            "slug": "en-us",
            "voices": [{"name": "Sky", "slug": "af_sky", "gender": "female"}],
        }
    ],
}
META = {"current_page": 2, "last_page": 3, "per_page": 2, "total": 6, "from": 3, "to": 4}
LINKS = {"first": "https://a.example/?page=1", "last": None, "prev": None, "next": None}
PAGE = {"data": [FLUX, KOKORO], "links": LINKS, "meta": META}


def parse_page(body):
    return parse(Response(200, {}, json.dumps(body).encode()), "ModelsResponse")


def test_every_field_of_a_page_of_models_is_parsed():
    page = parse_page(PAGE)
    flux, kokoro = page.data
    assert (flux.name, flux.slug, flux.status) == (
        "FLUX.1 Schnell",
        "Flux1schnell",
        "standard_model",
    )
    assert (flux.inference_types, flux.tags) == (["txt2img"], ["new"])
    assert flux.specs == flux.info == FLUX["info"]
    assert (flux.loras[0].name, flux.loras[0].display_name) == ("PepeFluxSchnellLora", "Pepe")
    (language,) = kokoro.languages
    (voice,) = language.voices
    assert (language.slug, voice.slug, voice.gender) == ("en-us", "af_sky", "female")
    assert (flux.languages, kokoro.loras) == ([], [])
    meta = page.meta
    assert (meta.current_page, meta.last_page, meta.per_page, meta.total) == (2, 3, 2, 6)
    assert page.links.first == "https://a.example/?page=1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["txt2img", "img2img"], ["txt2img", "img2img"]),
        ({"txt2img": {"steps": 4}, "img2img": []}, ["txt2img", "img2img"]),
        ({"0": "txt2img", "2": "img2img"}, ["txt2img", "img2img"]),
        (["txt2img", None, 7], ["txt2img"]),
        ([], []),
        ({}, []),
        (None, []),
        ("txt2img", []),
    ],
    ids=repr,
)
def test_inference_types_are_parsed_from_a_list_or_the_keys_of_an_object(value, expected):
    (model,) = parse_page({"data": [{**FLUX, "inference_types": value}]}).data
    assert model.inference_types == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], {}),
        ({}, {}),
        (None, None),
        ("?", None),
        (
            {"limits": [], "features": [], "defaults": []},
            {"limits": {}, "features": {}, "defaults": {}},
        ),
        ({"limits": {"output_formats": []}}, {"limits": {"output_formats": []}}),
    ],
    ids=repr,
)
def test_an_empty_php_array_in_specs_is_an_empty_object(value, expected):
    (model,) = parse_page({"data": [{**FLUX, "info": value}]}).data
    assert model.specs == expected


def test_numbers_and_flags_in_strings_are_converted():
    info = {
        "limits": {"max_width": "2048", "min_speed": "0.5", "available_ratios": ["24000"]},
        "features": {"supports_steps": "1", "supports_guidance": "0", "supports_refs": 1},
        "defaults": {"steps": "4", "guidance": "-1.5", "voice": "7", "lang": "en-us"},
    }
    (model,) = parse_page({"data": [{**FLUX, "info": info}]}).data
    assert repr(model.info) == repr(
        {
            "limits": {"max_width": 2048, "min_speed": 0.5, "available_ratios": [24000]},
            "features": {"supports_steps": True, "supports_guidance": False, "supports_refs": True},
            "defaults": {"steps": 4, "guidance": -1.5, "voice": "7", "lang": "en-us"},
        }
    )


@pytest.mark.parametrize(
    "value", ["", "low", "1:4", "4.", "٤", "1e3", "9" * 400, None, {"mp3": "300"}], ids=repr
)
def test_other_values_of_limits_and_features_are_kept(value):
    info = {"limits": {"new": value}, "features": {"new": value}}
    (model,) = parse_page({"data": [{**FLUX, "info": info}]}).data
    assert model.info == info


@pytest.mark.parametrize(
    "body",
    [
        [FLUX, KOKORO],
        {"data": [FLUX, KOKORO]},
        {"data": {"0": FLUX, "2": KOKORO}},
        {"data": [FLUX, None, KOKORO, "?"]},
        {"data": {"data": [FLUX, KOKORO], "meta": {}}},
        {"data": [FLUX, KOKORO], "links": None, "meta": None},
        {"data": [FLUX, KOKORO], "links": [], "meta": []},
        {"data": [FLUX, KOKORO], "links": {}, "meta": {"last_page": None, "total": "?"}},
        {"data": [FLUX, KOKORO], "meta": {"last_page": "1", "links": [{"url": None}]}, "new": 1},
    ],
    ids=lambda body: (
        json.dumps(body).replace(json.dumps(FLUX), "F").replace(json.dumps(KOKORO), "K")
    ),
)
def test_a_page_of_models_is_parsed_whatever_its_wrapper(body):
    page = parse_page(body)
    assert [model.slug for model in page.data] == ["Flux1schnell", "Kokoro"]
    assert (page.meta.current_page, page.meta.last_page) == (1, 1)
    assert page.links == PaginationLinks()


@pytest.mark.parametrize("value", [None, [], {}, "", "?", -1, [None], [[]], {"0": None}], ids=repr)
@pytest.mark.parametrize("field", [*FLUX, *KOKORO])
def test_an_invalid_field_of_a_model_does_not_affect_the_others(field, value):
    invalid, flux = parse_page({"data": [{**KOKORO, **FLUX, field: value}, FLUX]}).data
    assert flux == ModelInfo.model_validate(FLUX)
    others = (name for name in FLUX if name != field)
    assert all(getattr(invalid, name) == getattr(flux, name) for name in others)


@pytest.mark.parametrize("body", [{}, {"message": "no"}, None, "ok", {"data": "?"}], ids=repr)
def test_a_response_that_is_not_a_page_of_models_is_invalid(body):
    with pytest.raises(InvalidResponseError):
        parse_page(body)


def test_a_model_can_be_constructed_with_specs():
    model = ModelInfo(name="Any", inference_types=["txt2img"], specs={"limits": {}})
    assert model.specs == {"limits": {}}
