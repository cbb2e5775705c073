"""The batches of the sync and the async client."""

from __future__ import annotations

import asyncio
import atexit
import os
import queue
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from typing_extensions import Self

from .._config import validate_amount, validate_count
from .._core.prices import require_complete_price
from .._core.steps import RunInThread
from .._exceptions import DeapiError
from .._progress import ItemBar
from .._suggestions import SuggestsAttributes
from .._text import format_call
from . import planning, worker
from .items import BatchItem
from .journal import Journal
from .resources import (
    BatchAudio,
    BatchEmbeddings,
    BatchImages,
    BatchOCR,
    BatchTranscription,
    BatchVideo,
)
from .run import Run, StoppedError
from .signals import cancel_on_signals, exit_on_sigterm
from .summary import BatchSummary, summarize

if TYPE_CHECKING:
    from .._core.context import Driver
    from .._core.steps import Flow
    from .items import Entry

_MAX_CONCURRENCY = 1000

# Seconds between two checks whether submissions are still in flight.
_CHECK_INTERVAL = 0.1

# On Windows, Ctrl-C does not interrupt a thread that waits for a queue.
_MAX_GET = 1.0


def _count(bar: ItemBar | None) -> None:
    if bar is not None:
        bar.add()


class _Batch(SuggestsAttributes):
    """Shared base of the sync and the async batch."""

    images: BatchImages
    """Image generation, editing, upscaling and background removal, planned."""
    video: BatchVideo
    """Video generation, animation, upscaling, background removal and description, planned."""
    audio: BatchAudio
    """Speech synthesis and music generation, planned."""
    transcription: BatchTranscription
    """Speech-to-text transcription, planned."""
    embeddings: BatchEmbeddings
    """Text embeddings, planned."""
    ocr: BatchOCR
    """Text recognition in images, planned."""

    _suggestions = (("submit", "run"), ("start", "run"), ("results", "run"))

    def __init__(
        self,
        driver: Driver,
        path: str | os.PathLike[str] | None,
        *,
        concurrency: int,
        budget: float | None,
        retries: int,
    ) -> None:
        self._driver = driver
        self._path = None if path is None else os.fspath(path)
        self._concurrency = validate_count("concurrency", concurrency, 1, _MAX_CONCURRENCY)
        self._budget = None if budget is None else validate_amount("budget", budget)
        self._retries = validate_count("retries", retries, 0, 100)
        self._entries: list[Entry] = []
        self._others: list[Entry] = []
        self._journal: Journal | None = None
        self._run: Run | None = None
        self._is_running = False
        self.images = BatchImages(driver, self._add)
        self.video = BatchVideo(driver, self._add)
        self.audio = BatchAudio(driver, self._add)
        self.transcription = BatchTranscription(driver, self._add)
        self.embeddings = BatchEmbeddings(driver, self._add)
        self.ocr = BatchOCR(driver, self._add)

    def _add(self, entry: Entry) -> None:
        if entry.request is not None and self._budget is not None:
            require_complete_price(entry.request, "budget")
        self._entries.append(entry)

    def items(self, *states: str) -> list[BatchItem]:
        """Return the items of the program, then those that are only in the journal.

        The state of an item is that of the last run. Before it, all items are planned.

        Args:
            *states: Only items in these states, for example ``"unknown"``; by default all.

        Returns:
            The items, in the order of the program.
        """
        items = [entry.item for entry in (*self._entries, *self._others)]
        return [item for item in items if not states or item.state in states]

    def summary(self) -> BatchSummary:
        """Return counts and sums over all runs with this journal.

        If the journal has items, only those are counted before ``run()`` is called.

        Returns:
            The summary.

        Raises:
            JournalError: The journal cannot be read.
        """
        journal = self._open()
        counts = journal.count()
        # A journal may have the items of the program: only a run compares them.
        may_have_all = bool(counts) and self._run is None
        return summarize(
            counts,
            journal.spent(),
            unrecorded=0 if may_have_all else sum(not each.number for each in self._entries),
            stopped=None if self._run is None else self._run.stop_reason(),
        )

    def _stop(self) -> None:
        if self._run is not None:
            self._run.stop()

    def _is_sending(self) -> bool:
        run = self._run
        if run is None or run.process != os.getpid() or sys.is_finalizing():
            return False  # the workers do not exist any more
        return run.is_sending

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def __repr__(self) -> str:
        shown = {"path": repr(self._path), "items": str(len(self._entries))}
        return format_call(type(self).__name__, shown)

    def _open(self) -> Journal:
        if self._journal is None:
            self._journal = journal = Journal(self._path)
            weakref.finalize(self, journal.close)
        return self._journal

    def _begin(
        self, *, wait_for_quota: bool, retry_unknown: bool, deliver: Callable[[BatchItem], object]
    ) -> Flow[Run]:
        """Find the items in the journal, and return the state of the run."""
        if self._is_running:
            raise DeapiError(
                "This batch is running already. Wait for the end of its run(). If you have left "
                "the loop, close the iterator that run() returned, with contextlib.closing() or "
                "aclosing()."
            )
        self._is_running = True
        try:
            run: Run = yield RunInThread(
                lambda: self._prepare(wait_for_quota, retry_unknown, deliver)
            )
        except BaseException:
            self._is_running = False
            raise
        return run

    def _prepare(
        self, wait_for_quota: bool, retry_unknown: bool, deliver: Callable[[BatchItem], object]
    ) -> Run:
        context = self._driver.context
        journal = self._open()
        entries = list(self._entries)  # others may be added meanwhile
        found = planning.find_or_add(journal, entries, context.config.api_version)
        self._others = found[len(entries) :]
        if retry_unknown:
            planning.replan_unknown(journal, found)
        planning.create_directories(found)
        self._run = Run(
            context,
            journal,
            [entry for entry in found if planning.is_unfinished(entry)],
            budget=self._budget,
            spent=journal.spent(),
            retries=self._retries,
            wait_for_quota=wait_for_quota,
            deliver=deliver,
        )
        return self._run


