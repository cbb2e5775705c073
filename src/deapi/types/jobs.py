"""Job statuses, results and prices, and parsing of inline results."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BeforeValidator, NonNegativeFloat

from .. import types
from .._exceptions import InvalidResponseError, JobFailedError
from .._json import is_object
from .._text import describe, format_size, sanitize
from .._types import JobStatus
from ._base import Lenient, Model, lenient

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ValueT = TypeVar("ValueT")


def _to_string(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    try:
        # Not dumps(): on a large value, it would stop all other threads.
        return "".join(json.JSONEncoder().iterencode(value))
    except RecursionError:  # json.loads() accepts slightly deeper nesting
        raise ValueError("the inline result is nested too deeply") from None


def _only_strings(value: object) -> object:
    if is_object(value):
        return {key: item for key, item in value.items() if isinstance(item, str)}
    return value


@cache
def _vectors_adapter() -> TypeAdapter[list[list[float]]]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[list[float]])


def _parse_vectors(text: str) -> list[list[float]]:
    # The vector of a single input may come without the list around it.
    single = re.match(r"\s*\[\s*[-\d]", text)
    return _vectors_adapter().validate_json(f"[{text}]" if single else text)


# The first characters of the base64 of an image file.
_IMAGE_FORMATS = {"/9j/": "jpeg", "iVBORw": "png", "UklGR": "webp", "R0lGOD": "gif"}


def _describe_preview(preview: str) -> str:
    prefix, comma, encoded = preview.partition(",")
    if not comma or not prefix.startswith("data:image/"):
        encoded = preview
    for start, name in _IMAGE_FORMATS.items():
        if encoded.startswith(start):
            return f"<{format_size(len(encoded) * 3 // 4)} {name}>"
    return describe(preview)


VECTORS = re.compile(r"\s*(\[\s*\[|\[)\s*-?\d")
"""Start of an inline result that is one vector or several."""


def _describe_inline_result(result: str) -> str:
    start = VECTORS.match(result)
    if start is None:
        return describe(result)
    first, _, _ = result.partition("]")
    size = first.count(",") + 1
    count = result.count("[") - 1 if start[1] != "[" else 1
    return f"<{count} vector{'s' * (count != 1)} of {size} number{'s' * (size != 1)}>"


class JobPrice(Model):
    """Price of a finished job."""

    amount: Annotated[NonNegativeFloat | None, Lenient] = None
    """Price in US dollars; 0 for a failed job. None if the service does not report it."""
    is_estimated: Annotated[bool | None, Lenient] = None
    """Whether the price is preliminary, or None if the service does not report it."""


class PromptBoost(Model):
    """Prompts before and after enhancement."""

    prompt: Annotated[str | None, Lenient] = None
    """Enhanced prompt that the job used."""
    prompt_original: Annotated[str | None, Lenient] = None
    """Prompt of the request."""
    negative_prompt: Annotated[str | None, Lenient] = None
    """Enhanced negative prompt that the job used, or None."""
    negative_prompt_original: Annotated[str | None, Lenient] = None
    """Negative prompt of the request, or None."""


class TranscriptionInfo(Model):
    """Details about how a transcript was made."""

    language: Annotated[str | None, Lenient] = None
    """Code of the detected language (``en``), or None."""
    ts_level: Annotated[str | None, Lenient] = None
    """Level of the timestamps in the result: ``none``, ``segment``, ``word`` or ``char``. It may be
    coarser than requested."""
    diarization_available: Annotated[bool | None, Lenient] = None
    """Whether the result distinguishes speakers."""
    structured: Annotated[bool | None, Lenient] = None
    """True if the result is JSON, False if it is plain text."""


class JobResult(Model):
    """Status of a job, and its result once the job is done.

    It has the fields of all API versions. A field that a version does not send is None.
    """

    _suggestions = (
        ("error", "error_message"),
        ("id", "request_id"),
        ("job_id", "request_id"),
        ("text", "result"),
        ("url", "result_url"),
        *((name, f"Job.{name}") for name in ("iter_bytes", "open_image", "read", "save", "wait")),
    )

    status: JobStatus
    """Status of the job."""
    preview: Annotated[str | None, Lenient] = None
    """Preview of an unfinished image as the service sent it, usually base64; ``preview_image()``
    decodes it."""
    result_url: Annotated[str | None, Lenient] = None
    """URL of the result file, valid for about 24 hours. ``client.job(request_id).status()`` returns
    a new one."""
    results_alt_formats: Annotated[
        dict[str, str] | None, BeforeValidator(_only_strings), Lenient
    ] = None
    """URLs of an image in other formats: ``{"jpg": ..., "webp": ...}``."""
    result: Annotated[str | None, BeforeValidator(_to_string)] = None
    """Inline result as a string, if the job was submitted with ``return_result_in_response=True``.
    """
    progress: Annotated[float, lenient(float)] = 0.0
    """Progress in percent, 0 to 100."""
    metadata: Annotated[dict[str, Any] | None, Lenient] = None
    """Metadata of a transcribed or described recording as the service sent it, if the job was
    submitted with ``include_metadata=True``; ``source_metadata()`` parses it."""
    error_code: Annotated[str | None, Lenient] = None
    """General cause of a failure, for example ``WORKER_TIMEOUT``. The service may add others."""
    error_message: Annotated[str | None, Lenient] = None
    """Description of a failure."""
    error_reason: Annotated[str | None, Lenient] = None
    """Specific cause of a failure, for example ``INPUT_TOO_LARGE``. The service may add others."""
    retryable: Annotated[bool | None, Lenient] = None
    """Whether the same request may succeed later, for a failed job."""
    refunded: Annotated[bool | None, Lenient] = None
    """Whether the price was refunded, for a failed job."""
    failed_at: Annotated[str | None, Lenient] = None
    """Failure time of the job, in ISO 8601."""
    price: Annotated[JobPrice | None, Lenient] = None
    """Price of the job, once it is finished."""
    prompt_boosted: Annotated[bool | None, Lenient] = None
    """Whether the service enhanced the prompt."""
    prompt_boost: Annotated[PromptBoost | None, Lenient] = None
    """Prompts before and after enhancement, or None without enhancement."""
    transcription: Annotated[TranscriptionInfo | None, Lenient] = None
    """Details of a finished transcription."""
    request_id: Annotated[str | None, Lenient] = None
    """ID of the job."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show the ID first."""
        return sorted(super().__repr_args__(), key=lambda each: each[0] != "request_id")

    def _describe_field(self, name: str, value: object) -> str:
        if name == "preview" and isinstance(value, str):
            return _describe_preview(value)
        if name == "result" and isinstance(value, str):
            return _describe_inline_result(value)
        return super()._describe_field(name, value)

    def _notebook_html(self) -> str | None:
        from . import _notebook

        return _notebook.result_html(self)

    def raise_for_error(self) -> JobResult:
        """Raise if the job failed.

        Returns:
            This result, so that ``job.wait().raise_for_error().result_url`` works.

        Raises:
            JobFailedError: The job failed.
        """
        if self.status != JobStatus.ERROR:
            return self
        causes = [
            sanitize(cause)
            for cause in (self.error_code, self.error_reason, self.error_message)
            if cause
        ]
        job = f"Job {sanitize(self.request_id, 100)}" if self.request_id else "The job"
        message = f"{job} failed: {', '.join(causes) or 'the service reported no cause'}."
        if self.refunded is not None:
            message += " It was refunded." if self.refunded else " It was not refunded."
        if self.retryable is not None:
            message += (
                " The same request may succeed later."
                if self.retryable
                else " The same request would fail again. Change it before retrying."
            )
        raise JobFailedError(
            message,
            request_id=self.request_id,
            code=self.error_code,
            reason=self.error_reason,
            retryable=self.retryable,
            refunded=self.refunded,
            result=self,
        )

    def preview_image(self) -> bytes | None:
        """Decode the preview image.

        Returns:
            Content of the image file, usually a JPEG. None if there is no preview, or if the
            preview is not an image (a URL, for example).
        """
        # The service's documents differ on whether the base64 has a data URI prefix.
        prefix, comma, encoded = (self.preview or "").partition(",")
        if not comma:
            prefix, encoded = "", prefix
        if prefix and not (prefix.startswith("data:image/") and prefix.endswith(";base64")):
            return None
        try:
            return base64.b64decode(encoded, validate=True) or None
        except ValueError:
            return None

    def embeddings(self) -> list[list[float]]:
        """Parse the inline result of an embeddings job.

        Returns:
            One vector per input string, in the order of the input.

        Raises:
            JobFailedError: The job failed.
            ValueError: The job is not finished, or was submitted without
                ``return_result_in_response=True``.
            InvalidResponseError: The result is not a list of vectors.
        """
        return self._parse_inline("a list of vectors", _parse_vectors)

    def transcript(self) -> types.Transcript:
        """Parse the inline result of a transcription job.

        Returns:
            The transcript, with segments and words if timestamps were requested.

        Raises:
            JobFailedError: The job failed.
            ValueError: The job is not finished, or was submitted without
                ``return_result_in_response=True``.
            InvalidResponseError: The result is not a transcript.
        """
        from .transcripts import Transcript

        transcript = self._parse_inline("a transcript", Transcript.parse)
        if transcript.language is None and self.transcription is not None:
            transcript.language = self.transcription.language
        return transcript

    def description(self) -> types.VideoDescription:
        """Parse the inline result of a video description job.

        Returns:
            The description, with the events and scenes of the video.

        Raises:
            JobFailedError: The job failed.
            ValueError: The job is not finished, or was submitted without
                ``return_result_in_response=True``.
            InvalidResponseError: The result is not a video description.
        """
        from .descriptions import VideoDescription

        return self._parse_inline("a video description", VideoDescription.parse)

    def source_metadata(self) -> types.SourceMetadata | None:
        """Parse ``metadata``, the metadata of a transcribed or described recording.

        Returns:
            The metadata. None if the job is not finished, if it was submitted without
            ``include_metadata=True``, or if the source was an uploaded file.
        """
        from .sources import SourceMetadata

        return None if self.metadata is None else SourceMetadata.model_validate(self.metadata)

    def _parse_inline(self, expected: str, parse: Callable[[str], ValueT]) -> ValueT:
        self.raise_for_error()
        result = self.result
        if result is not None:
            try:
                return parse(result)
            except ValueError:
                excerpt = result if len(result) <= 100 else f"{result[:99]}…"
            # Not raised in the except block, where the context would contain the whole result.
            raise InvalidResponseError(f"The result is not {expected}, but: {excerpt!r}.")
        if self.status != JobStatus.DONE:
            raise ValueError(
                f"The job has no result yet: its status is {self.status.value!r}. Call wait() "
                "first."
            )
        raise ValueError(
            "The job has no inline result. Call this method of the job instead, which "
            "downloads the file, or submit the job with return_result_in_response=True."
        )
