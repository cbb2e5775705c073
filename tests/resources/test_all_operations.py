"""Rules that hold for every operation, or for every submission."""

import dataclasses
import inspect

import pytest

import deapi
from support import server_behaviors as behaviors
from support.call_table import WEBHOOK
from support.calls import CALLS
from support.faulty_server import FaultyServer

SECRET = "a secret that must never be shown"
VERSIONS = ("v1", "v2")
FRAMES = {
    "model": "m",
    "width": 512,
    "height": 512,
    "frames": 30,
    "fps": 30,
    "prompt": "a fox",
    "seed": 1,
}
CLIP = {"video": b"v", "model": "m"}
WHISPER = {"include_ts": True, "model": "WhisperLargeV3Ct2"}

SUBMISSIONS = {
    "images.generate": {"prompt": "a fox", "model": "m", "width": 512, "height": 512, "seed": 1},
    "images.transform": {"prompt": "a fox", "model": "m", "seed": 1, "image": b"i"},
    "images.upscale": {"image": b"i", "model": "m"},
    "images.remove_background": {"image": b"i", "model": "m"},
    "ocr.extract": {"image": b"i", "model": "m"},
    "video.generate": FRAMES,
    "video.animate": {**FRAMES, "first_frame_image": b"first"},
    "video.generate_from_audio": {**FRAMES, "audio": b"a"},
    "video.replace": {**CLIP, "ref_image": b"i"},
    "video.upscale": CLIP,
    "video.remove_background": CLIP,
    "video.describe": {"model": "m", "video_url": "https://example.com/v"},
    "embeddings.create": {"input": "a fox", "model": "m"},
    "audio.synthesize": {
        "text": "Good morning",
        "model": "Kokoro",
        "lang": "en-us",
        "format": "mp3",
        "speed": 1,
        "sample_rate": 24000,
    },
    "audio.compose": {
        "caption": "calm lo-fi beat",
        "model": "AceStep_1_5_Turbo",
        "duration": 10,
        "inference_steps": 8,
        "guidance_scale": 1,
        "seed": 1,
        "format": "mp3",
    },
    "transcription.create": {**WHISPER, "source_url": "https://youtu.be/a"},
    "transcription.from_video_url": {**WHISPER, "video_url": "https://youtu.be/a"},
    "transcription.from_audio_url": {**WHISPER, "audio_url": "https://x.com/i/spaces/1"},
    "transcription.from_audio_file": {**WHISPER, "audio": b"talk"},
    "transcription.from_video_file": {**WHISPER, "video": b"film"},
}
"""Every operation that submits a job, with its required arguments."""


def required_arguments():
    """Yield one call for each required argument of each operation, and the argument."""
    done = set()
    for call in CALLS:
        resource, _, name = call.operation.rpartition(".")
        if resource:
            method = getattr(getattr(deapi.DeapiClient(api_key="k"), resource), name)
            for argument, parameter in inspect.signature(method).parameters.items():
                required = parameter.default is parameter.empty and argument in call.arguments
                if required and (call.operation, argument) not in done:
                    done.add((call.operation, argument))
                    yield pytest.param(call, argument, id=f"{call.operation}: {argument}")


@pytest.mark.parametrize(("call", "name"), list(required_arguments()))
def test_a_required_argument_must_not_be_none(api, call, name):
    call = dataclasses.replace(call, arguments={**call.arguments, name: None})
    before = len(api.server.requests)
    with pytest.raises(TypeError, match=name):
        call.make(api.clients[call.version])
    assert len(api.server.requests) == before


# -- webhook_secret ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("webhook", "error", "message"),
    [
        ({"webhook_secret": SECRET}, ValueError, "webhook_secret requires webhook_url"),
        (
            {"webhook_url": WEBHOOK, "webhook_secret": 10 * SECRET},
            ValueError,
            "webhook_secret must have 32 to 255 characters; this one has 330",
        ),
        (
            {"webhook_url": WEBHOOK, "webhook_secret": SECRET.encode()},
            TypeError,
            "webhook_secret must be a str, not bytes",
        ),
    ],
    ids=["without URL", "too long", "bytes"],
)
@pytest.mark.parametrize("operation", SUBMISSIONS)
def test_an_invalid_webhook_secret_is_rejected_and_not_shown(
    api, operation, webhook, error, message
):
    for version in VERSIONS:
        arguments = {**SUBMISSIONS[operation], **webhook}
        raised = api.assert_rejected(version, operation, arguments, error, message)
        assert SECRET not in str(raised)


@pytest.mark.parametrize("operation", SUBMISSIONS)
def test_a_webhook_secret_is_sent_in_v2(api, operation):
    webhook = {"webhook_url": WEBHOOK, "webhook_secret": SECRET}
    fields = api.request("v2", operation, {**SUBMISSIONS[operation], **webhook}).fields
    assert {name: fields.get(name) for name in webhook} == webhook


@pytest.mark.parametrize("operation", [name for name in SUBMISSIONS if name != "video.describe"])
def test_a_webhook_secret_is_rejected_in_v1(api, operation):
    arguments = {**SUBMISSIONS[operation], "webhook_url": WEBHOOK, "webhook_secret": SECRET}
    message = rf"{operation}\(\) does not accept 'webhook_secret' with API v1\. API v2 does.*'v2'"
    raised = api.assert_rejected("v1", operation, arguments, ValueError, message)
    assert SECRET not in str(raised)


# -- retries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.audio.synthesize(**SUBMISSIONS["audio.synthesize"]),
        lambda c: c.video.upscale(video=b"v", model="m"),
        lambda c: c.transcription.create(source_url="u", **WHISPER),
        lambda c: c.embeddings.create(input="a", model="m"),
        lambda c: c.ocr.extract(image=b"i", model="m"),
        lambda c: c.prompts.enhance_image(prompt="a fox"),
        lambda c: c.prompts.samples(type="image"),
    ],
)
def test_a_billable_operation_is_not_retried_after_a_lost_response(make_client, call):
    with FaultyServer(behaviors.respond(502, "bad gateway")) as server:
        with pytest.raises(deapi.ServerError) as caught:
            call(make_client(server.url, max_retries=2))
        assert caught.value.possibly_accepted
        assert len(server.requests) == 1
        assert server.requests[0].header("Idempotency-Key")
