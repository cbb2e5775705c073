"""The models of the service, cached for a day, for the completion of a shell."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from .._config import environment_base_url
from .._json import is_array, is_object
from .settings import make_client, profile_name

_MAX_AGE = 24 * 3600  # seconds
_TIMEOUT = 5.0  # seconds; a shell waits for the completion


def cached_models() -> list[dict[str, Any]]:
    """Return the models as JSON objects, from the cache or from the service.

    An old cache is used if the service cannot be reached. Without a cache, there are no models.
    """
    path = _path()
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime < _MAX_AGE:
            return _read(path)
    try:
        models = _fetch()
    except Exception:  # noqa: BLE001 - a completion shows no errors
        return _read(path)
    with contextlib.suppress(OSError):
        _write(path, models)
    return models


def cache_directory() -> Path:
    """Return the directory for caches of this platform."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "deapi"


def _path() -> Path:
    # Another account may have other models.
    account = f"{environment_base_url()} {profile_name()}"
    name = hashlib.sha256(account.encode()).hexdigest()[:12]
    return cache_directory() / f"models-{name}.json"


def _fetch() -> list[dict[str, Any]]:
    with make_client(None, max_retries=0) as client:
        models = client.with_options(timeout=_TIMEOUT).models.iterate()
        return [model.model_dump(mode="json") for model in models]


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [each for each in content if is_object(each)] if is_array(content) else []


def _write(path: Path, models: list[dict[str, Any]]) -> None:
    """Write the cache completely or not at all, readable only by the user."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it has a mode
        json.dump(models, file)
    partial.replace(path)
