"""Where each operation lives, per API version: one row an operation, one table a version."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import quote

Encoding: TypeAlias = Literal["json", "multipart", "either", "query"]


class Route(NamedTuple):
    """How one operation is asked for."""

    path: str
    """Below the version's prefix; ``{}`` stands for the id in it."""

    encoding: Encoding
    """How the fields travel; a query makes it a GET, the others a POST.

    ``either`` is multipart for a request that has a file, and JSON for one that has none.
    """

    paid: bool = False
    """Whether it costs money, so that repeating it blindly might cost it twice."""

    ignores: tuple[str, ...] = ()
    """Fields that are checked but not sent: the endpoint has no use for them.

    A price is asked for with the arguments of the call that it is for, and some price endpoints
    know only those that bear on the price.
    """

    nulls: tuple[str, ...] = ()
    """Fields that are sent, as null, even when they are not given: the endpoint insists on them."""


class Version(NamedTuple):
    """One version of the API."""

    prefix: str
    routes: dict[str, Route]

    def url(self, base_url: str, operation: str, identifier: str | None) -> str:
        """The address of an operation, with the id quoted as one path segment."""
        path = self.routes[operation].path
        if identifier is not None:
            path = path.format(quote(identifier, safe=""))
        return f"{base_url}{self.prefix}{path}"


# Laravel's "present" rule: without the key, these endpoints answer 422.
_NEGATIVE = ("negative_prompt",)

V1 = Version(
    "/api/v1/client/",
    {
        "balance": Route("balance", "query"),
        "jobs.status": Route("request-status/{}", "query"),
        "models.list": Route("models", "query"),
        # Images
        "images.generate": Route("txt2img", "json", paid=True),
        "images.generate_price": Route("txt2img/price-calculation", "json"),
        "images.transform": Route("img2img", "multipart", paid=True),
        "images.transform_price": Route("img2img/price-calculation", "json"),
        "images.upscale": Route("img-upscale", "multipart", paid=True),
        "images.upscale_price": Route("img-upscale/price-calculation", "multipart"),
        "images.remove_background": Route("img-rmbg", "multipart", paid=True),
        "images.remove_background_price": Route("img-rmbg/price-calculation", "multipart"),
        "ocr.extract": Route("img2txt", "multipart", paid=True),
        "ocr.extract_price": Route("img2txt/price-calculation", "multipart"),
        # Video
        "video.generate": Route("txt2video", "json", paid=True),
        "video.generate_price": Route(
            "txt2video/price-calculation",
            "json",
            ignores=("prompt", "seed", "negative_prompt", "guidance"),
        ),
        "video.animate": Route("img2video", "multipart", paid=True),
        "video.animate_price": Route("img2video/price-calculation", "json", ignores=("guidance",)),
        "video.generate_from_audio": Route("aud2video", "multipart", paid=True),
        "video.generate_from_audio_price": Route(
            "aud2video/price-calculation", "json", ignores=("guidance",)
        ),
        "video.replace": Route("videos/replace", "multipart", paid=True),
        "video.replace_price": Route("videos/replace/price", "multipart"),
        "video.upscale": Route("vid-upscale", "multipart", paid=True),
        "video.upscale_price": Route("vid-upscale/price-calculation", "multipart"),
        "video.remove_background": Route("vid-rmbg", "multipart", paid=True),
        "video.remove_background_price": Route("vid-rmbg/price-calculation", "multipart"),
        # Audio
        "audio.synthesize": Route("txt2audio", "either", paid=True),
        "audio.synthesize_price": Route("txt2audio/price-calculation", "json"),
        "audio.compose": Route("txt2music", "json", paid=True),
        "audio.compose_price": Route("txt2music/price-calculation", "json"),
        # Text
        "transcription.create": Route("transcribe", "either", paid=True),
        "transcription.create_price": Route("transcribe/price-calculation", "either"),
        "transcription.from_video_url": Route("vid2txt", "json", paid=True),
        "transcription.from_video_url_price": Route("vid2txt/price-calculation", "json"),
        "transcription.from_audio_url": Route("aud2txt", "json", paid=True),
        "transcription.from_audio_url_price": Route("aud2txt/price-calculation", "json"),
        "transcription.from_audio_file": Route("audiofile2txt", "multipart", paid=True),
        "transcription.from_audio_file_price": Route(
            "audiofile2txt/price-calculation", "multipart"
        ),
        "transcription.from_video_file": Route("videofile2txt", "multipart", paid=True),
        "transcription.from_video_file_price": Route(
            "videofile2txt/price-calculation", "multipart"
        ),
        "embeddings.create": Route("txt2embedding", "json", paid=True),
        "embeddings.create_price": Route(
            "txt2embedding/price-calculation", "json", ignores=("return_result_in_response",)
        ),
        # Prompts: removed from the live service in August 2026, which answers 410.
        "prompts.enhance_image": Route("prompt/image", "json", paid=True, nulls=_NEGATIVE),
        "prompts.enhance_image_price": Route(
            "prompt/image/price-calculation", "json", nulls=_NEGATIVE
        ),
        "prompts.enhance_video": Route("prompt/video", "multipart", paid=True, nulls=_NEGATIVE),
        "prompts.enhance_video_price": Route(
            "prompt/video/price-calculation", "multipart", nulls=_NEGATIVE
        ),
        "prompts.enhance_speech": Route("prompt/speech", "json", paid=True),
        "prompts.enhance_speech_price": Route("prompt/speech/price-calculation", "json"),
        "prompts.enhance_image2image": Route(
            "prompt/image2image", "multipart", paid=True, nulls=_NEGATIVE
        ),
        "prompts.enhance_image2image_price": Route(
            "prompt/image2image/price-calculation", "multipart", nulls=_NEGATIVE
        ),
        "prompts.samples": Route("prompts/samples", "query", paid=True),
        "prompts.samples_price": Route("prompts/samples/price-calculation", "query"),
    },
)

VERSIONS = {"v1": V1}
