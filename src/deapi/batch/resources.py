"""The resources of a batch. Their methods plan jobs instead of submitting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from .._concrete import ConcreteMethods
from .._core.request import Request, validate
from .._exceptions import DeapiError
from ..resources.audio import _Audio  # pyright: ignore[reportPrivateUsage]
from ..resources.embeddings import _Embeddings  # pyright: ignore[reportPrivateUsage]
from ..resources.images import _Images  # pyright: ignore[reportPrivateUsage]
from ..resources.ocr import _OCR  # pyright: ignore[reportPrivateUsage]
from ..resources.transcription import _Transcription  # pyright: ignore[reportPrivateUsage]
from ..resources.video import _Video  # pyright: ignore[reportPrivateUsage]
from .items import BatchItem, Entry
from .planning import describe_arguments, validate_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .._core.context import Driver
    from .._core.operation import Operation
    from .._types import FileInput


class PlansJobs:
    """Plans the jobs of a resource instead of submitting them."""

    _driver: Driver
    _job_class: Any  # here a function, which adds an entry to the batch
    _price_request: Callable[[Request], Request]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, method in vars(cls).items():
            # The modules of the resources do not know this class by its name.
            if not name.startswith("_") and not name.endswith("_price"):
                method.__annotations__["return"] = BatchItem

    def _submit(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        files: Mapping[str, FileInput | Sequence[FileInput] | None] | None = None,
    ) -> BatchItem:
        request = Request(operation, fields, files or {})
        _, passed, _ = validate(request, self._driver.context.config.api_version)
        validate_files(passed)

        entry = Entry(operation.name, describe_arguments(request), request, self._price_request)
        self._job_class(entry)
        return entry.item

    def _price(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        files: Mapping[str, FileInput | Sequence[FileInput] | None] | None = None,
    ) -> NoReturn:
        del fields, files
        name = operation.name
        raise DeapiError(
            f"A batch does not have {name}(), because it plans jobs and sends nothing before "
            f"run(). Call client.{name}(). run() requests the price of each item."
        )


class BatchImages(PlansJobs, ConcreteMethods, _Images["BatchItem", NoReturn]):
    """Image operations of a batch, which plan jobs: ``batch.images``. See ``client.images``."""


class BatchVideo(PlansJobs, ConcreteMethods, _Video["BatchItem", NoReturn]):
    """Video operations of a batch, which plan jobs: ``batch.video``. See ``client.video``."""


class BatchAudio(PlansJobs, ConcreteMethods, _Audio["BatchItem", NoReturn]):
    """Audio operations of a batch, which plan jobs: ``batch.audio``. See ``client.audio``."""


class BatchTranscription(PlansJobs, ConcreteMethods, _Transcription["BatchItem", NoReturn]):
    """Transcriptions of a batch: ``batch.transcription``. See ``client.transcription``."""


class BatchEmbeddings(PlansJobs, ConcreteMethods, _Embeddings["BatchItem", NoReturn]):
    """Text embeddings of a batch: ``batch.embeddings``. See ``client.embeddings``."""


class BatchOCR(PlansJobs, ConcreteMethods, _OCR["BatchItem", NoReturn]):
    """Text recognition of a batch: ``batch.ocr``. See ``client.ocr``."""
