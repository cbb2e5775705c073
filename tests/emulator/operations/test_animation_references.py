"""Animations of version 2: from keyframes, or from reference files."""

from __future__ import annotations

import io

import av
import pytest
from PIL import Image

from deapi.emulator.media import video
from support.emulator_api import errors_of

MINIMAX = {
    "prompt": "<Picture 1> dances to <Audio 1>",
    "model": "MiniMaxH3_33B_Turbo_INT8",
    "width": "1344",
    "height": "768",
    "frames": "56",
    "fps": "24",
    "seed": "1",
    "steps": "8",
}


LTXV = {
    **MINIMAX,
    "model": "Ltxv_13B_0_9_8_Distilled_FP8",
    "width": "256",
    "height": "256",
    "frames": "30",
    "fps": "30",
    "steps": "1",
}


PATH = "videos/animations"


def noise_png(width=160, height=120):
    """A PNG file larger than a kilobyte."""
    file = io.BytesIO()
    Image.effect_noise((width, height), 80).convert("RGB").save(file, "PNG")
    return file.getvalue()


def files(**counts_and_content):
    return [
        (f"{name}[]", (f"{name}-{index}", content))
        for name, contents in counts_and_content.items()
        for index, content in enumerate(contents)
    ]


def animate(api, parts, **changes):
    return api.post_form(PATH, parts, **{**MINIMAX, **changes})


@pytest.fixture(scope="module")
def clip_with_audio(make_wav):
    """Three seconds of video with audio."""
    return video.generate(
        audio=make_wav(3), prompt="clip", width=160, height=128, frames=72, fps=24, seed=1
    )


@pytest.fixture(scope="module")
def clip_without_audio():
    """Three seconds of video without audio."""
    return video.generate("clip", width=160, height=128, frames=72, fps=24, seed=1)


def decode_video(download):
    with av.open(io.BytesIO(download.content)) as container:
        frame_sizes = [frame.to_image().size for frame in container.decode(video=0)]
    with av.open(io.BytesIO(download.content)) as container:
        audio_frames = sum(1 for _ in container.decode(audio=0)) if container.streams.audio else 0
    return len(frame_sizes), frame_sizes[0], audio_frames > 0


def test_references_of_all_media_types_become_a_video_with_audio(v2, make_wav, clip_without_audio):
    parts = files(
        ref_images=[noise_png()] * 2, ref_videos=[clip_without_audio], ref_audios=[make_wav(2)]
    )
    submission = animate(v2, parts)
    assert decode_video(v2.download_result(submission)) == (56, (1344, 768), True)
    (job,) = v2.emulator.jobs.values()
    assert job.job_type == "img2video"
    assert [upload.filename for upload in job.fields["ref_images"]] == [
        "ref_images-0",
        "ref_images-1",
    ]


@pytest.mark.parametrize("with_audio", [True, False])
def test_the_result_has_the_audio_of_a_reference_video(
    v2, clip_with_audio, clip_without_audio, with_audio
):
    parts = files(ref_videos=[clip_with_audio if with_audio else clip_without_audio])
    assert decode_video(v2.download_result(animate(v2, parts)))[2] is with_audio


def test_numbered_references_keep_their_order(v2):
    parts = [("ref_images[1]", ("second", noise_png())), ("ref_images[0]", ("first", noise_png()))]
    assert decode_video(v2.download_result(animate(v2, parts))) == (56, (1344, 768), False)
    (job,) = v2.emulator.jobs.values()
    assert [upload.filename for upload in job.fields["ref_images"]] == ["first", "second"]


def test_keyframes_and_references_exclude_each_other(v2):
    frames = [(name, ("a.png", noise_png())) for name in ("first_frame_image", "last_frame_image")]
    assert animate(v2, frames).status_code == 200
    both = animate(v2, [*frames, *files(ref_images=[noise_png()])])
    assert errors_of(both) == {
        "first_frame_image": [
            "The first frame image field prohibits ref images from being present."
        ],
        "last_frame_image": ["The last frame image field prohibits ref images from being present."],
    }


def test_an_animation_requires_a_first_frame_or_a_reference(v2):
    required = {"first_frame_image": ["The first frame image field is required."]}
    assert errors_of(v2.post(PATH, MINIMAX)) == required
    last = animate(v2, [("last_frame_image", ("a.png", noise_png()))])
    assert errors_of(last) == required


