"""Sound, transcripts and prompts in both versions of the API, as they arrive over a socket."""

import contextlib

import pytest

from deapi.types import EnhancePromptResult, EnhanceSpeechPromptResult
from support import server_behaviors as behaviors
from support.blocking_client import ClientFactory
from support.call_table import FORM, ID, JSON, WEBHOOK
from support.faulty_server import FaultyServer
from support.received import parse_request

SECRET = "a-secret-of-at-least-32-characters"
SIGNED = {"webhook_url": WEBHOOK, "webhook_secret": SECRET}
SPEECH = {
    "text": "Good morning",
    "model": "Kokoro",
    "lang": "en-us",
    "format": "mp3",
    "speed": 1,
    "sample_rate": 24000,
}
SONG = {
    "caption": "calm lo-fi beat",
    "model": "AceStep_1_5_Turbo",
    "duration": 10,
    "inference_steps": 8,
    "guidance_scale": 1,
    "seed": 1,
    "format": "mp3",
    "lyrics": "la",
}
WHISPER = {"include_ts": True, "model": "WhisperLargeV3Ct2"}
SILENT = {**WHISPER, "include_ts": False}
TALK = {"source_url": "https://youtu.be/a"}
FLUX = {"model": "Flux1schnell", "prompt": "a fox"}
FLUX_PARTS = {"model_slug": "Flux1schnell", "prompt": "a fox"}

SUBMISSIONS = {
    "audio.synthesize": SPEECH,
    "audio.compose": SONG,
    "transcription.create": {**WHISPER, **TALK},
    "transcription.from_video_url": {**WHISPER, "video_url": "https://youtu.be/a"},
    "transcription.from_audio_url": {**WHISPER, "audio_url": "https://x.com/i/spaces/1"},
    "transcription.from_audio_file": {**WHISPER, "audio": b"talk"},
    "transcription.from_video_file": {**WHISPER, "video": b"film"},
}
"""The operations that make a job, each as it is called with little."""


def answer_to(request):
    price = request.path.endswith(("/price", "/price-calculation"))
    if "/prompt" in request.path:  # these answers are not wrapped
        better = {"prompt": "a better one", "negative_prompt": "worse"}
        return {"price": 0.25} if price else better
    return {"data": {"price": 0.25} if price else {"request_id": ID}}


@pytest.fixture(scope="module")
def server():
    with FaultyServer(behaviors.respond_from(answer_to)) as server:
        yield server


@pytest.fixture(scope="module", params=["sync", "async"])
def clients(request, server):
    with contextlib.closing(ClientFactory(request.param)) as make_client:
        yield {name: make_client(server.url, api_version=name) for name in ("v1", "v2")}


@pytest.fixture
def client(clients):
    return clients["v2"]


def call(client, operation, arguments):
    resource, _, method = operation.partition(".")
    return getattr(getattr(client, resource), method)(**arguments)


def sent(server, client, operation, arguments):
    """What arrives for a call: where, as what, and with what."""
    before = len(server.requests)
    call(client, operation, arguments)
    assert len(server.requests) == before + 1
    seen = parse_request(server.requests[-1])
    assert seen.method == "POST"
    return seen.path, seen.content_type, seen.fields


# -- jobs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", SUBMISSIONS)
def test_a_submission_has_its_reports_signed(server, client, operation):
    _, _, fields = sent(server, client, operation, {**SUBMISSIONS[operation], **SIGNED})
    assert {name: fields.get(name) for name in SIGNED} == SIGNED


@pytest.mark.parametrize(
    ("operation", "path"), [("audio.synthesize", "speech"), ("audio.compose", "music")]
)
def test_sound_is_asked_for_where_version_2_has_it(server, client, operation, path):
    given = SUBMISSIONS[operation]
    assert sent(server, client, operation, given) == (f"/api/v2/audio/{path}", JSON, given)
    price = {"duration": 10, "inference_steps": 8, "model": "m"} if path == "music" else given
    seen = sent(server, client, f"{operation}_price", price)
    assert seen == (f"/api/v2/audio/{path}/price", JSON, price)


@pytest.mark.parametrize(
    ("version", "path"), [("v1", "/api/v1/client/txt2music"), ("v2", "/api/v2/audio/music")]
)
def test_music_with_a_reference_is_a_form_in_both_versions(server, clients, version, path):
    given = {**SONG, "reference_audio": b"hum"}
    parts = {name: value if value == b"hum" else str(value) for name, value in given.items()}
    assert sent(server, clients[version], "audio.compose", given) == (path, FORM, parts)
    assert sent(server, clients[version], "audio.compose", SONG) == (path, JSON, SONG)


