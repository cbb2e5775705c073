"""Editors and notebooks that use jedi complete resources, methods, arguments and results."""

import jedi
import pytest

SYNC = """
from deapi import DeapiClient
client = DeapiClient()
job = client.images.generate(prompt="a fox", model="x", width=512, height=512, seed=1)
price = client.images.generate_price(prompt="a fox", model="x", width=512, height=512, seed=1)
result = job.wait()
page = client.models.list()
"""
ASYNC = """
from deapi import AsyncDeapiClient
client = AsyncDeapiClient()
job = client.job("an id")
"""
PROJECT = jedi.Project(".", added_sys_path=["src"])


def completions(program, expression):
    script = jedi.Script(program + expression, project=PROJECT)
    return {completion.name for completion in script.complete()}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("client.", {"images", "current_key", "balance", "job", "with_options"}),
        ("client.images.", {"generate", "transform", "upscale", "upscale_price"}),
        ("client.images.generate(", {"prompt=", "width=", "enhance_prompt="}),
        ("job.", {"wait", "save", "status", "updates", "request_id"}),
        ("price.", {"price", "is_estimated"}),
        ("result.", {"result_url", "progress", "transcript", "raise_for_error"}),
        ("page.", {"data", "meta", "links"}),
        ("client.keys.create(name='ci').", {"secret", "expires_at"}),
        ("client.job('an id').wait().", {"result_url"}),
        ("client.balance().", {"balance"}),
    ],
)
def test_the_sync_client_completes(expression, expected):
    assert expected <= completions(SYNC, expression)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("client.", {"images", "current_key", "balance", "job", "with_options"}),
        ("client.images.", {"generate", "transform", "upscale", "upscale_price"}),
        ("client.images.generate(", {"prompt=", "width=", "enhance_prompt="}),
        ("job.", {"wait", "save", "status", "updates", "request_id"}),
    ],
)
def test_the_async_client_completes(expression, expected):
    assert expected <= completions(ASYNC, expression)


@pytest.mark.parametrize("method", ["images.generate", "images.upscale_price", "keys.create"])
def test_a_call_shows_its_arguments(method):
    (signature,) = jedi.Script(f"{SYNC}client.{method}(", project=PROJECT).get_signatures()
    names = {parameter.name for parameter in signature.params}
    assert names & {"prompt", "image", "name"}
    assert not any("JobT" in parameter.to_string() for parameter in signature.params)
