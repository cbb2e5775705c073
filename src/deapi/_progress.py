"""Progress bars for waits and downloads. They are drawn with tqdm, which is optional.

A flow is run inside another one, which passes its steps on and reads them. The drivers are the same
with and without a bar.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from ._core.steps import Download, RunInThread, Update, WaitFor, relay
from ._text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._core.steps import Flow, Step
    from ._core.transfer import Transfer
    from .types import JobResult

T = TypeVar("T")

_WAITING = "{desc} {percentage:3.0f}%|{bar}| {elapsed}"
_RATE = ", {rate_fmt}"
_DOWNLOADING = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}B/{total_fmt}B {elapsed}" + _RATE
_UNKNOWN_SIZE = "{desc} {n_fmt}B {elapsed}" + _RATE

# Columns that a bar leaves free, so that the echo of Ctrl-C does not begin another line.
_MARGIN = len("^C")

# Seconds after which the elapsed time is drawn again.
_REFRESH_INTERVAL = 1.0


def with_bar(flow: Flow[T], *, label: str, request_id: str) -> Flow[T]:
    """Run a flow that waits for a job, and draw a bar where there is a terminal or a notebook.

    Args:
        flow: The flow.
        label: Name of the bar, which distinguishes it from others.
        request_id: ID of the job, for messages.

    Raises:
        ImportError: tqdm is not installed. Nothing has been sent.
    """
    note = f"Job {request_id} is not affected: resume it with client.job({request_id!r})."
    bar_class = yield RunInThread(lambda: _load_bar_class(note))
    if bar_class is None:
        return (yield from flow)
    display = _Display(bar_class, sanitize(label, 40))
    try:
        result: T = yield from relay(flow, before=display.observe)
        display.finish()
        return result
    finally:
        display.close()


class ItemBar:
    """A bar that counts the items of a batch. If drawing fails, the batch continues without it."""

    def __init__(self, total: int) -> None:
        """Create the bar, which is drawn where there is a terminal or a notebook.

        Args:
            total: Number of items.

        Raises:
            ImportError: tqdm is not installed. Nothing has been sent.
        """
        bar_class = _load_bar_class("Nothing was sent.")
        self._bar: Any = None
        if bar_class is not None:
            self._draw(lambda: self._create(bar_class, total))

    def add(self) -> None:
        """Count an item."""
        if self._bar is not None:
            self._draw(lambda: self._bar.update(1))

    def close(self) -> None:
        """Leave the bar on the screen, with a line end."""
        if self._bar is not None:
            self._draw(self._bar.close)
            self._bar = None

    def _create(self, bar_class: Any, total: int) -> None:
        self._bar = bar_class(
            desc="batch", total=total, unit=" items", dynamic_ncols=True, file=sys.stderr
        )

    def _draw(self, draw: Callable[[], object]) -> None:
        try:
            draw()
        except Exception:  # noqa: BLE001 - a closed terminal must not end a batch
            self._bar = None


def _load_bar_class(note: str) -> Any:
    """Return the class of bars to draw, or None where nothing can be drawn."""
    try:
        base: Any = import_module("tqdm.std").tqdm
    except ImportError:
        message = (
            "progress=True needs tqdm. Install it: pip install 'deapi-python-sdk[progress]'. "
            f"{note}"
        )
    else:
        base.get_lock()  # created here, so that all bars share it
        if _is_in_notebook():
            return _notebook_class() or _terminal_class(base)
        is_terminal = sys.stderr is not None and sys.stderr.isatty()
        return _terminal_class(base) if is_terminal else None
    raise ImportError(message)


def _is_in_notebook() -> bool:
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = None if get_ipython is None else get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


def _notebook_class() -> Any:
    """Return a class that draws widgets, or None if ipywidgets is not installed."""
    try:
        notebook: Any = import_module("tqdm.notebook")
    except ImportError:
        return None
    if notebook.IProgress is None:
        return None
    return type("NotebookBar", (notebook.tqdm_notebook,), _OVERRIDES)


def _terminal_class(base: Any) -> Any:
    def format_dict(bar: Any) -> dict[str, Any]:
        values: dict[str, Any] = base.format_dict.fget(bar)
        if values["ncols"]:
            values["ncols"] = max(values["ncols"] - _MARGIN, 1)
        return values

    def close(bar: Any) -> None:
        if bar.disable:
            return
        # The base class would write over the lines of other bars. write() moves them down.
        line = str(bar)
        bar.leave = False
        base.close(bar)
        bar.write(f"\r{line}", file=bar.fp)

    members = {**_OVERRIDES, "format_dict": property(format_dict), "close": close}
    return type("TerminalBar", (base,), members)


def _refresh(bar: Any, *_: Any, **__: Any) -> None:
    # The base class keeps the lock if drawing raises. Bars in other threads would wait for it.
    if not bar.disable:
        with bar.get_lock():
            bar.display()


def _do_not_close(_: Any) -> None:
    """Stand for ``__del__``, which would draw again on a terminal that cannot be written."""


_OVERRIDES = {
    "refresh": _refresh,
    "monitor_interval": 0,  # without a thread that redraws bars
    "__del__": _do_not_close,
}


class _Display:
    """A bar that shows the steps of one flow. If drawing fails, the flow continues without it."""

    def __init__(self, bar_class: Any, label: str) -> None:
        self._bar_class = bar_class
        self._label = label
        self._bar: Any = None
        self._transfer: Transfer | None = None
        self._failed = False

    def observe(self, step: Step) -> Step:
        """Show a step, and return the step to carry out."""
        if isinstance(step, Update):
            self._draw(lambda bar: self._show_status(bar, step.result))
        elif isinstance(step, WaitFor):
            self._draw(lambda bar: bar.refresh())
            # A flow does not learn what ended a WaitFor, and waits again.
            return WaitFor(step.waker, min(step.seconds, _REFRESH_INTERVAL))
        elif isinstance(step, Download):
            self._transfer = step.transfer
            step.transfer.on_progress = self._show_bytes
        return step

    def finish(self) -> None:
        """Show that the flow has succeeded."""
        if self._transfer is not None:
            self._draw(lambda bar: self._describe(bar, "done"))

    def close(self) -> None:
        """Leave the bar on the screen, with a line end."""
        if self._transfer is not None:
            self._transfer.on_progress = None
        if self._bar is not None:
            self._draw(self._close_bar)

    def _close_bar(self, bar: Any) -> None:
        # At the end, tqdm shows the average rate, which would include the wait.
        bar.bar_format = bar.bar_format.removesuffix(_RATE)
        bar.close()

    def _show_status(self, bar: Any, result: JobResult) -> None:
        progress = 100.0 if result.status == "done" else result.progress
        bar.n = max(0.0, min(progress, 100.0))
        self._describe(bar, result.status.value)

    def _show_bytes(self) -> None:
        self._draw(self._update_bytes)

    def _update_bytes(self, bar: Any) -> None:
        transfer = self._transfer
        if transfer is None:
            return
        if bar.unit != "B":
            start = bar.start_t
            bar.reset(transfer.total)
            bar.start_t = start  # the elapsed time includes the wait
            bar.unit, bar.unit_scale = "B", True
            self._describe(bar, "downloading")
        bar.total = transfer.total
        bar.bar_format = _UNKNOWN_SIZE if transfer.total is None else _DOWNLOADING
        bar.update(transfer.size - bar.n)  # negative if the download starts again

    def _describe(self, bar: Any, status: str) -> None:
        bar.set_description_str(f"{self._label}: {sanitize(status, 20)}")

    def _draw(self, draw: Callable[[Any], object]) -> None:
        if self._failed:
            return
        try:
            if self._bar is None:
                self._bar = self._bar_class(
                    desc=self._label,
                    total=100.0,
                    bar_format=_WAITING,
                    miniters=0,
                    leave=True,
                    dynamic_ncols=True,
                    file=sys.stderr,
                )
            draw(self._bar)
        except Exception:  # noqa: BLE001 - a closed terminal must not end the wait for a paid job
            self._failed = True
