"""Import the modules that calls need, in threads that no signal or interrupt reaches.

Creating a client is cheap, because httpx, TLS and pydantic are imported by the first call. A signal
handler that runs during an import finds modules that are only partly initialized, and an exception
that interrupts an import may leave its lock held, so that other threads wait indefinitely. Signals
and interrupts reach the thread that waits for the import, not the one that imports.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from importlib import import_module

from .._core.parsing import model_of

_loaded: set[tuple[bool, str | None]] = set()


def is_loaded(result_type: str | None, *, network: bool) -> bool:
    """Whether ``load()`` has been called with these arguments."""
    return (network, result_type) in _loaded


def load_in_thread(result_type: str | None, *, network: bool) -> None:
    """Import what a call needs in another thread, and wait for it. See ``load()``."""
    thread = threading.Thread(target=load, args=(result_type, network), daemon=True)
    try:
        thread.start()
    except RuntimeError:  # there are too many threads, or the interpreter is shutting down
        load(result_type, network)
    else:
        thread.join()


def load(result_type: str | None, network: bool) -> None:
    """Import what a call needs.

    Args:
        result_type: Result type of the operation, ``"*"`` for the code of all resources and of
            downloads instead, or None.
        network: Whether the call uses HTTP clients of this package.
    """
    # The call that follows imports the same modules, and raises the exception if there is one.
    with suppress(Exception):
        if network:
            from .network import tls_context

            tls_context()
            if f"{__package__}.aio" in sys.modules:
                import_module(f"{__package__}.async_streams")
                # Imported by the first connection otherwise.
                for name in ("encodings.idna", "anyio._backends._asyncio"):
                    with suppress(ImportError):
                        import_module(name)
        if result_type == "*":
            from .. import resources

            for name in vars(resources)["__all__"]:
                getattr(resources, name)
            import_module("deapi._core.download")
        else:
            model_of(result_type)
        _loaded.add((network, result_type))
