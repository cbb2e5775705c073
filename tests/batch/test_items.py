"""Planning: what the resources of a batch accept, and what they return."""

import copy
import inspect
import os
import pickle
import typing

import pytest
from PIL import Image

from deapi import DeapiError, JournalError
from deapi.batch import BatchItem
from deapi.batch.summary import summarize
from support.batches import FLUX

RESOURCES = ("images", "video", "audio", "transcription", "embeddings", "ocr")


@pytest.fixture
def client(emulator):
    with emulator.client() as client:
        yield client


@pytest.fixture
def batch(client):
    with client.batch() as batch:
        yield batch


def public(resource):
    return [name for name in dir(type(resource)) if not name.startswith("_")]


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_resource_of_a_batch_has_the_methods_and_arguments_of_the_client(client, batch, resource):
    theirs, ours = getattr(client, resource), getattr(batch, resource)
    assert public(ours) == public(theirs)
    for name in public(ours):
        expected = inspect.signature(getattr(theirs, name))
        found = inspect.signature(getattr(ours, name))
        assert str(found).split(" -> ")[0] == str(expected).split(" -> ")[0]
        if not name.endswith("_price"):
            hints = typing.get_type_hints(getattr(type(ours), name))
            assert hints["return"] is BatchItem


def test_planning_sends_nothing(emulator, batch):
    item = (
        batch.images.generate(prompt="a fox", seed=1, **FLUX).key("fox").tag(animal="fox", legs=4)
    )
    assert item.operation == "images.generate"
    assert item.arguments == {"prompt": "a fox", "seed": 1, **FLUX}
    assert item.tags == {"animal": "fox", "legs": 4}
    assert (item.state, item.result, item.error, item.request_id) == ("planned", None, None, None)
    assert batch.items() == [item]
    assert batch.summary().planned == 1
    assert repr(item) == "BatchItem(operation='images.generate', state='planned')"
    assert emulator.requests == []


def test_a_summary_before_a_run_does_not_count_the_items_of_the_journal_twice(emulator, tmp_path):
    def plan(batch):
        for seed in range(2):
            batch.images.generate(prompt="a fox", seed=seed, **FLUX)

    with emulator.client() as client, client.batch(tmp_path / "run.db") as batch:
        plan(batch)
        assert batch.summary().total == 2
        list(batch.run())
    with emulator.client() as client, client.batch(tmp_path / "run.db") as batch:
        plan(batch)
        assert (batch.summary().total, batch.summary().done) == (2, 2)
        assert list(batch.run()) == []
        batch.images.generate(prompt="an owl", seed=1, **FLUX)
        assert (batch.summary().total, batch.summary().planned) == (3, 1)


def test_a_summary_after_the_end_of_the_batch_names_the_block(emulator):
    with emulator.client() as client, client.batch() as batch:
        batch.images.generate(prompt="a fox", seed=1, **FLUX)
        assert batch.summary().planned == 1
    with pytest.raises(JournalError, match=r"closed\. Call run\(\) and summary\(\) in the `with`"):
        batch.summary()


def test_a_sum_of_prices_has_no_more_digits_than_prices():
    assert 0.1 + 0.2 != 0.3
    assert summarize({"done": 2}, 0.1 + 0.2).spent == 0.3
    assert summarize({"done": 1}, 3.4e-07).spent == 3.4e-07


def test_invalid_arguments_raise_when_an_item_is_planned(batch):
    with pytest.raises(TypeError, match="prompt is required"):
        batch.images.generate(prompt=None, seed=1, **FLUX)
    with pytest.raises(TypeError):
        batch.images.generate(prompt="a fox")
    with pytest.raises(ValueError, match="does not accept 'quality' with API v1"):
        batch.images.generate(prompt="a fox", seed=1, quality="high", **FLUX)
    with pytest.raises(ValueError, match="finite"):
        batch.images.generate(prompt="a fox", seed=1, guidance=float("nan"), **FLUX)
    assert batch.items() == []


def test_a_file_object_cannot_be_planned(batch, tmp_path):
    (tmp_path / "fox.png").write_bytes(b"fox")
    with (tmp_path / "fox.png").open("rb") as file, pytest.raises(TypeError, match="image cannot"):
        batch.images.upscale(image=file, model="RealESRGAN_x4")
    with pytest.raises(TypeError, match=r"images\[1\] cannot be planned"):
        batch.images.transform(
            prompt="merge", model="Flux_2_Klein_4B_BF16", seed=1, images=[b"fox", object()]
        )


def test_files_are_described_without_their_content(batch, tmp_path):
    item = batch.images.upscale(image=tmp_path / "fox.png", model="RealESRGAN_x4")
    assert item.arguments["image"] == str(tmp_path / "fox.png")
    item = batch.images.upscale(image=("a.png", b"fox"), model="RealESRGAN_x4")
    assert item.arguments["image"] == "<3 bytes>"


