"""Request bodies, JSON or multipart, as the same nested values."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import anyio.to_thread
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from deapi.emulator.errors import too_large
from deapi.emulator.fields import Upload
from deapi.emulator.shapes import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Message, Receive

MAX_BODY = 75 * 1024 * 1024
_CHUNK = 256 * 1024
_INDEXED = re.compile(r"(\w+)\[(\d+)\](?:\[(\w+)\])?")


@dataclass
class Body:
    """A request's body.

    Attributes:
        sent: Field names and values as they came: a JSON object's, or a form's, where a
            repeated part has a list.
        values: The same with brackets resolved, strings trimmed and empty ones turned to None.
        uploads: The files among them.
        kept: Whether a job keeps the files.
    """

    sent: dict[str, Any] = field(default_factory=dict[str, Any])
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    uploads: list[Upload] = field(default_factory=list[Upload])
    kept: bool = False

    def discard(self) -> None:
        """Delete the uploaded files."""
        for upload in self.uploads:
            upload.path.unlink(missing_ok=True)


def limited(receive: Receive, limit: int) -> Receive:
    """`receive`, raising the 413 once more than `limit` bytes of body have come."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise too_large()
        return message

    return counted


async def read_body(request: Request, directory: Path) -> Body:
    """Read a request's body; one that cannot be understood is an empty one, as in PHP.

    Args:
        request: The request.
        directory: Where uploaded files are kept.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        try:
            return await _read_form(request, directory)
        except (MultiPartException, FormParserError):
            return Body()
    return _read_json(await request.body())


def nested(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Resolve the brackets of form field names.

    `images[]` repeated and `refs[0]`, `refs[1]` become lists, `loras[0][name]` a list of
    objects; of a plain name that is repeated the last value counts.
    """
    values: dict[str, Any] = {}
    numbered: dict[str, dict[int, Any]] = {}
    for name, value in items:
        if name.endswith("[]"):
            values.setdefault(name[:-2], []).append(value)
        elif match := _INDEXED.fullmatch(name):
            base, index, key = match[1], int(match[2]), match[3]
            entries = numbered.setdefault(base, {})
            if key:
                entries.setdefault(index, {})[key] = value
            else:
                entries[index] = value
        else:
            values[name] = value
    for base, entries in numbered.items():
        values[base] = [entries[index] for index in sorted(entries)]
    return values


def cleaned(value: Any) -> Any:
    """Strings trimmed, and empty ones turned to None, as Laravel's middleware does.

    Raises:
        UnicodeEncodeError: A string cannot be encoded.
    """
    if isinstance(value, str):
        value.encode()  # a lone surrogate is no text
        return value.strip() or None
    if is_object(value):
        return {key: cleaned(item) for key, item in value.items()}
    if is_list(value):
        return [cleaned(item) for item in value]
    return value


def _read_json(content: bytes) -> Body:
    try:
        decoded = json.loads(content, parse_constant=_refuse_constant)
        sent = decoded if is_object(decoded) else {}
        return Body(sent=sent, values=cleaned(sent))
    except (ValueError, RecursionError):
        return Body()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


async def _read_form(request: Request, directory: Path) -> Body:
    async with request.form(max_part_size=MAX_BODY) as form:
        items: list[tuple[str, Any]] = []
        uploads: list[Upload] = []
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                keep = functools.partial(_keep, value, directory)
                upload = await anyio.to_thread.run_sync(keep)
                uploads.append(upload)
                items.append((name, upload))
            else:
                items.append((name, value))
    return Body(sent=_grouped(items), values=cleaned(nested(items)), uploads=uploads)


def _grouped(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    by_name: dict[str, list[Any]] = {}
    for name, value in items:
        by_name.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in by_name.items()}


def _keep(sent: UploadFile, directory: Path) -> Upload:
    """Move an uploaded file from the parser's temporary file to one of ours."""
    path = directory / uuid.uuid4().hex
    digest = hashlib.sha256()
    with path.open("wb") as kept:
        while chunk := sent.file.read(_CHUNK):
            digest.update(chunk)
            kept.write(chunk)
        size = kept.tell()
    return Upload(
        filename=sent.filename or "",
        content_type=sent.content_type or "",
        size=size,
        sha256=digest.hexdigest(),
        path=path,
    )
