"""What is refused before it is sent, and operations end to end."""

import contextlib
import dataclasses
import inspect
import io
import math

import pytest

import deapi
from deapi.emulator import Emulator
from support import server_behaviors as behaviors
from support.blocking_client import ClientFactory
from support.calls import CALLS
from support.faulty_server import FaultyServer
from support.socket_server import refusing_url

SPEECH = {
    "text": "Good morning",
    "model": "Kokoro",
    "lang": "en-us",
    "format": "mp3",
    "speed": 1,
    "sample_rate": 24000,
}
SPEECH_PRICE = {name: value for name, value in SPEECH.items() if name != "text"}
SONG = {
    "caption": "calm lo-fi beat",
    "model": "AceStep_1_5_Turbo",
    "duration": 10,
    "inference_steps": 8,
    "guidance_scale": 1,
    "seed": 1,
    "format": "mp3",
}
FILM = {"model": "m", "width": 512, "height": 512, "frames": 30, "fps": 30}
SWAP = {"video": b"v", "ref_image": b"i", "model": "m"}
WHISPER = {"include_ts": True, "model": "WhisperLargeV3"}


@pytest.fixture(params=["sync", "async"])
def make_client(request):
    with contextlib.closing(ClientFactory(request.param)) as connector:
        yield connector


@pytest.fixture
def client(make_client):
    """A client that cannot reach anything, so that whatever is sent ends in NetworkError."""
    with refusing_url() as url:
        yield make_client(url, max_retries=0)


def _closed_file():
    file = io.BytesIO(b"x")
    file.close()
    return file


