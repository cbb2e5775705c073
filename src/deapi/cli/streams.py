"""Standard streams that can always be used, whatever the process has inherited."""

from __future__ import annotations

import codecs
import os
import sys
from typing import TextIO

_ESCAPE = "deapi-escape"


def prepare_streams() -> None:
    """Replace closed streams, and let standard output write every character.

    A result that has been paid for must not be lost because of the encoding of a locale.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed, as by `>&-`
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # a program may have replaced the stream
    if reconfigure is not None:
        codecs.register_error(_ESCAPE, _escape)
        reconfigure(errors=_ESCAPE)


def discard(stream: TextIO) -> None:
    """Discard what is written to a stream, which has no reader any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _escape(error: UnicodeError) -> tuple[str | bytes, int]:
    """Encode the bytes of a file name unchanged, and other characters as in JSON."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeEncodeError as unencodable:
        text = unencodable.object[unencodable.start : unencodable.end]
        units = text.encode("utf-16-be", "surrogatepass")
        escapes = [f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)]
        return "".join(escapes), unencodable.end
