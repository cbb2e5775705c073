"""Attributes and arguments that do not exist: the error names the public class and suggests one."""

import inspect

import pytest

import deapi
from deapi import AsyncDeapiClient, DeapiClient, _suggestions, types
from deapi.resources._base import Resource

CLIENTS = pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])


@CLIENTS
@pytest.mark.parametrize(
    ("owner", "name", "suggestion"),
    [
        ("", "videos", "'video'"),
        ("", "image", "'images'"),
        ("images", "create", "'generate'"),
        ("images", "genrate", "'generate'"),
        ("account", "balance", "'billing'"),
        ("audio", "speak", "'synthesize'"),
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
        (
            lambda client: client.job("an id").result(timeout=5),
            r"Job.result\(\) got .* 'timeout'. Did you mean 'max_wait'\?$",
        ),
        (
            lambda client: client.job("an id").save("fox.png", on_progress=print),
            r"Job.save\(\) got .* 'on_progress'. Did you mean 'on_update'\?$",
        ),
        (
            lambda client: client.models.list(type="txt2img"),
            r"Models.list\(\) got .* 'type'. Did you mean 'inference_types'\?$",
        ),
        (
            lambda client: client.transcription.create(file="talk.mp3"),
            r"Transcription.create\(\) got .* 'file'. Did you mean 'source_file'\?$",
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
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda client: client.images.generate("a fox"),
            r"Images.generate\(\) takes .* given. "
            r"Pass arguments by name, for example prompt=\.\.\.$",
        ),
        (
            lambda client: client.images.generate("a fox", model="m"),
            r"Images.generate\(\) takes .* given. "
            r"Pass arguments by name, for example prompt=\.\.\.$",
        ),
        (
            lambda client: client.job("an id").save("fox.png", 5),
            r"Job.save\(\) takes .* given. Pass arguments by name, for example format=\.\.\.$",
        ),
        (
            lambda client: type(client)("k"),
            r"DeapiClient.__init__\(\) takes .* given. "
            r"Pass arguments by name, for example api_key=\.\.\.$",
        ),
        (lambda client: client.balance(1), r"DeapiClient.balance\(\) takes .* were given$"),
    ],
)
async def test_an_argument_without_a_name_is_explained(client_class, call, message):
    with pytest.raises(TypeError, match=message):
        await call(client_class(api_key="k"))


def test_each_name_of_another_library_stands_for_an_argument_that_exists():
    client = DeapiClient(api_key="k")
    owners = [client, client.job("an id")]
    owners += [
        value for value in map(client.__getattribute__, dir(client)) if isinstance(value, Resource)
    ]
    methods = [method for owner in owners for method in vars(type(owner)).values()]
    arguments = {
        name
        for method in methods
        if inspect.isfunction(method)
        for name in inspect.signature(method).parameters
    }
    for names in _suggestions._OTHER_ARGUMENTS.values():
        assert set(names) <= arguments


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
        (client.batch().images.upscale(image=b"x", model="m"), "wait", r"Batch\.run"),
        (client.transcription, "transcribe", "create"),
        (client.embeddings, "embed", "create"),
        (client.ocr, "create", "extract"),
    ):
        with pytest.raises(AttributeError, match=rf"attribute '{name}'. .* '{suggestion}'\?$"):
            getattr(target, name)


@pytest.mark.parametrize(
    ("result", "name", "suggestion"),
    [
        (types.JobResult(status="done"), "url", "result_url"),
        (types.JobResult(status="done"), "save", "Job.save"),
        (types.JobResult(status="done"), "id", "request_id"),
        (types.JobResult(status="done"), "progres", "progress"),
        (types.ModelInfo(slug="a"), "id", "slug"),
        (types.Transcript(), "save", "Job.save"),
        (types.Transcript(), "srt", "to_srt"),
        (types.Balance(balance=1), "balence", "balance"),
    ],
)
def test_a_name_that_a_result_does_not_have_gets_a_suggestion(result, name, suggestion):
    with pytest.raises(AttributeError, match=rf"no attribute '{name}'. .* '{suggestion}'\?$") as it:
        getattr(result, name)
    assert (it.value.name, it.value.obj) == (name, None)


def test_an_unknown_field_of_a_response_is_read_without_a_suggestion():
    result = types.JobResult.model_validate({"status": "done", "url": "https://x.example"})
    assert result.url == "https://x.example"
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        result.nonsense
    with pytest.raises(AttributeError, match=r"no attribute '_repr_png_'$"):
        result._repr_png_


def test_a_misspelled_name_of_the_package_is_suggested():
    with pytest.raises(AttributeError, match=r"attribute 'DeApiClient'. .* 'DeapiClient'\?$"):
        deapi.DeApiClient
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        deapi.nonsense
