"""Writing down what is said in recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._async_form import AsyncForm
from .._transport.request import Request
from ._base import JobT, LateJob, LatePrice, PriceT, flag, one_of
from ._single_source import SingleSourceTranscription

if TYPE_CHECKING:
    from .._types import FileInput


class Transcription(SingleSourceTranscription[JobT, PriceT]):
    """Transcripts: ``client.transcription``."""

    def create(
        self,
        *,
        include_ts: bool,
        model: str,
        source_url: str | None = None,
        source_file: FileInput | None = None,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
    ) -> JobT:
        """Write down what is said in a video or a recording, on the web or in a file.

        The service finds out which of the two the source is.

        Args:
            include_ts: Whether to write down when each stretch is said.
            model: The slug of a model with one of the inference types ``video2text``,
                ``audio2text``, ``video_file2text`` and ``audio_file2text``.
            source_url: A video on YouTube, X, Twitch, Kick or TikTok, or a finished X Space, of at
                most 600 minutes; or else:
            source_file: an audio file of at most 20 MB, or a video file of at most 50 MB.
            return_result_in_response: Whether the job's state shall hold the transcript, for
                ``JobResult.transcript()`` to read, beside the file at ``result_url``; by default it
                does not.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` reads.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; of
                ``source_url`` and ``source_file`` exactly one must be given.

        Endpoint: ``POST transcribe``.
        """
        one_of(source_url=source_url, source_file=source_file)
        return self._transport.job(
            Request(
                "transcription.create",
                {
                    "include_ts": flag("include_ts", include_ts),
                    "model": model,
                    "source_url": source_url,
                    "return_result_in_response": return_result_in_response,
                    "webhook_url": webhook_url,
                },
                {"source_file": source_file},
            )
        )

    def create_price(
        self,
        *,
        include_ts: bool,
        model: str,
        source_url: str | None = None,
        source_file: FileInput | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Ask what ``create()`` would cost, for a source or for its duration. Asking is free.

        Args:
            include_ts: Whether to write down when each stretch is said.
            model: The slug of the model.
            source_url: A source on the web, or else:
            source_file: an audio or video file, or else:
            duration_seconds: its duration in seconds.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; exactly one of
                the last three must be given.

        Endpoint: ``POST transcribe/price-calculation``.
        """
        one_of(source_url=source_url, source_file=source_file, duration_seconds=duration_seconds)
        return self._transport.price(
            Request(
                "transcription.create_price",
                {
                    "include_ts": flag("include_ts", include_ts),
                    "model": model,
                    "source_url": source_url,
                    "duration_seconds": duration_seconds,
                },
                {"source_file": source_file},
            )
        )


class AsyncTranscription(AsyncForm, Transcription[LateJob, LatePrice]):
    """Transcripts: ``client.transcription`` of the asynchronous client."""
