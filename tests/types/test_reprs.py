"""Reprs fit in two lines, and show neither empty fields nor secrets."""

import copy
import pickle

import pytest

import deapi
from deapi import types
from deapi._rate_limits import rate_limit_of
from support.account_samples import BILLING, KEY, NEW_KEY, PAYMENT, SECRET, USAGE

HOSTILE = "\x1b[31m\u202e\x00\n" + "x" * 100_000
WIDTH = 160
MODELS = [getattr(types, name) for name in types.__all__ if name != "LoraWeight"]


def fill(model, value):
    """Return an instance with `value` in every field, without validation."""
    return model.model_construct(**dict.fromkeys(model.model_fields, value))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("value", [HOSTILE, [HOSTILE], {HOSTILE: HOSTILE}, [{}] * 999, 10**300])
def test_a_repr_is_printable_and_fits_in_two_lines(model, value):
    if issubclass(model, types.KeysPage | types.PaymentsPage | types.ModelsResponse):
        item = fill(types.ModelInfo, value)
        instance = model.model_construct(data=[item] * 50, links=None, meta=types.PaginationMeta())
    else:
        instance = fill(model, value)
    if model is types.Transcript:
        instance.segments = [types.TranscriptSegment()]
    for shown in (repr(instance), str(instance), f"{instance}"):
        assert shown.isprintable()
        assert len(shown) <= WIDTH
        assert shown == repr(instance)


@pytest.mark.parametrize("model", MODELS)
def test_a_repr_shows_no_unknown_field(model):
    instance = fill(model, None)
    instance.__pydantic_extra__ = {"webhook_secret": "hidden-value"}
    if hasattr(instance, "data"):
        instance.data, instance.meta = [], types.PaginationMeta()
    assert "hidden" not in repr(instance)
    assert "None" not in repr(instance)


JOB = {"request_id": "job-1", "status": "done"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "progress=0.0"),
        ({"preview": "/9j/" + "A" * 2664}, "preview=<2.0 kB jpeg>"),
        ({"preview": "data:image/png;base64,iVBORw0K"}, "preview=<6 bytes png>"),
        (
            {"preview": "https://r.example/p.jpg?X-Sig=hidden"},
            "preview='https://r.example/p.jpg?…'",
        ),
        ({"result_url": "https://r.example/a.png?k=hidden"}, "'https://r.example/a.png?…'"),
        ({"result": "text " * 5_000}, "result='text text text"),
        ({"result": "[[0.1, 0.2], [3e-2, 4]]"}, "result=<2 vectors of 2 numbers>"),
        ({"result": "[-1, 2, 3]"}, "result=<1 vector of 3 numbers>"),
        ({"price": {"amount": 0.5}}, "price=JobPrice(amount=0.5)"),
        ({"status": "odd"}, "JobResult(request_id='job-1', status='odd'"),
    ],
)
def test_the_repr_of_a_job_result_is_short(fields, expected):
    shown = repr(types.JobResult.model_validate({**JOB, **fields}))
    assert shown.startswith("JobResult(request_id='job-1', status=")
    assert expected in shown
    assert "hidden" not in shown
    assert len(shown) <= WIDTH


def test_the_repr_of_a_page_has_the_number_of_items_and_their_names():
    models = [{"name": f"Name {i}", "slug": f"slug-{i}"} for i in range(15)]
    meta = {"current_page": 1, "last_page": 2, "total": 30}
    page = types.ModelsResponse.model_validate({"data": models, "meta": meta})
    assert repr(page) == (
        "ModelsResponse(page=<1 of 2>, total=30, "
        "data=<15 items: 'slug-0', 'slug-1', 'slug-2', 'slug-3', 'slug-4', …>)"
    )
    assert repr(types.ModelsResponse.model_validate({"data": models[:1]})) == (
        "ModelsResponse(data=<1 item: 'slug-0'>)"
    )
    assert repr(types.PaymentsPage.model_validate({"data": [PAYMENT]})) == (
        "PaymentsPage(data=<1 item>)"
    )


def test_the_repr_of_a_transcript_has_its_duration():
    transcript = types.Transcript.parse("[0:01 - 0:02]  Hello,\n[1:02 - 1:04]  world.")
    assert repr(transcript) == (
        "Transcript(text='Hello, world.', segments=<2 segments until 64.0 s>)"
    )


def test_the_repr_of_a_new_key_does_not_have_its_secret():
    key = types.NewApiKey.model_validate({**KEY, **NEW_KEY})
    assert SECRET not in f"{key} {key!r} {[key]}"


def test_a_repr_does_not_change_equality_copies_or_pickles():
    for model, body in ((types.Usage, USAGE), (types.Billing, BILLING), (types.JobResult, JOB)):
        value = model.model_validate(body)
        repr(value)
        for other in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            assert other == value
            assert repr(other) == repr(value)


def test_the_repr_of_a_rate_limit_is_short():
    headers = {
        "x-ratelimit-limit": "3",
        "x-ratelimit-remaining": "2",
        "x-ratelimit-reset": "1790000000",
        "x-ratelimit-daily-limit": "9" * 1000,
        "x-ratelimit-source": HOSTILE,
        "x-ratelimit-policy": HOSTILE,
    }
    limit = rate_limit_of("images.generate", headers)
    assert repr(limit).startswith(
        "RateLimit(operation='images.generate', minute=<2 of 3 left>, day=<? of 999"
    )
    assert repr(limit).isprintable()
    assert len(repr(limit)) <= WIDTH
    assert len(limit.policy) <= 200


def test_an_unknown_status_has_a_short_repr():
    status = deapi.JobStatus(HOSTILE)
    assert status.value == HOSTILE
    for shown in (repr(status), status.name):
        assert shown.isprintable()
        assert len(shown) <= WIDTH
    assert repr(deapi.JobStatus.DONE) == "<JobStatus.DONE: 'done'>"
