"""Attributes and arguments that do not exist: the error names the public class and suggests one."""

import pytest

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
async def test_a_misspelled_argument_names_the_public_method(client_class):
    client = client_class(api_key="k")
    name = f"{type(client.images).__name__}.generate"
    with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'negativ"):
        await client.images.generate(negativ_prompt="x")
    name = f"{type(client.job('an id')).__name__}.wait"
    with pytest.raises(
        TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'timeout'"
    ):
        await client.job("an id").wait(timeout=5)
