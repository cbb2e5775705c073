"""Validation of uploaded files: size, type and image dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..media import uploads as media
from .validator import add_error, label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..errors import FieldErrors
    from .fields import Field, Fields, FileType, Upload

KIB, MIB = 1024, 1024 * 1024
MAX_BYTES: dict[FileType, int] = {"image": 10 * MIB, "audio": 20 * MIB, "video": 50 * MIB}
MIN_SIDE, MAX_SIDE = 64, 5000

_FORMATS = {
    "image": "jpg, jpeg, png, gif, bmp, webp",
    "audio": "aac, mp3, ogg, webm, wav, flac, m4a",
    "video": "mp4, mpeg, mov, avi, wmv, ogg",
}
_MATROSKA_FORMATS = "webm, mkv"


def check_files(
    fields: Iterable[Field], values: Fields, errors: FieldErrors, *, check_min_size: bool = True
) -> None:
    """Validate every uploaded file, and set its file type, dimensions and duration.

    Reads and decodes files, so it must not run on the event loop. `check_min_size` is whether the
    fields' `min_bytes` apply.
    """
    for field in fields:
        value = values.get(field.name)
        if field.type == "file" and value is not None:
            _check(field, field.name, value, errors, check_min_size=check_min_size)
        elif field.type == "files":
            for index, upload in enumerate(value or ()):
                name = f"{field.name}.{index}"
                _check(field, name, upload, errors, check_min_size=check_min_size)


def _check(
    field: Field, name: str, upload: Upload, errors: FieldErrors, *, check_min_size: bool
) -> None:
    max_bytes = field.max_bytes or max(MAX_BYTES[file_type] for file_type in field.file_types)
    if upload.size > max_bytes:
        _add_size_error(name, max_bytes, errors)
        return
    if check_min_size and upload.size < field.min_bytes:
        minimum = field.min_bytes // KIB
        add_error(errors, name, f"The {label(name)} field must be at least {minimum} kilobytes.")
        return
    file_type = _detect_file_type(upload, field)
    if file_type is None:
        add_error(errors, name, _type_message(name, field))
        return
    if upload.size > (field.max_bytes or MAX_BYTES[file_type]):
        _add_size_error(name, MAX_BYTES[file_type], errors)
    sides = (upload.width, upload.height)
    if file_type == "image" and not all(MIN_SIDE <= side <= MAX_SIDE for side in sides):
        add_error(errors, name, f"The {label(name)} field has invalid image dimensions.")


def _add_size_error(name: str, max_bytes: int, errors: FieldErrors) -> None:
    message = f"The {label(name)} field must not be greater than {max_bytes // KIB} kilobytes."
    add_error(errors, name, message)


def _type_message(name: str, field: Field) -> str:
    if field.file_types == ("image",):
        return f"The {label(name)} field must be an image."
    types = [_FORMATS[file_type] for file_type in field.file_types]
    if field.allow_matroska:
        types.append(_MATROSKA_FORMATS)
    return f"The {label(name)} field must be a file of type: {', '.join(types)}."


def _detect_file_type(upload: Upload, field: Field) -> FileType | None:
    """Detect which of the field's file types a file has, and set the upload's attributes."""
    content = upload.read()
    matroska = media.matroska_type(content)
    if matroska == "mkv" and not field.allow_matroska:
        return None
    for file_type in field.file_types:
        try:
            if file_type == "image":
                upload.width, upload.height = media.image_size(content)
            elif file_type == "video":
                found = media.probe_video(content)
                if matroska and not field.allow_matroska:
                    return None  # a WebM file counts as audio only without a video stream
                upload.width, upload.height = found.width, found.height
                upload.duration, upload.has_audio = found.duration, found.has_audio
            else:
                upload.duration, upload.has_audio = media.audio_duration(content), True
        except ValueError:
            continue
        upload.file_type = file_type
        return file_type
    return None
