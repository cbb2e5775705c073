"""Request bodies: parse JSON and forms into the same nested values."""

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

from ..errors import request_too_large, too_many_parts
from ..validation.fields import Upload
from ..validation.json_types import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Message, Receive

MAX_BODY = 75 * 1024 * 1024
MAX_PARTS = 5000
"""Maximum number of form fields, and of files. An embedding has up to 2,048 inputs."""

_CHUNK_SIZE = 256 * 1024
_BRACKETED_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){1,64})")
_BRACKETED_KEY = re.compile(r"\[([^\[\]]*)\]")


@dataclass
class Body:
    """The parsed body of a request.

    Attributes:
        raw_fields: Fields as they were sent: those of a JSON object, or of a form, in which a
            repeated field is a list.
        values: The same fields with bracketed names resolved, strings trimmed and empty strings
            replaced by None.
        uploads: The uploaded files.
        keep_files: Whether a job uses the files, so that they are kept after the request.
    """

    raw_fields: dict[str, Any] = field(default_factory=dict[str, Any])
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    uploads: list[Upload] = field(default_factory=list[Upload])
    keep_files: bool = False

    def delete_files(self) -> None:
        """Delete the uploaded files."""
        for upload in self.uploads:
            upload.path.unlink(missing_ok=True)


class LimitedReceive:
    """An ASGI `receive` that raises a 413 if the request body exceeds a limit.

    Args:
        receive: The server's `receive`.
        limit: Maximum size of the body, in bytes.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._remaining = limit
        self._ended = False

    async def __call__(self) -> Message:
        """Receive the next message."""
        message = await self._receive()
        self._ended = not message.get("more_body", False)
        self._remaining -= len(message.get("body", b""))
        if self._remaining < 0:
            raise request_too_large()
        return message

    async def drain(self) -> None:
        """Receive and discard the rest of the body, however large it is."""
        while not self._ended:
            message = await self._receive()
            self._ended = not message.get("more_body", False)


async def read_body(request: Request, directory: Path) -> Body:
    """Read and parse a request's body, and store its files in a directory.

    An invalid body counts as empty, as in PHP.

    Raises:
        ApiError: 413 if the body is too large or has too many parts.
    """
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > MAX_BODY:
        raise request_too_large()
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        try:
            return await _read_form(request, directory)
        except MultiPartException as error:
            # Only the message distinguishes this from an invalid body.
            if error.message.startswith("Too many"):
                raise too_many_parts(MAX_PARTS) from error
            return Body()
        except (FormParserError, UnicodeError):
            return Body()
    return _parse_json(await request.body())


def parse_bracketed_names(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Resolve the brackets in the names of form fields, as PHP does.

    Repeated `images[]` and the pair `refs[0]`, `refs[1]` become lists, `loras[0][name]` a list
    of objects. Indices that do not run from 0 without gaps result in an object. A later field
    replaces an earlier one to which it cannot be added.
    """
    values: dict[str, Any] = {}
    for name, value in items:
        match = _BRACKETED_NAME.fullmatch(name)
        key, inner_keys = (match[1], _BRACKETED_KEY.findall(match[2])) if match else (name, [])
        node = values
        for inner_key in inner_keys:
            child = node.get(key)
            if not is_object(child):
                child = node[key] = {}
            node, key = child, inner_key or _next_index(child)
        node[key] = value
    return {name: _to_list(value) for name, value in values.items()}


def _next_index(entries: dict[str, Any]) -> str:
    """Return the key that empty brackets stand for."""
    index = len(entries)
    while str(index) in entries:
        index += 1
    return str(index)


def _to_list(value: Any) -> Any:
    """Convert a PHP array with the keys 0 to n-1 to a list, any other to an object."""
    if not is_object(value):
        return value
    indices = [str(index) for index in range(len(value))]
    if value.keys() == set(indices):
        return [_to_list(value[index]) for index in indices]
    return {key: _to_list(item) for key, item in value.items()}


def trim_strings(value: Any) -> Any:
    """Trim strings and replace empty ones by None, as Laravel's middleware does.

    Raises:
        UnicodeEncodeError: A string cannot be encoded.
    """
    if isinstance(value, str):
        value.encode()  # fails for a lone surrogate
        return value.strip() or None
    if is_object(value):
        return {key: trim_strings(item) for key, item in value.items()}
    if is_list(value):
        return [trim_strings(item) for item in value]
    return value


def _parse_json(content: bytes) -> Body:
    try:
        decoded = json.loads(content, parse_constant=_reject_constant)
        raw_fields = decoded if is_object(decoded) else {}
        return Body(raw_fields=raw_fields, values=trim_strings(raw_fields))
    except (ValueError, RecursionError):
        return Body()


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")


async def _read_form(request: Request, directory: Path) -> Body:
    body = Body()
    limits = {"max_files": MAX_PARTS, "max_fields": MAX_PARTS, "max_part_size": MAX_BODY}
    try:
        async with request.form(**limits) as form:
            items: list[tuple[str, Any]] = []
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    upload = Upload(
                        filename=value.filename or "",
                        content_type=value.content_type or "",
                        size=0,
                        sha256="",
                        path=directory / uuid.uuid4().hex,
                    )
                    body.uploads.append(upload)
                    await anyio.to_thread.run_sync(functools.partial(_store, value, upload))
                    items.append((name, upload))
                else:
                    items.append((name, value))
        body.raw_fields = _group_by_name(items)
        body.values = trim_strings(parse_bracketed_names(items))
    except BaseException:
        body.delete_files()
        raise
    return body


def _group_by_name(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    by_name: dict[str, list[Any]] = {}
    for name, value in items:
        by_name.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in by_name.items()}


def _store(part: UploadFile, upload: Upload) -> None:
    """Copy an uploaded file's content from the parser's temporary file to its own path."""
    digest = hashlib.sha256()
    with upload.path.open("wb") as stored:
        while chunk := part.file.read(_CHUNK_SIZE):
            digest.update(chunk)
            stored.write(chunk)
        upload.size = stored.tell()
    upload.sha256 = digest.hexdigest()
