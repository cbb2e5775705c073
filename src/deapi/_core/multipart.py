"""A multipart form that streams. Its size is known before any file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._text import format_size, sanitize
from .encoding import form_fields
from .files import CHUNK_SIZE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from typing import Any

    from .files import FilePart

MAX_SIZE = 75 * 1024 * 1024
"""Maximum size of a request in bytes. The service rejects a larger one with 413."""

# Quotes and line breaks in field and file names are escaped as browsers do it (WHATWG HTML,
# multipart/form-data). So are the other control characters, which servers reject.
_ESCAPES = {code: f"%{code:02X}" for code in (*range(32), ord('"'), 127)}


class Multipart:
    """The body of a form with files, which can be sent more than once."""

    def __init__(
        self, fields: Mapping[str, Any], files: Sequence[tuple[str, FilePart]], *, boundary: str
    ) -> None:
        """Build the form. No file is read.

        Args:
            fields: Fields and their values.
            files: Names of fields, and their files.
            boundary: String that separates the parts. It must not occur in them.

        Raises:
            ValueError: The body is larger than ``MAX_SIZE``.
        """
        self._boundary = boundary
        self._fields = b"".join(
            self._part_header(f'name="{_escape(name)}"') + value.encode() + b"\r\n"
            for name, value in form_fields(fields)
        )
        self._files = [
            (
                self._part_header(
                    f'name="{_escape(name)}"; filename="{_escape(file.filename)}"',
                    file.media_type,
                ),
                file,
            )
            for name, file in files
        ]
        self._end = f"--{self._boundary}--\r\n".encode()
        if self.size is not None and self.size > MAX_SIZE:
            sizes = ", ".join(
                f"{name} ({sanitize(file.filename, 60)}, {format_size(file.size or 0)})"
                for name, file in files
            )
            raise ValueError(
                f"The request is too large: {format_size(self.size)}, and the maximum is "
                f"{format_size(MAX_SIZE)}. Its files are {sizes}. Nothing was sent. Pass smaller "
                "files."
            )

    @property
    def content_type(self) -> str:
        """Value of the Content-Type header."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def size(self) -> int | None:
        """Length of the whole body in bytes; None if the size of a file is unknown."""
        total = len(self._fields) + len(self._end)
        for header, file in self._files:
            if file.size is None:
                return None
            total += len(header) + file.size + 2
        return total

    @property
    def repeatable(self) -> bool:
        """Whether the whole body can be sent again."""
        return all(file.repeatable for _, file in self._files)

    @property
    def blocking(self) -> bool:
        """Whether reading the body may wait for a disk."""
        return any(file.blocking for _, file in self._files)

    def chunks(self, size: int = CHUNK_SIZE) -> Generator[bytes]:
        """Yield the body from its start, files in chunks of at most ``size`` bytes."""
        if self._fields:
            yield self._fields
        for header, file in self._files:
            yield header
            yield from file.chunks(size)
            yield b"\r\n"
        yield self._end

    def _part_header(self, disposition: str, media_type: str | None = None) -> bytes:
        content_type = f"Content-Type: {media_type}\r\n" if media_type else ""
        return (
            f"--{self._boundary}\r\nContent-Disposition: form-data; {disposition}\r\n"
            f"{content_type}\r\n"
        ).encode()


def _escape(name: str) -> str:
    # A file name may contain bytes that are not UTF-8, as lone surrogates; a header may not.
    return name.encode("utf-8", "replace").decode().translate(_ESCAPES)
