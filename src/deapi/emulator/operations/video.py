"""Operations on videos: generate, animate, sync to audio, replace, upscale, remove background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deapi.emulator.media import video
from deapi.emulator.operations import prices
from deapi.emulator.operations.operation import (
    ENHANCE_PROMPT,
    Operation,
    file_or_size_fields,
    fixed_extension,
)
from deapi.emulator.validation.fields import Field, Fields, Upload
from deapi.emulator.validation.references import (
    KEYFRAMES,
    LAST_FRAME,
    REFERENCE_COUNTS,
    REFERENCES,
    keyframes_or_references,
    reference_count,
    references_within_limits,
)
from deapi.emulator.validation.rules import (
    dimensions_within_limits,
    duration_within_limits,
    file_or_size,
)
from deapi.emulator.validation.validator import add_error

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import FieldErrors

_DIMENSIONS = tuple(
    Field(side, "integer", required=True, limit=side, snapped=True) for side in ("width", "height")
)
_TIMING = (
    Field("frames", "integer", required=True, minimum=1, limit="frames"),
    Field("fps", "integer", required=True, minimum=1, limit="fps"),
)
_STEPS = Field(
    "steps", "integer", required=True, minimum=1, limit="steps", feature="supports_steps"
)
_GENERATION_FIELDS = (
    Field("prompt", "string", required=True),
    Field("negative_prompt", "string", feature="supports_negative_prompt"),
    *_DIMENSIONS,
    *_TIMING,
    Field("seed", "integer", required=True),
)
_GUIDANCE = Field(
    "guidance", "number", required=True, limit="guidance", feature="supports_guidance"
)
_OPTIONAL_STEPS_AND_GUIDANCE = (
    Field("steps", "integer", minimum=1, limit="steps", feature="supports_steps"),
    Field("guidance", "number", limit="guidance", feature="supports_guidance"),
)
_PRICE_FIELDS = (*_DIMENSIONS, *_TIMING, _STEPS)

_VIDEO = Field("video", "file", required=True, file_types=("video",))
_VIDEO_OR_SIZE = file_or_size_fields("video")
_DURATION = Field("duration", "number", minimum=0.1, limit="video_duration_seconds")
_REPLACE_STEPS = Field("steps", "integer", default=4, minimum=1, maximum=100)
_SCALE = Field("scale", "integer", minimum=1, maximum=16, limit="scale")

_COMMON_ARGUMENTS = ("prompt", "width", "height", "frames", "fps", "seed")


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


def _generate(fields: Fields, _extension: str) -> bytes:
    return video.generate(**_common_arguments(fields))


def _read_files(fields: Fields, name: str) -> list[bytes]:
    uploads: list[Upload] = fields.get(name) or []
    return [upload.read() for upload in uploads]


def _animation_price(model: Model, fields: Fields) -> float:
    return prices.animation(
        model,
        fields,
        images=reference_count(fields, "image"),
        videos=reference_count(fields, "video"),
    )


def _common_arguments(fields: Fields) -> Fields:
    """The arguments of every function that generates a video."""
    return {name: fields[name] for name in _COMMON_ARGUMENTS}


def _animate(fields: Fields, _extension: str) -> bytes:
    first_frame = _read_file(fields, "first_frame_image")
    if first_frame is None:
        return video.generate_from_references(
            ref_images=_read_files(fields, "ref_images"),
            ref_videos=_read_files(fields, "ref_videos"),
            ref_audios=_read_files(fields, "ref_audios"),
            **_common_arguments(fields),
        )
    return video.generate(
        **_common_arguments(fields),
        first_frame=first_frame,
        last_frame=_read_file(fields, "last_frame_image"),
    )


def _sync_to_audio(fields: Fields, _extension: str) -> bytes:
    return video.generate(
        **_common_arguments(fields),
        audio=fields["audio"].read(),
        first_frame=_read_file(fields, "first_frame_image"),
        last_frame=_read_file(fields, "last_frame_image"),
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
        fields=(*_GENERATION_FIELDS, ENHANCE_PROMPT, _GUIDANCE, _STEPS),
        price_fields=_PRICE_FIELDS,
        price=prices.video,
        produce=_generate,
        extension=fixed_extension("mp4"),
    ),
    Operation(
        name="img2video",
        task="Image To Video",
        inference_types=("img2video",),
        endpoint="videos/animations",
        supports_enhancement=True,
        seconds=15,
        fields=(
            *_GENERATION_FIELDS,
            *KEYFRAMES,
            *REFERENCES,
            ENHANCE_PROMPT,
            _GUIDANCE,
            _STEPS,
        ),
        price_fields=(*_PRICE_FIELDS, *REFERENCE_COUNTS),
        price=_animation_price,
        produce=_animate,
        extension=fixed_extension("mp4"),
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
            *_OPTIONAL_STEPS_AND_GUIDANCE,
        ),
        price_fields=(*_DIMENSIONS, *_TIMING, *_OPTIONAL_STEPS_AND_GUIDANCE[:1]),
        price=prices.video,
        produce=_sync_to_audio,
        extension=fixed_extension("mp4"),
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
        price_fields=(
            *_VIDEO_OR_SIZE,
            _DURATION,
            replace(_REPLACE_STEPS, not_in_v1=True),
        ),
        price=prices.video_replace,
        produce=_replace,
        extension=fixed_extension("mp4"),
        rules=(_both_width_and_height, duration_within_limits("video", "video_duration_seconds")),
        price_rules=(
            _video_or_duration_required,
            _both_width_and_height,
            duration_within_limits("video", "video_duration_seconds"),
        ),
    ),
    Operation(
        name="vid-upscale",
        task="Video Upscale",
        inference_types=("vid-upscale",),
        endpoint="videos/upscales",
        seconds=10,
        fields=(_VIDEO, _SCALE),
        price_fields=(
            *_VIDEO_OR_SIZE,
            _SCALE,
            _DURATION,
        ),
        price=prices.video_upscale,
        produce=_upscale,
        extension=fixed_extension("mp4"),
        rules=(
            dimensions_within_limits("video"),
            duration_within_limits("video", "video_duration_seconds"),
            _resolve_scale,
        ),
        price_rules=(
            file_or_size("video"),
            dimensions_within_limits("video"),
            duration_within_limits("video", "video_duration_seconds"),
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
        extension=fixed_extension("mp4"),
        rules=(
            dimensions_within_limits("video"),
            duration_within_limits("video", "video_duration_seconds"),
        ),
        price_rules=(file_or_size("video"), dimensions_within_limits("video")),
    ),
)
