"""Load what calls need, in threads that no signal or interrupt reaches.

Creating a client is cheap, because httpx, certificates and pydantic are loaded by the first call. A
signal handler that runs during an import finds modules that are only partly initialized, and an
exception that interrupts an import may leave its lock held, so that other threads wait
indefinitely. Signals and interrupts reach the thread that waits for the import, not the one that
imports.

The model of a response is loaded while certificates are read and the request is sent.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from .._core.parsing import model_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_CERTIFICATES = "certificates"

_loaded: set[str | None] = set()  # result types and _CERTIFICATES


def is_loaded(result_type: str | None, *, network: bool) -> bool:
    """Whether everything that a call needs has been loaded.

    Args:
        result_type: Result type of the operation, or None.
        network: Whether the call uses HTTP clients of this package.
    """
    return result_type in _loaded and (_CERTIFICATES in _loaded or not network)


def load_network() -> None:
    """Load the HTTP library, and for async clients what they would load on the event loop."""
    # The call that follows imports the same modules, and raises the exception if there is one.
    with suppress(Exception):
        import_module(f"{__package__}.network")
        names = ["encodings.idna"]  # imported by the first connection otherwise
        if f"{__package__}.aio" in sys.modules:
            import_module(f"{__package__}.async_streams")
            import_module("deapi._core.download")
            names.append("anyio._backends._asyncio")
        for name in names:
            with suppress(ImportError):
                import_module(name)


def load_certificates() -> None:
    """Load the certificates of authorities, after ``load_network()``."""
    with suppress(Exception):
        from .network import tls_context

        tls_context()
        _loaded.add(_CERTIFICATES)


def load_model(result_type: str | None) -> None:
    """Load the model of a response."""
    with suppress(Exception):
        model_of(result_type)
        _loaded.add(result_type)


def start_in_thread(function: Callable[..., object], *arguments: object) -> Callable[[], None]:
    """Call a function in another thread. Return a function that waits until it has ended."""
    # Not a daemon: one that is in native code when the program ends may abort the process.
    thread = threading.Thread(target=function, args=arguments)
    try:
        thread.start()
    except RuntimeError:  # there are too many threads, or the interpreter is shutting down
        function(*arguments)
        return lambda: None
    return thread.join


def start_in_executor(
    loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object
) -> asyncio.Future[None]:
    """Call a function in a thread of an event loop. Return a future that is done when it ends."""
    try:
        return loop.run_in_executor(None, function, *arguments)
    except RuntimeError:  # as above
        function(*arguments)
        done = loop.create_future()
        done.set_result(None)
        return done
