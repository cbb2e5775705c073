"""What is known of a job, and how its inline results are read."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, TypeAdapter

from .._exceptions import InvalidResponseError, JobFailedError
from .._json import is_object
from .._text import sanitize
from .._types import JobStatus
from ._base import Lenient, Model, lenient
from .transcripts import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from .descriptions import VideoDescription
    from .sources import SourceMetadata

ValueT = TypeVar("ValueT")


def _as_text(value: object) -> object:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _without_nulls(value: object) -> object:
    if is_object(value):
        return {key: item for key, item in value.items() if item is not None}
    return value


@cache
def _vectors() -> TypeAdapter[list[list[float]]]:
    return TypeAdapter(list[list[float]])


def _read_vectors(text: str) -> list[list[float]]:
    # The vector of a single text may come without the list around it.
    alone = re.match(r"\s*\[\s*[-\d]", text)
    return _vectors().validate_json(f"[{text}]" if alone else text)


class JobSubmission(Model):
    """The answer to a submission.

    Attributes:
        request_id: The id of the job.
    """

    request_id: str = Field(min_length=1)


class JobPrice(Model):
    """What a finished job cost.

    Attributes:
        amount: In US dollars; 0 for a job that failed.
        is_estimated: Whether it will still be settled.
    """

    amount: Annotated[float | None, Lenient] = None
    is_estimated: Annotated[bool | None, Lenient] = None


class PromptBoost(Model):
    """What became of a prompt that the service was asked to enhance.

    Attributes:
        prompt: The prompt that was used.
        prompt_original: The prompt that was sent.
        negative_prompt: The negative prompt that was used.
        negative_prompt_original: The negative prompt that was sent.
    """

    prompt: Annotated[str | None, Lenient] = None
    prompt_original: Annotated[str | None, Lenient] = None
    negative_prompt: Annotated[str | None, Lenient] = None
    negative_prompt_original: Annotated[str | None, Lenient] = None


class TranscriptionInfo(Model):
    """How a transcription was made.

    Attributes:
        language: The language that was heard.
        ts_level: The timestamps that were delivered: none, segment, word or char.
        diarization_available: Whether speakers could be told apart.
        structured: Whether the result is JSON rather than plain text.
    """

    language: Annotated[str | None, Lenient] = None
    ts_level: Annotated[str | None, Lenient] = None
    diarization_available: Annotated[bool | None, Lenient] = None
    structured: Annotated[bool | None, Lenient] = None


class JobResult(Model):
    """The state of a job, and its result once it is done.

    Every field that either version of the API sends is here; a version that does not send one
    leaves it None.

    Attributes:
        status: Where the job stands.
        preview: A rough picture while an image is made, as it came; ``preview_image()`` decodes it.
        result_url: Where the finished file is; the link expires after about a day, and a new
            handle, ``client.job(request_id)``, reads a fresh one.
        results_alt_formats: Further links by format, for images: ``{"jpg": ..., "webp": ...}``.
        result: The result itself, for text, when ``return_result_in_response=True`` was asked for.
        progress: From 0 to 100.
        metadata: What is known of a transcribed or described source, when it was asked for, as it
            came; ``source_metadata()`` reads it.
        error_code: Why the job failed, coarsely: ``WORKER_TIMEOUT`` and the like, an open list.
        error_message: The same in words.
        error_reason: The same finely: ``INPUT_TOO_LARGE`` and the like, an open list.
        retryable: Whether the same request may succeed later.
        refunded: Whether the price was given back.
        failed_at: When it failed, in ISO 8601.
        price: What it cost.
        prompt_boosted: Whether the prompt was enhanced before the job ran.
        prompt_boost: The prompts before and after that.
        transcription: How a transcription was made.
        request_id: The job that this is the state of, as the handle that asked knows it.
    """

    status: JobStatus
    preview: Annotated[str | None, Lenient] = None
    result_url: Annotated[str | None, Lenient] = None
    results_alt_formats: Annotated[
        dict[str, str] | None, BeforeValidator(_without_nulls), Lenient
    ] = None
    result: Annotated[str | None, BeforeValidator(_as_text)] = None
    progress: Annotated[float, lenient(float)] = 0.0
    metadata: Annotated[dict[str, Any] | None, Lenient] = None
    error_code: Annotated[str | None, Lenient] = None
    error_message: Annotated[str | None, Lenient] = None
    error_reason: Annotated[str | None, Lenient] = None
    retryable: Annotated[bool | None, Lenient] = None
    refunded: Annotated[bool | None, Lenient] = None
    failed_at: Annotated[str | None, Lenient] = None
    price: Annotated[JobPrice | None, Lenient] = None
    prompt_boosted: Annotated[bool | None, Lenient] = None
    prompt_boost: Annotated[PromptBoost | None, Lenient] = None
    transcription: Annotated[TranscriptionInfo | None, Lenient] = None
    request_id: Annotated[str | None, Lenient] = None

    def raise_for_error(self) -> JobResult:
        """Return this result, or raise if the job failed.

        Returns:
            The result itself, so that ``job.wait().raise_for_error().result_url`` reads on.

        Raises:
            JobFailedError: The job ended in an error.
        """
        if self.status != JobStatus.ERROR:
            return self
        words = [
            sanitize(word)
            for word in (self.error_code, self.error_reason, self.error_message)
            if word
        ]
        job = f"Job {self.request_id}" if self.request_id else "The job"
        text = f"{job} failed: {', '.join(words) if words else 'no reason given'}."
        if self.refunded is not None:
            text += " It was refunded." if self.refunded else " It was not refunded."
        if self.retryable is not None:
            text += (
                " The same request may succeed later."
                if self.retryable
                else " The same request would fail again: change it first."
            )
        raise JobFailedError(
            text,
            request_id=self.request_id,
            code=self.error_code,
            reason=self.error_reason,
            retryable=self.retryable,
            refunded=self.refunded,
            result=self,
        )

    def preview_image(self) -> bytes | None:
        """Decode the preview.

        Returns:
            The bytes of a picture, usually a JPEG; None when there is no preview, or when it is
            something else, such as an address.
        """
        # Whether it comes with the head of a data URI differs between the service's documents.
        head, comma, encoded = (self.preview or "").partition(",")
        if not comma:
            head, encoded = "", head
        if head and not (head.startswith("data:image/") and head.endswith(";base64")):
            return None
        try:
            return base64.b64decode(encoded, validate=True) or None
        except ValueError:
            return None

    def embeddings(self) -> list[list[float]]:
        """Read the inline result of an embeddings job.

        Returns:
            One vector for each text, in the order of the input.

        Raises:
            JobFailedError: The job ended in an error.
            ValueError: The job has not finished, or was not asked for its result inline.
            InvalidResponseError: The result is no list of vectors.
        """
        return self._inline("a list of vectors", _read_vectors)

    def transcript(self) -> Transcript:
        """Read the inline result of a transcription.

        Returns:
            The text, with its segments and words as far as they were asked for.

        Raises:
            JobFailedError: The job ended in an error.
            ValueError: The job has not finished, or was not asked for its result inline.
            InvalidResponseError: The result is no transcript.
        """
        transcript = self._inline("a transcript", Transcript.parse)
        if transcript.language is None and self.transcription is not None:
            transcript.language = self.transcription.language
        return transcript

    def description(self) -> VideoDescription:
        """Read the inline result of a video description.

        Returns:
            What happens in the video, and its scenes.

        Raises:
            JobFailedError: The job ended in an error.
            ValueError: The job has not finished, or was not asked for its result inline.
            InvalidResponseError: The result is no description of a video.
        """
        from .descriptions import VideoDescription

        return self._inline("a description of a video", VideoDescription.parse)

    def source_metadata(self) -> SourceMetadata | None:
        """Read what is known of a transcribed or described source: ``metadata``, with its types.

        Returns:
            What the platform tells, or None: it was not asked for, the job has not finished, or a
            file was uploaded.
        """
        from .sources import SourceMetadata

        return None if self.metadata is None else SourceMetadata.model_validate(self.metadata)

    def _inline(self, wanted: str, read: Callable[[str], ValueT]) -> ValueT:
        self.raise_for_error()
        text = self.result
        if text is not None:
            try:
                return read(text)
            except ValueError:
                start = text if len(text) <= 100 else f"{text[:99]}…"
            raise InvalidResponseError(f"The inline result is not {wanted}, but: {start!r}.")
        if self.status != JobStatus.DONE:
            raise ValueError(
                f"There is no result yet: the job is {self.status.value}. Call wait() first."
            )
        raise ValueError(
            "There is no inline result. Pass return_result_in_response=True when the job is "
            "submitted, or download the file at result_url; job.save(path) does."
        )
