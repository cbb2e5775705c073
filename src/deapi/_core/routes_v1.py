"""Version 1 of the API: the one that the reference speaks, deprecated since April 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .routes import Route, Version, get

if TYPE_CHECKING:
    from .routes import Encoding

# Laravel's "present" rule: without the key, these endpoints answer 422.
_NEGATIVE = ("negative_prompt",)


def _boost(
    path: str, encoding: Encoding, *, also: tuple[str, ...] = (), nulls: tuple[str, ...] = ()
) -> Route:
    """The route of a prompt booster. Which type it is for, the path says."""
    return Route(path, encoding, effect="charge", also=also, ignores=("type",), nulls=nulls)


def _quote(
    path: str, encoding: Encoding, *, also: tuple[str, ...] = (), nulls: tuple[str, ...] = ()
) -> Route:
    """The route of a prompt booster's price."""
    return _boost(f"{path}/price-calculation", encoding, also=also, nulls=nulls)._replace(
        effect=None
    )


V1 = Version(
    "/api/v1/client/",
    {
        "balance": get("balance"),
        "jobs.status": get("request-status/{}"),
        "models.list": get("models"),
        # Images
        "images.generate": Route("txt2img", "json", effect="charge"),
        "images.generate_price": Route("txt2img/price-calculation", "json"),
        "images.transform": Route("img2img", "multipart", effect="charge"),
        "images.transform_price": Route("img2img/price-calculation", "json"),
        "images.upscale": Route("img-upscale", "multipart", effect="charge"),
        "images.upscale_price": Route("img-upscale/price-calculation", "multipart"),
        "images.remove_background": Route("img-rmbg", "multipart", effect="charge"),
        "images.remove_background_price": Route("img-rmbg/price-calculation", "multipart"),
        "ocr.extract": Route("img2txt", "multipart", effect="charge"),
        "ocr.extract_price": Route("img2txt/price-calculation", "multipart"),
        # Video
        "video.generate": Route("txt2video", "json", effect="charge"),
        "video.generate_price": Route(
            "txt2video/price-calculation",
            "json",
            ignores=("prompt", "seed", "negative_prompt", "guidance"),
        ),
        "video.animate": Route("img2video", "multipart", effect="charge"),
        "video.animate_price": Route("img2video/price-calculation", "json", ignores=("guidance",)),
        "video.generate_from_audio": Route("aud2video", "multipart", effect="charge"),
        "video.generate_from_audio_price": Route(
            "aud2video/price-calculation", "json", ignores=("guidance",)
        ),
        "video.replace": Route("videos/replace", "multipart", effect="charge"),
        "video.replace_price": Route("videos/replace/price", "multipart"),
        "video.upscale": Route("vid-upscale", "multipart", effect="charge"),
        "video.upscale_price": Route("vid-upscale/price-calculation", "multipart"),
        "video.remove_background": Route("vid-rmbg", "multipart", effect="charge"),
        "video.remove_background_price": Route("vid-rmbg/price-calculation", "multipart"),
        # Audio
        "audio.synthesize": Route("txt2audio", "either", effect="charge"),
        "audio.synthesize_price": Route("txt2audio/price-calculation", "json"),
        "audio.compose": Route("txt2music", "either", effect="charge"),
        "audio.compose_price": Route("txt2music/price-calculation", "json"),
        # Text
        "transcription.create": Route("transcribe", "either", effect="charge"),
        "transcription.create_price": Route("transcribe/price-calculation", "either"),
        "transcription.from_video_url": Route("vid2txt", "json", effect="charge"),
        "transcription.from_video_url_price": Route("vid2txt/price-calculation", "json"),
        "transcription.from_audio_url": Route("aud2txt", "json", effect="charge"),
        "transcription.from_audio_url_price": Route("aud2txt/price-calculation", "json"),
        "transcription.from_audio_file": Route("audiofile2txt", "multipart", effect="charge"),
        "transcription.from_audio_file_price": Route(
            "audiofile2txt/price-calculation", "multipart"
        ),
        "transcription.from_video_file": Route("videofile2txt", "multipart", effect="charge"),
        "transcription.from_video_file_price": Route(
            "videofile2txt/price-calculation", "multipart"
        ),
        "embeddings.create": Route("txt2embedding", "json", effect="charge"),
        "embeddings.create_price": Route(
            "txt2embedding/price-calculation", "json", ignores=("return_result_in_response",)
        ),
        # Prompts: removed from the live service in August 2026, which answers 410.
        "prompts.enhance_image": _boost("prompt/image", "json", nulls=_NEGATIVE),
        "prompts.enhance_image_price": _quote("prompt/image", "json", nulls=_NEGATIVE),
        "prompts.enhance_video": _boost("prompt/video", "multipart", nulls=_NEGATIVE),
        "prompts.enhance_video_price": _quote("prompt/video", "multipart", nulls=_NEGATIVE),
        "prompts.enhance_speech": _boost("prompt/speech", "json", also=("lang_code",)),
        "prompts.enhance_speech_price": _quote("prompt/speech", "json", also=("lang_code",)),
        "prompts.enhance_image2image": _boost("prompt/image2image", "multipart", nulls=_NEGATIVE),
        "prompts.enhance_image2image_price": _quote(
            "prompt/image2image", "multipart", nulls=_NEGATIVE
        ),
        # These, too, have gone from the documentation; whether the service has them is not known.
        "prompts.samples": get("prompts/samples", effect="charge"),
        "prompts.samples_price": get("prompts/samples/price-calculation"),
    },
)