class Batch(_Batch):
    """Many jobs with a journal: ``client.batch()``.

    The resources have the methods of the client's. Each of them plans a job, sends nothing, and
    returns a ``BatchItem``. ``run()`` submits the jobs, waits for them and saves their results.

        with client.batch("foxes.db", budget=5.00) as batch:
            for name in names:
                item = batch.images.generate(prompt=f"a {name} fox", ...)
                item.save(f"out/{name}.png")
            for item in batch.run():
                print(item.path or item.error)
            print(batch.summary())
    """

    def run(
        self,
        *,
        progress: bool = False,
        wait_for_quota: bool = False,
        retry_unknown: bool = False,
    ) -> Iterator[BatchItem]:
        """Submit the planned jobs, wait for them, and save their results.

        Items that an earlier run has finished are left alone, and jobs that it has submitted are
        resumed. The error of one item does not end the run, and is in its ``error``.

        Args:
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.
            wait_for_quota: Wait for the reset of a daily quota that is used up. By default the run
                ends, and the rest stays planned.
            retry_unknown: Submit items again whose outcome is unknown. They may be charged twice.

        Yields:
            The items that finish in this run, in the order in which they finish.

        Raises:
            JournalError: The journal cannot be used, or items have changed that have been sent.
            AuthenticationError, InsufficientBalanceError, AccountSuspendedError, SpendLimitError:
                The service rejected the account. The run ends, and what is left stays planned.
            ValueError: Two items have the same key or path, or an item has that of the journal.
            OSError: A file to upload cannot be read, a path cannot be written, or the disk is full.
            ImportError: ``progress`` is True, and tqdm is not installed.
        """
        with exit_on_sigterm():
            finished: queue.SimpleQueue[BatchItem | None] = queue.SimpleQueue()
            run: Run = self._driver.run(
                self._begin(
                    wait_for_quota=wait_for_quota, retry_unknown=retry_unknown, deliver=finished.put
                )
            )
            bar: ItemBar | None = None
            try:
                # Workers are not waited for once the interpreter has begun to release objects.
                atexit.register(self.close)
                bar = ItemBar(run.count) if progress else None
                workers = self._start_workers(run, finished)
                while workers:
                    try:
                        item = finished.get(timeout=_MAX_GET)
                    except queue.Empty:
                        continue
                    if item is None:
                        workers -= 1
                    else:
                        _count(bar)
                        yield item
                if run.error is not None:
                    raise run.error  # noqa: TRY301 - after an interruption, the same is to be done
            except BaseException:
                run.stop()
                self._wait_for_submissions()
                raise
            finally:
                atexit.unregister(self.close)
                if bar is not None:
                    bar.close()
                run.stop()
                self._is_running = False

    def _start_workers(self, run: Run, finished: queue.SimpleQueue[BatchItem | None]) -> int:
        """Start the workers, and return their number."""
        count = min(self._concurrency, run.count)
        for started in range(count):
            try:
                threading.Thread(target=self._work, args=(run, finished), daemon=True).start()
            except RuntimeError:  # noqa: PERF203 - there are too many threads
                if not started:
                    raise
                return started
        return count

    def _work(self, run: Run, finished: queue.SimpleQueue[BatchItem | None]) -> None:
        try:
            self._driver.run(worker.work(run))
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised in the thread of run()
            run.fail(error)
        finally:
            finished.put(None)

    def close(self) -> None:
        """Stop the run, if there is one, record what is being sent, and close the journal."""
        self._stop()
        try:
            self._wait_for_submissions()
        finally:
            self._close()

    def _wait_for_submissions(self) -> None:
        """Wait until the outcome of each submission in flight is recorded."""
        while self._is_sending():
            threading.Event().wait(_CHECK_INTERVAL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncBatch(_Batch):
    """Many jobs with a journal: ``client.batch()`` of the async client. See ``Batch``."""

    async def run(
        self,
        *,
        progress: bool = False,
        wait_for_quota: bool = False,
        retry_unknown: bool = False,
    ) -> AsyncIterator[BatchItem]:
        """Submit the planned jobs, wait for them, and save their results.

        Items that an earlier run has finished are left alone, and jobs that it has submitted are
        resumed. The error of one item does not end the run, and is in its ``error``.

        Args:
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.
            wait_for_quota: Wait for the reset of a daily quota that is used up. By default the run
                ends, and the rest stays planned.
            retry_unknown: Submit items again whose outcome is unknown. They may be charged twice.

        Yields:
            The items that finish in this run, in the order in which they finish.

        Raises:
            JournalError: The journal cannot be used, or items have changed that have been sent.
            AuthenticationError, InsufficientBalanceError, AccountSuspendedError, SpendLimitError:
                The service rejected the account. The run ends, and what is left stays planned.
            ValueError: Two items have the same key or path, or an item has that of the journal.
            OSError: A file to upload cannot be read, a path cannot be written, or the disk is full.
            ImportError: ``progress`` is True, and tqdm is not installed.
        """
        with cancel_on_signals():
            finished: asyncio.Queue[BatchItem | None] = asyncio.Queue()
            run: Run = await self._driver.run(
                self._begin(
                    wait_for_quota=wait_for_quota,
                    retry_unknown=retry_unknown,
                    deliver=finished.put_nowait,
                )
            )
            workers: list[asyncio.Task[None]] = []
            bar: ItemBar | None = None
            try:
                bar = ItemBar(run.count) if progress else None
                count = min(self._concurrency, run.count)
                workers += [asyncio.create_task(self._work(run, finished)) for _ in range(count)]
                while count:
                    item = await finished.get()
                    if item is None:
                        count -= 1
                    else:
                        _count(bar)
                        yield item
                if run.error is not None:
                    raise run.error  # noqa: TRY301 - after an interruption, the same is to be done
            except BaseException:
                run.stop()
                await self._wait_for_submissions()
                raise
            finally:
                if bar is not None:
                    bar.close()
                run.stop()
                for task in workers:
                    task.cancel()
                if workers:
                    await asyncio.wait(workers)
                self._is_running = False

    async def _work(self, run: Run, finished: asyncio.Queue[BatchItem | None]) -> None:
        try:
            await self._driver.run(worker.work(run))
        except (StoppedError, asyncio.CancelledError):
            pass
        except BaseException as error:  # noqa: BLE001 - raised in the task of run()
            run.fail(error)
        finally:
            finished.put_nowait(None)

    async def close(self) -> None:
        """Stop the run, if there is one, record what is being sent, and close the journal."""
        self._stop()
        try:
            await self._wait_for_submissions()
        finally:
            self._close()

    async def _wait_for_submissions(self) -> None:
        """Wait until the outcome of each submission in flight is recorded."""
        while self._is_sending():  # noqa: ASYNC110 - a run has no event for its end
            await asyncio.sleep(_CHECK_INTERVAL)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
