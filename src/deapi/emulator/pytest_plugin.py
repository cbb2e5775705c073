"""The pytest fixture `deapi_emulator`. Importing this module does not import the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deapi.emulator import Emulator


@pytest.fixture
def deapi_emulator() -> Iterator[Emulator]:
    """A running `Emulator` with its default arguments, a new one for each test."""
    from deapi.emulator import Emulator

    with Emulator() as emulator:
        yield emulator
