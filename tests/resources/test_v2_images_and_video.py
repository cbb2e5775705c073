"""What images, videos, OCR and embeddings take since version 2, and what they refuse unsent."""

import contextlib
import io

import pytest

from support import server_behaviors as behaviors
from support.blocking_client import ClientFactory
from support.call_table import FORM, ID, JSON, WEBHOOK
from support.faulty_server import FaultyServer
from support.received import parse_request

VERSIONS = ("v1", "v2")
SECRET = "a secret that must never be shown"
IMAGE = {"prompt": "a fox", "model": "m", "width": 512, "height": 512, "seed": 1}
EDIT = {"prompt": "a fox", "model": "m", "seed": 1, "image": b"i"}
FRAMES = {"model": "m", "width": 512, "height": 512, "frames": 30, "fps": 30}
FILM = {**FRAMES, "prompt": "a fox", "seed": 1}
FIRST = {**FILM, "first_frame_image": b"first"}
CLIP = {"video": b"v", "model": "m"}
DESCRIBE = {"model": "m", "video_url": "https://example.com/v"}

SUBMISSIONS = {
    "images.generate": IMAGE,
    "images.transform": EDIT,
    "images.upscale": {"image": b"i", "model": "m"},
    "images.remove_background": {"image": b"i", "model": "m"},
    "ocr.extract": {"image": b"i", "model": "m"},
    "video.generate": FILM,
    "video.animate": FIRST,
    "video.generate_from_audio": {**FILM, "audio": b"a"},
    "video.replace": {**CLIP, "ref_image": b"i"},
    "video.upscale": CLIP,
    "video.remove_background": CLIP,
    "video.describe": DESCRIBE,
    "embeddings.create": {"input": "a fox", "model": "m"},
}


def answer_to(request):
    is_price = request.path.endswith(("/price", "/price-calculation"))
    return {"data": {"price": 0.25} if is_price else {"request_id": ID}}


@pytest.fixture(scope="module")
def server():
    with FaultyServer(behaviors.respond_from(answer_to)) as server:
        yield server


class Wire:
    """Makes calls, and looks at what arrives."""

    def __init__(self, server, make_client):
        self.server = server
        self.clients = {name: make_client(server.url, api_version=name) for name in VERSIONS}

    def make(self, version, operation, arguments):
        resource, method = operation.split(".")
        return getattr(getattr(self.clients[version], resource), method)(**arguments)

    def sent(self, version, operation, arguments):
        """What arrived for a call."""
        before = len(self.server.requests)
        self.make(version, operation, arguments)
        (request,) = self.server.requests[before:]
        return parse_request(request)

    @contextlib.contextmanager
    def refused(self, error, words):
        """Calls of which nothing arrives."""
        before = len(self.server.requests)
        with pytest.raises(error, match=words) as caught:
            yield
        assert len(self.server.requests) == before
        assert SECRET not in str(caught.value)


@pytest.fixture(scope="module", params=["sync", "async"])
def wire(request, server):
    with contextlib.closing(ClientFactory(request.param)) as make_client:
        yield Wire(server, make_client)


# -- what is refused in both versions ----------------------------------------------------------

LISTS = {
    "images.transform": ["images"],
    "video.animate": ["ref_images", "ref_videos", "ref_audios"],
}
BARE = {"images.transform": {"prompt": "a fox", "model": "m", "seed": 1}, "video.animate": FILM}

