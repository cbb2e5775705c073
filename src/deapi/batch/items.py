"""Items of a batch: planned jobs, which have results after the run."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from .. import types
from .._exceptions import DeapiError
from .._suggestions import SuggestsAttributes
from .._text import describe, format_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._core.request import Request


class BatchItem(SuggestsAttributes):
    """One job of a batch. The methods of the batch's resources return it, and nothing is sent.

    A copy, or an unpickled item, is a record of these attributes. It does not belong to the batch.

    Attributes:
        operation: Operation of the job, for example ``images.generate``.
        arguments: Arguments of the operation, without secrets. Files are described.
        tags: Values of your own, set by ``tag()``.
        state: ``planned``, ``sending``, ``submitted``, ``done``, ``saved``, ``failed`` or
            ``unknown``. A job whose result is to be saved ends as ``saved``, another one as
            ``done``. ``unknown`` is an item that may have been accepted and charged, although no
            response has arrived.
        result: Final status of the job, if it has finished in this run, otherwise None. It does
            not have the ``response``.
        path: Path of the saved result, or None.
        estimate: Price in US dollars before the submission, or None if it was not requested.
        price: Price in US dollars that the service reported (API v2), or None.
        error: Why the item failed, was not sent, or is unknown; otherwise None.
        request_id: ID of the job, or None; ``client.job(request_id)`` returns its handle.
        idempotency_key: ``Idempotency-Key`` header of the latest submission, or None.
        sent_at: Time of the latest submission, in UTC, or None.
    """

    _suggestions = (("job_id", "request_id"), ("status", "state"), ("wait", "Batch.run"))

    def __init__(self, operation: str, arguments: dict[str, Any], entry: Entry) -> None:
        self.operation = operation
        self.arguments = arguments
        self.tags: dict[str, str | int | float | bool | None] = {}
        self.state = "planned"
        self.result: types.JobResult | None = None
        self.path: Path | None = None
        self.estimate: float | None = None
        self.price: float | None = None
        self.error: Exception | None = None
        self.request_id: str | None = None
        self.idempotency_key: str | None = None
        self.sent_at: datetime | None = None
        self._entry: Entry | None = entry

    def key(self, name: str) -> Self:
        """Set the identity of the item, by which a later run recognizes it.

        By default it is the path of ``save()``, otherwise the operation, the arguments, the content
        of the files, and how many such items came before.

        Args:
            name: The key, unique in the batch, 1 to 500 characters.

        Returns:
            The item.

        Raises:
            ValueError, TypeError: ``name`` is not a key.
            DeapiError: The item belongs to a run already.
        """
        entry = self._unplanned_entry("key")
        if not isinstance(name, str):
            raise TypeError(f"name must be a str, not {type(name).__name__}.")
        if not 1 <= len(name) <= 500:
            raise ValueError(f"name must have 1 to 500 characters; this one has {len(name)}.")
        _require_utf8("name", name)
        entry.key = name
        return self

    def save(self, path: str | os.PathLike[str]) -> Self:
        """Save the result of the job when it has finished.

        Args:
            path: Path of the file. Its suffix selects a format. A path that ends in a separator is
                a directory, in which the job's ID names the file. ``run()`` creates missing
                directories.

        Returns:
            The item.

        Raises:
            TypeError: ``path`` is not a path.
            ValueError: ``path`` cannot be encoded as UTF-8.
            DeapiError: The item belongs to a run already.
        """
        entry = self._unplanned_entry("save")
        target = os.fspath(path)
        if not isinstance(target, str) or not target:
            raise TypeError(f"path must be a path, not {describe(path, 80)}.")
        _require_utf8("path", target)
        separators = tuple(filter(None, (os.sep, os.altsep)))
        is_directory = target.endswith(separators) or os.path.isdir(target)  # noqa: PTH112 - never raises
        entry.target = os.path.normpath(target) + (os.sep if is_directory else "")
        return self

    def tag(self, **tags: str | float | bool | None) -> Self:
        """Add values of your own, which the journal keeps.

        Args:
            **tags: Strings, numbers, booleans or None, by name.

        Returns:
            The item.

        Raises:
            TypeError: A value has another type.
            ValueError: A number is not finite, or a string cannot be encoded as UTF-8.
            DeapiError: The item belongs to a run already.
        """
        self._unplanned_entry("tag")
        for name, value in tags.items():
            if value is not None and not isinstance(value, (str, int, float)):
                raise TypeError(
                    f"{name} must be a str, a number, a bool or None, not {type(value).__name__}."
                )
            try:
                json.dumps({name: value}, allow_nan=False, ensure_ascii=False).encode()
            except ValueError:
                raise ValueError(
                    f"{name} cannot be written to a journal as JSON: {describe(value, 80)}."
                ) from None
        self.tags.update(tags)
        return self

    def __repr__(self) -> str:
        known = {
            "operation": self.operation,
            "state": self.state,
            "request_id": self.request_id,
            "path": None if self.path is None else str(self.path),
        }
        shown = {name: describe(value, 80) for name, value in known.items() if value is not None}
        return format_call(type(self).__name__, shown)

    def __getstate__(self) -> dict[str, Any]:
        # The entry has the request, with its secrets and files.
        return {**self.__dict__, "_entry": None}

    def _unplanned_entry(self, method: str) -> Entry:
        if self._entry is None:
            raise DeapiError(f"{method}() has no effect on a copy of an item. Call it on the item.")
        if self._entry.number:
            raise DeapiError(
                f"{method}() has no effect on an item that is in the journal already. Call it "
                "before run()."
            )
        return self._entry


def _require_utf8(argument: str, value: str) -> None:
    """Reject a string with lone surrogates, such as a file name that is not UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"{argument} cannot be written to a journal, because it cannot be encoded as UTF-8: "
            f"{describe(value, 80)}."
        ) from None


class Entry:
    """What a batch knows of an item, in addition to what the item shows.

    Attributes:
        item: The item.
        request: Request that submits the job; None if the program has no such item any more.
        price_request: Returns the request for the price of the job, from its request.
        key: Key that the caller has set, or None.
        target: Path that the caller has passed to ``save()``, or None.
        number: Number of the item in the journal, from 1; 0 before the run.
        attempt: Number of submissions.
    """

    def __init__(
        self,
        operation: str,
        arguments: dict[str, Any],
        request: Request | None = None,
        price_request: Callable[[Request], Request] | None = None,
    ) -> None:
        self.item = BatchItem(operation, arguments, self)
        self.request = request
        self.price_request = price_request
        self.key: str | None = None
        self.target: str | None = None
        self.number = 0
        self.attempt = 0

    @property
    def model(self) -> str | None:
        """Slug of the model, or None if the operation has none. A wrong value is not a model."""
        model = self.item.arguments.get("model")
        return model if isinstance(model, str) else None
