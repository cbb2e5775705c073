"""The values of arguments that editors offer, compared with the OpenAPI files of the service."""

import typing

import pytest

from deapi import AsyncDeapiClient, DeapiClient, _types, resources
from deapi._config import API_PREFIXES
from support import openapi

NAMES = {
    "format": {_types.AudioFormat, _types.TextFormat},
    "mode": {_types.SpeechMode},
    "timesignature": {_types.TimeSignature},
    "ts_level": {_types.TimestampLevel},
    "platform": {_types.Platform},
}


def values(alias):
    literal, _other = typing.get_args(alias)
    return typing.get_args(literal)


def enumerations(node, name=None):
    """Yield the name and the values of each enumeration in an OpenAPI file."""
    if isinstance(node, list):
        for item in node:
            yield from enumerations(item, name)
    elif isinstance(node, dict):
        if "enum" in node and name:
            yield name, tuple(node["enum"])
        for key, item in node.items():
            if key == "properties":
                for field, schema in item.items():
                    yield from enumerations(schema, field)
            else:
                keeps_name = key in ("anyOf", "oneOf", "allOf", "items")
                yield from enumerations(item, name if keeps_name else None)


@pytest.mark.openapi
@pytest.mark.parametrize("name", NAMES)
def test_the_values_are_those_of_the_service(name):
    found = {
        enumeration
        for file in ("openapi-v1.json", "openapi-v2.json")
        for field, enumeration in enumerations(openapi.document(file))
        if field == name
    }
    assert found == {values(alias) for alias in NAMES[name]}


def test_the_tasks_of_models_are_the_known_inference_types():
    assert values(_types.Task) == tuple(each.value for each in _types.InferenceType)


def test_the_versions_are_those_that_the_client_supports():
    assert values(_types.ApiVersion) == tuple(API_PREFIXES)


@pytest.mark.parametrize(
    ("method", "argument", "alias"),
    [
        (resources.Audio.synthesize, "format", _types.AudioFormat),
        (resources.AsyncAudio.synthesize, "mode", _types.SpeechMode | None),
        (resources.Transcription.create, "ts_level", _types.TimestampLevel | None),
        (resources.Images.generate, "quality", _types.Quality | None),
        (resources.Prompts.enhance, "type", _types.EnhancementType),
        (resources.Keys.create, "reset_interval", _types.ResetInterval | None),
        (DeapiClient.__init__, "api_version", _types.ApiVersion | None),
        (AsyncDeapiClient.with_options, "api_version", _types.ApiVersion | None),
    ],
)
def test_an_argument_offers_its_values_and_accepts_any_other(method, argument, alias):
    assert typing.get_type_hints(method)[argument] == alias
    assert str in typing.get_args(alias)
