"""``client.transcription``: speech to text."""

import math

import pytest

from support.call_table import FORM, form_value

WHISPER = {"include_ts": True, "model": "WhisperLargeV3Ct2"}
WITHOUT_TIMESTAMPS = {**WHISPER, "include_ts": False}
URL = {"source_url": "https://youtu.be/a"}

INVALID_ARGUMENTS = [
    # exactly one source
    (
        "transcription.create",
        WHISPER,
        ValueError,
        "'source_url' or 'source_file' is required",
    ),
    (
        "transcription.create",
        {**WHISPER, "source_url": "u", "source_file": b"f"},
        ValueError,
        "not both source_url and source_file",
    ),
    ("transcription.create_price", WHISPER, ValueError, "'duration_seconds' is required"),
    (
        "transcription.create_price",
        {**WHISPER, "source_url": "u", "duration_seconds": 9},
        ValueError,
        "not both source_url and duration_seconds",
    ),
    *(
        (
            f"transcription.from_{name}_price",
            {**WHISPER, **sources},
            ValueError,
            f"'{source}' or 'duration_seconds'",
        )
        for name, source in (
            ("video_url", "video_url"),
            ("audio_url", "audio_url"),
            ("audio_file", "audio"),
            ("video_file", "video"),
        )
        for sources in ({}, {source: "x", "duration_seconds": 9})
    ),
    # types and values that cannot be sent
    *(
        (
            "transcription.from_video_url",
            {"video_url": "u", "model": "m", "include_ts": value},
            TypeError,
            "include_ts must be True or False",
        )
        for value in ("true", 2)
    ),
    (
        "transcription.create_price",
        {**WHISPER, "duration_seconds": math.nan},
        ValueError,
        "duration_seconds must be a finite",
    ),
    (
        "transcription.from_audio_file",
        {**WHISPER, "audio": "/no/such/file.mp3"},
        FileNotFoundError,
        "/no/such/file.mp3",
    ),
]
INVALID_IN_V2 = [
    *(
        (
            f"transcription.{method}",
            {**WITHOUT_TIMESTAMPS, **URL, "ts_level": "word", **options},
            "include_ts=True or diarize=True",
        )
        for method in ("create", "create_price")
        for options in ({}, {"diarize": False})
    ),
    *(
        (
            "transcription.create_price",
            {**WHISPER, **source, "platform": "youtube"},
            "platform requires duration_seconds",
        )
        for source in (URL, {"source_file": b"talk"})
    ),
]
V2_ONLY = [
    *(
        (f"transcription.{method}", {**WHISPER, **URL}, name, value)
        for method in ("create", "create_price")
        for name, value in {
            "ts_level": "word",
            "diarize": False,
            "lang": "en",
            "include_metadata": True,
        }.items()
    ),
    ("transcription.create_price", {**WHISPER, "duration_seconds": 9}, "platform", "kick"),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    for version in ("v1", "v2"):
        api.assert_rejected(version, operation, arguments, error, message)


@pytest.mark.parametrize(("operation", "arguments", "message"), INVALID_IN_V2)
def test_invalid_arguments_of_v2_are_rejected_before_sending(api, operation, arguments, message):
    api.assert_rejected("v2", operation, arguments, ValueError, message)


@pytest.mark.parametrize(("operation", "arguments", "name", "value"), V2_ONLY)
def test_arguments_of_v2_are_rejected_in_v1(api, operation, arguments, name, value):
    message = f"does not accept '{name}' with API v1"
    api.assert_rejected("v1", operation, {**arguments, name: value}, ValueError, message)


def test_an_invalid_url_is_sent_for_the_service_to_validate(api):
    for version in ("v1", "v2"):
        api.request(version, "transcription.create", {**WHISPER, "source_url": "not a url"})


def form(fields):
    """Return fields as a form sends them. In v2 every transcription is sent as a form."""
    return {name: form_value(value) for name, value in fields.items()}


@pytest.mark.parametrize(
    ("name", "source", "value"),
    [
        ("video_url", "video_url", "https://youtu.be/a"),
        ("audio_url", "audio_url", "https://x.com/i/spaces/1"),
        ("audio_file", "audio", b"talk"),
        ("video_file", "video", b"film"),
    ],
)
def test_methods_for_one_type_of_source_use_the_single_endpoint_of_v2(api, name, source, value):
    from_file = isinstance(value, bytes)
    fields = form({**WHISPER, "source_file" if from_file else "source_url": value})
    for suffix, path in (("", "audio/transcriptions"), ("_price", "audio/transcriptions/price")):
        request = api.request(
            "v2", f"transcription.from_{name}{suffix}", {**WHISPER, source: value}
        )
        assert request.path == f"/api/v2/{path}"
        assert (request.content_type, request.fields) == (FORM, fields)
    by_duration = {**WHISPER, "duration_seconds": 90}
    request = api.request("v2", f"transcription.from_{name}_price", by_duration)
    assert request.path == "/api/v2/audio/transcriptions/price"
    assert (request.content_type, request.fields) == (FORM, form(by_duration))


@pytest.mark.parametrize(
    "options",
    [
        {**WHISPER, "ts_level": "word", "lang": "en", "include_metadata": True},
        # diarize implies timestamps
        {**WITHOUT_TIMESTAMPS, "ts_level": "segment", "diarize": True},
        {**WITHOUT_TIMESTAMPS, "diarize": True, "include_metadata": False},
        {**WHISPER, "ts_level": "syllable", "diarize": False},
    ],
    ids=["word timestamps", "speakers by segment", "speakers", "unknown level"],
)
def test_options_of_v2_are_sent_with_a_transcription_and_its_price(api, options):
    path, arguments = "/api/v2/audio/transcriptions", {**options, **URL}
    request = api.request("v2", "transcription.create", arguments)
    assert (request.path, request.content_type) == (path, FORM)
    assert request.fields == form(arguments)
    request = api.request("v2", "transcription.create_price", arguments)
    assert (request.path, request.content_type) == (f"{path}/price", FORM)
    assert request.fields == form(arguments)


def test_options_of_v2_are_sent_in_the_form_of_a_file(api):
    options = {"source_file": b"talk", "ts_level": "word", "diarize": True, "lang": "auto"}
    request = api.request("v2", "transcription.create", {**WHISPER, **options})
    assert (request.path, request.content_type) == ("/api/v2/audio/transcriptions", FORM)
    assert request.fields == {**WHISPER, **options, "include_ts": "1", "diarize": "1"}


def test_the_price_of_a_duration_can_name_the_platform(api):
    arguments = {**WHISPER, "duration_seconds": 90.5, "platform": "tiktok"}
    request = api.request("v2", "transcription.create_price", arguments)
    assert (request.path, request.content_type) == ("/api/v2/audio/transcriptions/price", FORM)
    assert request.fields == form(arguments)


def test_a_transcript_has_segments_only_with_timestamps(emulator_client):
    def transcript(*, include_ts):
        job = emulator_client.transcription.create(
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
