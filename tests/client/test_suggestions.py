"""Attributes and arguments that do not exist: the error names the public class and suggests one."""

import pytest

import deapi
from deapi import AsyncDeapiClient, DeapiClient

CLIENTS = pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])


@CLIENTS
@pytest.mark.parametrize(
    ("owner", "name", "suggestion"),
    [
        ("", "videos", "'video'"),
        ("", "image", "'images'"),
        ("images", "create", "'generate'"),
        ("images", "genrate", "'generate'"),
        ("audio", "speech", "'synthesize'"),
        ("video", "create", "'generate'"),
    ],
)
def test_a_similar_attribute_is_suggested(client_class, owner, name, suggestion):
    client = client_class(api_key="k")
    target = getattr(client, owner) if owner else client
    with pytest.raises(AttributeError) as caught:
        getattr(target, name)
    assert str(caught.value) == (
        f"'{type(target).__name__}' object has no attribute '{name}'. Did you mean {suggestion}?"
    )
    assert caught.value.name == name
    assert caught.value.obj is None, "otherwise tracebacks add a second suggestion"


def test_a_result_is_not_looked_for_on_the_job():
    with pytest.raises(AttributeError, match=r"'Job' object .* mean 'result\(\)\.result_url'\?$"):
        DeapiClient(api_key="k").job("an id").result_url
    with pytest.raises(
        AttributeError, match=r"'AsyncJob' object .* '\(await job\.result\(\)\)\.pr"
    ):
        AsyncDeapiClient(api_key="k").job("an id").progress


@CLIENTS
def test_nothing_is_suggested_for_names_that_resemble_none(client_class):
    client = client_class(api_key="k")
    for target in (client, client.images, client.job("an id")):
        for name in ("nonsense", "_private", "__wrapped__"):
            with pytest.raises(AttributeError, match=f"has no attribute '{name}'$"):
                getattr(target, name)
            assert not hasattr(target, name)


@CLIENTS
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda client: client.images.generate(negativ_prompt="x"),
            r"Images.generate\(\) got an unexpected keyword argument 'negativ_prompt'. "
            r"Did you mean 'negative_prompt'\?$",
        ),
        (
            lambda client: client.job("an id").wait(max_wiat=5),
            r"Job.wait\(\) got an unexpected keyword argument 'max_wiat'. "
            r"Did you mean 'max_wait'\?$",
        ),
        (
            lambda client: client.job("an id").wait(nonsense=5),
            r"Job.wait\(\) got an unexpected keyword argument 'nonsense'$",
        ),
        (
            lambda client: type(client)(apikey="k"),
            r"DeapiClient.__init__\(\) got an unexpected keyword argument 'apikey'. "
            r"Did you mean 'api_key'\?$",
        ),
    ],
)
async def test_a_misspelled_argument_names_the_public_method_and_the_right_argument(
    client_class, call, message
):
    with pytest.raises(TypeError, match=message) as caught:
        await call(client_class(api_key="k"))
    assert str(caught.value).startswith("Async") == (client_class is AsyncDeapiClient)


@CLIENTS
async def test_an_error_inside_a_method_gets_no_suggestion(client_class, monkeypatch):
    def submit():
        raise NotImplementedError

    def fail(*_arguments):
        submit(negativ_prompt=1)

    client = client_class(api_key="k")
    monkeypatch.setattr(type(client.images), "_submit", fail)
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'negativ_prompt'$"):
        await client.images.generate(prompt="p", model="m", width=512, height=512, steps=1, seed=1)


@CLIENTS
def test_names_of_other_libraries_are_suggested_on_jobs_and_resources(client_class):
    client = client_class(api_key="k")
    job = client.job("an id")
    for target, name, suggestion in (
        (job, "id", "request_id"),
        (job, "download", "save"),
        (job, "get", "result"),
        (job, "url", r".*result\(\)\)?\.result_url"),
        (client.transcription, "transcribe", "create"),
        (client.embeddings, "embed", "create"),
        (client.ocr, "create", "extract"),
    ):
        with pytest.raises(AttributeError, match=rf"attribute '{name}'. .* '{suggestion}'\?$"):
            getattr(target, name)


def test_a_misspelled_name_of_the_package_is_suggested():
    with pytest.raises(AttributeError, match=r"attribute 'DeApiClient'. .* 'DeapiClient'\?$"):
        deapi.DeApiClient
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        deapi.nonsense