REFUSED = [
    # the video begins with an image, or follows references
    ("video.animate", FILM, ValueError, "first_frame_image, or ref_images or"),
    (
        "video.animate",
        {**FIRST, "ref_images": [b"1"], "ref_audios": [b"2"]},
        ValueError,
        "first_frame_image and ref_images and ref_audios are given",
    ),
    (
        "video.animate",
        {**FILM, "last_frame_image": b"last"},
        ValueError,
        "last_frame_image is given without first_frame_image",
    ),
    (
        "video.animate",
        {**FILM, "last_frame_image": b"last", "ref_images": [b"1"]},
        ValueError,
        "last_frame_image is given without first_frame_image",
    ),
    (
        "video.animate",
        {**FILM, "ref_audios": [b"a"]},
        ValueError,
        "ref_audios is given without ref_images or ref_videos",
    ),
    (
        "video.animate_price",
        {**FRAMES, "ref_audios_count": 1, "ref_images_count": 0},
        ValueError,
        "ref_audios_count is given without ref_images_count or ref_videos_count",
    ),
    # lists of files
    *(
        (operation, {**BARE[operation], name: given}, error, words.format(name))
        for operation, names in LISTS.items()
        for name in names
        for given, error, words in (
            ([], ValueError, "{} is an empty list"),
            ("photo.png", TypeError, "{} must be a list, not a single str"),
            (b"...", TypeError, "{} must be a list, not a single bytes"),
            (io.BytesIO(b"one\ntwo"), TypeError, "{} must be a list, not a single file"),
            (5, TypeError, "{} must be a list, not int"),
        )
    ),
    # sources
    (
        "video.upscale_price",
        {**CLIP, "duration": 5},
        ValueError,
        "duration with width and height only",
    ),
    (
        "video.upscale_price",
        {"model": "m", "duration": 5},
        ValueError,
        "video, or both width and height",
    ),
    ("video.describe", {"model": "m"}, ValueError, "video_url or video_file; none is given"),
    (
        "video.describe",
        {**DESCRIBE, "video_file": b"v"},
        ValueError,
        "video_url and video_file are given",
    ),
    ("video.describe", {"model": None, "video_file": b"v"}, TypeError, "model is required"),
    ("video.describe_price", {"model": "m"}, ValueError, "duration_seconds; none is given"),
    (
        "video.describe_price",
        {**DESCRIBE, "duration_seconds": 9},
        ValueError,
        "video_url and duration_seconds are given",
    ),
    (
        "video.describe_price",
        {**DESCRIBE, "platform": "tiktok"},
        ValueError,
        "platform is given without duration_seconds",
    ),
    # the secret of the reports
    *(
        (operation, {**arguments, **given}, error, words)
        for operation, arguments in SUBMISSIONS.items()
        for given, error, words in (
            ({"webhook_secret": SECRET}, ValueError, "webhook_secret is given without webhook_url"),
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
        )
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "words"), REFUSED)
def test_what_cannot_be_right_is_refused_unsent_in_both_versions(
    wire, operation, arguments, error, words
):
    for version in VERSIONS:
        with wire.refused(error, words):
            wire.make(version, operation, arguments)


def test_a_reference_that_is_no_file_is_refused_unsent(wire):
    for given, error in ((None, TypeError), ("/no/such/file.png", FileNotFoundError)):
        with wire.refused(error, "ref_images|no/such"):
            wire.make("v2", "video.animate", {**FILM, "ref_images": [b"1", given]})


# -- what only version 2 takes -----------------------------------------------------------------

ONLY_V2 = [
    *(
        (operation, {**arguments, "webhook_url": WEBHOOK}, "webhook_secret", SECRET)
        for operation, arguments in SUBMISSIONS.items()
        if operation != "video.describe"
    ),
    ("images.generate", IMAGE, "quality", "high"),
    ("images.generate_price", IMAGE, "quality", "high"),
    ("images.transform", EDIT, "quality", "high"),
    ("images.transform_price", BARE["images.transform"], "quality", "high"),
    ("images.generate", IMAGE, "enhance_prompt", True),
    ("images.transform", EDIT, "enhance_prompt", False),
    ("video.generate", FILM, "enhance_prompt", True),
    ("video.animate", FIRST, "enhance_prompt", False),
    ("video.animate", FILM, "ref_images", [b"1", b"2"]),
    ("video.animate", FILM, "ref_videos", [b"1"]),
    ("video.animate", {**FILM, "ref_images": [b"1"]}, "ref_audios", [b"2"]),
    ("video.animate_price", FRAMES, "ref_images_count", 3),
    ("video.animate_price", FRAMES, "ref_videos_count", 0),
    ("video.animate_price", {**FRAMES, "ref_videos_count": 1}, "ref_audios_count", 2),
]


@pytest.mark.parametrize(("operation", "arguments", "name", "value"), ONLY_V2)
def test_what_is_new_is_sent_in_version_2_and_refused_unsent_in_version_1(
    wire, operation, arguments, name, value
):
    given = {**arguments, name: value}
    first = r"ref_\w+" if name.startswith("ref_") else name
    with wire.refused(ValueError, rf"{operation}\(\) takes no {first} on API v1\. .*'v2'"):
        wire.make("v1", operation, given)
    seen = wire.sent("v2", operation, given)
    if isinstance(value, list):
        name = f"{name}[]"
    elif isinstance(value, bool) and seen.content_type == FORM:
        value = str(int(value))
    assert seen.fields[name] == value


@pytest.mark.parametrize("operation", ["video.describe", "video.describe_price"])
def test_a_video_is_described_in_version_2_only(wire, operation):
    words = rf"API v1 has no {operation}\(\)\. API v2 does: .*api_version='v2'.*Nothing was sent"
    with wire.refused(ValueError, words):
        wire.make("v1", operation, DESCRIBE)


# -- what arrives ------------------------------------------------------------------------------


