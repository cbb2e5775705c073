"""Strings from the server, made safe to show."""

from __future__ import annotations


def sanitize(text: str, limit: int = 500) -> str:
    """Return ``text`` as one line of at most ``limit`` characters, all of them printable."""
    text = " ".join(text[: 4 * limit].split())
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
