"""``VideoDescription`` and ``SourceMetadata``: parsing from files and from inline results."""

import datetime
import json

import pytest

from deapi import InvalidResponseError, JobFailedError, JobResult
from deapi.types import SourceMetadata, Transcript, VideoDescription

DESCRIPTION = {
    "events": [
        {"start": 0.0, "end": 4.2, "description": "A cyclist enters.", "merged": True},
        {"start": "4.2", "end": 9, "description": "She turns.", "edge_distance": 0.5},
    ],
    "scenes": [{"start": 0.0, "end": 12.0, "description": "Street, daytime"}],
    "meta": {"duration": 12.0, "preset": "fast"},
}


def done(result=None, **fields):
    return JobResult.model_validate({"status": "done", "result": result, **fields})


def spans(events):
    return [(event.start, event.end, event.description) for event in events]


@pytest.mark.parametrize("inline", [json.dumps(DESCRIPTION), DESCRIPTION], ids=["string", "object"])
def test_every_field_of_an_inline_description_is_parsed(inline):
    description = done(inline).description()
    assert spans(description.events) == [
        (0.0, 4.2, "A cyclist enters."),
        (4.2, 9.0, "She turns."),
    ]
    assert spans(description.scenes) == [(0.0, 12.0, "Street, daytime")]
    assert (description.meta.duration, description.meta.preset) == (12.0, "fast")
    assert description.events[0].model_extra == {"merged": True}
    assert description.events[1].edge_distance == 0.5


@pytest.mark.parametrize(
    "file",
    [
        json.dumps(DESCRIPTION),
        json.dumps(DESCRIPTION, indent=2).encode(),
        "\ufeff" + json.dumps(DESCRIPTION),
        b"\xef\xbb\xbf" + json.dumps(DESCRIPTION).encode(),
    ],
    ids=["string", "bytes", "string with BOM", "bytes with BOM"],
)
def test_a_saved_file_is_parsed_into_the_same_description(file):
    assert VideoDescription.parse(file) == done(DESCRIPTION).description()


@pytest.mark.parametrize("value", ["missing", None, [], {}, "?", -1, [None]], ids=repr)
@pytest.mark.parametrize("field", DESCRIPTION)
def test_an_invalid_field_of_a_description_does_not_affect_the_others(field, value):
    body = {name: DESCRIPTION[name] for name in DESCRIPTION if name != field}
    body["new"] = 1
    if value != "missing":
        body[field] = value
    result, valid = done(body).description(), done(DESCRIPTION).description()
    assert result.model_dump(exclude={field, "new"}) == valid.model_dump(exclude={field})
    assert result.new == 1


def test_an_event_with_invalid_fields_is_kept():
    events = {"0": {"start": None, "end": "?", "description": []}, "2": DESCRIPTION["events"][0]}
    invalid, valid = VideoDescription.parse(json.dumps({"events": events})).events
    assert (invalid.start, invalid.end, invalid.description) == (0.0, 0.0, "")
    assert valid.description == "A cyclist enters."


@pytest.mark.parametrize(
    "text",
    ["", "A cyclist.", "[]", "[[1]]", "null", "7", '{"text": ""}', "{", '"{}"', "[" * 100_000],
    ids=lambda text: text[:20],
)
def test_other_text_is_not_a_description(text):
    with pytest.raises(ValueError, match="Not a video description"):
        VideoDescription.parse(text)
    with pytest.raises(InvalidResponseError, match="not a video description, but") as caught:
        done(text).description()
    assert len(str(caught.value)) < 200


def test_bytes_that_are_not_utf_8_are_not_a_description():
    with pytest.raises(ValueError, match="not JSON"):
        VideoDescription.parse(b'{"events": "\xff"}')


def test_a_path_is_not_a_description(tmp_path):
    with pytest.raises(TypeError, match="str or bytes"):
        VideoDescription.parse(tmp_path)


