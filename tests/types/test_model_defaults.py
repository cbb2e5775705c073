"""The arguments that `ModelInfo.defaults()` returns."""

import pytest

from deapi.types import ModelInfo


def model(*tasks, limits=(), defaults=(), features=(), languages=()):
    return ModelInfo.model_validate(
        {
            "name": "Test",
            "slug": "Test",
            "inference_types": list(tasks),
            "info": {
                "limits": dict(limits),
                "defaults": dict(defaults),
                "features": dict(features),
            },
            "languages": list(languages),
        }
    )


IMAGE = {"min_width": 256, "max_width": 1024, "min_height": 256, "resolution_step": 128}


def test_published_defaults_are_returned_with_a_random_seed():
    found = model("txt2img", defaults={"width": 768, "height": 512, "steps": 4}).defaults()
    assert found == {"model": "Test", "width": 768, "height": 512, "steps": 4, "seed": -1}


@pytest.mark.parametrize(
    ("width", "expected"), [(700, 640), (640, 640), (1, 256), (5000, 1024), (767, 640)]
)
def test_sizes_are_rounded_to_the_step_and_the_limits(width, expected):
    assert model("txt2img", limits=IMAGE).defaults(width=width)["width"] == expected


def test_a_minimum_that_is_not_a_multiple_of_the_step_is_rounded_up():
    limits = {"min_width": 100, "resolution_step": 64}
    assert model("txt2img", limits=limits).defaults(width=1)["width"] == 128


def test_without_a_default_the_minimum_is_used():
    found = model("txt2video", limits={"min_frames": 30, "min_fps": 24}).defaults()
    assert (found["frames"], found["fps"]) == (30, 24)


def test_optional_arguments_without_a_default_are_left_out():
    found = model("txt2img", limits={"min_steps": 1, "min_guidance": 1}).defaults()
    assert found == {"model": "Test", "seed": -1}


def test_the_size_of_a_model_that_only_edits_is_that_of_the_image():
    assert model("img2img", limits=IMAGE).defaults() == {"model": "Test", "seed": -1}


def test_none_removes_an_argument_and_others_are_added():
    found = model("txt2img", limits=IMAGE).defaults(width=None, height=None, prompt="a fox")
    assert found == {"model": "Test", "seed": -1, "prompt": "a fox"}


def test_names_of_the_catalogue_become_names_of_arguments():
    found = model(
        "txt2music",
        limits={"min_duration": 10, "max_steps": 8, "output_formats": ["wav"]},
        defaults={"steps": 8, "guidance": 1, "format": "mp3"},
    ).defaults(inference_steps=50)
    assert found == {
        "model": "Test",
        "duration": 10,
        "inference_steps": 8,
        "guidance_scale": 1,
        "seed": -1,
        "format": "wav",
    }


LANGUAGES = [
    {"slug": "en", "name": "English", "voices": [{"slug": "amy", "name": "Amy"}]},
    {"slug": "de", "name": "German", "voices": [{"slug": "eva", "name": "Eva"}]},
]


@pytest.mark.parametrize(
    ("defaults", "options", "expected"),
    [
        ({"lang": "en", "voice": "amy"}, {}, ("en", "amy")),
        ({"lang": "German", "voice": "Eva"}, {}, ("de", "eva")),
        ({}, {}, ("en", "amy")),
        ({"lang": "en", "voice": "amy"}, {"lang": "de"}, ("de", "eva")),
        ({"lang": "fr", "voice": "x"}, {}, ("en", "amy")),
    ],
)
def test_the_language_and_its_voice_are_slugs(defaults, options, expected):
    found = model("txt2audio", defaults=defaults, languages=LANGUAGES).defaults(**options)
    assert (found["lang"], found["voice"]) == expected


def test_a_model_without_built_in_voices_has_its_mode():
    features = {"supports_custom_voice": False, "supports_voice_clone": True}
    found = model("txt2audio", features=features, languages=LANGUAGES).defaults()
    assert found["mode"] == "voice_clone"
    assert "voice" not in found


@pytest.mark.parametrize("value", ["768px", True, float("nan"), -1, None, [], 1e300])
def test_odd_limits_are_ignored(value):
    limits = {"min_width": value, "max_width": value, "resolution_step": value}
    assert model("txt2img", limits=limits).defaults(width=770)["width"] == 770


@pytest.mark.parametrize("info", [None, [], {}, {"limits": []}, {"limits": "x", "defaults": 1}])
def test_a_model_without_information_has_defaults(info):
    odd = ModelInfo.model_validate({"slug": "x", "inference_types": ["txt2img"], "info": info})
    assert odd.defaults() == {"model": "x", "seed": -1}


def test_every_model_of_the_emulator_has_what_its_task_requires(emulator):
    with emulator.client() as client:
        for each in client.models.iterate():
            names = each.defaults().keys()
            if "txt2video" in each.inference_types:
                assert {"width", "height", "frames", "fps", "seed"} <= names
            if "txt2audio" in each.inference_types:
                assert {"lang", "format", "speed", "sample_rate"} <= names
