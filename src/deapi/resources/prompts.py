"""Improving prompts, and finding some to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast

from typing_extensions import TypeVar

from .._async_form import AsyncForm
from .._core import readers
from .._core.request import Request
from ._base import JobT, LateJob, LatePrice, PriceT
from ._prompts_boosters import PromptBoosters, PromptT, SpeechPromptT

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from .._types import FileInput
    from ..types import EnhancePromptResult, EnhanceSpeechPromptResult, SamplePromptResult

LatePrompt: TypeAlias = "Coroutine[Any, Any, EnhancePromptResult]"
LateSpeechPrompt: TypeAlias = "Coroutine[Any, Any, EnhanceSpeechPromptResult]"
LateSample: TypeAlias = "Coroutine[Any, Any, SamplePromptResult]"

SampleT = TypeVar("SampleT", default="SamplePromptResult")

_FROM_AN_IMAGE = ("images.edits", "videos.animations")
_FROM_A_TEXT = ("images.generations", "videos.generations", "audio.speech", "audio.music")

# The vendor's documentation and its server use different words for the same.
_SAMPLE_TYPES = {
    "image": "text2image",
    "speech": "text2speech",
    "text2image": "text2image",
    "text2speech": "text2speech",
}


class Prompts(
    PromptBoosters[JobT, PriceT, PromptT, SpeechPromptT],
    Generic[JobT, PriceT, PromptT, SpeechPromptT, SampleT],
):
    """Prompts: ``client.prompts``. The answers come at once; there is no job to wait for.

    The ``enhance_*`` methods for one kind of prompt each are gone from API v1, where they raise
    ``EndpointGoneError``, which names what took their place. ``enhance()`` is API v2's, for prompts
    of all kinds.
    """

    def enhance(
        self,
        *,
        type: str,  # noqa: A002 - the service's name
        model: str,
        prompt: str,
        negative_prompt: str | None = None,
        image: FileInput | None = None,
    ) -> PromptT:
        """Improve a prompt for a task and the model that shall do it. API v2 only.

        Args:
            type: The task: ``images.generations``, ``images.edits``, ``videos.generations``,
                ``videos.animations``, ``audio.speech`` or ``audio.music``.
            model: The slug of the model.
            prompt: The prompt, at least 3 characters.
            negative_prompt: The negative prompt, at least 3 characters.
            image: The image that ``images.edits`` shall change or ``videos.animations`` begin with,
                at most 10 MB; these two require it, and the others take none.

        Returns:
            The improved prompts.

        Raises:
            ValidationError: The service refuses an argument, or cannot improve prompts for the
                model.
            InsufficientBalanceError: The balance does not cover it.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST prompts/enhancements`` (v2).
        """
        if image is None and type in _FROM_AN_IMAGE:
            raise ValueError(f"type {type!r} needs image: what to begin with.")
        _refuse_image(type, image)
        return self._enhance(
            Request(
                "prompts.enhance",
                {
                    "type": type,
                    "model": model,
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                },
                {"image": image},
            )
        )

    def enhance_price(
        self,
        *,
        type: str,  # noqa: A002 - the service's name
        model: str,
        prompt: str,
        negative_prompt: str | None = None,
        image: FileInput | None = None,
    ) -> PriceT:
        """Ask what ``enhance()`` would cost. Asking is free and requires no image. API v2 only.

        Args:
            type: The task, as for ``enhance()``.
            model: The slug of the model.
            prompt: The prompt.
            negative_prompt: The negative prompt.
            image: The image, for ``images.edits`` and ``videos.animations``.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST prompts/enhancements/price`` (v2).
        """
        _refuse_image(type, image)
        return self._transport.price(
            Request(
                "prompts.enhance_price",
                {
                    "type": type,
                    "model": model,
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                },
                {"image": image},
            )
        )

    def samples(
        self,
        *,
        type: str,  # noqa: A002 - the reference's name
        topic: str | None = None,
        lang_code: str | None = None,
    ) -> SampleT:
        """Get a prompt to begin with. API v1 only.

        Args:
            type: What it is for: ``image`` or ``speech``.
            topic: What it is about, at most 500 characters.
            lang_code: The code of its language, at most 4 characters.

        Returns:
            The prompt.

        Raises:
            EndpointGoneError: The service no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``GET prompts/samples`` (v1).
        """
        fields = {"type": _sample_type(type), "topic": topic, "lang_code": lang_code}
        answer = self._transport.value(Request("prompts.samples", fields), readers.sample_prompt)
        return cast("SampleT", answer)

    def samples_price(
        self,
        *,
        type: str,  # noqa: A002 - the reference's name
        topic: str | None = None,
        lang_code: str | None = None,
    ) -> PriceT:
        """Ask what ``samples()`` would cost. Asking is free. API v1 only.

        Args:
            type: What it is for: ``image`` or ``speech``.
            topic: What it is about.
            lang_code: The code of its language.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The service no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``GET prompts/samples/price-calculation`` (v1).
        """
        fields = {"type": _sample_type(type), "topic": topic, "lang_code": lang_code}
        return self._transport.price(Request("prompts.samples_price", fields))


def _refuse_image(given: str, image: FileInput | None) -> None:
    if image is not None and given in _FROM_A_TEXT:
        raise ValueError(f"type {given!r} takes no image; {' and '.join(_FROM_AN_IMAGE)} do.")


def _sample_type(given: str) -> str:
    for word, wire in _SAMPLE_TYPES.items():
        if given == word:
            return wire
    raise ValueError(f"type must be 'image' or 'speech'; got {given!r}.")


class AsyncPrompts(
    AsyncForm, Prompts[LateJob, LatePrice, LatePrompt, LateSpeechPrompt, LateSample]
):
    """Prompts: ``client.prompts`` of the asynchronous client."""