@pytest.mark.parametrize(
    ("name", "source", "given"),
    [
        ("video_url", "video_url", "https://youtu.be/a"),
        ("audio_url", "audio_url", "https://x.com/i/spaces/1"),
        ("audio_file", "audio", b"talk"),
        ("video_file", "video", b"film"),
    ],
)
def test_the_old_transcriptions_reach_the_only_one_of_version_2(
    server, client, name, source, given
):
    from_file = isinstance(given, bytes)
    fields = {**WHISPER, "include_ts": "1"} if from_file else WHISPER
    source_on_the_wire = {"source_file" if from_file else "source_url": given}
    for suffix, path in (("", "audio/transcriptions"), ("_price", "audio/transcriptions/price")):
        seen = sent(
            server, client, f"transcription.from_{name}{suffix}", {**WHISPER, source: given}
        )
        assert seen == (
            f"/api/v2/{path}",
            FORM if from_file else JSON,
            {**fields, **source_on_the_wire},
        )
    by_length = {**WHISPER, "duration_seconds": 90}
    seen = sent(server, client, f"transcription.from_{name}_price", by_length)
    assert seen == ("/api/v2/audio/transcriptions/price", JSON, by_length)


@pytest.mark.parametrize(
    "given",
    [
        {**WHISPER, "ts_level": "word", "lang": "en", "include_metadata": True},
        {**SILENT, "ts_level": "segment", "diarize": True},  # which implies timestamps
        {**SILENT, "diarize": True, "include_metadata": False},
        {**WHISPER, "ts_level": "syllable", "diarize": False},  # a word of tomorrow's
    ],
    ids=["words", "speakers by segment", "speakers", "unknown level"],
)
def test_a_transcript_is_asked_for_with_what_version_2_adds(server, client, given):
    path, given = "/api/v2/audio/transcriptions", {**given, **TALK}
    assert sent(server, client, "transcription.create", given) == (path, JSON, given)
    seen = sent(server, client, "transcription.create_price", given)
    assert seen == (f"{path}/price", JSON, given)


def test_what_version_2_adds_to_a_transcript_goes_with_a_file_too(server, client):
    given = {"source_file": b"talk", "ts_level": "word", "diarize": True, "lang": "auto"}
    seen = sent(server, client, "transcription.create", {**WHISPER, **given})
    parts = {**WHISPER, **given, "include_ts": "1", "diarize": "1"}
    assert seen == ("/api/v2/audio/transcriptions", FORM, parts)


def test_the_price_of_a_length_may_name_the_platform(server, client):
    given = {**WHISPER, "duration_seconds": 90.5, "platform": "tiktok"}
    seen = sent(server, client, "transcription.create_price", given)
    assert seen == ("/api/v2/audio/transcriptions/price", JSON, given)


# -- prompts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "kind", "given"),
    [
        ("enhance_image", "images.generations", {"negative_prompt": "rain"}),
        ("enhance_video", "videos.generations", {"negative_prompt": "rain"}),
        ("enhance_video", "videos.animations", {"negative_prompt": "rain", "image": b"first"}),
        ("enhance_speech", "audio.speech", {}),
        ("enhance_image2image", "images.edits", {"negative_prompt": "rain", "image": b"it"}),
    ],
)
def test_an_old_booster_is_an_enhancement_of_its_type(server, client, method, kind, given):
    arrives = ("/api/v2/prompts/enhancements", FORM, {"type": kind, **FLUX_PARTS, **given})
    assert sent(server, client, f"prompts.{method}", {**FLUX, **given}) == arrives
    assert sent(server, client, "prompts.enhance", {"type": kind, **FLUX, **given}) == arrives


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("enhance_image", "images.generations"),
        ("enhance_video", "videos.generations"),
        ("enhance_speech", "audio.speech"),
        ("enhance_image2image", "images.edits"),
    ],
)
def test_the_price_of_an_old_booster_is_that_of_its_type(server, client, method, kind):
    arrives = ("/api/v2/prompts/enhancements/price", FORM, {"type": kind, **FLUX_PARTS})
    assert sent(server, client, f"prompts.{method}_price", FLUX) == arrives
    assert sent(server, client, "prompts.enhance_price", {"type": kind, **FLUX}) == arrives


@pytest.mark.parametrize("kind", ["images.edits", "videos.animations", "images.upscales"])
def test_a_price_may_be_asked_for_with_the_image(server, client, kind):
    given = {"type": kind, "image": b"it"}
    _, _, fields = sent(server, client, "prompts.enhance_price", {**FLUX, **given})
    assert fields == {**FLUX_PARTS, **given}


