"""Improving prompts, and finding some to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast

from typing_extensions import TypeVar

from .._async_form import AsyncForm
from .._transport import response as responses
from .._transport.request import Request
from ._base import JobT, LateJob, LatePrice, PriceT, Resource

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from .._types import FileInput
    from ..types import EnhancePromptResult, EnhanceSpeechPromptResult, SamplePromptResult

LatePrompt: TypeAlias = "Coroutine[Any, Any, EnhancePromptResult]"
LateSpeechPrompt: TypeAlias = "Coroutine[Any, Any, EnhanceSpeechPromptResult]"
LateSample: TypeAlias = "Coroutine[Any, Any, SamplePromptResult]"

PromptT = TypeVar("PromptT", default="EnhancePromptResult")
SpeechPromptT = TypeVar("SpeechPromptT", default="EnhanceSpeechPromptResult")
SampleT = TypeVar("SampleT", default="SamplePromptResult")

# The vendor's documentation and its server use different words for the same.
_SAMPLE_TYPES = {
    "image": "text2image",
    "speech": "text2speech",
    "text2image": "text2image",
    "text2speech": "text2speech",
}


class Prompts(Resource[JobT, PriceT], Generic[JobT, PriceT, PromptT, SpeechPromptT, SampleT]):
    """Prompts: ``client.prompts``. The answers come at once; there is no job to wait for.

    The service has removed these operations from version 1 of its API: they raise
    ``EndpointGoneError``, which names what took their place.
    """

    def enhance_image(self, *, prompt: str, negative_prompt: str | None = None) -> PromptT:
        """Improve a prompt for an image.

        Args:
            prompt: The prompt, at least 3 characters.
            negative_prompt: The negative prompt, at least 3 characters.

        Returns:
            The improved prompts.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/image``.
        """
        return self._enhance(
            Request("prompts.enhance_image", {"prompt": prompt, "negative_prompt": negative_prompt})
        )

    def enhance_image_price(self, *, prompt: str, negative_prompt: str | None = None) -> PriceT:
        """Ask what ``enhance_image()`` would cost. Asking is free.

        Args:
            prompt: The prompt.
            negative_prompt: The negative prompt.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/image/price-calculation``.
        """
        return self._transport.price(
            Request(
                "prompts.enhance_image_price",
                {"prompt": prompt, "negative_prompt": negative_prompt},
            )
        )

    def enhance_video(
        self, *, prompt: str, negative_prompt: str | None = None, image: FileInput | None = None
    ) -> PromptT:
        """Improve a prompt for a video.

        Args:
            prompt: The prompt, at least 3 characters.
            negative_prompt: The negative prompt, at least 3 characters.
            image: An image that the video shall begin with: at most 10 MB.

        Returns:
            The improved prompts.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST prompt/video``.
        """
        return self._enhance(
            Request(
                "prompts.enhance_video",
                {"prompt": prompt, "negative_prompt": negative_prompt},
                {"image": image},
            )
        )

    def enhance_video_price(self, *, prompt: str, negative_prompt: str | None = None) -> PriceT:
        """Ask what ``enhance_video()`` would cost. Asking is free and takes no image.

        Args:
            prompt: The prompt.
            negative_prompt: The negative prompt.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/video/price-calculation``.
        """
        return self._transport.price(
            Request(
                "prompts.enhance_video_price",
                {"prompt": prompt, "negative_prompt": negative_prompt},
            )
        )

    def enhance_speech(self, *, prompt: str, lang_code: str | None = None) -> SpeechPromptT:
        """Improve a text that is to be spoken.

        Args:
            prompt: The text, at least 3 characters.
            lang_code: The code of its language: ``en``, say.

        Returns:
            The improved text.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/speech``.
        """
        request = Request("prompts.enhance_speech", {"prompt": prompt, "lang_code": lang_code})
        answer = self._transport.value(request, responses.enhanced_speech_prompt)
        return cast("SpeechPromptT", answer)

    def enhance_speech_price(self, *, prompt: str, lang_code: str | None = None) -> PriceT:
        """Ask what ``enhance_speech()`` would cost. Asking is free.

        Args:
            prompt: The text.
            lang_code: The code of its language.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/speech/price-calculation``.
        """
        return self._transport.price(
            Request("prompts.enhance_speech_price", {"prompt": prompt, "lang_code": lang_code})
        )

    def enhance_image2image(
        self, *, prompt: str, image: FileInput, negative_prompt: str | None = None
    ) -> PromptT:
        """Improve a prompt for changing an image.

        Args:
            prompt: The prompt, at least 3 characters.
            image: The image to be changed: at most 10 MB.
            negative_prompt: The negative prompt, at least 3 characters.

        Returns:
            The improved prompts.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST prompt/image2image``.
        """
        return self._enhance(
            Request(
                "prompts.enhance_image2image",
                {"prompt": prompt, "negative_prompt": negative_prompt},
                {"image": image},
            )
        )

    def enhance_image2image_price(
        self, *, prompt: str, negative_prompt: str | None = None
    ) -> PriceT:
        """Ask what ``enhance_image2image()`` would cost. Asking is free and takes no image.

        Args:
            prompt: The prompt.
            negative_prompt: The negative prompt.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/image2image/price-calculation``.
        """
        return self._transport.price(
            Request(
                "prompts.enhance_image2image_price",
                {"prompt": prompt, "negative_prompt": negative_prompt},
            )
        )

    def samples(
        self,
        *,
        type: str,  # noqa: A002 - the reference's name
        topic: str | None = None,
        lang_code: str | None = None,
    ) -> SampleT:
        """Get a prompt to begin with.

        Args:
            type: What it is for: ``image`` or ``speech``.
            topic: What it is about, at most 500 characters.
            lang_code: The code of its language, at most 4 characters.

        Returns:
            The prompt.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``GET prompts/samples``.
        """
        fields = {"type": _sample_type(type), "topic": topic, "lang_code": lang_code}
        answer = self._transport.value(Request("prompts.samples", fields), responses.sample_prompt)
        return cast("SampleT", answer)

    def samples_price(
        self,
        *,
        type: str,  # noqa: A002 - the reference's name
        topic: str | None = None,
        lang_code: str | None = None,
    ) -> PriceT:
        """Ask what ``samples()`` would cost. Asking is free.

        Args:
            type: What it is for: ``image`` or ``speech``.
            topic: What it is about.
            lang_code: The code of its language.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The service has removed the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``GET prompts/samples/price-calculation``.
        """
        fields = {"type": _sample_type(type), "topic": topic, "lang_code": lang_code}
        return self._transport.price(Request("prompts.samples_price", fields))

    def _enhance(self, request: Request) -> PromptT:
        return cast("PromptT", self._transport.value(request, responses.enhanced_prompt))


def _sample_type(given: str) -> str:
    for word, wire in _SAMPLE_TYPES.items():
        if given == word:
            return wire
    raise ValueError(f"type must be 'image' or 'speech'; got {given!r}.")


class AsyncPrompts(
    AsyncForm, Prompts[LateJob, LatePrice, LatePrompt, LateSpeechPrompt, LateSample]
):
    """Prompts: ``client.prompts`` of the asynchronous client."""
