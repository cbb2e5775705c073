"""Uploaded files: what they have to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deapi.emulator.media import audio, containers, images, video
from deapi.emulator.validation.validator import add, label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deapi.emulator.errors import Errors
    from deapi.emulator.validation.fields import Field, Fields, MediaKind, Upload

KIB, MIB = 1024, 1024 * 1024
MAX_BYTES: dict[MediaKind, int] = {"image": 10 * MIB, "audio": 20 * MIB, "video": 50 * MIB}
MIN_SIDE, MAX_SIDE = 64, 5000

_TYPES = {
    "image": "jpg, jpeg, png, gif, bmp, webp",
    "audio": "aac, mp3, ogg, webm, wav, flac, m4a",
    "video": "mp4, mpeg, mov, avi, wmv, ogg",
}
_MATROSKA = "webm, mkv"


def check_files(
    fields: Iterable[Field], values: Fields, errors: Errors, *, least_sizes: bool = True
) -> None:
    """Open every uploaded file, note what it is, and report the ones that will not do.

    Reads and decodes: not for the event loop.

    Args:
        fields: The fields that may be files.
        values: Their values.
        errors: What is wrong, so far.
        least_sizes: Whether the fields' `min_bytes` count.
    """
    for field in fields:
        value = values.get(field.name)
        if field.kind == "file" and value is not None:
            _check(field, field.name, value, errors, least_sizes=least_sizes)
        elif field.kind == "files":
            for index, upload in enumerate(value or ()):
                _check(field, f"{field.name}.{index}", upload, errors, least_sizes=least_sizes)


def _check(field: Field, name: str, upload: Upload, errors: Errors, *, least_sizes: bool) -> None:
    largest = field.max_bytes or max(MAX_BYTES[kind] for kind in field.media)
    if upload.size > largest:
        _report_size(name, largest, errors)
        return
    if least_sizes and upload.size < field.min_bytes:
        least = field.min_bytes // KIB
        add(errors, name, f"The {label(name)} field must be at least {least} kilobytes.")
        return
    kind = _recognise(upload, field)
    if kind is None:
        add(errors, name, _wrong_kind(name, field))
        return
    if upload.size > (field.max_bytes or MAX_BYTES[kind]):
        _report_size(name, MAX_BYTES[kind], errors)
    sides = (upload.width, upload.height)
    if kind == "image" and not all(MIN_SIDE <= side <= MAX_SIDE for side in sides):
        add(errors, name, f"The {label(name)} field has invalid image dimensions.")


def _report_size(name: str, largest: int, errors: Errors) -> None:
    message = f"The {label(name)} field must not be greater than {largest // KIB} kilobytes."
    add(errors, name, message)


def _wrong_kind(name: str, field: Field) -> str:
    if field.media == ("image",):
        return f"The {label(name)} field must be an image."
    types = [_TYPES[kind] for kind in field.media]
    if field.matroska:
        types.append(_MATROSKA)
    return f"The {label(name)} field must be a file of type: {', '.join(types)}."


def _recognise(upload: Upload, field: Field) -> MediaKind | None:
    """Find out which of its field's media the file is, and its measures."""
    content = upload.read()
    matroska = containers.matroska_type(content)
    if matroska == "mkv" and not field.matroska:
        return None
    for kind in field.media:
        try:
            if kind == "image":
                upload.width, upload.height = images.size(content)
            elif kind == "video":
                found = video.probe(content)
                if matroska and not field.matroska:
                    return None  # WebM may be sound, but with pictures it is a video
                upload.width, upload.height = found.width, found.height
                upload.duration, upload.has_audio = found.duration, found.has_audio
            else:
                upload.duration, upload.has_audio = audio.duration(content), True
        except ValueError:
            continue
        upload.media = kind
        return kind
    return None
