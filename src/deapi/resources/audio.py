"""Speaking texts and making music."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._async_form import AsyncForm
from .._core.request import Request
from ._arguments import one_of, webhook
from ._base import JobT, LateJob, LatePrice, PriceT, Resource

if TYPE_CHECKING:
    from .._types import FileInput

_INSTRUMENTAL = "[Instrumental]"


class Audio(Resource[JobT, PriceT]):
    """Speech and music: ``client.audio``."""

    def synthesize(
        self,
        *,
        text: str,
        model: str,
        lang: str,
        format: str,  # noqa: A002 - the reference's name
        speed: float,
        sample_rate: float,
        mode: str | None = None,
        voice: str | None = None,
        ref_audio: FileInput | None = None,
        ref_text: str | None = None,
        instruct: str | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Speak a text, with a voice of the model's, a cloned one, or one that is described.

        Args:
            text: What to say; how short and how long it may be is the model's.
            model: The slug of a model with inference type ``txt2audio``.
            lang: The language's slug, from the model's ``languages``: ``en-us``, say.
            format: ``mp3``, ``wav`` or ``flac``, as far as the model makes it.
            speed: How fast, from 0.5; 1 is as usual, and some models take nothing else.
            sample_rate: In Hz, one that the model makes; 24000, say.
            mode: ``custom_voice`` (the default) for a voice of the model's, ``voice_clone`` for the
                one of ``ref_audio``, ``voice_design`` for one as ``instruct`` describes it.
            voice: The voice's slug, from the language's ``voices``; required in ``custom_voice``
                mode.
            ref_audio: A recording of the voice to clone, some seconds long, at most 15 MB (10 MB
                with API v2); required in ``voice_clone`` mode.
            ref_text: What is said in ``ref_audio``.
            instruct: What the voice is like; required in ``voice_design`` mode, a hint of style in
                others.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a sound file in the format that was asked for.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent, or the mode
                lacks what it requires.

        Endpoint: ``POST txt2audio`` (v1), ``POST audio/speech`` (v2).
        """
        if mode == "custom_voice" and not voice:
            raise ValueError("mode 'custom_voice' needs voice: the slug of one of the model's.")
        if mode == "voice_clone" and ref_audio is None:
            raise ValueError("mode 'voice_clone' needs ref_audio: a recording of the voice.")
        if mode == "voice_design" and not instruct:
            raise ValueError("mode 'voice_design' needs instruct: what the voice is like.")
        return self._transport.job(
            Request(
                "audio.synthesize",
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
                    **webhook(webhook_url, webhook_secret),
                },
                {"ref_audio": ref_audio},
            )
        )

    def synthesize_price(
        self,
        *,
        model: str,
        lang: str,
        format: str,  # noqa: A002 - the reference's name
        speed: float,
        sample_rate: float,
        text: str | None = None,
        count_text: int | None = None,
        mode: str | None = None,
        voice: str | None = None,
        instruct: str | None = None,
    ) -> PriceT:
        """Ask what ``synthesize()`` would cost, for a text or for its length. Asking is free.

        Args:
            model: The slug of the model.
            lang: The language's slug.
            format: ``mp3``, ``wav`` or ``flac``.
            speed: How fast, from 0.5.
            sample_rate: In Hz.
            text: The text, or else:
            count_text: its length in characters.
            mode: As for ``synthesize()``, as are the two below; nothing is required here.
            voice: The voice's slug.
            instruct: What the voice is like.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent; of ``text`` and ``count_text``
                exactly one must be given.

        Endpoint: ``POST txt2audio/price-calculation`` (v1), ``POST audio/speech/price`` (v2).
        """
        one_of(text=text, count_text=count_text)
        return self._transport.price(
            Request(
                "audio.synthesize_price",
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
        )

    def compose(
        self,
        *,
        caption: str,
        model: str,
        duration: float,
        inference_steps: int,
        guidance_scale: float,
        seed: int,
        format: str,  # noqa: A002 - the reference's name
        lyrics: str | None = None,
        bpm: int | None = None,
        keyscale: str | None = None,
        timesignature: int | None = None,
        vocal_language: str | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        reference_audio: FileInput | None = None,
    ) -> JobT:
        """Make a piece of music from a description.

        Args:
            caption: What the music is like, in at most 300 characters for today's models.
            model: The slug of a model with inference type ``txt2music``.
            duration: In seconds, 10 to 600, within the model's limits.
            inference_steps: The number of inference steps; turbo models take 8 and nothing else.
            guidance_scale: How closely to follow the caption; turbo models take 1 and nothing else.
            seed: The same seed gives the same music; -1 draws one.
            format: ``mp3``, ``wav`` or ``flac``, as far as the model makes it.
            lyrics: What is sung; by default nothing is.
            bpm: The tempo in beats a minute, 30 to 300, within the model's limits.
            keyscale: The key, in words: ``C major``, say.
            timesignature: 2, 3, 4 or 6 beats a bar.
            vocal_language: The language that is sung in.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.
            reference_audio: A recording that the music shall resemble, 5 to 60 seconds long for
                today's models, at most 15 MB (10 MB with API v2).

        Returns:
            The job. Its result is a sound file in the format that was asked for.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST txt2music`` (v1), ``POST audio/music`` (v2).
        """
        if lyrics is None or not lyrics.strip():
            lyrics = _INSTRUMENTAL  # the service insists on lyrics, and this is its word for none
        return self._transport.job(
            Request(
                "audio.compose",
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
                    **webhook(webhook_url, webhook_secret),
                },
                {"reference_audio": reference_audio},
            )
        )

    def compose_price(self, *, model: str, duration: float, inference_steps: int) -> PriceT:
        """Ask what ``compose()`` would cost. Asking is free.

        Args:
            model: The slug of the model.
            duration: In seconds.
            inference_steps: The number of inference steps.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST txt2music/price-calculation`` (v1), ``POST audio/music/price`` (v2).
        """
        return self._transport.price(
            Request(
                "audio.compose_price",
                {"model": model, "duration": duration, "inference_steps": inference_steps},
            )
        )


class AsyncAudio(AsyncForm, Audio[LateJob, LatePrice]):
    """Speech and music: ``client.audio`` of the asynchronous client."""