def test_references_arrive_in_the_order_of_their_lists(wire, tmp_path):
    (tmp_path / "second.png").write_bytes(b"second")
    pictures = (b"first", tmp_path / "second.png", io.BytesIO(b"third"), b"first")
    seen = wire.sent(
        "v2",
        "video.animate",
        {
            **FILM,
            "prompt": "<Picture 2> follows <Picture 1> to <Audio 1>",
            "ref_images": pictures,
            "ref_videos": [b"a clip"],
            "ref_audios": iter([b"a bark", b"a howl"]),
        },
    )
    assert (seen.path, seen.content_type) == ("/api/v2/videos/animations", FORM)
    assert seen.fields == {
        "prompt": "<Picture 2> follows <Picture 1> to <Audio 1>",
        "model": "m",
        "width": "512",
        "height": "512",
        "frames": "30",
        "fps": "30",
        "seed": "1",
        "ref_images[]": [b"first", b"second", b"third", b"first"],
        "ref_videos[]": [b"a clip"],
        "ref_audios[]": [b"a bark", b"a howl"],
    }


@pytest.mark.parametrize(
    ("operation", "arguments", "fields"),
    [
        (
            "video.describe",
            {
                **DESCRIBE,
                "preset": "detail",
                "include_metadata": True,
                "return_result_in_response": False,
                "webhook_url": WEBHOOK,
                "webhook_secret": SECRET,
            },
            {
                **DESCRIBE,
                "preset": "detail",
                "include_metadata": "1",
                "return_result_in_response": "0",
                "webhook_url": WEBHOOK,
                "webhook_secret": SECRET,
            },
        ),
        (
            "video.describe",
            {"model": "m", "video_file": b"a film"},
            {"model": "m", "video_file": b"a film"},
        ),
        (
            "video.describe_price",
            {"model": "m", "duration_seconds": 90.5, "platform": "tiktok", "preset": "fast"},
            {"model": "m", "duration_seconds": "90.5", "platform": "tiktok", "preset": "fast"},
        ),
        (
            "video.describe_price",
            {"model": "m", "video_file": b"a film", "include_metadata": False},
            {"model": "m", "video_file": b"a film", "include_metadata": "0"},
        ),
        ("video.describe_price", DESCRIBE, DESCRIBE),
    ],
)
def test_a_description_is_asked_for_as_the_contract_says(wire, operation, arguments, fields):
    seen = wire.sent("v2", operation, arguments)
    price = "/price" if operation.endswith("_price") else ""
    assert (seen.path, seen.content_type) == (f"/api/v2/videos/descriptions{price}", FORM)
    assert seen.fields == fields


@pytest.mark.parametrize(
    ("operation", "arguments", "fields"),
    [
        *(
            (operation, {**CLIP, "scale": 3}, {**CLIP, "scale": "3"})
            for operation in ("video.upscale", "video.upscale_price")
        ),
        (
            "video.upscale_price",
            {"model": "m", "width": 320, "height": 240, "duration": 5.5, "scale": 2},
            {"model": "m", "width": "320", "height": "240", "duration": "5.5", "scale": "2"},
        ),
    ],
)
def test_both_versions_take_the_scale_and_the_duration_of_an_upscale(
    wire, operation, arguments, fields
):
    for version in VERSIONS:
        assert wire.sent(version, operation, arguments).fields == fields


@pytest.mark.parametrize(
    ("operation", "arguments", "kind"),
    [
        ("images.transform", EDIT, FORM),
        ("images.transform_price", BARE["images.transform"], JSON),
        ("video.generate", FILM, JSON),
        ("video.generate_price", FILM, JSON),
    ],
)
def test_a_model_without_steps_is_asked_without_them(wire, operation, arguments, kind):
    for version in VERSIONS:
        assert "steps" not in wire.sent(version, operation, arguments).fields
        seen = wire.sent(version, operation, {**arguments, "steps": 8})
        assert (seen.content_type, seen.fields["steps"]) == (kind, "8" if kind == FORM else 8)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("images.generate", {**IMAGE, "quality": "no such tier"}),
        ("video.animate", {**FILM, "ref_images": [b"i"] * 10, "ref_videos": [b"v"] * 2}),
        ("video.animate_price", {**FRAMES, "ref_images_count": 10}),
        ("video.upscale", {**CLIP, "scale": 17}),
        ("video.describe", {"model": "m", "video_url": "not a url", "preset": "detailed"}),
        ("video.describe_price", {"model": "m", "duration_seconds": 9, "platform": "another"}),
    ],
)
def test_what_only_the_service_can_know_is_sent(wire, operation, arguments):
    wire.sent("v2", operation, arguments)
