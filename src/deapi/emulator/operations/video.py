"""Operations on videos: generate, animate, follow a sound, replace, upscale, cut out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deapi.emulator.media import video
from deapi.emulator.operations import prices
from deapi.emulator.operations.operation import (
    ENHANCE,
    Operation,
    always,
    file_or_size,
    lasts,
    source_fits,
)
from deapi.emulator.validation.fields import NOT_IN_V1, Field, Fields, Upload
from deapi.emulator.validation.references import (
    COUNTS,
    KEYFRAMES,
    LAST_FRAME,
    REFERENCES,
    one_mode,
    reference_count,
    references_fit,
)
from deapi.emulator.validation.validator import add

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors

_SIZE = tuple(
    Field(side, "integer", required=True, limit=side, snapped=True) for side in ("width", "height")
)
_TIME = (
    Field("frames", "integer", required=True, minimum=1, limit="frames"),
    Field("fps", "integer", required=True, minimum=1, limit="fps"),
)
_STEPS = Field(
    "steps", "integer", required=True, minimum=1, limit="steps", feature="supports_steps"
)
_GENERATION = (
    Field("prompt", "string", required=True),
    Field("negative_prompt", "string", feature="supports_negative_prompt"),
    *_SIZE,
    *_TIME,
    Field("seed", "integer", required=True),
)
_GUIDANCE = Field(
    "guidance", "number", required=True, limit="guidance", feature="supports_guidance"
)
_OPTIONAL_EFFORT = (
    Field("steps", "integer", minimum=1, limit="steps", feature="supports_steps"),
    Field("guidance", "number", limit="guidance", feature="supports_guidance"),
)
_PRICE = (*_SIZE, *_TIME, _STEPS)

_VIDEO = Field("video", "file", required=True, media=("video",))
_VIDEO_OR_SIZE = (
    Field("video", "file", media=("video",)),
    Field("width", "integer", minimum=1, limit="width"),
    Field("height", "integer", minimum=1, limit="height"),
)
_DURATION = Field("duration", "number", minimum=0.1, limit="video_duration_seconds")
_REPLACE_STEPS = Field("steps", "integer", default=4, minimum=1, maximum=100)
_SCALE = Field("scale", "integer", minimum=1, maximum=16, limit="scale")

_ASKED_FOR = ("prompt", "width", "height", "frames", "fps", "seed")


def _settle_scale(fields: Fields, model: Model | None, errors: Errors) -> None:
    """Refuse a missing or superfluous scale, and note the factor of a model that has only one."""
    if model is None or "scale" in errors:
        return
    variable, given = "min_scale" in model.limits, fields["scale"] is not None
    if variable and not given:
        add(errors, "scale", "The scale field is required.")
    elif given and not variable:
        add(errors, "scale", "The scale field is prohibited.")
    elif not given:
        fields["scale"] = int(model.slug.rpartition("x")[2])


def _size_together(fields: Fields, model: Model | None, errors: Errors) -> None:
    del model
    for side, other in (("width", "height"), ("height", "width")):
        if fields.get(side) is None and fields.get(other) is not None and side not in errors:
            add(errors, side, f"The {side} field is required when {other} is present.")


def _video_or_duration(fields: Fields, model: Model | None, errors: Errors) -> None:
    del model
    if not ({"video", "duration"} & errors.keys() or fields.get("video") or fields.get("duration")):
        add(errors, "video", "The video field is required when duration is not present.")


def _content(fields: Fields, name: str) -> bytes | None:
    upload: Upload | None = fields.get(name)
    return upload.read() if upload else None


def _generate(fields: Fields, extension: str) -> bytes:
    del extension
    return video.generated(
        fields["prompt"],
        width=fields["width"],
        height=fields["height"],
        frames=fields["frames"],
        fps=fields["fps"],
        seed=fields["seed"],
    )


def _contents(fields: Fields, name: str) -> list[bytes]:
    uploads: list[Upload] = fields.get(name) or []
    return [upload.read() for upload in uploads]


def _animation_price(model: Model, fields: Fields) -> float:
    return prices.animation(
        model,
        fields,
        images=reference_count(fields, "image"),
        videos=reference_count(fields, "video"),
    )


def _asked_for(fields: Fields) -> Fields:
    """What every video that is made from something else is asked to be."""
    return {name: fields[name] for name in _ASKED_FOR}


def _animate(fields: Fields, extension: str) -> bytes:
    del extension
    first_frame = _content(fields, "first_frame_image")
    if first_frame is None:
        return video.referenced(
            _contents(fields, "ref_images"),
            _contents(fields, "ref_videos"),
            _contents(fields, "ref_audios"),
            **_asked_for(fields),
        )
    return video.animated(
        first_frame,
        **_asked_for(fields),
        last_frame=_content(fields, "last_frame_image"),
    )


def _follow_sound(fields: Fields, extension: str) -> bytes:
    del extension
    return video.synced(
        fields["audio"].read(),
        **_asked_for(fields),
        first_frame=_content(fields, "first_frame_image"),
        last_frame=_content(fields, "last_frame_image"),
    )


def _replace(fields: Fields, extension: str) -> bytes:
    del extension
    return video.replaced(
        fields["video"].read(),
        fields["ref_image"].read(),
        width=fields["width"],
        height=fields["height"],
    )


def _upscale(fields: Fields, extension: str) -> bytes:
    del extension
    return video.upscaled(fields["video"].read(), fields["scale"])


def _cut_out(fields: Fields, extension: str) -> bytes:
    del extension
    return video.without_background(fields["video"].read())


VIDEO_OPERATIONS = (
    Operation(
        name="txt2video",
        task="Text To Video",
        inference_types=("txt2video",),
        quota="videos/generations",
        boosts=True,
        seconds=15,
        fields=(*_GENERATION, ENHANCE, _GUIDANCE, _STEPS),
        price_fields=_PRICE,
        price=prices.video,
        produce=_generate,
        extension=always("mp4"),
    ),
    Operation(
        name="img2video",
        task="Image To Video",
        inference_types=("img2video",),
        quota="videos/animations",
        boosts=True,
        seconds=15,
        fields=(
            *_GENERATION,
            *KEYFRAMES,
            *REFERENCES,
            ENHANCE,
            _GUIDANCE,
            _STEPS,
        ),
        price_fields=(*_PRICE, *COUNTS),
        price=_animation_price,
        produce=_animate,
        extension=always("mp4"),
        rules=(one_mode, references_fit),
        price_rules=(references_fit,),
    ),
    Operation(
        name="aud2video",
        task="Audio To Video",
        inference_types=("audio2video",),
        quota="videos/audio-syncs",
        seconds=15,
        fields=(
            *_GENERATION,
            Field("audio", "file", required=True, media=("audio",)),
            Field("first_frame_image", "file", media=("image",)),
            LAST_FRAME,
            *_OPTIONAL_EFFORT,
        ),
        price_fields=(*_SIZE, *_TIME, *_OPTIONAL_EFFORT[:1]),
        price=prices.video,
        produce=_follow_sound,
        extension=always("mp4"),
        rules=(lasts("audio", "duration"),),
    ),
    Operation(
        name="videos/replace",
        task="Video Replace",
        inference_types=("video-replace",),
        quota="videos/replacements",
        seconds=20,
        fields=(
            _VIDEO,
            Field("ref_image", "file", required=True, media=("image",)),
            Field("prompt", "string"),
            Field("width", "integer", limit="width"),
            Field("height", "integer", limit="height"),
            _REPLACE_STEPS,
            Field("seed", "integer", default=-1),
        ),
        price_fields=(
            *_VIDEO_OR_SIZE,
            _DURATION,
            replace(_REPLACE_STEPS, unknown_to=NOT_IN_V1),
        ),
        price=prices.video_replace,
        produce=_replace,
        extension=always("mp4"),
        rules=(_size_together, lasts("video", "video_duration_seconds")),
        price_rules=(_video_or_duration, _size_together, lasts("video", "video_duration_seconds")),
    ),
    Operation(
        name="vid-upscale",
        task="Video Upscale",
        inference_types=("vid-upscale",),
        quota="videos/upscales",
        seconds=10,
        fields=(_VIDEO, _SCALE),
        price_fields=(
            *_VIDEO_OR_SIZE,
            _SCALE,
            _DURATION,
        ),
        price=prices.video_upscale,
        produce=_upscale,
        extension=always("mp4"),
        rules=(
            source_fits("video"),
            lasts("video", "video_duration_seconds"),
            _settle_scale,
        ),
        price_rules=(
            file_or_size("video"),
            source_fits("video"),
            lasts("video", "video_duration_seconds"),
            _settle_scale,
        ),
    ),
    Operation(
        name="vid-rmbg",
        task="Video Background Removal",
        inference_types=("vid-rmbg",),
        quota="videos/background-removals",
        seconds=10,
        fields=(_VIDEO,),
        price_fields=_VIDEO_OR_SIZE,
        price=prices.video_cutout,
        produce=_cut_out,
        extension=always("mp4"),
        rules=(source_fits("video"), lasts("video", "video_duration_seconds")),
        price_rules=(file_or_size("video"), source_fits("video")),
    ),
)
