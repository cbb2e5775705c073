"""Randomness that depends on the arguments alone, so that equal requests get equal results."""

from __future__ import annotations

import hashlib
import random


def digest(*parts: object) -> bytes:
    """Hash `parts` into 16 bytes, the same in every process.

    Args:
        parts: Anything whose `str()` is stable.

    Returns:
        16 bytes.
    """
    # JSON may carry half of a surrogate pair, which plain UTF-8 refuses.
    text = "\x1f".join(str(part) for part in parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def randomness(*parts: object) -> random.Random:
    """Return a generator that is seeded with `parts`.

    Args:
        parts: Anything whose `str()` is stable.

    Returns:
        A generator of its own, which no other caller shares.
    """
    return random.Random(digest(*parts))  # noqa: S311 - for pictures, not for secrets
