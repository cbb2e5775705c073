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

from deapi.emulator.errors import too_large, too_many_parts
from deapi.emulator.validation.fields import Upload
from deapi.emulator.validation.json_types import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Message, Receive

MAX_BODY = 75 * 1024 * 1024
MAX_PARTS = 5000
"""Fields of a form, and again as many files; the inputs of an embedding are up to 2,048."""

_CHUNK = 256 * 1024
_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){1,64})")
_KEY = re.compile(r"\[([^\[\]]*)\]")


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


class Incoming:
    """The `receive` of a request, raising the 413 once too much body has come.

    Args:
        receive: The server's.
        limit: Bytes of body that may come.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._ended = False

    async def __call__(self) -> Message:
        """The next message."""
        message = await self._receive()
        self._ended = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise too_large()
        return message

    async def drain(self) -> None:
        """Read away what is still to come."""
        while not self._ended:
            message = await self._receive()
            self._ended = not message.get("more_body", False)


async def read_body(request: Request, directory: Path) -> Body:
    """Read a request's body; one that cannot be understood is an empty one, as in PHP.

    Args:
        request: The request.
        directory: Where uploaded files are kept.

    Raises:
        ApiError: 413 if it is too large or has too many parts.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        try:
            return await _read_form(request, directory)
        except MultiPartException as error:
            if error.message.startswith("Too many"):  # nothing else tells it from a broken body
                raise too_many_parts(MAX_PARTS) from error
            return Body()
        except (FormParserError, UnicodeError):
            return Body()
    return _read_json(await request.body())


def nested(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Resolve the brackets of form field names, as PHP does.

    `images[]` repeated and `refs[0]`, `refs[1]` become lists, `loras[0][name]` a list of
    objects; indices that do not run from 0 without gaps make an object. What comes later
    replaces what it cannot be added to.
    """
    values: dict[str, Any] = {}
    for name, value in items:
        match = _BRACKETED.fullmatch(name)
        key, inner = (match[1], _KEY.findall(match[2])) if match else (name, [])
        node = values
        for following in inner:
            child = node.get(key)
            if not is_object(child):
                child = node[key] = {}
            node, key = child, following or _next_index(child)
        node[key] = value
    return {name: _listed(value) for name, value in values.items()}


def _next_index(entries: dict[str, Any]) -> str:
    """The key that empty brackets stand for."""
    index = len(entries)
    while str(index) in entries:
        index += 1
    return str(index)


def _listed(value: Any) -> Any:
    """A PHP array whose keys are 0 to n-1 as a list, any other as an object."""
    if not is_object(value):
        return value
    indices = [str(index) for index in range(len(value))]
    if value.keys() == set(indices):
        return [_listed(value[index]) for index in indices]
    return {key: _listed(item) for key, item in value.items()}


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
    body = Body()
    limits = {"max_files": MAX_PARTS, "max_fields": MAX_PARTS, "max_part_size": MAX_BODY}
    try:
        async with request.form(**limits) as form:
            items: list[tuple[str, Any]] = []
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    upload = _upload(value, directory)
                    body.uploads.append(upload)
                    await anyio.to_thread.run_sync(functools.partial(_keep, value, upload))
                    items.append((name, upload))
                else:
                    items.append((name, value))
        body.sent, body.values = _grouped(items), cleaned(nested(items))
    except BaseException:
        body.discard()
        raise
    return body


def _grouped(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    by_name: dict[str, list[Any]] = {}
    for name, value in items:
        by_name.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in by_name.items()}


def _upload(sent: UploadFile, directory: Path) -> Upload:
    """An uploaded file before its content has been kept."""
    return Upload(
        filename=sent.filename or "",
        content_type=sent.content_type or "",
        size=0,
        sha256="",
        path=directory / uuid.uuid4().hex,
    )


def _keep(sent: UploadFile, upload: Upload) -> None:
    """Move an uploaded file's content from the parser's temporary file to ours."""
    digest = hashlib.sha256()
    with upload.path.open("wb") as kept:
        while chunk := sent.file.read(_CHUNK):
            digest.update(chunk)
            kept.write(chunk)
        upload.size = kept.tell()
    upload.sha256 = digest.hexdigest()
