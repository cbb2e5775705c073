"""What is known of a job, and how its inline results are read."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter

from .._exceptions import InvalidResponseError, JobFailedError
from .._json import is_object
from .._types import JobStatus
from ._base import Lenient, Model, lenient
from .transcripts import Transcript


def _as_text(value: object) -> object:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _without_nulls(value: object) -> object:
    if is_object(value):
        return {key: item for key, item in value.items() if item is not None}
    return value


@cache
def _vectors() -> TypeAdapter[list[list[float]]]:
    return TypeAdapter(list[list[float]])


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
        preview: A rough picture while an image is made: base64, a data URI or a URL.
        result_url: Where the finished file is; the link expires after about a day, and a new
            handle, ``client.job(request_id)``, reads a fresh one.
        results_alt_formats: Further links by format, for images: ``{"jpg": ..., "webp": ...}``.
        result: The result itself, for text, when ``return_result_in_response=True`` was asked for.
        progress: From 0 to 100.
        metadata: What is known of a transcribed source, when it was asked for.
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
        words = [word for word in (self.error_code, self.error_reason, self.error_message) if word]
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

    def embeddings(self) -> list[list[float]]:
        """Read the inline result of an embeddings job.

        Returns:
            One vector for each text, in the order of the input.

        Raises:
            JobFailedError: The job ended in an error.
            ValueError: The job has not finished, or was not asked for its result inline.
            InvalidResponseError: The result is no list of vectors.
        """
        text = self._inline()
        # The vector of a single text may come without the list around it.
        alone = re.match(r"\s*\[\s*[-\d]", text)
        try:
            return _vectors().validate_json(f"[{text}]" if alone else text)
        except ValueError:
            raise self._misread("a list of vectors", text) from None

    def transcript(self) -> Transcript:
        """Read the inline result of a transcription.

        Returns:
            The text, with its segments and words as far as they were asked for.

        Raises:
            JobFailedError: The job ended in an error.
            ValueError: The job has not finished, or was not asked for its result inline.
            InvalidResponseError: The result is no transcript.
        """
        text = self._inline()
        try:
            transcript = Transcript.parse(text)
        except ValueError:
            raise self._misread("a transcript", text) from None
        if transcript.language is None and self.transcription is not None:
            transcript.language = self.transcription.language
        return transcript

    def _inline(self) -> str:
        self.raise_for_error()
        if self.result is not None:
            return self.result
        if self.status != JobStatus.DONE:
            raise ValueError(
                f"There is no result yet: the job is {self.status.value}. Call wait() first."
            )
        raise ValueError(
            "There is no inline result. Pass return_result_in_response=True when the job is "
            "submitted, or download the file at result_url; job.save(path) does."
        )

    def _misread(self, wanted: str, text: str) -> InvalidResponseError:
        start = text if len(text) <= 100 else f"{text[:99]}…"
        return InvalidResponseError(f"The inline result is not {wanted}, but: {start!r}.")
