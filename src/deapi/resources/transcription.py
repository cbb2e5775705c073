"""Speech-to-text transcription."""

from __future__ import annotations

from .. import types  # noqa: F401 - named in the annotations of the concrete classes
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._jobs import AsyncJob, Job
from .._types import FileInput, Platform, TimestampLevel
from ._arguments import require_duration_for_platform, require_exactly_one, webhook_fields
from ._base import JobResource, JobT, PriceT


class _Transcription(JobResource[JobT, PriceT]):
    _suggestions = (("generate", "create"), ("transcribe", "create"), ("transcriptions", "create"))

    _CREATE = Operation(
        "transcription.create",
        v1=Route("transcribe"),
        v2=Route(
            "audio/transcriptions",
            multipart=True,
            adds=("webhook_secret", "ts_level", "diarize", "lang", "include_metadata"),
        ),
        returns="JobSubmission",
        required=("include_ts", "model"),
        booleans=("include_ts", "return_result_in_response", "diarize", "include_metadata"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _CREATE_PRICE = _CREATE.price(
        required=("include_ts", "model"),
        v2=Route(
            "audio/transcriptions/price",
            multipart=True,
            adds=("ts_level", "diarize", "lang", "include_metadata", "platform"),
        ),
    )

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
        ts_level: TimestampLevel | None = None,
        diarize: bool | None = None,
        lang: str | None = None,
        include_metadata: bool | None = None,
    ) -> JobT:
        """Transcribe a video or an audio recording from a URL or a file.

        The service detects whether the source is a video or an audio recording.

        Args:
            include_ts: Include timestamps in the transcript.
            model: Slug of a model with one of the inference types ``video2text``, ``audio2text``,
                ``video_file2text`` and ``audio_file2text``.
            source_url: URL of a video on YouTube, X, Twitch, Kick or TikTok, or of a finished X
                Space, at most 600 minutes long. Pass either this or ``source_file``.
            source_file: Audio file of at most 20 MB, or video file of at most 50 MB. Pass either
                this or ``source_url``.
            return_result_in_response: Include the transcript in the job's status, where
                ``JobResult.transcript()`` parses it. By default it is only in the file at
                ``result_url``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.
            ts_level: Level of the timestamps: ``segment`` (the default) or ``word``, one of the
                model's ``info.limits.timestamp_levels``. With ``word``, each segment of the
                transcript has ``words``. Requires ``include_ts`` or ``diarize``. API v2 only.
            diarize: Enable speaker diarization, for models that support it. This includes
                timestamps. Each segment of the transcript then has a ``speaker``, such as
                ``SPEAKER_00``. API v2 only.
            lang: Language code of the speech, such as ``en``, or ``auto``; at most 16 characters.
                API v2 only.
            include_metadata: Include metadata about the source in the job's status, such as title,
                channel and duration. ``JobResult.source_metadata()`` parses it. There is none for a
                file. API v2 only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` parses.

        Raises:
            ValueError: Both or neither of ``source_url`` and ``source_file`` are passed, or
                ``ts_level`` is passed without timestamps.

        Endpoint: ``POST transcribe`` (v1), ``POST audio/transcriptions`` (v2).
        """
        require_exactly_one(source_url=source_url, source_file=source_file)
        _require_timestamps_for_level(ts_level, include_ts, diarize)
        return self._submit(
            self._CREATE,
            {
                "include_ts": include_ts,
                "model": model,
                "source_url": source_url,
                "return_result_in_response": return_result_in_response,
                "ts_level": ts_level,
                "diarize": diarize,
                "lang": lang,
                "include_metadata": include_metadata,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"source_file": source_file},
        )

    def create_price(
        self,
        *,
        include_ts: bool,
        model: str,
        source_url: str | None = None,
        source_file: FileInput | None = None,
        duration_seconds: float | None = None,
        ts_level: TimestampLevel | None = None,
        diarize: bool | None = None,
        lang: str | None = None,
        include_metadata: bool | None = None,
        platform: Platform | None = None,
    ) -> PriceT:
        """Get the price of ``create()`` for a source or for its duration. Prices are free.

        Args:
            include_ts: See ``create()``.
            model: See ``create()``.
            source_url: See ``create()``. Pass exactly one of this, ``source_file`` and
                ``duration_seconds``.
            source_file: See ``create()``. Pass exactly one of this, ``source_url`` and
                ``duration_seconds``.
            duration_seconds: Duration of the source in seconds. Pass exactly one of this,
                ``source_url`` and ``source_file``.
            ts_level: See ``create()``. API v2 only.
            diarize: See ``create()``. API v2 only.
            lang: See ``create()``. API v2 only.
            include_metadata: See ``create()``. API v2 only.
            platform: Platform that hosts the source: ``youtube``, ``twitter``, ``twitch``,
                ``kick`` or ``tiktok``. Requires ``duration_seconds``. API v2 only.

        Returns:
            The price.

        Raises:
            ValueError: None or several of ``source_url``, ``source_file`` and
                ``duration_seconds`` are passed, ``ts_level`` is passed without timestamps, or
                ``platform`` without ``duration_seconds``.

        Endpoint: ``POST transcribe/price-calculation`` (v1),
        ``POST audio/transcriptions/price`` (v2).
        """
        require_exactly_one(
            source_url=source_url, source_file=source_file, duration_seconds=duration_seconds
        )
        require_duration_for_platform(platform, duration_seconds)
        _require_timestamps_for_level(ts_level, include_ts, diarize)
        return self._price(
            self._CREATE_PRICE,
            {
                "include_ts": include_ts,
                "model": model,
                "source_url": source_url,
                "duration_seconds": duration_seconds,
                "ts_level": ts_level,
                "diarize": diarize,
                "lang": lang,
                "include_metadata": include_metadata,
                "platform": platform,
            },
            {"source_file": source_file},
        )

    _FROM_VIDEO_URL = Operation(
        "transcription.from_video_url",
        v1=Route("vid2txt"),
        v2=Route(
            "audio/transcriptions",
            multipart=True,
            adds=("webhook_secret",),
            renames={"video_url": "source_url"},
        ),
        returns="JobSubmission",
        required=("video_url", "include_ts", "model"),
        booleans=("include_ts", "return_result_in_response"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _FROM_VIDEO_URL_PRICE = _FROM_VIDEO_URL.price(required=("include_ts", "model"), multipart=True)

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
        """Transcribe a video from a URL.

        ``create()`` does the same and has more options.

        Args:
            video_url: URL of a video on YouTube, X, Twitch, Kick or TikTok.
            include_ts: Include timestamps in the transcript.
            model: Slug of a model with inference type ``video2text``.
            return_result_in_response: Include the transcript in the job's status, where
                ``JobResult.transcript()`` parses it. By default it is only in the file at
                ``result_url``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` parses.

        Endpoint: ``POST vid2txt`` (v1), ``POST audio/transcriptions`` (v2).
        """
        return self._submit(
            self._FROM_VIDEO_URL,
            {
                "video_url": video_url,
                "include_ts": include_ts,
                "model": model,
                "return_result_in_response": return_result_in_response,
                **webhook_fields(webhook_url, webhook_secret),
            },
        )

    def from_video_url_price(
        self,
        *,
        include_ts: bool,
        model: str,
        video_url: str | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Get the price of ``from_video_url()`` for a video or for its duration. Prices are free.

        Args:
            include_ts: See ``from_video_url()``.
            model: See ``from_video_url()``.
            video_url: See ``from_video_url()``. Pass either this or ``duration_seconds``.
            duration_seconds: Duration of the video in seconds. Pass either this or ``video_url``.
                As of August 2026, API v1 rejects it in this method, but accepts it in
                ``create_price()``.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of ``video_url`` and ``duration_seconds`` are passed.

        Endpoint: ``POST vid2txt/price-calculation`` (v1), ``POST audio/transcriptions/price`` (v2).
        """
        require_exactly_one(video_url=video_url, duration_seconds=duration_seconds)
        return self._price(
            self._FROM_VIDEO_URL_PRICE,
            {
                "include_ts": include_ts,
                "model": model,
                "video_url": video_url,
                "duration_seconds": duration_seconds,
            },
        )

    _FROM_AUDIO_URL = Operation(
        "transcription.from_audio_url",
        v1=Route("aud2txt"),
        v2=Route(
            "audio/transcriptions",
            multipart=True,
            adds=("webhook_secret",),
            renames={"audio_url": "source_url"},
        ),
        returns="JobSubmission",
        required=("audio_url", "include_ts", "model"),
        booleans=("include_ts", "return_result_in_response"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _FROM_AUDIO_URL_PRICE = _FROM_AUDIO_URL.price(required=("include_ts", "model"), multipart=True)

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
        """Transcribe an X Space.

        ``create()`` does the same and has more options.

        Args:
            audio_url: URL of a finished X Space.
            include_ts: Include timestamps in the transcript.
            model: Slug of a model with inference type ``audio2text``.
            return_result_in_response: Include the transcript in the job's status, where
                ``JobResult.transcript()`` parses it. By default it is only in the file at
                ``result_url``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` parses.

        Endpoint: ``POST aud2txt`` (v1), ``POST audio/transcriptions`` (v2).
        """
        return self._submit(
            self._FROM_AUDIO_URL,
            {
                "audio_url": audio_url,
                "include_ts": include_ts,
                "model": model,
                "return_result_in_response": return_result_in_response,
                **webhook_fields(webhook_url, webhook_secret),
            },
        )

    def from_audio_url_price(
        self,
        *,
        include_ts: bool,
        model: str,
        audio_url: str | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Get the price of ``from_audio_url()`` for a Space or for its duration. Prices are free.

        Args:
            include_ts: See ``from_audio_url()``.
            model: See ``from_audio_url()``.
            audio_url: See ``from_audio_url()``. Pass either this or ``duration_seconds``.
            duration_seconds: Duration of the Space in seconds. Pass either this or ``audio_url``.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of ``audio_url`` and ``duration_seconds`` are passed.

        Endpoint: ``POST aud2txt/price-calculation`` (v1), ``POST audio/transcriptions/price`` (v2).
        """
        require_exactly_one(audio_url=audio_url, duration_seconds=duration_seconds)
        return self._price(
            self._FROM_AUDIO_URL_PRICE,
            {
                "include_ts": include_ts,
                "model": model,
                "audio_url": audio_url,
                "duration_seconds": duration_seconds,
            },
        )

    _FROM_AUDIO_FILE = Operation(
        "transcription.from_audio_file",
        v1=Route("audiofile2txt"),
        v2=Route(
            "audio/transcriptions",
            multipart=True,
            adds=("webhook_secret",),
            renames={"audio": "source_file"},
        ),
        returns="JobSubmission",
        required=("audio", "include_ts", "model"),
        booleans=("include_ts", "return_result_in_response"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _FROM_AUDIO_FILE_PRICE = _FROM_AUDIO_FILE.price(
        required=("include_ts", "model"), multipart=True
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
        """Transcribe an audio file.

        ``create()`` does the same and has more options.

        Args:
            audio: Audio file: AAC, MP3, OGG or WebM, at most 20 MB.
            include_ts: Include timestamps in the transcript.
            model: Slug of a model with inference type ``audio_file2text``.
            return_result_in_response: Include the transcript in the job's status, where
                ``JobResult.transcript()`` parses it. By default it is only in the file at
                ``result_url``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` parses.

        Endpoint: ``POST audiofile2txt`` (v1), ``POST audio/transcriptions`` (v2).
        """
        return self._submit(
            self._FROM_AUDIO_FILE,
            {
                "include_ts": include_ts,
                "model": model,
                "return_result_in_response": return_result_in_response,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"audio": audio},
        )

    def from_audio_file_price(
        self,
        *,
        include_ts: bool,
        model: str,
        audio: FileInput | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Get the price of ``from_audio_file()`` for a file or for its duration. Prices are free.

        Args:
            include_ts: See ``from_audio_file()``.
            model: See ``from_audio_file()``.
            audio: See ``from_audio_file()``. Pass either this or ``duration_seconds``.
            duration_seconds: Duration of the audio in seconds; with API v1, a whole number. Pass
                either this or ``audio``.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of ``audio`` and ``duration_seconds`` are passed.

        Endpoint: ``POST audiofile2txt/price-calculation`` (v1),
        ``POST audio/transcriptions/price`` (v2).
        """
        require_exactly_one(audio=audio, duration_seconds=duration_seconds)
        return self._price(
            self._FROM_AUDIO_FILE_PRICE,
            {"include_ts": include_ts, "model": model, "duration_seconds": duration_seconds},
            {"audio": audio},
        )

    _FROM_VIDEO_FILE = Operation(
        "transcription.from_video_file",
        v1=Route("videofile2txt"),
        v2=Route(
            "audio/transcriptions",
            multipart=True,
            adds=("webhook_secret",),
            renames={"video": "source_file"},
        ),
        returns="JobSubmission",
        required=("video", "include_ts", "model"),
        booleans=("include_ts", "return_result_in_response"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _FROM_VIDEO_FILE_PRICE = _FROM_VIDEO_FILE.price(
        required=("include_ts", "model"), multipart=True
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
        """Transcribe a video file.

        ``create()`` does the same and has more options.

        Args:
            video: Video file with an audio track: MP4, MPEG, MOV, AVI, WMV or OGG, at most 50 MB.
            include_ts: Include timestamps in the transcript.
            model: Slug of a model with inference type ``video_file2text``.
            return_result_in_response: Include the transcript in the job's status, where
                ``JobResult.transcript()`` parses it. By default it is only in the file at
                ``result_url``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a file that ``Transcript.parse()`` parses.

        Endpoint: ``POST videofile2txt`` (v1), ``POST audio/transcriptions`` (v2).
        """
        return self._submit(
            self._FROM_VIDEO_FILE,
            {
                "include_ts": include_ts,
                "model": model,
                "return_result_in_response": return_result_in_response,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"video": video},
        )

    def from_video_file_price(
        self,
        *,
        include_ts: bool,
        model: str,
        video: FileInput | None = None,
        duration_seconds: float | None = None,
    ) -> PriceT:
        """Get the price of ``from_video_file()`` for a file or for its duration. Prices are free.

        Args:
            include_ts: See ``from_video_file()``.
            model: See ``from_video_file()``.
            video: See ``from_video_file()``. Pass either this or ``duration_seconds``.
            duration_seconds: Duration of the video in seconds; with API v1, a whole number. Pass
                either this or ``video``.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of ``video`` and ``duration_seconds`` are passed.

        Endpoint: ``POST videofile2txt/price-calculation`` (v1),
        ``POST audio/transcriptions/price`` (v2).
        """
        require_exactly_one(video=video, duration_seconds=duration_seconds)
        return self._price(
            self._FROM_VIDEO_FILE_PRICE,
            {"include_ts": include_ts, "model": model, "duration_seconds": duration_seconds},
            {"video": video},
        )


def _require_timestamps_for_level(
    ts_level: str | None, include_ts: bool, diarize: bool | None
) -> None:
    if ts_level is not None and not include_ts and not diarize:
        raise ValueError(f"ts_level={ts_level!r:.40} requires include_ts=True or diarize=True.")


class Transcription(ConcreteMethods, _Transcription[Job, "types.PriceResult"]):
    """Speech-to-text transcription: ``client.transcription``.

    Each method may raise a subclass of ``DeapiError``, such as ``ValidationError`` or
    ``InsufficientBalanceError``. If its ``possibly_accepted`` is True, the job may exist and be
    charged. An argument that cannot be sent raises ``ValueError``, ``TypeError`` or ``OSError``
    before anything is sent. ``_price`` methods are free and start no job.
    """


class AsyncTranscription(AsyncMethods, _Transcription[Coro[AsyncJob], Coro["types.PriceResult"]]):
    """Transcription of the async client: ``client.transcription``. See ``Transcription``."""
