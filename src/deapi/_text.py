"""Other people's words, made fit to be shown."""

from __future__ import annotations


def shorten(text: str, limit: int = 500) -> str:
    """``text`` on one line, bounded, with nothing in it that a terminal or a log cannot show."""
    text = " ".join(text[: 4 * limit].split())
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
