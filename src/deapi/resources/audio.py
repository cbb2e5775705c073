"""Speech synthesis and music generation."""

from __future__ import annotations

from .. import types  # noqa: F401 - named in the annotations of the concrete classes
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._jobs import AsyncJob, Job
from .._types import AudioFormat, FileInput, SpeechMode, TimeSignature
from ._arguments import require_exactly_one, webhook_fields
from ._base import JobResource, JobT, PriceT

_INSTRUMENTAL = "[Instrumental]"


class _Audio(JobResource[JobT, PriceT]):
    _suggestions = (
        ("create", "synthesize"),
        ("generate", "synthesize"),
        ("music", "compose"),
        ("speak", "synthesize"),
        ("speech", "synthesize"),
    )

    _SYNTHESIZE = Operation(
        "audio.synthesize",
        v1=Route("txt2audio"),
        v2=Route("audio/speech", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("text", "model", "lang", "format", "speed", "sample_rate"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _SYNTHESIZE_PRICE = _SYNTHESIZE.price(
        required=("model", "lang", "format", "speed", "sample_rate")
    )

    def synthesize(
        self,
        *,
        text: str,
        model: str,
        lang: str,
        format: AudioFormat,  # noqa: A002 - named like the field of the API
        speed: float,
        sample_rate: float,
        mode: SpeechMode | None = None,
        voice: str | None = None,
        ref_audio: FileInput | None = None,
        ref_text: str | None = None,
        instruct: str | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Synthesize speech with a built-in, cloned or designed voice.

        Args:
            text: Text to synthesize. The model limits its length.
            model: Slug of a model with inference type ``txt2audio``.
            lang: Slug of the language, one of the model's ``languages``, for example ``en-us``.
            format: Audio format: ``mp3``, ``wav`` or ``flac``, if the model supports it.
            speed: Speaking rate, at least 0.5; 1 is normal. Some models accept only 1.
            sample_rate: Sample rate in Hz, for example 24000. The model must support it.
            mode: ``custom_voice`` (the default) for a built-in voice, ``voice_clone`` for the voice
                in ``ref_audio``, or ``voice_design`` for the voice described by ``instruct``.
            voice: Slug of a built-in voice, one of the language's ``voices``. Required in
                ``custom_voice`` mode.
            ref_audio: Recording of the voice to clone, a few seconds long, at most 15 MB (10 MB
                with API v2). Required in ``voice_clone`` mode.
            ref_text: Transcript of ``ref_audio``.
            instruct: Description of the voice. Required in ``voice_design`` mode, an optional style
                hint in other modes.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is an audio file in the requested format.

        Raises:
            ValueError: An argument that ``mode`` requires is missing.

        Endpoint: ``POST txt2audio`` (v1), ``POST audio/speech`` (v2).
        """
        if mode == "custom_voice" and not voice:
            raise ValueError(
                "voice is required when mode is 'custom_voice'. Pass the slug of one of the "
                "model's voices."
            )
        if mode == "voice_clone" and ref_audio is None:
            raise ValueError(
                "ref_audio is required when mode is 'voice_clone'. Pass a recording of the voice."
            )
        if mode == "voice_design" and not instruct:
            raise ValueError(
                "instruct is required when mode is 'voice_design'. Pass a description of the voice."
            )
        return self._submit(
            self._SYNTHESIZE,
            {
                "text": text,
                "model": model,
                "lang": lang,
                "format": format,
                "speed": speed,
                "sample_rate": sample_rate,
                "mode": mode,
                "voice": voice,
                "ref_text": ref_text,
                "instruct": instruct,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"ref_audio": ref_audio},
        )

    def synthesize_price(
        self,
        *,
        model: str,
        lang: str,
        format: AudioFormat,  # noqa: A002 - named like the field of the API
        speed: float,
        sample_rate: float,
        text: str | None = None,
        count_text: int | None = None,
        mode: SpeechMode | None = None,
        voice: str | None = None,
        instruct: str | None = None,
    ) -> PriceT:
        """Get the price of ``synthesize()`` for a text or for its length. Prices are free.

        Args:
            model: See ``synthesize()``.
            lang: See ``synthesize()``.
            format: See ``synthesize()``.
            speed: See ``synthesize()``.
            sample_rate: See ``synthesize()``.
            text: See ``synthesize()``. Pass either this or ``count_text``.
            count_text: Length of the text in characters. Pass either this or ``text``.
            mode: See ``synthesize()``. For a price, it requires no other argument.
            voice: See ``synthesize()``. For a price, it is optional in every mode.
            instruct: See ``synthesize()``. For a price, it is optional in every mode.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of ``text`` and ``count_text`` are passed.

        Endpoint: ``POST txt2audio/price-calculation`` (v1), ``POST audio/speech/price`` (v2).
        """
        require_exactly_one(text=text, count_text=count_text)
        return self._price(
            self._SYNTHESIZE_PRICE,
            {
                "model": model,
                "lang": lang,
                "format": format,
                "speed": speed,
                "sample_rate": sample_rate,
                "text": text,
                "count_text": count_text,
                "mode": mode,
                "voice": voice,
                "instruct": instruct,
            },
        )

    _COMPOSE = Operation(
        "audio.compose",
        v1=Route("txt2music"),
        v2=Route("audio/music", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=(
            "caption",
            "model",
            "duration",
            "inference_steps",
            "guidance_scale",
            "seed",
            "format",
        ),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _COMPOSE_PRICE = _COMPOSE.price(required=("model", "duration", "inference_steps"))

    def compose(
        self,
        *,
        caption: str,
        model: str,
        duration: float,
        inference_steps: int,
        guidance_scale: float,
        seed: int,
        format: AudioFormat,  # noqa: A002 - named like the field of the API
        lyrics: str | None = None,
        bpm: int | None = None,
        keyscale: str | None = None,
        timesignature: TimeSignature | None = None,
        vocal_language: str | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        reference_audio: FileInput | None = None,
    ) -> JobT:
        """Generate music from a text description.

        Args:
            caption: Description of the music, at most 300 characters with current models.
            model: Slug of a model with inference type ``txt2music``.
            duration: Duration in seconds, 10 to 600, within the model's limits.
            inference_steps: Number of inference steps. Turbo models accept only 8.
            guidance_scale: Guidance scale: how closely the music follows the caption. Turbo models
                accept only 1.
            seed: Random seed; -1 picks one. The same seed reproduces the music.
            format: Audio format: ``mp3``, ``wav`` or ``flac``, if the model supports it.
            lyrics: Lyrics of the vocals. Without lyrics, the music is instrumental.
            bpm: Tempo in beats per minute, 30 to 300, within the model's limits.
            keyscale: Musical key as free text, for example ``C major``.
            timesignature: Beats per bar: 2, 3, 4 or 6.
            vocal_language: Language of the vocals.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.
            reference_audio: Recording whose style the music follows, 5 to 60 seconds long with
                current models, at most 15 MB (10 MB with API v2).

        Returns:
            The job. Its result is an audio file in the requested format.

        Endpoint: ``POST txt2music`` (v1), ``POST audio/music`` (v2).
        """
        if lyrics is None or not str(lyrics).strip():
            lyrics = _INSTRUMENTAL  # the service requires lyrics, and reads this value as none
        return self._submit(
            self._COMPOSE,
            {
                "caption": caption,
                "model": model,
                "duration": duration,
                "inference_steps": inference_steps,
                "guidance_scale": guidance_scale,
                "seed": seed,
                "format": format,
                "lyrics": lyrics,
                "bpm": bpm,
                "keyscale": keyscale,
                "timesignature": timesignature,
                "vocal_language": vocal_language,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"reference_audio": reference_audio},
        )

    def compose_price(self, *, model: str, duration: float, inference_steps: int) -> PriceT:
        """Get the price of ``compose()``. Prices are free.

        Args:
            model: See ``compose()``.
            duration: See ``compose()``.
            inference_steps: See ``compose()``.

        Returns:
            The price.

        Endpoint: ``POST txt2music/price-calculation`` (v1), ``POST audio/music/price`` (v2).
        """
        return self._price(
            self._COMPOSE_PRICE,
            {"model": model, "duration": duration, "inference_steps": inference_steps},
        )


class Audio(ConcreteMethods, _Audio[Job, "types.PriceResult"]):
    """Speech synthesis and music generation: ``client.audio``.

    Each method may raise a subclass of ``DeapiError``, such as ``ValidationError`` or
    ``InsufficientBalanceError``. If its ``possibly_accepted`` is True, the job may exist and be
    charged. An argument that cannot be sent raises ``ValueError``, ``TypeError`` or ``OSError``
    before anything is sent. ``_price`` methods are free and start no job.
    """


class AsyncAudio(AsyncMethods, _Audio[Coro[AsyncJob], Coro["types.PriceResult"]]):
    """Audio operations of the async client: ``client.audio``. See ``Audio``."""