# call, arguments, the exception, and the words that it has to say
REFUSED = [
    # sources: both, neither
    ("transcription.create", WHISPER, ValueError, "source_url or source_file; none"),
    (
        "transcription.create",
        {**WHISPER, "source_url": "u", "source_file": b"f"},
        ValueError,
        "source_url and source_file are given",
    ),
    ("transcription.create_price", WHISPER, ValueError, "duration_seconds; none"),
    (
        "transcription.create_price",
        {**WHISPER, "source_url": "u", "duration_seconds": 9},
        ValueError,
        "source_url and duration_seconds are given",
    ),
    *(
        (f"transcription.from_{name}_price", {**WHISPER, **given}, ValueError, f"{source}.*given")
        for name, source in (
            ("video_url", "video_url"),
            ("audio_url", "audio_url"),
            ("audio_file", "audio"),
            ("video_file", "video"),
        )
        for given in ({}, {source: "x", "duration_seconds": 9})
    ),
    ("audio.synthesize_price", SPEECH_PRICE, ValueError, "text or count_text; none"),
    ("audio.synthesize_price", {**SPEECH, "count_text": 9}, ValueError, "text and count_text"),
    ("video.replace_price", {"model": "m"}, ValueError, "video or duration; none"),
    ("video.replace_price", {"model": "m", "video": b"v", "duration": 3}, ValueError, "video and"),
    *(
        (operation, {"model": "m", **given}, ValueError, f"{source}.*width and height")
        for operation, source in (
            ("images.upscale_price", "image"),
            ("images.remove_background_price", "image"),
            ("ocr.extract_price", "image"),
            ("video.upscale_price", "video"),
            ("video.remove_background_price", "video"),
        )
        for given in ({}, {"width": 5}, {"height": 5}, {source: b"x", "width": 5, "height": 5})
    ),
    # half a size
    ("video.replace", {**SWAP, "width": 480}, ValueError, "width is given without height"),
    ("video.replace", {**SWAP, "height": 480}, ValueError, "height is given without width"),
    (
        "video.replace_price",
        {"model": "m", "duration": 3, "width": 480},
        ValueError,
        "width is given without height",
    ),
    # modes that need something
    ("audio.synthesize", {**SPEECH, "mode": "custom_voice"}, ValueError, "needs voice"),
    ("audio.synthesize", {**SPEECH, "mode": "voice_clone"}, ValueError, "needs ref_audio"),
    ("audio.synthesize", {**SPEECH, "mode": "voice_design"}, ValueError, "needs instruct"),
    # lists
    *(
        (f"embeddings.{method}", {"input": given, "model": "m"}, error, words)
        for method in ("create", "create_price")
        for given, error, words in (
            ("", ValueError, "input is an empty text"),
            ([], ValueError, "input is an empty list"),
            (["a", ""], ValueError, r"input\[1\] is an empty text"),
            (["a", 1], TypeError, r"input\[1\] must be a str, not int"),
            ([b"a"], TypeError, r"input\[0\] must be a str"),
            ({"a": 1}, TypeError, "input must be a list"),
            (b"a", TypeError, "input must be a list"),
            (7, TypeError, "input must be a list"),
        )
    ),
    *(
        ("models.list", {"inference_types": given}, error, words)
        for given, error, words in (
            ("txt2img", TypeError, "inference_types must be a list, not a single str"),
            ([], ValueError, "inference_types is an empty list"),
            ([""], ValueError, r"inference_types\[0\]"),
            ([None], TypeError, r"inference_types\[0\] must be a str"),
        )
    ),
    # ranges
    *(
        ("models.list", given, error, words)
        for given, error, words in (
            ({"per_page": 0}, ValueError, "per_page must be 1 or more"),
            ({"page": 0}, ValueError, "page must be 1 or more"),
            ({"page": 1.5}, TypeError, "page must be an int"),
            ({"per_page": True}, TypeError, "per_page must be an int"),
        )
    ),
    ("models.get", {"slug": ""}, ValueError, "slug"),
    ("models.get", {"slug": None}, TypeError, "slug"),
    ("models.iterate", {"per_page": 0}, ValueError, "per_page"),
    ("models.iterate", {"inference_types": "txt2img"}, TypeError, "inference_types"),
    # words
    *(
        (f"prompts.{method}", {"type": given}, ValueError, "type must be 'image' or 'speech'")
        for method in ("samples", "samples_price")
        for given in ("video", "", "Image", ["image"])
    ),
    *(
        (
            "transcription.from_video_url",
            {"video_url": "u", "model": "m", "include_ts": given},
            TypeError,
            "include_ts must be True or False",
        )
        for given in ("true", 2)
    ),
    # what the core refuses, for arguments of these resources
    ("audio.synthesize", {**SPEECH, "speed": math.nan}, ValueError, "speed must be a finite"),
    ("audio.compose", {**SONG, "duration": math.inf}, ValueError, "duration must be a finite"),
    ("video.animate_price", {**FILM, "guidance": math.nan}, ValueError, "guidance must be a fin"),
    (
        "transcription.create_price",
        {**WHISPER, "duration_seconds": math.nan},
        ValueError,
        "duration_seconds must be a finite",
    ),
    ("audio.synthesize", {**SPEECH, "text": "a\ud800"}, ValueError, "text cannot be sent"),
    ("audio.compose", {**SONG, "lyrics": "a\udfff"}, ValueError, "lyrics cannot be sent"),
    ("embeddings.create", {"input": ["\ud83d"], "model": "m"}, ValueError, r"input\[0\] cannot"),
    ("prompts.samples", {"type": "image", "topic": "\ud800"}, ValueError, "topic cannot be sent"),
    (
        "video.replace",
        {**SWAP, "video": io.StringIO("text")},
        TypeError,
        "video is a file opened in text mode",
    ),
    (
        "audio.synthesize",
        {**SPEECH, "ref_audio": io.StringIO("text")},
        TypeError,
        "ref_audio is a file opened in text mode",
    ),
    ("ocr.extract", {"image": 5, "model": "m"}, TypeError, "image must be a path, bytes"),
    ("ocr.extract", {"image": _closed_file(), "model": "m"}, ValueError, "image is a closed"),
    (
        "transcription.from_audio_file",
        {**WHISPER, "audio": "/no/such/file.mp3"},
        FileNotFoundError,
        "/no/such/file.mp3",
    ),
    ("video.upscale", {"video": "/", "model": "m"}, IsADirectoryError, "video must be a file"),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "words"), REFUSED)
def test_what_cannot_be_right_is_refused_before_it_is_sent(
    client, operation, arguments, error, words
):
    resource, method = operation.split(".")
    with pytest.raises(error, match=words):
        list(getattr(getattr(client, resource), method)(**arguments) or ())


def _required():
    """Every required argument of every operation."""
    for call in CALLS:
        resource, _, name = call.operation.rpartition(".")
        if resource:
            method = getattr(getattr(deapi.DeapiClient(api_key="k"), resource), name)
            for parameter in inspect.signature(method).parameters.values():
                if parameter.default is parameter.empty and parameter.name in call.arguments:
                    yield pytest.param(call, parameter.name, id=f"{call}: {parameter.name}")


