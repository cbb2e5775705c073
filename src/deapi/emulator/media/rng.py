"""Random numbers that depend on the arguments only, so equal requests get equal results."""

from __future__ import annotations

import hashlib
import random


def digest(*parts: object) -> bytes:
    """Hash the `str()` of all parts into 16 bytes, which are the same in every process."""
    # JSON may contain lone surrogates, which strict UTF-8 rejects.
    text = "\x1f".join(str(part) for part in parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def seeded_random(*parts: object) -> random.Random:
    """Return a new random number generator, seeded with the digest of all parts."""
    return random.Random(digest(*parts))  # noqa: S311 - not used for secrets