def test_the_error_for_a_missing_inline_description_says_how_to_request_one():
    with pytest.raises(ValueError, match="return_result_in_response=True"):
        done().description()
    with pytest.raises(ValueError, match=r"wait\(\)"):
        JobResult.model_validate({"status": "pending"}).description()
    with pytest.raises(JobFailedError, match="TIMEOUT"):
        JobResult.model_validate({"status": "error", "error_reason": "TIMEOUT"}).description()


def test_a_description_is_not_a_transcript_and_vice_versa():
    with pytest.raises(InvalidResponseError, match="not a transcript"):
        done(DESCRIPTION).transcript()
    transcript = Transcript(text="Hello.").model_dump_json()
    with pytest.raises(InvalidResponseError, match="not a video description"):
        done(transcript).description()


# -- source metadata ---------------------------------------------------------------------------

TIKTOK = {
    "id": 7301,
    "title": "A visit",
    "description": "We were there.",
    "channel": "A channel",
    "duration_seconds": 12.5,
    "extractor": "tiktok",
    "view_count": 90,
    "like_count": 9,
    "comment_count": 8,
    "repost_count": 7,
    "save_count": 6,
    "uploader": "someone",
    "uploader_url": "https://www.tiktok.com/@someone",
    "channel_id": "MS4w",
    "channel_url": "https://www.tiktok.com/@someone",
    "webpage_url": "https://www.tiktok.com/@someone/video/7301",
    "timestamp": 1_700_000_000,
    "upload_date": "20231114",
    "thumbnails": [{"url": "https://example.com/7301.jpeg", "width": 540, "height": 960}],
    "fulltitle": "A visit, in full",
    "has_audio": True,
    "is_live": False,
    "language": "en",
    "tags": ["visit"],
    "categories": ["Travel"],
    "chapters": [{"title": "ReceivedRequest", "start_time": 0}],
    "heatmap": [{"start_time": 0, "value": 0.5}],
    "availability": "public",
    "channel_follower_count": 1000,
}
YOUTUBE = {**dict.fromkeys(TIKTOK), "id": "dQw4", "title": "A song", "view_count": 5}


def test_every_field_of_source_metadata_is_parsed():
    source = done(metadata=TIKTOK).source_metadata()
    unconverted = {name: TIKTOK[name] for name in TIKTOK if name not in ("id", "timestamp")}
    assert source.model_dump(exclude={"id", "timestamp"}) == unconverted
    assert source.model_extra == {}
    assert source.id == "7301"
    assert source.timestamp == datetime.datetime(
        2023, 11, 14, 22, 13, 20, tzinfo=datetime.timezone.utc
    )
    assert source.thumbnails[0].width == 540


def test_metadata_that_a_platform_lacks_is_none_or_an_empty_list():
    source = done(metadata=YOUTUBE).source_metadata()
    assert (source.id, source.title, source.view_count) == ("dQw4", "A song", 5)
    assert source == SourceMetadata(id="dQw4", title="A song", view_count=5)
    lists = {name for name, value in source.model_dump().items() if value == []}
    assert lists == {"thumbnails", "tags", "categories", "chapters", "heatmap"}


@pytest.mark.parametrize("value", ["missing", [], {}, "?", -1, [None]], ids=repr)
@pytest.mark.parametrize("field", TIKTOK)
def test_an_invalid_field_of_source_metadata_does_not_affect_the_others(field, value):
    body = {name: TIKTOK[name] for name in TIKTOK if name != field}
    if value != "missing":
        body[field] = value
    result, valid = (done(metadata=data).source_metadata() for data in (body, TIKTOK))
    assert result.model_dump(exclude={field}) == valid.model_dump(exclude={field})


def test_metadata_remains_the_original_dict():
    result = done(metadata={**TIKTOK, "new": [1]})
    assert result.metadata == {**TIKTOK, "new": [1]}
    assert result.metadata["title"] == "A visit"
    assert result.source_metadata().new == [1]


@pytest.mark.parametrize("metadata", [None, [], "?"], ids=repr)
def test_missing_metadata_is_none(metadata):
    assert done(metadata=metadata).source_metadata() is None
    assert JobResult.model_validate({"status": "pending"}).source_metadata() is None