@pytest.mark.parametrize(("call", "name"), list(_required()))
def test_a_required_argument_must_not_be_none(client, call, name):
    with pytest.raises(TypeError, match=name):
        dataclasses.replace(call, arguments={**call.arguments, name: None}).make(client)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("audio.synthesize", {**SPEECH, "mode": "a new mode", "speed": 0.1}),
        ("audio.synthesize_price", {**SPEECH_PRICE, "count_text": 0, "mode": "custom_voice"}),
        ("audio.compose", {**SONG, "duration": 1e9, "timesignature": 5, "bpm": 0}),
        ("video.replace_price", {"model": "m", "duration": 0}),
        ("transcription.create", {**WHISPER, "source_url": "not a url"}),
        ("embeddings.create", {"input": [" "], "model": ""}),
    ],
)
def test_what_only_the_service_can_know_is_sent(client, operation, arguments):
    resource, method = operation.split(".")
    with pytest.raises(deapi.NetworkError):
        getattr(getattr(client, resource), method)(**arguments)


# -- money -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.audio.synthesize(**SPEECH),
        lambda c: c.video.upscale(video=b"v", model="m"),
        lambda c: c.transcription.create(source_url="u", **WHISPER),
        lambda c: c.embeddings.create(input="a", model="m"),
        lambda c: c.ocr.extract(image=b"i", model="m"),
        lambda c: c.prompts.enhance_image(prompt="a fox"),
        lambda c: c.prompts.samples(type="image"),
    ],
)
def test_what_costs_money_is_not_sent_again_when_its_answer_is_lost(make_client, call):
    with FaultyServer(behaviors.respond(502, "bad gateway")) as server:
        with pytest.raises(deapi.ServerError) as caught:
            call(make_client(server.url, max_retries=2))
        assert caught.value.possibly_accepted
        assert len(server.requests) == 1
        assert server.requests[0].header("Idempotency-Key")


# -- end to end --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def emulator():
    with Emulator(polls_per_state=0) as emulator:
        yield emulator


@pytest.fixture
def service(make_client, emulator):
    return make_client(emulator.url, api_key=emulator.api_key)


def test_the_models_of_the_service_can_be_walked_and_looked_up(service):
    models = list(service.models.iterate(per_page=7))
    assert len({model.slug for model in models}) == len(models) > 7
    assert service.models.get(models[-1].slug) == models[-1]
    page = service.models.list(inference_types=["txt2audio"])
    assert {model.slug for model in page.data} >= {"Kokoro"}
    assert all(model.languages[0].slug for model in page.data)


def test_embeddings_come_back_as_vectors_in_the_order_of_the_texts(service):
    def vectors(texts):
        job = service.embeddings.create(
            input=texts, model="Bge_M3_FP16", return_result_in_response=True
        )
        return job.wait().embeddings()

    first, second = vectors(["a fox", "a wolf"])
    assert len(first) == len(second) == 1024
    assert vectors("a wolf") == [second]


def test_a_transcript_comes_back_in_segments_or_as_text(service):
    def transcript(*, include_ts):
        job = service.transcription.create(
            source_url="https://www.youtube.com/watch?v=jNQXAC9IVRw",
            include_ts=include_ts,
            model="WhisperLargeV3",
            return_result_in_response=True,
        )
        return job.wait().transcript()

    timed = transcript(include_ts=True)
    assert timed.segments
    assert all(segment.end > segment.start and segment.text for segment in timed.segments)
    assert transcript(include_ts=False).segments == []


def test_speech_and_its_price_are_accepted_by_the_service(service, tmp_path):
    voice = {"mode": "custom_voice", "voice": "af_sky"}
    assert service.audio.synthesize_price(**SPEECH, **voice).price > 0
    saved = service.audio.synthesize(**SPEECH, **voice).save(tmp_path / "speech.mp3")
    assert saved.stat().st_size > 1000


def test_music_without_lyrics_is_accepted_by_the_service(service):
    assert service.audio.compose(**SONG).wait().status is deapi.JobStatus.DONE


def test_a_removed_prompt_booster_names_its_successor(service):
    with pytest.raises(deapi.EndpointGoneError) as caught:
        service.prompts.enhance_image(prompt="a fox")
    assert caught.value.successor == "/api/v2/prompts/enhancements"


def test_the_old_prompt_boosters_are_served_where_they_still_are(make_client):
    with Emulator(legacy_prompts=True) as emulator:
        prompts = make_client(emulator.url, api_key=emulator.api_key).prompts
        assert prompts.enhance_image(prompt="a fox").prompt.startswith("a fox")
        assert prompts.enhance_video(prompt="a fox").negative_prompt is None
        assert prompts.enhance_speech(prompt="a fox", lang_code="en").prompt
        assert prompts.samples(type="speech").type == "text2speech"
        assert prompts.enhance_video_price(prompt="a fox").price > 0
