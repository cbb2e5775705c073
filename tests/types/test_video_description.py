"""Descriptions of videos, and what is known of a source, are read from what the service sends."""

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


@pytest.mark.parametrize("inline", [json.dumps(DESCRIPTION), DESCRIPTION], ids=["text", "object"])
def test_an_inline_description_is_read_to_its_leaves(inline):
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
    ids=["text", "bytes", "text with a mark", "bytes with a mark"],
)
def test_a_file_that_was_saved_is_the_same_description(file):
    assert VideoDescription.parse(file) == done(DESCRIPTION).description()


@pytest.mark.parametrize("odd", ["missing", None, [], {}, "?", -1, [None]], ids=repr)
@pytest.mark.parametrize("field", DESCRIPTION)
def test_a_description_with_an_odd_field_keeps_the_others(field, odd):
    body = {name: value for name, value in DESCRIPTION.items() if name != field}
    body["new"] = 1
    if odd != "missing":
        body[field] = odd
    read, whole = done(body).description(), done(DESCRIPTION).description()
    assert read.model_dump(exclude={field, "new"}) == whole.model_dump(exclude={field})
    assert read.new == 1


def test_an_event_with_an_odd_field_is_still_there():
    events = {"0": {"start": None, "end": "?", "description": []}, "2": DESCRIPTION["events"][0]}
    odd, whole = VideoDescription.parse(json.dumps({"events": events})).events
    assert (odd.start, odd.end, odd.description) == (0.0, 0.0, "")
    assert whole.description == "A cyclist enters."


@pytest.mark.parametrize(
    "text",
    ["", "A cyclist.", "[]", "[[1]]", "null", "7", '{"text": ""}', "{", '"{}"', "[" * 100_000],
    ids=lambda text: text[:20],
)
def test_what_is_no_description_is_an_error(text):
    with pytest.raises(ValueError, match="no description of a video"):
        VideoDescription.parse(text)
    with pytest.raises(InvalidResponseError, match="not a description of a video, but") as caught:
        done(text).description()
    assert len(str(caught.value)) < 200


def test_bytes_in_no_encoding_are_no_description():
    with pytest.raises(ValueError, match="not JSON"):
        VideoDescription.parse(b'{"events": "\xff"}')


def test_a_path_is_no_description(tmp_path):
    with pytest.raises(TypeError, match="str or bytes"):
        VideoDescription.parse(tmp_path)


def test_without_an_inline_description_the_error_says_how_to_get_one():
    with pytest.raises(ValueError, match="return_result_in_response=True"):
        done().description()
    with pytest.raises(ValueError, match=r"wait\(\)"):
        JobResult.model_validate({"status": "pending"}).description()
    with pytest.raises(JobFailedError, match="TIMEOUT"):
        JobResult.model_validate({"status": "error", "error_reason": "TIMEOUT"}).description()


def test_a_description_is_no_transcript_and_the_other_way_round():
    with pytest.raises(InvalidResponseError, match="not a transcript"):
        done(DESCRIPTION).transcript()
    transcript = Transcript(text="Hello.").model_dump_json()
    with pytest.raises(InvalidResponseError, match="not a description"):
        done(transcript).description()


# -- what is known of a source -----------------------------------------------------------------

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


def test_what_is_known_of_a_source_has_its_types():
    source = done(metadata=TIKTOK).source_metadata()
    plain = {name: value for name, value in TIKTOK.items() if name not in ("id", "timestamp")}
    assert source.model_dump(exclude={"id", "timestamp"}) == plain
    assert source.model_extra == {}
    assert source.id == "7301"
    assert source.timestamp == datetime.datetime(
        2023, 11, 14, 22, 13, 20, tzinfo=datetime.timezone.utc
    )
    assert source.thumbnails[0].width == 540


def test_what_a_platform_does_not_tell_is_none_or_an_empty_list():
    source = done(metadata=YOUTUBE).source_metadata()
    assert (source.id, source.title, source.view_count) == ("dQw4", "A song", 5)
    assert source == SourceMetadata(id="dQw4", title="A song", view_count=5)
    lists = {name for name, value in source.model_dump().items() if value == []}
    assert lists == {"thumbnails", "tags", "categories", "chapters", "heatmap"}


@pytest.mark.parametrize("odd", ["missing", [], {}, "?", -1, [None]], ids=repr)
@pytest.mark.parametrize("field", TIKTOK)
def test_an_odd_field_of_a_source_does_not_cost_the_others(field, odd):
    body = {name: value for name, value in TIKTOK.items() if name != field}
    if odd != "missing":
        body[field] = odd
    read, whole = (done(metadata=given).source_metadata() for given in (body, TIKTOK))
    assert read.model_dump(exclude={field}) == whole.model_dump(exclude={field})


def test_the_metadata_stay_the_dict_that_they_were():
    result = done(metadata={**TIKTOK, "new": [1]})
    assert result.metadata == {**TIKTOK, "new": [1]}
    assert result.metadata["title"] == "A visit"
    assert result.source_metadata().new == [1]


@pytest.mark.parametrize("nothing", [None, [], "?"], ids=repr)
def test_where_nothing_is_known_of_a_source_there_is_none(nothing):
    assert done(metadata=nothing).source_metadata() is None
    assert JobResult.model_validate({"status": "pending"}).source_metadata() is None


# -- the emulator ------------------------------------------------------------------------------


def test_a_video_is_described_inline_and_in_a_file(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        job = await wait(
            client.video.describe(
                model="Marlin_2B",
                video_url="https://www.tiktok.com/@someone/video/7301",
                include_metadata=True,
                return_result_in_response=True,
            )
        )
        return await wait(job.wait()), await wait(job.save(tmp_path / "description.json"))

    result, file = run_in_both_clients(emulator, use, api_version="v2")
    description = result.description()
    assert description.events
    assert all(event.description for event in description.scenes)
    assert VideoDescription.parse(file.read_bytes()) == description
    assert result.source_metadata().extractor == "tiktok"
