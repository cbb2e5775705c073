"""The pytest fixture `deapi_emulator`; importing this module imports no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deapi.emulator import Emulator


@pytest.fixture
def deapi_emulator() -> Iterator[Emulator]:
    """A running emulator of the test's own."""
    from deapi.emulator import Emulator

    with Emulator() as emulator:
        yield emulator