def test_a_path_of_bytes_is_that_of_a_file(emulator, run_batch, tmp_path):
    Image.new("RGB", (256, 256)).save(tmp_path / "fox.png")
    (path,) = os.scandir(os.fsencode(tmp_path))
    plan = lambda batch: batch.images.upscale(image=path, model="RealESRGAN_x4")  # noqa: E731
    outcome = run_batch(emulator, plan)
    assert outcome.states() == ["done"]
    assert outcome.items[0].arguments["image"] == str(tmp_path / "fox.png")


@pytest.mark.parametrize("model", [["Flux1schnell"], {"slug": "Flux1schnell"}, 7])
def test_a_model_that_is_not_a_string_fails_its_item_only(emulator, run_batch, model):
    def plan(batch):
        batch.images.generate(prompt="a fox", seed=1, **{**FLUX, "model": model})
        batch.images.generate(prompt="a fox", seed=1, **FLUX)

    outcome = run_batch(emulator, plan)
    assert outcome.states() == ["failed", "done"]
    assert "model" in str(outcome.items[0].error)


def test_secrets_are_not_shown(emulator):
    with emulator.client(api_version="v2") as client, client.batch() as batch:
        item = batch.images.generate(
            prompt="a fox",
            seed=1,
            webhook_url="https://example.com/hook",
            webhook_secret="s" * 40,
            **FLUX,
        )
    assert "webhook_secret" not in item.arguments
    assert "webhook_url" in item.arguments


def test_price_methods_of_a_batch_name_those_of_the_client(batch):
    with pytest.raises(DeapiError, match=r"client\.images\.generate_price\(\)"):
        batch.images.generate_price(prompt="a fox", seed=1, **FLUX)


@pytest.mark.parametrize(
    ("method", "value", "error"),
    [
        ("key", "", ValueError),
        ("key", "k" * 501, ValueError),
        ("key", "fox\ud800", ValueError),
        ("key", 7, TypeError),
        ("save", "", TypeError),
        ("save", "fox\udce9.png", ValueError),
        ("save", 7, TypeError),
        ("save", b"fox.png", TypeError),
    ],
)
def test_invalid_keys_and_paths_are_rejected(batch, method, value, error):
    item = batch.images.generate(prompt="a fox", seed=1, **FLUX)
    with pytest.raises(error):
        getattr(item, method)(value)


def test_invalid_tags_are_rejected(batch):
    item = batch.images.generate(prompt="a fox", seed=1, **FLUX)
    with pytest.raises(TypeError, match="names must be"):
        item.tag(names=["fox"])
    for value in (float("nan"), float("-inf"), "fox\udce9"):
        with pytest.raises(ValueError, match="name cannot be written to a journal as JSON"):
            item.tag(group=None, name=value)
    assert item.tags == {}
    assert item.tag(group=None, name="fuchs\xfc", size=1.5).tags["group"] is None


@pytest.mark.parametrize(
    "options",
    [
        {"concurrency": 0},
        {"concurrency": 1001},
        {"concurrency": 2.5},
        {"budget": 0},
        {"budget": float("inf")},
        {"budget": 10**400},
        {"budget": "5"},
        {"retries": -1},
    ],
)
def test_invalid_options_are_rejected(client, options):
    with pytest.raises((ValueError, TypeError), match=next(iter(options))):
        client.batch(**options)


def test_an_item_of_a_run_cannot_be_changed(batch):
    item = batch.images.generate(prompt="a fox", seed=1, **FLUX)
    assert list(batch.run()) == [item]
    with pytest.raises(DeapiError, match="before run"):
        item.save("fox.png")


def test_a_pickled_item_is_a_record_without_its_batch(emulator, tmp_path):
    emulator.fail_jobs(retryable=False)
    with emulator.client(api_version="v2") as client, client.batch() as batch:
        for seed in (1, 2):
            item = batch.images.generate(
                prompt="a fox",
                seed=seed,
                webhook_url="https://shop.example/deapi",
                webhook_secret="secret-of-the-webhook-which-is-long",
                **FLUX,
            )
            item.tag(number=seed).save(tmp_path / f"{seed}.png")
        finished = list(batch.run())
    assert {item.state for item in finished} == {"saved", "failed"}
    for item in finished:
        pickled = pickle.dumps(item)
        assert b"secret-of" not in pickled
        assert emulator.api_key.encode() not in pickled
        for record in (pickle.loads(pickled), copy.copy(item), copy.deepcopy(item)):
            assert repr(record) == repr(item)
            assert (record.arguments, record.tags) == (item.arguments, item.tags)
            assert (record.result, record.path) == (item.result, item.path)
            assert str(record.error) == str(item.error)
            for name, arguments in (("tag", ()), ("key", ("x",)), ("save", ("x.png",))):
                with pytest.raises(DeapiError, match="a copy of an item"):
                    getattr(record, name)(*arguments)