@pytest.mark.parametrize("given", [{}, {"image": b"it"}], ids=["without an image", "with one"])
def test_an_unknown_type_of_prompt_is_left_to_the_service(server, client, given):
    given = {"type": "worlds.generations", **given}
    _, _, fields = sent(server, client, "prompts.enhance", {**FLUX, **given})
    assert fields == {**FLUX_PARTS, **given}


def test_enhanced_prompts_and_their_prices_are_read(client):
    better = client.prompts.enhance(type="audio.music", **FLUX)
    assert better == EnhancePromptResult(prompt="a better one", negative_prompt="worse")
    assert client.prompts.enhance_image(**FLUX) == better
    speech = client.prompts.enhance_speech(**FLUX)
    assert isinstance(speech, EnhanceSpeechPromptResult)
    assert speech.prompt == "a better one"
    assert client.prompts.enhance_price(type="audio.music", **FLUX).price == 0.25


def test_an_old_booster_goes_to_its_own_endpoint_with_version_1(server, clients):
    given = {"prompt": "a fox", "negative_prompt": "rain"}
    seen = sent(server, clients["v1"], "prompts.enhance_image", given)
    assert seen == ("/api/v1/client/prompt/image", JSON, given)


# -- what is refused ---------------------------------------------------------------------------

OLD_BOOSTERS = {
    "enhance_image": {},
    "enhance_video": {},
    "enhance_speech": {},
    "enhance_image2image": {"image": b"it"},
}
_TEXT_TYPES = ("images.generations", "videos.generations", "audio.speech", "audio.music")

# version, operation, arguments, and the words that the refusal has to say
REFUSED = [
    *(
        ("v1", operation, {**given, **SIGNED}, "takes no webhook_secret on API v1.*API v2 does")
        for operation, given in SUBMISSIONS.items()
    ),
    *(
        ("v2", operation, {**given, "webhook_secret": SECRET}, "without webhook_url")
        for operation, given in SUBMISSIONS.items()
    ),
    *(
        (
            "v1",
            f"transcription.{operation}",
            {**WHISPER, **TALK, name: value},
            f"takes no {name} on API v1",
        )
        for operation in ("create", "create_price")
        for name, value in {
            "ts_level": "word",
            "diarize": False,
            "lang": "en",
            "include_metadata": True,
        }.items()
    ),
    (
        "v1",
        "transcription.create_price",
        {**WHISPER, "duration_seconds": 9, "platform": "kick"},
        "takes no platform on API v1",
    ),
    *(
        ("v2", f"transcription.{operation}", {**SILENT, **TALK, "ts_level": "word", **given}, words)
        for operation in ("create", "create_price")
        for given in ({}, {"diarize": False})
        for words in ("include_ts=True or diarize=True",)
    ),
    *(
        (
            "v2",
            "transcription.create_price",
            {**WHISPER, **source, "platform": "youtube"},
            "platform is given without duration_seconds",
        )
        for source in (TALK, {"source_file": b"talk"})
    ),
    *(
        ("v2", f"prompts.enhance{suffix}", {**FLUX, "type": kind, "image": b"it"}, "no image")
        for suffix in ("", "_price")
        for kind in _TEXT_TYPES
    ),
    *(
        ("v2", "prompts.enhance", {**FLUX, "type": kind}, "needs image")
        for kind in ("images.edits", "videos.animations")
    ),
    *(
        ("v1", f"prompts.enhance{suffix}", {**FLUX, "type": "audio.music"}, "API v1 has no")
        for suffix in ("", "_price")
    ),
    *(
        ("v2", f"prompts.samples{suffix}", {"type": "image"}, "API v2 has no")
        for suffix in ("", "_price")
    ),
    *(
        row
        for name, given in OLD_BOOSTERS.items()
        for operation, needed in ((name, given), (f"{name}_price", {}))
        for row in (
            ("v1", f"prompts.{operation}", {**FLUX, **needed}, "takes no model on API v1"),
            ("v2", f"prompts.{operation}", {"prompt": "a fox", **needed}, "needs model on API v2"),
        )
    ),
    *(
        ("v2", f"prompts.enhance_speech{suffix}", {**FLUX, "lang_code": "en"}, "no lang_code")
        for suffix in ("", "_price")
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row[0]} {row[1]}: {row[3]}")
def test_what_a_version_does_not_take_is_refused_unsent(server, clients, row):
    version, operation, arguments, words = row
    before = len(server.requests)
    with pytest.raises(ValueError, match=words):
        call(clients[version], operation, arguments)
    assert len(server.requests) == before
