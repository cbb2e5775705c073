"""A multipart form that streams: its size is known before a byte of its files is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .files import CHUNK
from .request import form_fields

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from typing import Any

    from .files import FilePart

# Field and file names, as browsers escape them (WHATWG HTML, multipart/form-data).
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


class Multipart:
    """The body of a form with files, which can be sent any number of times."""

    def __init__(self, fields: Mapping[str, Any], files: Sequence[tuple[str, FilePart]]) -> None:
        self._boundary = os.urandom(16).hex()
        self._head = b"".join(
            self._part(f'name="{_escape(name)}"') + value.encode() + b"\r\n"
            for name, value in form_fields(fields)
        )
        self._files = [
            (
                self._part(
                    f'name="{_escape(name)}"; filename="{_escape(file.filename)}"',
                    file.media_type,
                ),
                file,
            )
            for name, file in files
        ]
        self._tail = f"--{self._boundary}--\r\n".encode()

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def size(self) -> int | None:
        """The length of the whole body in bytes; None when one of its files cannot tell its own."""
        total = len(self._head) + len(self._tail)
        for header, file in self._files:
            if file.size is None:
                return None
            total += len(header) + file.size + 2
        return total

    @property
    def repeatable(self) -> bool:
        """Whether the whole body can be sent once more."""
        return all(file.repeatable for _, file in self._files)

    @property
    def blocking(self) -> bool:
        """Whether reading it may wait for a disk."""
        return any(file.blocking for _, file in self._files)

    def chunks(self, size: int = CHUNK) -> Generator[bytes]:
        """The body from its start, its files in pieces of at most ``size`` bytes."""
        if self._head:
            yield self._head
        for header, file in self._files:
            yield header
            yield from file.chunks(size)
            yield b"\r\n"
        yield self._tail

    def _part(self, disposition: str, media_type: str | None = None) -> bytes:
        kind = f"Content-Type: {media_type}\r\n" if media_type else ""
        return (
            f"--{self._boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{kind}\r\n"
        ).encode()


def _escape(name: str) -> str:
    # A file name may hold bytes that are not UTF-8, as lone surrogates; a header cannot.
    return name.encode("utf-8", "replace").decode().translate(_ESCAPES)
