"""Version 2 of the API: the current one, which alone gains new models, fields and endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .routes import Route, Version, get

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .routes import Encoding


def _job(
    path: str, encoding: Encoding, *also: str, renames: Mapping[str, str] | None = None
) -> Route:
    """The route of an operation that makes a job."""
    also = ("webhook_secret", *also)
    return Route(path, encoding, effect="charge", also=also, renames=renames or {})


def _boost(path: str) -> Route:
    """The route of a method that stood for an endpoint of its own in version 1."""
    also = needs = ("model",)
    return Route(path, "multipart", effect="charge", also=also, needs=needs, renames=_SLUG)


def _quote(path: str) -> Route:
    """The route of the price of such a method."""
    return _boost(f"{path}/price")._replace(effect=None)


_SLUG = {"model": "model_slug"}
_URL = {"video_url": "source_url", "audio_url": "source_url"}
_FILE = {"audio": "source_file", "video": "source_file"}
_TRANSCRIPT = ("ts_level", "diarize", "lang", "include_metadata")

V2 = Version(
    "/api/v2/",
    {
        "jobs.status": get("jobs/{}"),
        "models.list": get("models"),
        # Images
        "images.generate": _job("images/generations", "json", "quality", "enhance_prompt"),
        "images.generate_price": Route("images/generations/price", "json", also=("quality",)),
        "images.transform": _job("images/edits", "multipart", "quality", "enhance_prompt"),
        "images.transform_price": Route("images/edits/price", "json", also=("quality",)),
        "images.upscale": _job("images/upscales", "multipart"),
        "images.upscale_price": Route("images/upscales/price", "multipart"),
        "images.remove_background": _job("images/background-removals", "multipart"),
        "images.remove_background_price": Route("images/background-removals/price", "multipart"),
        "ocr.extract": _job("images/ocr", "multipart"),
        "ocr.extract_price": Route("images/ocr/price", "multipart"),
        # Video
        "video.generate": _job("videos/generations", "json", "enhance_prompt"),
        "video.generate_price": Route(
            "videos/generations/price",
            "json",
            ignores=("prompt", "seed", "negative_prompt", "guidance"),
        ),
        "video.animate": _job(
            "videos/animations",
            "multipart",
            "enhance_prompt",
            "ref_images",
            "ref_videos",
            "ref_audios",
        ),
        "video.animate_price": Route(
            "videos/animations/price",
            "json",
            also=("ref_images_count", "ref_videos_count", "ref_audios_count"),
            ignores=("guidance",),
        ),
        "video.generate_from_audio": _job("videos/audio-syncs", "multipart"),
        "video.generate_from_audio_price": Route(
            "videos/audio-syncs/price", "json", ignores=("guidance",)
        ),
        "video.replace": _job("videos/replacements", "multipart"),
        "video.replace_price": Route("videos/replacements/price", "multipart"),
        "video.upscale": _job("videos/upscales", "multipart"),
        "video.upscale_price": Route("videos/upscales/price", "multipart"),
        "video.remove_background": _job("videos/background-removals", "multipart"),
        "video.remove_background_price": Route("videos/background-removals/price", "multipart"),
        "video.describe": _job("videos/descriptions", "multipart"),
        "video.describe_price": Route("videos/descriptions/price", "multipart"),
        # Audio
        "audio.synthesize": _job("audio/speech", "either"),
        "audio.synthesize_price": Route("audio/speech/price", "json"),
        "audio.compose": _job("audio/music", "either"),
        "audio.compose_price": Route("audio/music/price", "json"),
        # Text
        "transcription.create": _job("audio/transcriptions", "either", *_TRANSCRIPT),
        "transcription.create_price": Route(
            "audio/transcriptions/price", "either", also=(*_TRANSCRIPT, "platform")
        ),
        "transcription.from_video_url": _job("audio/transcriptions", "either", renames=_URL),
        "transcription.from_video_url_price": Route(
            "audio/transcriptions/price", "either", renames=_URL
        ),
        "transcription.from_audio_url": _job("audio/transcriptions", "either", renames=_URL),
        "transcription.from_audio_url_price": Route(
            "audio/transcriptions/price", "either", renames=_URL
        ),
        "transcription.from_audio_file": _job("audio/transcriptions", "either", renames=_FILE),
        "transcription.from_audio_file_price": Route(
            "audio/transcriptions/price", "either", renames=_FILE
        ),
        "transcription.from_video_file": _job("audio/transcriptions", "either", renames=_FILE),
        "transcription.from_video_file_price": Route(
            "audio/transcriptions/price", "either", renames=_FILE
        ),
        "embeddings.create": _job("embeddings", "json"),
        "embeddings.create_price": Route(
            "embeddings/price", "json", ignores=("return_result_in_response",)
        ),
        # Prompts
        "prompts.enhance": Route(
            "prompts/enhancements", "multipart", effect="charge", renames=_SLUG
        ),
        "prompts.enhance_price": Route("prompts/enhancements/price", "multipart", renames=_SLUG),
        "prompts.enhance_image": _boost("prompts/enhancements"),
        "prompts.enhance_image_price": _quote("prompts/enhancements"),
        "prompts.enhance_video": _boost("prompts/enhancements"),
        "prompts.enhance_video_price": _quote("prompts/enhancements"),
        "prompts.enhance_speech": _boost("prompts/enhancements"),
        "prompts.enhance_speech_price": _quote("prompts/enhancements"),
        "prompts.enhance_image2image": _boost("prompts/enhancements"),
        "prompts.enhance_image2image_price": _quote("prompts/enhancements"),
        # The account and its keys
        "balance": get("account/balance"),
        "account.billing": get("account"),
        "account.usage": get("account/usage"),
        "account.payments": get("account/payments"),
        "current_key.get": get("key"),
        "current_key.usage": get("key/usage"),
        "keys.list": get("keys"),
        "keys.create": Route("keys", "json", effect="key"),
        "keys.get": get("keys/{}"),
        "keys.update": Route("keys/{}", "json", "PATCH"),
        "keys.delete": Route("keys/{}", "query", "DELETE"),
        "keys.usage": get("keys/{}/usage"),
    },
)
