"""Improving prompts of one kind each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, cast

from typing_extensions import TypeVar

from .._core import readers
from .._core.request import Request
from ._base import JobT, PriceT, Resource

if TYPE_CHECKING:
    from .._types import FileInput
    from ..types import EnhancePromptResult, EnhanceSpeechPromptResult

PromptT = TypeVar("PromptT", default="EnhancePromptResult")
SpeechPromptT = TypeVar("SpeechPromptT", default="EnhanceSpeechPromptResult")


class PromptBoosters(Resource[JobT, PriceT], Generic[JobT, PriceT, PromptT, SpeechPromptT]):
    """The operations that improve one kind of prompt each, which came before ``enhance()``."""

    def enhance_image(
        self, *, prompt: str, negative_prompt: str | None = None, model: str | None = None
    ) -> PromptT:
        """Improve a prompt for an image.

        The service has removed this from API v1. With API v2 it is
        ``enhance(type="images.generations", ...)``.

        Args:
            prompt: The prompt, at least 3 characters.
            negative_prompt: The negative prompt, at least 3 characters.
            model: The slug of the model that the prompt is for. API v2 only, and required there.

        Returns:
            The improved prompts.

        Raises:
            EndpointGoneError: API v1 no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/image`` (v1), ``POST prompts/enhancements`` (v2).
        """
        return self._enhance(
            Request(
                "prompts.enhance_image",
                {
                    "type": "images.generations",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": model,
                },
            )
        )

    def enhance_image_price(
        self, *, prompt: str, negative_prompt: str | None = None, model: str | None = None
    ) -> PriceT:
        """Ask what ``enhance_image()`` would cost. Asking is free.

        Args:
            prompt: The prompt.
            negative_prompt: The negative prompt.
            model: The slug of the model. API v2 only, and required there.

        Returns:
            The price.

        Raises:
            EndpointGoneError: API v1 no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/image/price-calculation`` (v1),
        ``POST prompts/enhancements/price`` (v2).
        """
        return self._transport.price(
            Request(
                "prompts.enhance_image_price",
                {
                    "type": "images.generations",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": model,
                },
            )
        )

    def enhance_video(
        self,
        *,
        prompt: str,
        negative_prompt: str | None = None,
        image: FileInput | None = None,
        model: str | None = None,
    ) -> PromptT:
        """Improve a prompt for a video.

        The service has removed this from API v1. With API v2 it is
        ``enhance(type="videos.animations", ...)`` if there is an image, and otherwise
        ``enhance(type="videos.generations", ...)``.

        Args:
            prompt: The prompt, at least 3 characters.
            negative_prompt: The negative prompt, at least 3 characters.
            image: An image that the video shall begin with: at most 10 MB.
            model: The slug of the model that the prompt is for. API v2 only, and required there.

        Returns:
            The improved prompts.

        Raises:
            EndpointGoneError: API v1 no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST prompt/video`` (v1), ``POST prompts/enhancements`` (v2).
        """
        return self._enhance(
            Request(
                "prompts.enhance_video",
                {
                    "type": "videos.generations" if image is None else "videos.animations",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": model,
                },
                {"image": image},
            )
        )

    def enhance_video_price(
        self, *, prompt: str, negative_prompt: str | None = None, model: str | None = None
    ) -> PriceT:
        """Ask what ``enhance_video()`` would cost. Asking is free and takes no image.

        With API v2 this is the price without an image; for the other, there is
        ``enhance_price(type="videos.animations", ...)``.

        Args:
            prompt: The prompt.
            negative_prompt: The negative prompt.
            model: The slug of the model. API v2 only, and required there.

        Returns:
            The price.

        Raises:
            EndpointGoneError: API v1 no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/video/price-calculation`` (v1),
        ``POST prompts/enhancements/price`` (v2).
        """
        return self._transport.price(
            Request(
                "prompts.enhance_video_price",
                {
                    "type": "videos.generations",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": model,
                },
            )
        )

    def enhance_speech(
        self, *, prompt: str, lang_code: str | None = None, model: str | None = None
    ) -> SpeechPromptT:
        """Improve a text that is to be spoken.

        The service has removed this from API v1. With API v2 it is
        ``enhance(type="audio.speech", ...)``.

        Args:
            prompt: The text, at least 3 characters.
            lang_code: The code of its language: ``en``, say. API v1 only.
            model: The slug of the model that shall speak. API v2 only, and required there.

        Returns:
            The improved text.

        Raises:
            EndpointGoneError: API v1 no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/speech`` (v1), ``POST prompts/enhancements`` (v2).
        """
        request = Request(
            "prompts.enhance_speech",
            {"type": "audio.speech", "prompt": prompt, "lang_code": lang_code, "model": model},
        )
        answer = self._transport.value(request, readers.enhanced_speech_prompt)
        return cast("SpeechPromptT", answer)

    def enhance_speech_price(
        self, *, prompt: str, lang_code: str | None = None, model: str | None = None
    ) -> PriceT:
        """Ask what ``enhance_speech()`` would cost. Asking is free.

        Args:
            prompt: The text.
            lang_code: The code of its language. API v1 only.
            model: The slug of the model. API v2 only, and required there.

        Returns:
            The price.

        Raises:
            EndpointGoneError: API v1 no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/speech/price-calculation`` (v1),
        ``POST prompts/enhancements/price`` (v2).
        """
        return self._transport.price(
            Request(
                "prompts.enhance_speech_price",
                {"type": "audio.speech", "prompt": prompt, "lang_code": lang_code, "model": model},
            )
        )

    def enhance_image2image(
        self,
        *,
        prompt: str,
        image: FileInput,
        negative_prompt: str | None = None,
        model: str | None = None,
    ) -> PromptT:
        """Improve a prompt for changing an image.

        The service has removed this from API v1. With API v2 it is
        ``enhance(type="images.edits", ...)``.

        Args:
            prompt: The prompt, at least 3 characters.
            image: The image to be changed: at most 10 MB.
            negative_prompt: The negative prompt, at least 3 characters.
            model: The slug of the model that the prompt is for. API v2 only, and required there.

        Returns:
            The improved prompts.

        Raises:
            EndpointGoneError: API v1 no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST prompt/image2image`` (v1), ``POST prompts/enhancements`` (v2).
        """
        return self._enhance(
            Request(
                "prompts.enhance_image2image",
                {
                    "type": "images.edits",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": model,
                },
                {"image": image},
            )
        )

    def enhance_image2image_price(
        self, *, prompt: str, negative_prompt: str | None = None, model: str | None = None
    ) -> PriceT:
        """Ask what ``enhance_image2image()`` would cost. Asking is free and takes no image.

        Args:
            prompt: The prompt.
            negative_prompt: The negative prompt.
            model: The slug of the model. API v2 only, and required there.

        Returns:
            The price.

        Raises:
            EndpointGoneError: API v1 no longer has the operation.
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST prompt/image2image/price-calculation`` (v1),
        ``POST prompts/enhancements/price`` (v2).
        """
        return self._transport.price(
            Request(
                "prompts.enhance_image2image_price",
                {
                    "type": "images.edits",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": model,
                },
            )
        )

    def _enhance(self, request: Request) -> PromptT:
        return cast("PromptT", self._transport.value(request, readers.enhanced_prompt))
