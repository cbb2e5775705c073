"""What an animation starts from: keyframes, or files that its prompt refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deapi.emulator.operations.operation import check_duration
from deapi.emulator.validation.fields import NOT_IN_V1, Field, Fields, Upload
from deapi.emulator.validation.files import KIB, MIB
from deapi.emulator.validation.validator import add, label, number

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors

LAST_FRAME = Field("last_frame_image", "file", media=("image",), feature="supports_last_frame")
KEYFRAMES = (
    Field("first_frame_image", "file", media=("image",), min_bytes=KIB),
    LAST_FRAME,
)
REFERENCES = (
    Field("ref_images", "files", media=("image",), min_bytes=KIB, unknown_to=NOT_IN_V1),
    Field("ref_videos", "files", media=("video",), unknown_to=NOT_IN_V1),
    Field("ref_audios", "files", media=("audio",), max_bytes=15 * MIB, unknown_to=NOT_IN_V1),
)
COUNTS = tuple(
    Field(f"ref_{kind}s_count", "integer", minimum=0, maximum=most, unknown_to=NOT_IN_V1)
    for kind, most in (("image", 9), ("video", 1), ("audio", 3))
)
_KINDS = ("image", "video", "audio")


def reference_count(fields: Fields, kind: str) -> int:
    """How many references of a kind there are, or would be in a request for a price."""
    files: list[Upload] = fields.get(f"ref_{kind}s") or []
    counted: int = fields.get(f"ref_{kind}s_count") or 0
    return len(files) or counted


def one_mode(fields: Fields, model: Model | None, errors: Errors) -> None:
    """There are keyframes or references, and not both."""
    del model
    given = [f"ref_{kind}s" for kind in _KINDS if fields.get(f"ref_{kind}s")]
    broken = any(name.startswith("ref_") for name in errors)
    if given:
        for frame in ("first_frame_image", "last_frame_image"):
            if fields.get(frame) is not None:
                message = (
                    f"The {label(frame)} field prohibits {label(given[0])} from being present."
                )
                add(errors, frame, message)
    elif fields["first_frame_image"] is None and not broken and "first_frame_image" not in errors:
        add(errors, "first_frame_image", "The first frame image field is required.")


def references_fit(fields: Fields, model: Model | None, errors: Errors) -> None:
    """The model takes the references, one by one and together."""
    counts = {kind: reference_count(fields, kind) for kind in _KINDS}
    if model is None or not any(counts.values()):
        return
    for kind, count in counts.items():
        if count:
            _check_kind(kind, count, fields, model, errors)
    most = model.limits.get("max_ref_files")
    if most is not None and sum(counts.values()) > most:
        first = next(kind for kind, count in counts.items() if count)
        message = f"There must not be more than {most} reference files in all."
        add(errors, _name(fields, first), message)
    if counts["audio"] and not (counts["image"] or counts["video"]):
        name = _name(fields, "audio")
        message = f"The {label(name)} field needs a reference image or video beside it."
        add(errors, name, message)


def _name(fields: Fields, kind: str) -> str:
    """The field that has the references, or their number."""
    return f"ref_{kind}s" if fields.get(f"ref_{kind}s") else f"ref_{kind}s_count"


def _check_kind(kind: str, count: int, fields: Fields, model: Model, errors: Errors) -> None:
    name = _name(fields, kind)
    if not model.features.get(f"supports_{kind}_refs"):
        add(errors, name, f"The selected model does not support reference {kind}s.")
        return
    most = model.limits[f"max_ref_{kind}s"]
    if count > most:
        add(errors, name, f"The {label(name)} field must not have more than {most} items.")
    uploads: list[Upload] = fields.get(name) or [] if name == f"ref_{kind}s" else []
    for index, upload in enumerate(uploads):
        if kind == "image":
            _check_ratio(f"{name}.{index}", upload, model, errors)
        else:
            limit = f"ref_{kind}_duration"
            check_duration(f"{name}.{index}", upload, limit, model, errors)


def _check_ratio(name: str, upload: Upload, model: Model, errors: Errors) -> None:
    if not upload.height or name in errors:
        return
    least, most = model.limits["min_ref_image_ratio"], model.limits["max_ref_image_ratio"]
    if not least <= upload.width / upload.height <= most:
        between = f"between {number(least)} and {number(most)}"
        add(errors, name, f"The {label(name)} field must have a ratio {between}.")
