"""Writing down what is said in recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._async_form import AsyncForm
from .._core.request import Request
from ._arguments import check_platform, one_of, webhook
from ._base import JobT, LateJob, LatePrice, PriceT
from ._transcription_sources import SingleSourceTranscription

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
        webhook_secret: str | None = None,
        ts_level: str | None = None,
        diarize: bool | None = None,
        lang: str | None = None,
        include_metadata: bool | None = None,
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
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.
            ts_level: What is timed: each ``segment`` (the default) or each ``word``, as far as the
                model's ``info.limits.timestamp_levels`` go; the transcript's segments then have
                their ``words``. Only with ``include_ts`` or ``diarize``. API v2 only.
            diarize: Whether to tell the speakers apart, for models that support it; timestamps
                come with it. Each segment of the transcript then has its ``speaker``:
                ``SPEAKER_00`` and so on. API v2 only.
            lang: The code of the language that is spoken: ``en``, say, or ``auto``, at most 16
                characters. API v2 only.
            include_metadata: Whether the job's state shall tell of the source in ``metadata``: its
                title, channel, duration and so on; a file has none. API v2 only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` reads.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; of
                ``source_url`` and ``source_file`` exactly one must be given, and ``ts_level`` only
                with timestamps.

        Endpoint: ``POST transcribe`` (v1), ``POST audio/transcriptions`` (v2).
        """
        one_of(source_url=source_url, source_file=source_file)
        return self._transport.job(
            Request(
                "transcription.create",
                {
                    **_timestamps(include_ts, ts_level, diarize),
                    "model": model,
                    "source_url": source_url,
                    "lang": lang,
                    "include_metadata": include_metadata,
                    "return_result_in_response": return_result_in_response,
                    **webhook(webhook_url, webhook_secret),
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
        ts_level: str | None = None,
        diarize: bool | None = None,
        lang: str | None = None,
        include_metadata: bool | None = None,
        platform: str | None = None,
    ) -> PriceT:
        """Ask what ``create()`` would cost, for a source or for its duration. Asking is free.

        Args:
            include_ts: Whether to write down when each stretch is said.
            model: The slug of the model.
            source_url: A source on the web, or else:
            source_file: an audio or video file, or else:
            duration_seconds: its duration in seconds.
            ts_level: What is timed, as for ``create()``, as are the three below. API v2 only.
            diarize: Whether to tell the speakers apart. API v2 only.
            lang: The code of the language that is spoken. API v2 only.
            include_metadata: Whether to tell of the source. API v2 only.
            platform: Where a source of ``duration_seconds`` is: ``youtube``, ``twitter``,
                ``twitch``, ``kick`` or ``tiktok``; only with that argument. API v2 only.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; of
                ``source_url``, ``source_file`` and ``duration_seconds`` exactly one must be given,
                and ``ts_level`` only with timestamps.

        Endpoint: ``POST transcribe/price-calculation`` (v1),
        ``POST audio/transcriptions/price`` (v2).
        """
        one_of(source_url=source_url, source_file=source_file, duration_seconds=duration_seconds)
        check_platform(platform, duration_seconds)
        return self._transport.price(
            Request(
                "transcription.create_price",
                {
                    **_timestamps(include_ts, ts_level, diarize),
                    "model": model,
                    "source_url": source_url,
                    "duration_seconds": duration_seconds,
                    "lang": lang,
                    "include_metadata": include_metadata,
                    "platform": platform,
                },
                {"source_file": source_file},
            )
        )


def _timestamps(include_ts: bool, ts_level: str | None, diarize: bool | None) -> dict[str, object]:
    if ts_level is not None and not include_ts and not diarize:
        raise ValueError("ts_level is given without include_ts=True or diarize=True.")
    return {"include_ts": include_ts, "ts_level": ts_level, "diarize": diarize}


class AsyncTranscription(AsyncForm, Transcription[LateJob, LatePrice]):
    """Transcripts: ``client.transcription`` of the asynchronous client."""
