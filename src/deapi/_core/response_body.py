"""Assemble the body of a response within limits of size, content coding and decompression."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from .._response import Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Bytes of an error's body that are decompressed, parsed, redacted and kept. The service's errors
# are far smaller, and redacting a megabyte takes half a second.
MAX_ERROR_SIZE = 131_072

# The content codings that requests accept. zlib detects which of the two formats it is.
ACCEPT_ENCODING = "gzip, deflate"
_CODINGS = ("gzip", "x-gzip", "deflate")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS

# Maximum bytes that are decompressed in one step, which takes about a millisecond.
_STEP_SIZE = 1024 * 1024


class CorruptBodyError(Exception):
    """The body of a response is not valid in its content coding, or ends too early."""


class ResponseBody:
    """Collects the body of one response.

    A successful response that breaks a limit has no content and a ``problem``. The body of an error
    is truncated instead, also where it is corrupt, because its status says enough.

    Attributes:
        size: Decompressed bytes that have been collected.
    """

    def __init__(self, status_code: int, headers: Mapping[str, str], max_size: int) -> None:
        """Check the headers of a response.

        Args:
            status_code: HTTP status code.
            headers: Headers, with names in lower case.
            max_size: Maximum bytes of a successful response, before and after decompression.
        """
        self._status_code = status_code
        self._headers = headers
        self._is_success = 200 <= status_code < 300
        self._max_size = max_size if self._is_success else MAX_ERROR_SIZE
        self._chunks: list[bytes] = []
        self._received = 0
        self._decoder: zlib._Decompress | None = None  # pyright: ignore[reportPrivateUsage]
        self._problem: str | None = None
        self._done = False
        self.size = 0
        coding = headers.get("content-encoding", "").strip().lower()
        if coding in _CODINGS:
            self._decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
        elif coding not in ("", "identity"):
            self._reject(f"its content coding {coding[:50]!r} is not one of {ACCEPT_ENCODING}")
        length = headers.get("content-length", "")
        if self._is_success and length.isdecimal() and len(length) < 20 and int(length) > max_size:
            self._reject_size()

    def needs_more(self) -> bool:
        """Whether to read more of the body, if there is more."""
        return not self._done

    def add(self, data: bytes) -> Iterator[None]:
        """Collect received bytes. Yields where decompression may pause for other work.

        Raises:
            CorruptBodyError: The data is not valid in its content coding.
        """
        self._received += len(data)
        if self._received > self._max_size and self._is_success:
            self._reject_size()
        while data and not self._done:
            if self._decoder is None:
                self._append(data)
                return
            data = self._decompress(self._decoder, data)
            if data:
                yield

    def finish(self) -> Response:
        """Return the response after the end of its body.

        Raises:
            CorruptBodyError: The body ended within its content coding.
        """
        decoder = self._decoder
        if decoder is not None and self._received and not decoder.eof and not self._done:
            self._fail("the compressed data is incomplete")
        content = b"".join(self._chunks)[: self._max_size]
        return Response(self._status_code, self._headers, content, self._problem)

    def _decompress(self, decoder: zlib._Decompress, data: bytes) -> bytes:  # pyright: ignore[reportPrivateUsage]
        """Decompress the next step. Return the rest of the data."""
        if decoder.eof:  # gzip data may consist of several members
            self._decoder = decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
        try:
            self._append(decoder.decompress(data, _STEP_SIZE))
        except zlib.error as error:
            self._fail(str(error))
            return b""
        return decoder.unconsumed_tail or decoder.unused_data

    def _append(self, data: bytes) -> None:
        self._chunks.append(data)
        self.size += len(data)
        if self.size > self._max_size:
            if self._is_success:
                self._reject_size()
            self._done = True

    def _fail(self, reason: str) -> None:
        if self._is_success:
            raise CorruptBodyError(reason)
        self._done = True

    def _reject_size(self) -> None:
        self._reject(f"it is larger than {self._max_size:,} bytes")

    def _reject(self, problem: str) -> None:
        self._problem = problem
        self._chunks.clear()
        self._done = True
