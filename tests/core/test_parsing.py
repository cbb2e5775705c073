"""Answers are read generously: wrapped or bare, with fields missing, added, null or of PHP's."""

import json

import pytest

from deapi import InvalidResponseError, JobStatus
from deapi._transport import readers
from deapi._transport.response import Response
from deapi.types import JobResult, ModelInfo, PaginationLinks
from support.call_table import ID

RUNNING = {
    "status": "processing",
    "preview": "aGVsbG8=",
    "result_url": None,
    "results_alt_formats": None,
    "result": None,
    "metadata": None,
    "progress": "45.50",
    "error_code": None,
    "error_message": None,
    "error_reason": None,
    "retryable": None,
    "refunded": None,
    "failed_at": None,
    "price": None,
    "prompt_boosted": False,
    "prompt_boost": None,
}
DONE = {
    **RUNNING,
    "status": "done",
    "result_url": "https://results.example/1/a.png?X-Amz-Signature=1",
    "results_alt_formats": {"jpg": "https://results.example/1/a.jpg", "webp": None},
    "result": "[[0.5, 1]]",
    "metadata": {"id": "x", "title": None},
    "progress": 100,
    "price": {"amount": 0.00136, "is_estimated": False},
    "prompt_boosted": True,
    "prompt_boost": {"prompt": "a red fox", "prompt_original": "a fox"},
    "transcription": {"language": "en", "ts_level": "word", "structured": True},
}
FAILED = {
    **RUNNING,
    "status": "error",
    "error_code": "PROCESSING_ERROR",
    "error_message": "context-exceeded",
    "error_reason": "INPUT_TOO_LARGE",
    "retryable": False,
    "refunded": True,
    "failed_at": "2026-10-04T09:30:00+00:00",
    "price": {"amount": 0, "is_estimated": False},
}
PRICE = {"price": 0.0322704, "is_estimated": False, "estimate_basis": "request_params"}
PROMPT = {"prompt": "a red fox at dawn", "negative_prompt": "people"}

EXAMPLES = {
    "submission": (readers.submission, {"request_id": ID}, {"request_id"}),
    "price": (readers.price, PRICE, {"price"}),
    "balance": (readers.balance, {"balance": 19.72}, {"balance"}),
    "running job": (readers.job_result, RUNNING, {"status"}),
    "finished job": (readers.job_result, DONE, {"status"}),
    "failed job": (readers.job_result, FAILED, {"status"}),
    "prompt": (readers.enhanced_prompt, PROMPT, {"prompt"}),
    "speech prompt": (readers.enhanced_speech_prompt, {"prompt": "Hello."}, {"prompt"}),
    "sample": (
        readers.sample_prompt,
        {"type": "text2image", "prompt": "a city at night"},
        {"prompt"},
    ),
}
OPTIONAL = [
    (name, field)
    for name, (_, body, required) in EXAMPLES.items()
    for field in body
    if field not in required
]
REQUIRED = [(name, field) for name, (_, _, required) in EXAMPLES.items() for field in required]


def answer(body):
    return Response(200, {}, json.dumps(body).encode())


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_answer_reads_the_same_wrapped_and_bare(name):
    read, body, _ = EXAMPLES[name]
    bare = read(answer(body))
    assert read(answer({"data": body})) == bare
    assert read(answer({"success": True, "data": body, "message": None})) == bare


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_field_of_an_answer_reaches_the_user(name):
    read, body, _ = EXAMPLES[name]
    seen = read(answer(body)).model_dump(exclude_unset=True)
    changed = {"progress": 45.5} if body.get("progress") == "45.50" else {}
    if name == "finished job":
        changed = {"results_alt_formats": {"jpg": "https://results.example/1/a.jpg"}}
    assert seen == {**body, **changed}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_field_that_is_not_known_yet_is_kept(name):
    read, body, _ = EXAMPLES[name]
    result = read(answer({"data": {**body, "queue_position": [3]}}))
    assert result.queue_position == [3]


