"""The catalogue of fetched models: suggestions, accepted values, and sizes that are rounded."""

import logging

import pytest

from deapi._core.calls import call
from deapi._core.catalogue import Catalogue, adjusted_size, explain_field
from deapi._core.request import Request
from deapi.types import ModelInfo
from support.fake_driver import FakeDriver, response
from support.operations import GENERATE, GENERATE_PRICE

HOSTILE = "\x1b[31m\u202e\x00\n" + "x" * 100_000


def model(limits, slug="Flux1schnell", **fields):
    return ModelInfo.model_validate({"slug": slug, "info": {"limits": limits}, **fields})


@pytest.mark.parametrize(
    ("limits", "size", "expected"),
    [
        ({"resolution_step": 128}, (500, 512), (384, 512)),
        ({"dimension_multiple": 32}, (512, 500), (512, 480)),
        ({"resolution_step": 128}, (512, 512), None),
        ({"resolution_step": 1}, (500, 500), None),
        ({"resolution_step": 0}, (500, 500), None),
        ({"resolution_step": -8}, (500, 500), None),
        ({"resolution_step": "128 px"}, (500, 500), None),
        ({"resolution_step": True}, (500, 500), None),
        ({"resolution_step": 10**400}, (500, 500), None),
        ({"resolution_step": float("nan")}, (500, 500), None),
        ({}, (500, 500), None),
        ([], (500, 500), None),
        ({"resolution_step": 128}, (None, 500), None),
        ({"resolution_step": 128}, ("500", 500), None),
        ({"resolution_step": 128}, (99, 512), None),  # the service rejects such sizes
        ({"resolution_step": 128, "min_width": 256}, (512, 130), (512, 128)),
        ({"resolution_step": 128, "min_height": 256}, (512, 130), None),
    ],
)
def test_a_size_is_rounded_down_to_multiples_of_the_step(limits, size, expected):
    width, height = size
    assert adjusted_size(model(limits), {"width": width, "height": height}) == expected


def submit(driver, width, request=GENERATE):
    fields = {**request.fields, "width": width}
    driver.run(call(driver.context, Request(request.operation, fields)))
    return driver.sent[-1]


def test_a_size_that_is_rounded_is_logged_once_and_sent_unchanged(caplog):
    caplog.set_level(logging.WARNING, "deapi")
    driver = FakeDriver([response(body={"data": {"request_id": "x"}})] * 5)
    submit(driver, 500)  # the model is not known yet
    driver.context.catalogue.record([model({"resolution_step": 128})])
    submit(driver, 512)
    assert caplog.messages == []
    assert b'"width":500' in submit(driver, 500).body.replace(b" ", b"")
    submit(driver, 500)
    assert caplog.messages == [
        "images.generate: The result will be 384 x 512 pixels instead of 500 x 512: "
        "Flux1schnell rounds down to multiples of 128."
    ]


def test_a_size_in_a_price_request_is_not_logged(caplog):
    driver = FakeDriver([response(body={"data": {"price": 1}})])
    driver.context.catalogue.record([model({"resolution_step": 128})])
    submit(driver, 500, GENERATE_PRICE)
    assert caplog.messages == []


def test_a_catalogue_of_any_size_keeps_a_limited_number_of_models():
    catalogue = Catalogue()
    catalogue.record(model({}, slug=f"model-{number}") for number in range(5000))
    assert catalogue.get("model-0") is not None
    assert catalogue.get("model-4999") is None
    catalogue.record([model({}, slug="model-0", name="new")])
    assert catalogue.get("model-0").name == "new"


@pytest.mark.parametrize("slug", [None, 7, ["x"], {}])
def test_a_slug_that_is_not_a_string_is_unknown(slug):
    assert Catalogue().get(slug) is None


def test_the_loras_of_a_model_are_listed():
    known = model({}, loras=[{"name": "ink"}, {"name": "watercolor"}])
    fields = {"loras": [{"name": "inc", "weight": 1}]}
    assert explain_field(known, "loras[0][name]", fields) == (
        "Flux1schnell accepts loras[0][name] 'ink', 'watercolor'."
    )
    assert explain_field(known, "loras[0][weight]", fields) == ""
    assert explain_field(model({}), "loras[0][name]", fields) == ""


def test_strings_of_the_catalogue_are_shortened_and_printable():
    hostile = model(
        {"output_formats": [HOSTILE] * 99, "available_ratios": {HOSTILE: HOSTILE}},
        slug=HOSTILE,
        name=HOSTILE,
        languages=[{"slug": HOSTILE, "voices": [{"slug": HOSTILE}] * 99}] * 99,
        loras=[{"name": HOSTILE}] * 99,
    )
    catalogue = Catalogue()
    catalogue.record([hostile])
    shown = [catalogue.suggest("x"), catalogue.suggest(HOSTILE)]
    shown += [
        explain_field(hostile, name, {"model": HOSTILE, name: HOSTILE})
        for name in ("format", "lang", "voice", "sample_rate", "width", "loras[0][name]")
    ]
    for text in shown:
        assert text.isprintable()
        assert len(text) < 700
