"""The keyframes and reference files of an animation: their fields and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fields import Field, Fields, Upload
from .files import KIB, MIB
from .rules import check_duration
from .validator import add_error, format_number, label

if TYPE_CHECKING:
    from ..catalogue.model import Model
    from ..errors import FieldErrors

LAST_FRAME = Field("last_frame_image", "file", file_types=("image",), feature="supports_last_frame")
KEYFRAMES = (Field("first_frame_image", "file", file_types=("image",), min_bytes=KIB), LAST_FRAME)
REFERENCES = (
    Field("ref_images", "files", file_types=("image",), min_bytes=KIB, not_in_v1=True),
    Field("ref_videos", "files", file_types=("video",), not_in_v1=True),
    Field("ref_audios", "files", file_types=("audio",), max_bytes=15 * MIB, not_in_v1=True),
)
REFERENCE_COUNTS = tuple(
    Field(f"ref_{file_type}s_count", "integer", minimum=0, maximum=maximum, not_in_v1=True)
    for file_type, maximum in (("image", 9), ("video", 1), ("audio", 3))
)
_FILE_TYPES = ("image", "video", "audio")


def reference_count(fields: Fields, file_type: str) -> int:
    """Return the number of references of a file type: of files, or of a price request's count."""
    files: list[Upload] = fields.get(f"ref_{file_type}s") or []
    count: int = fields.get(f"ref_{file_type}s_count") or 0
    return len(files) or count


def keyframes_or_references(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
    """Require keyframes or references, but not both."""
    references = [
        f"ref_{file_type}s" for file_type in _FILE_TYPES if fields.get(f"ref_{file_type}s")
    ]
    if references:
        for frame in ("first_frame_image", "last_frame_image"):
            if fields.get(frame) is not None:
                name, other = label(frame), label(references[0])
                message = f"The {name} field prohibits {other} from being present."
                add_error(errors, frame, message)
    elif fields["first_frame_image"] is None and not any(
        name.startswith(("ref_", "first_frame_image")) for name in errors
    ):
        add_error(errors, "first_frame_image", "The first frame image field is required.")


def references_within_limits(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    """Check the references against the model's limits, each one and all of them."""
    counts = {file_type: reference_count(fields, file_type) for file_type in _FILE_TYPES}
    if model is None or not any(counts.values()):
        return
    for file_type, count in counts.items():
        if count:
            _check_file_type(file_type, count, fields, model, errors)
    maximum = model.limits.get("max_ref_files")
    if maximum is not None and sum(counts.values()) > maximum:
        first = next(file_type for file_type, count in counts.items() if count)
        message = f"There must not be more than {maximum} reference files in total."
        add_error(errors, _field_name(fields, first), message)
    if counts["audio"] and not (counts["image"] or counts["video"]):
        name = _field_name(fields, "audio")
        message = f"The {label(name)} field needs a reference image or video beside it."
        add_error(errors, name, message)


def _field_name(fields: Fields, file_type: str) -> str:
    """Return the name of the field with the references, or with their number."""
    return f"ref_{file_type}s" if fields.get(f"ref_{file_type}s") else f"ref_{file_type}s_count"


def _check_file_type(
    file_type: str, count: int, fields: Fields, model: Model, errors: FieldErrors
) -> None:
    name = _field_name(fields, file_type)
    if not model.features.get(f"supports_{file_type}_refs"):
        message = f"The selected model does not support reference {file_type}s."
        add_error(errors, name, message)
        return
    maximum = model.limits[f"max_ref_{file_type}s"]
    if count > maximum:
        message = f"The {label(name)} field must not have more than {maximum} items."
        add_error(errors, name, message)
    uploads: list[Upload] = fields.get(f"ref_{file_type}s") or []
    for index, upload in enumerate(uploads):
        if file_type == "image":
            _check_aspect_ratio(f"{name}.{index}", upload, model, errors)
        else:
            limit = f"ref_{file_type}_duration"
            check_duration(f"{name}.{index}", upload, limit, model, errors)


def _check_aspect_ratio(name: str, upload: Upload, model: Model, errors: FieldErrors) -> None:
    if not upload.height or name in errors:
        return
    minimum, maximum = model.limits["min_ref_image_ratio"], model.limits["max_ref_image_ratio"]
    if not minimum <= upload.width / upload.height <= maximum:
        bounds = f"between {format_number(minimum)} and {format_number(maximum)}"
        add_error(errors, name, f"The {label(name)} field must have a ratio {bounds}.")
