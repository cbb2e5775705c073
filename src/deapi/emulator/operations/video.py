"""Operations on videos: generate, animate, sync to audio, replace, upscale, remove background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..media import video
from ..validation.fields import Field, Fields, Upload
from ..validation.references import (
    KEYFRAMES,
    LAST_FRAME,
    REFERENCE_COUNTS,
    REFERENCES,
    keyframes_or_references,
    references_within_limits,
)
from ..validation.rules import (
    dimensions_within_limits,
    duration_within_limits,
    file_or_size,
)
from ..validation.validator import add_error
from . import prices
from .operation import (
    ENHANCE_PROMPT,
    GUIDANCE,
    NEGATIVE_PROMPT,
    PROMPT,
    SEED,
    SIZE,
    STEPS,
    Operation,
    file_or_size_fields,
)

if TYPE_CHECKING:
    from ..catalogue.model import Model
    from ..errors import FieldErrors

_TIMING = (
    Field("frames", "integer", required=True, minimum=1, limit="frames"),
    Field("fps", "integer", required=True, minimum=1, limit="fps"),
)
_GENERATION_FIELDS = (PROMPT, NEGATIVE_PROMPT, *SIZE, *_TIMING, SEED)
_OPTIONAL_STEPS = replace(STEPS, required=False)
_PRICE_FIELDS = (*SIZE, *_TIMING, STEPS)

_VIDEO = Field("video", "file", required=True, file_types=("video",))
_VIDEO_OR_SIZE = file_or_size_fields("video")
_DURATION = Field("duration", "number", minimum=0.1, limit="video_duration_seconds")
_REPLACE_STEPS = Field("steps", "integer", default=4, minimum=1, maximum=100)
_SCALE = Field("scale", "integer", minimum=1, maximum=16, limit="scale")

_DIMENSIONS_WITHIN_LIMITS = dimensions_within_limits("video")
_DURATION_WITHIN_LIMITS = duration_within_limits("video", "video_duration_seconds")
_FILE_OR_SIZE = file_or_size("video")


def _resolve_scale(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    """Check the scale, and set it for a model that has a fixed one."""
    if model is None or "scale" in errors:
        return
    is_variable, is_present = "min_scale" in model.limits, fields["scale"] is not None
    if is_variable and not is_present:
        add_error(errors, "scale", "The scale field is required.")
    elif is_present and not is_variable:
        add_error(errors, "scale", "The scale field is prohibited.")
    elif not is_present:
        fields["scale"] = int(model.slug.rpartition("x")[2])


def _both_width_and_height(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
    for side, other in (("width", "height"), ("height", "width")):
        if fields.get(side) is None and fields.get(other) is not None and side not in errors:
            add_error(errors, side, f"The {side} field is required when {other} is present.")


def _video_or_duration_required(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
    if not ({"video", "duration"} & errors.keys() or fields.get("video") or fields.get("duration")):
        add_error(errors, "video", "The video field is required when duration is not present.")


def _read_file(fields: Fields, name: str) -> bytes | None:
    upload: Upload | None = fields.get(name)
    return upload.read() if upload else None


def _read_files(fields: Fields, name: str) -> list[bytes]:
    uploads: list[Upload] = fields.get(name) or []
    return [upload.read() for upload in uploads]


def _generate(fields: Fields, _extension: str) -> bytes:
    """Generate a video from the prompt and the uploaded files."""
    names = ("prompt", "width", "height", "frames", "fps", "seed")
    arguments: dict[str, Any] = {name: fields[name] for name in names}
    images, videos = _read_files(fields, "ref_images"), _read_files(fields, "ref_videos")
    if images or videos:
        audios = _read_files(fields, "ref_audios")
        return video.generate_from_references(
            ref_images=images, ref_videos=videos, ref_audios=audios, **arguments
        )
    return video.generate(
        **arguments,
        first_frame=_read_file(fields, "first_frame_image"),
        last_frame=_read_file(fields, "last_frame_image"),
        audio=_read_file(fields, "audio"),
    )


def _replace(fields: Fields, _extension: str) -> bytes:
    return video.replace_character(
        fields["video"].read(),
        fields["ref_image"].read(),
        width=fields["width"],
        height=fields["height"],
    )


def _upscale(fields: Fields, _extension: str) -> bytes:
    return video.upscale(fields["video"].read(), fields["scale"])


def _remove_background(fields: Fields, _extension: str) -> bytes:
    return video.remove_background(fields["video"].read())


VIDEO_OPERATIONS = (
    Operation(
        name="txt2video",
        task="Text To Video",
        inference_types=("txt2video",),
        endpoint="videos/generations",
        supports_enhancement=True,
        seconds=15,
        fields=(*_GENERATION_FIELDS, ENHANCE_PROMPT, GUIDANCE, STEPS),
        price_fields=_PRICE_FIELDS,
        price=prices.video,
        produce=_generate,
        slow=True,
        extension="mp4",
    ),
    Operation(
        name="img2video",
        task="Image To Video",
        inference_types=("img2video",),
        endpoint="videos/animations",
        supports_enhancement=True,
        seconds=15,
        fields=(*_GENERATION_FIELDS, *KEYFRAMES, *REFERENCES, ENHANCE_PROMPT, GUIDANCE, STEPS),
        price_fields=(*_PRICE_FIELDS, *REFERENCE_COUNTS),
        price=prices.animation,
        produce=_generate,
        slow=True,
        extension="mp4",
        rules=(keyframes_or_references, references_within_limits),
        price_rules=(references_within_limits,),
    ),
    Operation(
        name="aud2video",
        task="Audio To Video",
        inference_types=("audio2video",),
        endpoint="videos/audio-syncs",
        seconds=15,
        fields=(
            *_GENERATION_FIELDS,
            Field("audio", "file", required=True, file_types=("audio",)),
            Field("first_frame_image", "file", file_types=("image",)),
            LAST_FRAME,
            _OPTIONAL_STEPS,
            replace(GUIDANCE, required=False),
        ),
        price_fields=(*SIZE, *_TIMING, _OPTIONAL_STEPS),
        price=prices.video,
        produce=_generate,
        slow=True,
        extension="mp4",
        rules=(duration_within_limits("audio", "duration"),),
    ),
    Operation(
        name="videos/replace",
        task="Video Replace",
        inference_types=("video-replace",),
        endpoint="videos/replacements",
        v1_price_suffix="price",
        seconds=20,
        fields=(
            _VIDEO,
            Field("ref_image", "file", required=True, file_types=("image",)),
            Field("prompt", "string"),
            Field("width", "integer", limit="width"),
            Field("height", "integer", limit="height"),
            _REPLACE_STEPS,
            Field("seed", "integer", default=-1),
        ),
        price_fields=(*_VIDEO_OR_SIZE, _DURATION, replace(_REPLACE_STEPS, not_in_v1=True)),
        price=prices.video_replace,
        produce=_replace,
        slow=True,
        extension="mp4",
        rules=(_both_width_and_height, _DURATION_WITHIN_LIMITS),
        price_rules=(_video_or_duration_required, _both_width_and_height, _DURATION_WITHIN_LIMITS),
    ),
    Operation(
        name="vid-upscale",
        task="Video Upscale",
        inference_types=("vid-upscale",),
        endpoint="videos/upscales",
        seconds=10,
        fields=(_VIDEO, _SCALE),
        price_fields=(*_VIDEO_OR_SIZE, _SCALE, _DURATION),
        price=prices.video_upscale,
        produce=_upscale,
        slow=True,
        extension="mp4",
        rules=(_DIMENSIONS_WITHIN_LIMITS, _DURATION_WITHIN_LIMITS, _resolve_scale),
        price_rules=(
            _FILE_OR_SIZE,
            _DIMENSIONS_WITHIN_LIMITS,
            _DURATION_WITHIN_LIMITS,
            _resolve_scale,
        ),
    ),
    Operation(
        name="vid-rmbg",
        task="Video Background Removal",
        inference_types=("vid-rmbg",),
        endpoint="videos/background-removals",
        seconds=10,
        fields=(_VIDEO,),
        price_fields=_VIDEO_OR_SIZE,
        price=prices.video_background_removal,
        produce=_remove_background,
        slow=True,
        extension="mp4",
        rules=(_DIMENSIONS_WITHIN_LIMITS, _DURATION_WITHIN_LIMITS),
        price_rules=(_FILE_OR_SIZE, _DIMENSIONS_WITHIN_LIMITS),
    ),
)
