"""Both clients offer the same operations, those of the reference, and send the same for each."""

import contextlib
import inspect
import re

import pytest

from deapi import AsyncDeapiClient, AsyncJob, DeapiClient, Job
from deapi._transport.routes import V1
from support import behaviours as b
from support.arrivals import steady
from support.blocking import Connector
from support.call import answer_to
from support.calls import CALLS
from support.weather import WeatherServer

RESOURCES = (
    "images",
    "audio",
    "video",
    "transcription",
    "embeddings",
    "ocr",
    "prompts",
    "models",
)
REQUIRED = inspect.Parameter.empty


def signature(required, optional="", **defaults):
    """Parameters in order, with their defaults; those of `optional` have None."""
    return [
        *((name, REQUIRED) for name in required.split()),
        *((name, None) for name in optional.split()),
        *defaults.items(),
    ]


_FILM = "model width height frames fps"
_GENERATE_VIDEO = "prompt model width height steps seed frames fps"
_INLINE = "return_result_in_response webhook_url"

REFERENCE = {
    "images.generate": signature(
        "prompt model width height seed", "negative_prompt loras guidance steps webhook_url"
    ),
    "images.generate_price": signature(
        "prompt model width height seed", "negative_prompt loras guidance steps"
    ),
    "images.transform": signature(
        "prompt model steps seed",
        "image images negative_prompt loras width height guidance webhook_url",
    ),
    "images.transform_price": signature("prompt model steps seed", "loras guidance"),
    "images.upscale": signature("image model", "webhook_url"),
    "images.upscale_price": signature("model", "image width height"),
    "images.remove_background": signature("image model", "webhook_url"),
    "images.remove_background_price": signature("model", "image width height"),
    "audio.synthesize": signature(
        "text model lang format speed sample_rate",
        "mode voice ref_audio ref_text instruct webhook_url",
    ),
    "audio.synthesize_price": signature(
        "model lang format speed sample_rate", "text count_text mode voice instruct"
    ),
    "audio.compose": signature(
        "caption model duration inference_steps guidance_scale seed format",
        "lyrics bpm keyscale timesignature vocal_language webhook_url",
    ),
    "audio.compose_price": signature("model duration inference_steps"),
    "video.generate": signature(_GENERATE_VIDEO, "negative_prompt guidance webhook_url"),
    "video.generate_price": signature(_GENERATE_VIDEO, "negative_prompt guidance"),
    "video.animate": signature(
        "prompt model first_frame_image seed width height frames fps",
        "negative_prompt last_frame_image guidance steps webhook_url",
    ),
    "video.animate_price": signature(_FILM, "steps guidance"),
    "video.generate_from_audio": signature(
        "prompt audio model width height seed frames fps",
        "negative_prompt first_frame_image last_frame_image guidance steps webhook_url",
    ),
    "video.generate_from_audio_price": signature(_FILM, "guidance steps"),
    "video.replace": signature(
        "video ref_image model", "prompt width height steps seed webhook_url"
    ),
    "video.replace_price": signature("model", "video duration width height"),
    "video.upscale": signature("video model", "webhook_url"),
    "video.upscale_price": signature("model", "video width height"),
    "video.remove_background": signature("video model", "webhook_url"),
    "video.remove_background_price": signature("model", "video width height"),
    "transcription.create": signature("include_ts model", f"source_url source_file {_INLINE}"),
    "transcription.create_price": signature(
        "include_ts model", "source_url source_file duration_seconds"
    ),
    "transcription.from_video_url": signature("video_url include_ts model", _INLINE),
    "transcription.from_video_url_price": signature(
        "include_ts model", "video_url duration_seconds"
    ),
    "transcription.from_audio_url": signature("audio_url include_ts model", _INLINE),
    "transcription.from_audio_url_price": signature(
        "include_ts model", "audio_url duration_seconds"
    ),
    "transcription.from_audio_file": signature("audio include_ts model", _INLINE),
    "transcription.from_audio_file_price": signature("include_ts model", "audio duration_seconds"),
    "transcription.from_video_file": signature("video include_ts model", _INLINE),
    "transcription.from_video_file_price": signature("include_ts model", "video duration_seconds"),
    "embeddings.create": signature("input model", _INLINE),
    "embeddings.create_price": signature("input model", "return_result_in_response"),
    "ocr.extract": signature("image model", f"language format {_INLINE}"),
    "ocr.extract_price": signature("model", "image width height"),
    "prompts.enhance_image": signature("prompt", "negative_prompt"),
    "prompts.enhance_image_price": signature("prompt", "negative_prompt"),
    "prompts.enhance_video": signature("prompt", "negative_prompt image"),
    "prompts.enhance_video_price": signature("prompt", "negative_prompt"),
    "prompts.enhance_speech": signature("prompt", "lang_code"),
    "prompts.enhance_speech_price": signature("prompt", "lang_code"),
    "prompts.enhance_image2image": signature("prompt image", "negative_prompt"),
    "prompts.enhance_image2image_price": signature("prompt", "negative_prompt"),
    "prompts.samples": signature("type", "topic lang_code"),
    "prompts.samples_price": signature("type", "topic lang_code"),
    "models.list": signature("", per_page=15, page=1, inference_types=None),
}