@pytest.mark.parametrize(
    ("counts", "errors"),
    [
        (
            {"ref_images": 10},
            {"ref_images": ["The ref images field must not have more than 9 items."]},
        ),
        (
            {"ref_videos": 2},
            {"ref_videos": ["The ref videos field must not have more than 1 items."]},
        ),
        (
            {"ref_audios": 4, "ref_images": 1},
            {"ref_audios": ["The ref audios field must not have more than 3 items."]},
        ),
        (
            {"ref_images": 9, "ref_videos": 1, "ref_audios": 3},
            {"ref_images": ["There must not be more than 12 reference files in total."]},
        ),
        (
            {"ref_audios": 1},
            {"ref_audios": ["The ref audios field needs a reference image or video beside it."]},
        ),
    ],
)
def test_the_number_of_references_is_limited(v2, make_wav, clip_without_audio, counts, errors):
    contents = {
        "ref_images": noise_png(),
        "ref_videos": clip_without_audio,
        "ref_audios": make_wav(2),
    }
    parts = files(**{name: [contents[name]] * count for name, count in counts.items()})
    assert errors_of(animate(v2, parts)) == errors


@pytest.mark.parametrize(
    ("field", "make_content", "message"),
    [
        ("ref_images", lambda _: noise_png(900, 90), "must have a ratio between 0.25 and 4."),
        ("ref_images", lambda _: noise_png(90, 900), "must have a ratio between 0.25 and 4."),
        ("ref_images", lambda _: b"GIF89a", "must be at least 1 kilobytes."),
        ("ref_images", lambda _: b"x" * 2000, "must be an image."),
        ("ref_images", lambda _: noise_png(60, 60), "has invalid image dimensions."),
        ("ref_audios", lambda make_wav: make_wav(0.5), "must last at least 1 seconds."),
        ("ref_audios", lambda make_wav: make_wav(11), "must not last more than 10 seconds."),
        (
            "ref_audios",
            lambda _: b"x" * (15 * 1024 * 1024 + 1),
            "must not be greater than 15360 kilobytes.",
        ),
    ],
)
def test_an_invalid_reference_is_reported_by_its_index(v2, make_wav, field, make_content, message):
    parts = files(ref_images=[noise_png()])
    parts += [(f"{field}[]", ("odd", make_content(make_wav)))]
    name = "ref_images.1" if field == "ref_images" else "ref_audios.0"
    assert errors_of(animate(v2, parts)) == {
        name: [f"The {name.replace('_', ' ')} field {message}"]
    }


def test_a_reference_video_lasts_two_to_five_seconds(v2, video_with_audio):
    long = video.generate("clip", width=160, height=128, frames=150, fps=24, seed=1)
    for content in (video_with_audio, long):
        rejected = animate(v2, files(ref_videos=[content]))
        assert list(errors_of(rejected)) == ["ref_videos.0"]


def test_a_model_without_references_rejects_them(v2, make_png):
    parts = files(ref_images=[noise_png()])
    assert errors_of(animate(v2, parts, **LTXV)) == {
        "ref_images": ["The selected model does not support reference images."]
    }
    response = v2.post(f"{PATH}/price", {**LTXV, "ref_videos_count": 1})
    assert list(errors_of(response)) == ["ref_videos_count"]


def test_a_first_frame_has_at_least_a_kilobyte(v2):
    tiny = noise_png(64, 64)[:1000]
    rejected = animate(v2, [("first_frame_image", ("a.png", tiny))], **LTXV)
    assert errors_of(rejected) == {
        "first_frame_image": ["The first frame image field must be at least 1 kilobytes."]
    }


def test_version_1_ignores_references(v1, make_png):
    parts = [*files(ref_images=[b"no image"]), ("first_frame_image", ("a.png", make_png()))]
    assert v1.post_form("img2video", parts, **LTXV).status_code == 200
    assert list(errors_of(v1.post_form("img2video", files(ref_images=[noise_png()]), **LTXV))) == [
        "first_frame_image"
    ]


@pytest.mark.parametrize(
    ("counts", "factor"),
    [
        ({"ref_images_count": 2}, 1),
        ({"ref_images_count": 3}, 2),
        ({"ref_videos_count": 1}, 3),
        ({"ref_images_count": 9, "ref_videos_count": 1}, 3),
        ({"ref_images_count": 1, "ref_audios_count": 3}, 1),
        ({"ref_images_count": 0, "ref_videos_count": 0, "ref_audios_count": 0}, 1),
    ],
)
def test_the_most_expensive_reference_multiplies_the_price(v2, counts, factor):
    def price(**more):
        response = v2.post(f"{PATH}/price", {**MINIMAX, **more})
        assert response.status_code == 200, response.text
        return response.json()["data"]["price"]

    assert price(**counts) == pytest.approx(price() * factor)


@pytest.mark.parametrize(
    ("name", "count"),
    [("ref_images_count", 10), ("ref_videos_count", 2), ("ref_audios_count", -1)],
)
def test_reference_counts_have_bounds(v2, name, count):
    assert list(errors_of(v2.post(f"{PATH}/price", {**MINIMAX, name: count}))) == [name]


def test_an_animation_is_charged_at_its_price(v2, clip_without_audio):
    price = v2.post(f"{PATH}/price", {**MINIMAX, "ref_videos_count": 1}).json()["data"]["price"]
    job = v2.get_job(animate(v2, files(ref_videos=[clip_without_audio])))
    assert job["price"]["amount"] == price