@pytest.mark.parametrize("odd", [None, [], {}, "", "?", -1, [None], {"0": None}], ids=repr)
@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_a_field_that_is_not_understood_costs_nothing_but_itself(name, field, odd):
    read, body, required = EXAMPLES[name]
    result = read(answer({"data": {**body, field: odd}}))
    whole = read(answer(body))
    assert {f: getattr(result, f) for f in required} == {f: getattr(whole, f) for f in required}


@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_a_field_may_be_missing(name, field):
    read, body, _ = EXAMPLES[name]
    left = {f: value for f, value in body.items() if f != field}
    assert getattr(read(answer(left)), field) in (None, 0.0, "")


@pytest.mark.parametrize("odd", ["missing", None, [], {}], ids=repr)
@pytest.mark.parametrize(("name", "field"), REQUIRED)
def test_an_answer_without_what_it_is_about_is_an_error(name, field, odd):
    read, body, _ = EXAMPLES[name]
    broken = {f: value for f, value in body.items() if f != field}
    if odd != "missing":
        broken[field] = odd
    with pytest.raises(InvalidResponseError, match=field):
        read(answer({"data": broken}))


@pytest.mark.parametrize("body", [[], {}, None, "ok", 7, {"data": None}, {"data": []}], ids=repr)
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_answer_of_another_shape_is_an_error(name, body):
    with pytest.raises(InvalidResponseError):
        EXAMPLES[name][0](answer(body))


def test_a_failed_job_tells_why():
    result = readers.job_result(answer({"data": FAILED}))
    assert (result.status, result.error_reason) == (JobStatus.ERROR, "INPUT_TOO_LARGE")
    assert (result.retryable, result.refunded, result.price.amount) == (False, True, 0)


# -- models ------------------------------------------------------------------------------------

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


def models(body):
    return readers.models(answer(body))


def test_a_page_of_models_is_read_to_its_leaves():
    page = models(PAGE)
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
    ("sent", "read"),
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
def test_inference_types_are_read_from_a_list_and_from_the_keys_of_an_object(sent, read):
    (model,) = models({"data": [{**FLUX, "inference_types": sent}]}).data
    assert model.inference_types == read


@pytest.mark.parametrize(
    ("sent", "read"),
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
def test_what_php_sends_for_nothing_is_an_empty_object_in_specs(sent, read):
    (model,) = models({"data": [{**FLUX, "info": sent}]}).data
    assert model.specs == read


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
def test_a_page_of_models_is_read_whatever_is_around_them(body):
    page = models(body)
    assert [model.slug for model in page.data] == ["Flux1schnell", "Kokoro"]
    assert (page.meta.current_page, page.meta.last_page) == (1, 1)
    assert page.links == PaginationLinks()


@pytest.mark.parametrize("odd", [None, [], {}, "", "?", -1, [None], [[]], {"0": None}], ids=repr)
@pytest.mark.parametrize("field", [*FLUX, *KOKORO])
def test_a_model_with_an_odd_field_does_not_cost_the_others(field, odd):
    strange, flux = models({"data": [{**KOKORO, **FLUX, field: odd}, FLUX]}).data
    assert flux == ModelInfo.model_validate(FLUX)
    same = (name for name in FLUX if name != field)
    assert all(getattr(strange, name) == getattr(flux, name) for name in same)


@pytest.mark.parametrize("body", [{}, {"message": "no"}, None, "ok", {"data": "?"}], ids=repr)
def test_what_is_no_page_of_models_is_an_error(body):
    with pytest.raises(InvalidResponseError):
        models(body)


def test_a_model_can_be_made_by_hand_as_the_reference_describes_it():
    model = ModelInfo(name="Any", inference_types=["txt2img"], specs={"limits": {}})
    assert model.specs == {"limits": {}}


@pytest.mark.parametrize(
    ("preview", "picture"),
    [
        ("/9j/4A==", b"\xff\xd8\xff\xe0"),
        ("data:image/jpeg;base64,/9j/4A==", b"\xff\xd8\xff\xe0"),
        ("data:text/html;base64,/9j/4A==", None),
        ("https://results.example/preview.jpg", None),
        ("https://results.example/a,b", None),
        ("not base64!", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_preview_is_decoded_from_either_form_and_nothing_else_is(preview, picture):
    result = JobResult.model_validate({"status": "processing", "preview": preview})
    assert result.preview_image() == picture