OURS = {"models.get", "models.iterate"}
"""What the reference does not have."""


@pytest.fixture(scope="module")
def clients():
    return {
        "sync": DeapiClient(api_key="1|k", base_url="http://127.0.0.1:9"),
        "async": AsyncDeapiClient(api_key="1|k", base_url="http://127.0.0.1:9"),
    }


def operations(client):
    """Every public method of every resource of a client, by its dotted name."""
    return {
        f"{resource}.{name}": method
        for resource in RESOURCES
        for name, method in inspect.getmembers(getattr(client, resource), inspect.isroutine)
        if not name.startswith("_")
    }


def resource_attributes(client):
    return {name for name, value in vars(client).items() if hasattr(value, "_transport")}


def test_both_clients_have_the_resources_of_the_reference(clients):
    for client in clients.values():
        assert resource_attributes(client) == set(RESOURCES)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_has_the_operations_of_the_reference_and_two_of_its_own(clients, kind):
    assert set(operations(clients[kind])) == {*REFERENCE, *OURS}


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("operation", REFERENCE)
def test_an_operation_takes_the_arguments_of_the_reference(clients, kind, operation):
    parameters = inspect.signature(operations(clients[kind])[operation]).parameters.values()
    assert [(p.name, p.default) for p in parameters] == REFERENCE[operation]
    assert {p.kind for p in parameters} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("operation", [*REFERENCE, *sorted(OURS)])
def test_an_operation_is_the_same_in_both_clients_but_awaited_in_one(clients, operation):
    plain, awaited = (operations(clients[kind])[operation] for kind in ("sync", "async"))
    same = [inspect.signature(method).parameters for method in (plain, awaited)]
    assert list(same[0].items()) == list(same[1].items())
    assert plain.__doc__ == awaited.__doc__
    assert not inspect.iscoroutinefunction(plain)
    assert inspect.iscoroutinefunction(awaited) is (operation != "models.iterate")


@pytest.mark.parametrize("operation", [*REFERENCE, *sorted(OURS)])
def test_a_docstring_describes_every_argument_and_names_the_endpoint(clients, operation):
    method = operations(clients["sync"])[operation]
    text = inspect.getdoc(method)
    described = re.findall(
        r"^    (\w+): ", text.partition("Args:")[2].partition("\n\n")[0], re.MULTILINE
    )
    assert described == list(inspect.signature(method).parameters)
    route = V1.routes[operation if operation in V1.routes else "models.list"]
    verb = "GET" if route.encoding == "query" else "POST"
    assert text.splitlines()[-1] == f"Endpoint: ``{verb} {route.path}``."


@pytest.mark.parametrize(
    "pair", [(DeapiClient, AsyncDeapiClient), (Job, AsyncJob)], ids=["clients", "jobs"]
)
def test_clients_and_jobs_have_the_same_methods_of_both_kinds(pair):
    plain, awaited = (dict(inspect.getmembers(kind, inspect.isroutine)) for kind in pair)
    for name in {n for n in (*plain, *awaited) if not n.startswith("_")} | {"__init__"}:
        same = [inspect.signature(methods[name]).parameters for methods in (plain, awaited)]
        assert [(p.name, p.kind, p.default) for p in same[0].values()] == [
            (p.name, p.kind, p.default) for p in same[1].values()
        ]


def test_every_operation_has_a_row_in_the_table_of_calls():
    called = {call.operation for call in CALLS}
    assert {*REFERENCE, *OURS, "balance"} - called == {"models.iterate"}
    assert called | {"jobs.status"} == {*V1.routes, "models.get"}


@pytest.fixture(scope="module")
def server():
    with WeatherServer(b.answer_from(answer_to)) as server:
        yield server


@pytest.fixture(scope="module")
def connected(server):
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(contextlib.closing(Connector(kind)))(server.url)
            for kind in ("sync", "async")
        ]


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_both_clients_send_the_same_bytes(server, connected, call):
    sent = []
    for client in connected:
        call.on(client)
        sent.append(steady(server.requests[-1]))
    assert sent[0] == sent[1]
