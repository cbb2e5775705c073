"""Prompt enhancement and sample prompts."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

from .. import types  # noqa: F401 - named in the annotations of the concrete classes
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._types import EnhancementType, FileInput, SampleType
from ._base import PriceT, Resource

PromptT = TypeVar("PromptT")
SpeechPromptT = TypeVar("SpeechPromptT")
SampleT = TypeVar("SampleT")

_TYPES_WITH_IMAGE = ("images.edits", "videos.animations")
_TYPES_WITHOUT_IMAGE = ("images.generations", "videos.generations", "audio.speech", "audio.music")

# The vendor's documentation and the service have different names for the same types.
_SAMPLE_TYPES = {
    "image": "text2image",
    "speech": "text2speech",
    "text2image": "text2image",
    "text2speech": "text2speech",
}

# With API v2, the methods for one type of prompt use the endpoint of enhance(). Their argument
# `model` is optional, because API v1 does not accept it.
_ENHANCEMENTS = Route(
    "prompts/enhancements",
    multipart=True,
    adds=("model",),
    requires=("model",),
    renames={"model": "model_slug"},
)


class _Prompts(Resource, Generic[PriceT, PromptT, SpeechPromptT, SampleT]):
    # Declared before the other operations with this path, so that the error about a removed
    # endpoint of API v1 names this one as the successor.
    _ENHANCE = Operation(
        "prompts.enhance",
        v2=Route("prompts/enhancements", multipart=True, renames={"model": "model_slug"}),
        returns="EnhancePromptResult",
        required=("type", "model", "prompt"),
        side_effect="billable",
    )
    _ENHANCE_PRICE = _ENHANCE.price(required=("type", "model", "prompt"), multipart=True)

    def enhance(
        self,
        *,
        type: EnhancementType,  # noqa: A002 - named like the field of the API
        model: str | None = None,
        prompt: str,
        negative_prompt: str | None = None,
        image: FileInput | None = None,
        model_slug: str | None = None,
    ) -> PromptT:
        """Enhance a prompt for a task and a model. API v2 only.

        Args:
            type: Task that the prompt is for: ``images.generations``, ``images.edits``,
                ``videos.generations``, ``videos.animations``, ``audio.speech`` or ``audio.music``.
            model: Slug of the model that the prompt is for. Either this or ``model_slug`` is
                required.
            prompt: Prompt to enhance, at least 3 characters.
            negative_prompt: Negative prompt to enhance, at least 3 characters.
            image: Image to edit with ``images.edits`` or to animate with ``videos.animations``, at
                most 10 MB. Required for these two types, and not accepted for the others.
            model_slug: Alias of ``model``, named like the field of the API.

        Returns:
            The enhanced prompts.

        Raises:
            ValidationError: The service rejected an argument, or cannot enhance prompts for the
                model.
            ValueError: ``image`` is missing or not accepted for the type, or ``model`` and
                ``model_slug`` differ.
            TypeError: Neither ``model`` nor ``model_slug`` is passed.

        Endpoint: ``POST prompts/enhancements`` (v2).
        """
        if image is None and type in _TYPES_WITH_IMAGE:
            raise ValueError(f"image is required with type={type!r}.")
        _reject_image(type, image)
        return cast(
            "PromptT",
            self._call(
                self._ENHANCE,
                {
                    "type": type,
                    "model": _either_name(model, model_slug),
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                },
                {"image": image},
            ),
        )

    def enhance_price(
        self,
        *,
        type: EnhancementType,  # noqa: A002 - named like the field of the API
        model: str | None = None,
        prompt: str,
        negative_prompt: str | None = None,
        image: FileInput | None = None,
        model_slug: str | None = None,
    ) -> PriceT:
        """Get the price of ``enhance()``. Prices are free, and no image is required. API v2 only.

        Args:
            type: See ``enhance()``.
            model: See ``enhance()``.
            prompt: See ``enhance()``.
            negative_prompt: See ``enhance()``.
            image: See ``enhance()``. Optional for every type.
            model_slug: See ``enhance()``.

        Returns:
            The price.

        Raises:
            ValueError: ``image`` is not accepted for the type, or ``model`` and ``model_slug``
                differ.
            TypeError: Neither ``model`` nor ``model_slug`` is passed.

        Endpoint: ``POST prompts/enhancements/price`` (v2).
        """
        _reject_image(type, image)
        return cast(
            "PriceT",
            self._call(
                self._ENHANCE_PRICE,
                {
                    "type": type,
                    "model": _either_name(model, model_slug),
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                },
                {"image": image},
            ),
        )

    _ENHANCE_IMAGE = Operation(
        "prompts.enhance_image",
        v1=Route("prompt/image", drops=("type",), sends_null=("negative_prompt",)),
        v2=_ENHANCEMENTS,
        returns="EnhancePromptResult",
        required=("prompt",),
        side_effect="billable",
    )
    _ENHANCE_IMAGE_PRICE = _ENHANCE_IMAGE.price(
        required=("prompt",),
        multipart=True,
        v1=Route(
            "prompt/image/price-calculation", drops=("type",), sends_null=("negative_prompt",)
        ),
    )

    def enhance_image(
        self,
        *,
        prompt: str,
        negative_prompt: str | None = None,
        model: str | None = None,
        model_slug: str | None = None,
    ) -> PromptT:
        """Enhance a prompt for an image.

        Removed from API v1, where it raises ``EndpointGoneError``. With API v2, use ``enhance()``
        with type ``images.generations``.

        Args:
            prompt: Prompt to enhance, at least 3 characters.
            negative_prompt: Negative prompt to enhance, at least 3 characters.
            model: Slug of the model that the prompt is for. With API v2, either this or
                ``model_slug`` is required. API v2 only.
            model_slug: Alias of ``model``, named like the field of the API. API v2 only.

        Returns:
            The enhanced prompts.

        Raises:
            EndpointGoneError: The client uses API v1.
            ValueError: ``model`` and ``model_slug`` differ, or both are missing with API v2.

        Endpoint: ``POST prompt/image`` (v1), ``POST prompts/enhancements`` (v2).
        """
        return cast(
            "PromptT",
            self._call(
                self._ENHANCE_IMAGE,
                {
                    "type": "images.generations",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": _either_name(model, model_slug),
                },
            ),
        )

    def enhance_image_price(
        self,
        *,
        prompt: str,
        negative_prompt: str | None = None,
        model: str | None = None,
        model_slug: str | None = None,
    ) -> PriceT:
        """Get the price of ``enhance_image()``. Prices are free.

        Removed from API v1, where it raises ``EndpointGoneError``. With API v2, use
        ``enhance_price()`` with type ``images.generations``.

        Args:
            prompt: See ``enhance_image()``.
            negative_prompt: See ``enhance_image()``.
            model: See ``enhance_image()``. API v2 only.
            model_slug: See ``enhance_image()``. API v2 only.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The client uses API v1.
            ValueError: ``model`` and ``model_slug`` differ, or both are missing with API v2.

        Endpoint: ``POST prompt/image/price-calculation`` (v1),
        ``POST prompts/enhancements/price`` (v2).
        """
        return cast(
            "PriceT",
            self._call(
                self._ENHANCE_IMAGE_PRICE,
                {
                    "type": "images.generations",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": _either_name(model, model_slug),
                },
            ),
        )

    _ENHANCE_VIDEO = Operation(
        "prompts.enhance_video",
        v1=Route("prompt/video", drops=("type",), sends_null=("negative_prompt",)),
        v2=_ENHANCEMENTS,
        returns="EnhancePromptResult",
        required=("prompt",),
        side_effect="billable",
    )
    _ENHANCE_VIDEO_PRICE = _ENHANCE_VIDEO.price(
        required=("prompt",),
        multipart=True,
        v1=Route(
            "prompt/video/price-calculation", drops=("type",), sends_null=("negative_prompt",)
        ),
    )

    def enhance_video(
        self,
        *,
        prompt: str,
        negative_prompt: str | None = None,
        image: FileInput | None = None,
        model: str | None = None,
        model_slug: str | None = None,
    ) -> PromptT:
        """Enhance a prompt for a video.

        Removed from API v1, where it raises ``EndpointGoneError``. With API v2, use ``enhance()``
        with type ``videos.animations`` if there is an image, and otherwise with type
        ``videos.generations``.

        Args:
            prompt: Prompt to enhance, at least 3 characters.
            negative_prompt: Negative prompt to enhance, at least 3 characters.
            image: First frame of the video, at most 10 MB.
            model: Slug of the model that the prompt is for. With API v2, either this or
                ``model_slug`` is required. API v2 only.
            model_slug: Alias of ``model``, named like the field of the API. API v2 only.

        Returns:
            The enhanced prompts.

        Raises:
            EndpointGoneError: The client uses API v1.
            ValueError: ``model`` and ``model_slug`` differ, or both are missing with API v2.

        Endpoint: ``POST prompt/video`` (v1), ``POST prompts/enhancements`` (v2).
        """
        return cast(
            "PromptT",
            self._call(
                self._ENHANCE_VIDEO,
                {
                    "type": "videos.generations" if image is None else "videos.animations",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": _either_name(model, model_slug),
                },
                {"image": image},
            ),
        )

    def enhance_video_price(
        self,
        *,
        prompt: str,
        negative_prompt: str | None = None,
        model: str | None = None,
        model_slug: str | None = None,
    ) -> PriceT:
        """Get the price of ``enhance_video()`` without an image. Prices are free.

        Removed from API v1, where it raises ``EndpointGoneError``. With API v2, use
        ``enhance_price()`` with type ``videos.generations``, or with type ``videos.animations`` for
        the price with an image.

        Args:
            prompt: See ``enhance_video()``.
            negative_prompt: See ``enhance_video()``.
            model: See ``enhance_video()``. API v2 only.
            model_slug: See ``enhance_video()``. API v2 only.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The client uses API v1.
            ValueError: ``model`` and ``model_slug`` differ, or both are missing with API v2.

        Endpoint: ``POST prompt/video/price-calculation`` (v1),
        ``POST prompts/enhancements/price`` (v2).
        """
        return cast(
            "PriceT",
            self._call(
                self._ENHANCE_VIDEO_PRICE,
                {
                    "type": "videos.generations",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": _either_name(model, model_slug),
                },
            ),
        )

    _ENHANCE_SPEECH = Operation(
        "prompts.enhance_speech",
        v1=Route("prompt/speech", adds=("lang_code",), drops=("type",)),
        v2=_ENHANCEMENTS,
        returns="EnhanceSpeechPromptResult",
        required=("prompt",),
        side_effect="billable",
    )
    _ENHANCE_SPEECH_PRICE = _ENHANCE_SPEECH.price(
        required=("prompt",),
        multipart=True,
        v1=Route("prompt/speech/price-calculation", adds=("lang_code",), drops=("type",)),
    )

    def enhance_speech(
        self,
        *,
        prompt: str,
        lang_code: str | None = None,
        model: str | None = None,
        model_slug: str | None = None,
    ) -> SpeechPromptT:
        """Enhance a text for speech synthesis.

        Removed from API v1, where it raises ``EndpointGoneError``. With API v2, use ``enhance()``
        with type ``audio.speech``.

        Args:
            prompt: Text to enhance, at least 3 characters.
            lang_code: Language code of the text, such as ``en``. API v1 only.
            model: Slug of the model that synthesizes the speech. With API v2, either this or
                ``model_slug`` is required. API v2 only.
            model_slug: Alias of ``model``, named like the field of the API. API v2 only.

        Returns:
            The enhanced text.

        Raises:
            EndpointGoneError: The client uses API v1.
            ValueError: ``model`` and ``model_slug`` differ, or both are missing with API v2.

        Endpoint: ``POST prompt/speech`` (v1), ``POST prompts/enhancements`` (v2).
        """
        return cast(
            "SpeechPromptT",
            self._call(
                self._ENHANCE_SPEECH,
                {
                    "type": "audio.speech",
                    "prompt": prompt,
                    "lang_code": lang_code,
                    "model": _either_name(model, model_slug),
                },
            ),
        )

    def enhance_speech_price(
        self,
        *,
        prompt: str,
        lang_code: str | None = None,
        model: str | None = None,
        model_slug: str | None = None,
    ) -> PriceT:
        """Get the price of ``enhance_speech()``. Prices are free.

        Removed from API v1, where it raises ``EndpointGoneError``. With API v2, use
        ``enhance_price()`` with type ``audio.speech``.

        Args:
            prompt: See ``enhance_speech()``.
            lang_code: See ``enhance_speech()``. API v1 only.
            model: See ``enhance_speech()``. API v2 only.
            model_slug: See ``enhance_speech()``. API v2 only.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The client uses API v1.
            ValueError: ``model`` and ``model_slug`` differ, or both are missing with API v2.

        Endpoint: ``POST prompt/speech/price-calculation`` (v1),
        ``POST prompts/enhancements/price`` (v2).
        """
        return cast(
            "PriceT",
            self._call(
                self._ENHANCE_SPEECH_PRICE,
                {
                    "type": "audio.speech",
                    "prompt": prompt,
                    "lang_code": lang_code,
                    "model": _either_name(model, model_slug),
                },
            ),
        )

    _ENHANCE_IMAGE2IMAGE = Operation(
        "prompts.enhance_image2image",
        v1=Route("prompt/image2image", drops=("type",), sends_null=("negative_prompt",)),
        v2=_ENHANCEMENTS,
        returns="EnhancePromptResult",
        required=("prompt", "image"),
        side_effect="billable",
    )
    _ENHANCE_IMAGE2IMAGE_PRICE = _ENHANCE_IMAGE2IMAGE.price(
        required=("prompt",),
        multipart=True,
        v1=Route(
            "prompt/image2image/price-calculation",
            drops=("type",),
            sends_null=("negative_prompt",),
        ),
    )

    def enhance_image2image(
        self,
        *,
        prompt: str,
        image: FileInput,
        negative_prompt: str | None = None,
        model: str | None = None,
        model_slug: str | None = None,
    ) -> PromptT:
        """Enhance a prompt for editing an image.

        Removed from API v1, where it raises ``EndpointGoneError``. With API v2, use ``enhance()``
        with type ``images.edits``.

        Args:
            prompt: Prompt to enhance, at least 3 characters.
            image: Image to edit, at most 10 MB.
            negative_prompt: Negative prompt to enhance, at least 3 characters.
            model: Slug of the model that the prompt is for. With API v2, either this or
                ``model_slug`` is required. API v2 only.
            model_slug: Alias of ``model``, named like the field of the API. API v2 only.

        Returns:
            The enhanced prompts.

        Raises:
            EndpointGoneError: The client uses API v1.
            ValueError: ``model`` and ``model_slug`` differ, or both are missing with API v2.

        Endpoint: ``POST prompt/image2image`` (v1), ``POST prompts/enhancements`` (v2).
        """
        return cast(
            "PromptT",
            self._call(
                self._ENHANCE_IMAGE2IMAGE,
                {
                    "type": "images.edits",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": _either_name(model, model_slug),
                },
                {"image": image},
            ),
        )

    def enhance_image2image_price(
        self,
        *,
        prompt: str,
        negative_prompt: str | None = None,
        model: str | None = None,
        model_slug: str | None = None,
    ) -> PriceT:
        """Get the price of ``enhance_image2image()``. Prices are free, and no image is uploaded.

        Removed from API v1, where it raises ``EndpointGoneError``. With API v2, use
        ``enhance_price()`` with type ``images.edits``.

        Args:
            prompt: See ``enhance_image2image()``.
            negative_prompt: See ``enhance_image2image()``.
            model: See ``enhance_image2image()``. API v2 only.
            model_slug: See ``enhance_image2image()``. API v2 only.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The client uses API v1.
            ValueError: ``model`` and ``model_slug`` differ, or both are missing with API v2.

        Endpoint: ``POST prompt/image2image/price-calculation`` (v1),
        ``POST prompts/enhancements/price`` (v2).
        """
        return cast(
            "PriceT",
            self._call(
                self._ENHANCE_IMAGE2IMAGE_PRICE,
                {
                    "type": "images.edits",
                    "prompt": prompt,
                    "negative_prompt": negative_prompt,
                    "model": _either_name(model, model_slug),
                },
            ),
        )

    # The vendor's documentation no longer has these two. It is not known whether the service does.
    _SAMPLES = Operation(
        "prompts.samples",
        v1=Route("prompts/samples", "GET"),
        returns="SamplePromptResult",
        required=("type",),
        side_effect="billable",
    )
    _SAMPLES_PRICE = _SAMPLES.price(required=("type",))

    def samples(
        self,
        *,
        type: SampleType,  # noqa: A002 - named like the field of the API
        topic: str | None = None,
        lang_code: str | None = None,
    ) -> SampleT:
        """Get a sample prompt. API v1 only.

        Args:
            type: Type of the prompt: ``image`` or ``speech``.
            topic: Topic of the prompt, at most 500 characters.
            lang_code: Language code of the prompt, at most 4 characters.

        Returns:
            The prompt.

        Raises:
            EndpointGoneError: The service has removed the endpoint.
            ValueError: ``type`` is neither ``image`` nor ``speech``.

        Endpoint: ``GET prompts/samples`` (v1).
        """
        fields = {"type": _sample_type(type), "topic": topic, "lang_code": lang_code}
        return cast("SampleT", self._call(self._SAMPLES, fields))

    def samples_price(
        self,
        *,
        type: SampleType,  # noqa: A002 - named like the field of the API
        topic: str | None = None,
        lang_code: str | None = None,
    ) -> PriceT:
        """Get the price of ``samples()``. Prices are free. API v1 only.

        Args:
            type: See ``samples()``.
            topic: See ``samples()``.
            lang_code: See ``samples()``.

        Returns:
            The price.

        Raises:
            EndpointGoneError: The service has removed the endpoint.
            ValueError: ``type`` is neither ``image`` nor ``speech``.

        Endpoint: ``GET prompts/samples/price-calculation`` (v1).
        """
        fields = {"type": _sample_type(type), "topic": topic, "lang_code": lang_code}
        return cast("PriceT", self._call(self._SAMPLES_PRICE, fields))


def _either_name(model: str | None, model_slug: str | None) -> str | None:
    if model is not None and model_slug is not None and model != model_slug:
        raise ValueError(
            "Pass either model or model_slug, not both: "
            f"they are {model!r:.60} and {model_slug!r:.60}."
        )
    return model_slug if model is None else model


def _reject_image(enhancement_type: str, image: FileInput | None) -> None:
    if image is not None and enhancement_type in _TYPES_WITHOUT_IMAGE:
        raise ValueError(
            f"image is not accepted with type={enhancement_type!r}, only with "
            f"{' or '.join(map(repr, _TYPES_WITH_IMAGE))}."
        )


def _sample_type(value: str | None) -> str | None:
    if value is None:
        return None  # rejected with the other required arguments
    for name, sent in _SAMPLE_TYPES.items():
        if value == name:
            return sent
    raise ValueError(f"type must be 'image' or 'speech'; got {value!r:.60}.")


class Prompts(
    ConcreteMethods,
    _Prompts[
        "types.PriceResult",
        "types.EnhancePromptResult",
        "types.EnhanceSpeechPromptResult",
        "types.SamplePromptResult",
    ],
):
    """Prompt enhancement and sample prompts: ``client.prompts``.

    The methods return the result directly, without a job. ``enhance()`` is for all types of
    prompts and requires API v2. The other ``enhance_*`` methods are for one type each. Their
    endpoints are removed from API v1, where they raise ``EndpointGoneError``.

    Each method may raise a subclass of ``DeapiError``, such as ``ValidationError`` or
    ``InsufficientBalanceError``. If its ``possibly_accepted`` is True, the call may have been
    charged. An argument that cannot be sent raises ``ValueError``, ``TypeError`` or ``OSError``
    before anything is sent. ``_price`` methods are free.
    """


class AsyncPrompts(
    AsyncMethods,
    _Prompts[
        Coro["types.PriceResult"],
        Coro["types.EnhancePromptResult"],
        Coro["types.EnhanceSpeechPromptResult"],
        Coro["types.SamplePromptResult"],
    ],
):
    """Prompt operations of the async client: ``client.prompts``. See ``Prompts``."""
