"""Writing down what is said in recordings of one kind each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.request import Request
from ._arguments import one_of, webhook
from ._base import JobT, PriceT, Resource

if TYPE_CHECKING:
    from .._types import FileInput


class SingleSourceTranscription(Resource[JobT, PriceT]):
    """The operations that take one kind of source each, which came before ``create()``."""

    def from_video_url(
        self,
        *,
        video_url: str,
        include_ts: bool,
        model: str,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Write down what is said in a video on the web. ``create()`` does the same, and more.

        Args:
            video_url: A video on YouTube, X, Twitch, Kick or TikTok.
            include_ts: Whether to write down when each stretch is said.
            model: The slug of a model with inference type ``video2text``.
            return_result_in_response: Whether the job's state shall hold the transcript, as for
                ``create()``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` reads.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST vid2txt`` (v1), ``POST audio/transcriptions`` (v2).
        """
        return self._transport.job(
            Request(
                "transcription.from_video_url",
                {
                    "video_url": video_url,
                    "include_ts": include_ts,
                    "model": model,
                    "return_result_in_response": return_result_in_response,
                    **webhook(webhook_url, webhook_secret),
                },
            )
        )

    def from_video_url_price(
        self,
        *,
        include_ts: bool,
        model: str,
        video_url: str | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Ask what ``from_video_url()`` would cost. Asking is free.

        Args:
            include_ts: Whether to write down when each stretch is said.
            model: The slug of the model.
            video_url: The address of the video, or else:
            duration_seconds: its duration in seconds. As of August 2026, API v1 refuses this one
                here and takes it in ``create_price()``; API v2 takes it in both.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent; exactly one of
                the last two must be given.

        Endpoint: ``POST vid2txt/price-calculation`` (v1), ``POST audio/transcriptions/price`` (v2).
        """
        one_of(video_url=video_url, duration_seconds=duration_seconds)
        return self._transport.price(
            Request(
                "transcription.from_video_url_price",
                {
                    "include_ts": include_ts,
                    "model": model,
                    "video_url": video_url,
                    "duration_seconds": duration_seconds,
                },
            )
        )

    def from_audio_url(
        self,
        *,
        audio_url: str,
        include_ts: bool,
        model: str,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Write down what is said in an X Space. ``create()`` does the same, and more.

        Args:
            audio_url: A finished X Space.
            include_ts: Whether to write down when each stretch is said.
            model: The slug of a model with inference type ``audio2text``.
            return_result_in_response: Whether the job's state shall hold the transcript, as for
                ``create()``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` reads.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST aud2txt`` (v1), ``POST audio/transcriptions`` (v2).
        """
        return self._transport.job(
            Request(
                "transcription.from_audio_url",
                {
                    "audio_url": audio_url,
                    "include_ts": include_ts,
                    "model": model,
                    "return_result_in_response": return_result_in_response,
                    **webhook(webhook_url, webhook_secret),
                },
            )
        )

    def from_audio_url_price(
        self,
        *,
        include_ts: bool,
        model: str,
        audio_url: str | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Ask what ``from_audio_url()`` would cost. Asking is free.

        Args:
            include_ts: Whether to write down when each stretch is said.
            model: The slug of the model.
            audio_url: The address of the Space, or else:
            duration_seconds: its duration in seconds.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent; exactly one of
                the last two must be given.

        Endpoint: ``POST aud2txt/price-calculation`` (v1), ``POST audio/transcriptions/price`` (v2).
        """
        one_of(audio_url=audio_url, duration_seconds=duration_seconds)
        return self._transport.price(
            Request(
                "transcription.from_audio_url_price",
                {
                    "include_ts": include_ts,
                    "model": model,
                    "audio_url": audio_url,
                    "duration_seconds": duration_seconds,
                },
            )
        )

    def from_audio_file(
        self,
        *,
        audio: FileInput,
        include_ts: bool,
        model: str,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Write down what is said in an audio file. ``create()`` does the same, and more.

        Args:
            audio: An audio file: AAC, MP3, OGG or WebM, at most 20 MB.
            include_ts: Whether to write down when each stretch is said.
            model: The slug of a model with inference type ``audio_file2text``.
            return_result_in_response: Whether the job's state shall hold the transcript, as for
                ``create()``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` reads.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST audiofile2txt`` (v1), ``POST audio/transcriptions`` (v2).
        """
        return self._transport.job(
            Request(
                "transcription.from_audio_file",
                {
                    "include_ts": include_ts,
                    "model": model,
                    "return_result_in_response": return_result_in_response,
                    **webhook(webhook_url, webhook_secret),
                },
                {"audio": audio},
            )
        )

    def from_audio_file_price(
        self,
        *,
        include_ts: bool,
        model: str,
        audio: FileInput | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Ask what ``from_audio_file()`` would cost. Asking is free.

        Args:
            include_ts: Whether to write down when each stretch is said.
            model: The slug of the model.
            audio: The audio file, or else:
            duration_seconds: its duration in seconds, a whole number.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; exactly one of
                the last two must be given.

        Endpoint: ``POST audiofile2txt/price-calculation`` (v1),
        ``POST audio/transcriptions/price`` (v2).
        """
        one_of(audio=audio, duration_seconds=duration_seconds)
        return self._transport.price(
            Request(
                "transcription.from_audio_file_price",
                {
                    "include_ts": include_ts,
                    "model": model,
                    "duration_seconds": duration_seconds,
                },
                {"audio": audio},
            )
        )

    def from_video_file(
        self,
        *,
        video: FileInput,
        include_ts: bool,
        model: str,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Write down what is said in a video file. ``create()`` does the same, and more.

        Args:
            video: A video file with sound: MP4, MPEG, MOV, AVI, WMV or OGG, at most 50 MB.
            include_ts: Whether to write down when each stretch is said.
            model: The slug of a model with inference type ``video_file2text``.
            return_result_in_response: Whether the job's state shall hold the transcript, as for
                ``create()``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` reads.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST videofile2txt`` (v1), ``POST audio/transcriptions`` (v2).
        """
        return self._transport.job(
            Request(
                "transcription.from_video_file",
                {
                    "include_ts": include_ts,
                    "model": model,
                    "return_result_in_response": return_result_in_response,
                    **webhook(webhook_url, webhook_secret),
                },
                {"video": video},
            )
        )

    def from_video_file_price(
        self,
        *,
        include_ts: bool,
        model: str,
        video: FileInput | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Ask what ``from_video_file()`` would cost. Asking is free.

        Args:
            include_ts: Whether to write down when each stretch is said.
            model: The slug of the model.
            video: The video file, or else:
            duration_seconds: its duration in seconds, a whole number.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; exactly one of
                the last two must be given.

        Endpoint: ``POST videofile2txt/price-calculation`` (v1),
        ``POST audio/transcriptions/price`` (v2).
        """
        one_of(video=video, duration_seconds=duration_seconds)
        return self._transport.price(
            Request(
                "transcription.from_video_file_price",
                {
                    "include_ts": include_ts,
                    "model": model,
                    "duration_seconds": duration_seconds,
                },
                {"video": video},
            )
        )
