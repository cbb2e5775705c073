"""A local server that behaves like deAPI, for tests without a key, a network or cost.

    from deapi.emulator import Emulator

    with Emulator() as emulator:
        client = emulator.client()

It requires the extra `emulator` (`pip install "deapi-python-sdk[emulator]"`), whose packages are
imported when `Emulator` is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api.recorded_requests import LargeValue, RecordedRequest
    from .emulator import Emulator
    from .jobs.jobs import Job
    from .jobs.webhooks import Delivery
    from .validation.fields import Upload

__all__ = ["Delivery", "Emulator", "Job", "LargeValue", "RecordedRequest", "Upload"]

_LAZY_IMPORTS = {
    "Delivery": "jobs.webhooks",
    "Emulator": "emulator",
    "Job": "jobs.jobs",
    "LargeValue": "api.recorded_requests",
    "RecordedRequest": "api.recorded_requests",
    "Upload": "validation.fields",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY_IMPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_LAZY_IMPORTS[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("deapi"):
            raise
        raise ModuleNotFoundError(
            f"The emulator requires {error.name}: pip install 'deapi-python-sdk[emulator]'",
            name=error.name,
        ) from error
    return getattr(module, name)
