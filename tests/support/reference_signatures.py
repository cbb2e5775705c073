"""The method signatures of the vendor's SDK, and the arguments and operations added to them."""

import inspect

from deapi import NOT_GIVEN

REQUIRED = inspect.Parameter.empty


def signature(required, optional="", **defaults):
    """Return the parameters in order with their defaults. Those of `optional` default to None."""
    return [
        *((name, REQUIRED) for name in required.split()),
        *((name, None) for name in optional.split()),
        *defaults.items(),
    ]


_VIDEO = "model width height frames fps"
_GENERATE_VIDEO = "prompt model width height steps seed frames fps"
_INLINE = "return_result_in_response webhook_url"

REFERENCE = {
    "images.generate": signature(
        "prompt model width height seed", "negative_prompt loras guidance steps webhook_url"
    ),
    "images.generate_price": signature(
        "prompt model width height seed", "negative_prompt loras guidance steps"
    ),
    "images.transform": signature(
        "prompt model steps seed",
        "image images negative_prompt loras width height guidance webhook_url",
    ),
    "images.transform_price": signature("prompt model steps seed", "loras guidance"),
    "images.upscale": signature("image model", "webhook_url"),
    "images.upscale_price": signature("model", "image width height"),
    "images.remove_background": signature("image model", "webhook_url"),
    "images.remove_background_price": signature("model", "image width height"),
    "audio.synthesize": signature(
        "text model lang format speed sample_rate",
        "mode voice ref_audio ref_text instruct webhook_url",
    ),
    "audio.synthesize_price": signature(
        "model lang format speed sample_rate", "text count_text mode voice instruct"
    ),
    "audio.compose": signature(
        "caption model duration inference_steps guidance_scale seed format",
        "lyrics bpm keyscale timesignature vocal_language webhook_url",
    ),
    "audio.compose_price": signature("model duration inference_steps"),
    "video.generate": signature(_GENERATE_VIDEO, "negative_prompt guidance webhook_url"),
    "video.generate_price": signature(_GENERATE_VIDEO, "negative_prompt guidance"),
    "video.animate": signature(
        "prompt model first_frame_image seed width height frames fps",
        "negative_prompt last_frame_image guidance steps webhook_url",
    ),
    "video.animate_price": signature(_VIDEO, "steps guidance"),
    "video.generate_from_audio": signature(
        "prompt audio model width height seed frames fps",
        "negative_prompt first_frame_image last_frame_image guidance steps webhook_url",
    ),
    "video.generate_from_audio_price": signature(_VIDEO, "guidance steps"),
    "video.replace": signature(
        "video ref_image model", "prompt width height steps seed webhook_url"
    ),
    "video.replace_price": signature("model", "video duration width height"),
    "video.upscale": signature("video model", "webhook_url"),
    "video.upscale_price": signature("model", "video width height"),
    "video.remove_background": signature("video model", "webhook_url"),
    "video.remove_background_price": signature("model", "video width height"),
    "transcription.create": signature("include_ts model", f"source_url source_file {_INLINE}"),
    "transcription.create_price": signature(
        "include_ts model", "source_url source_file duration_seconds"
    ),
    "transcription.from_video_url": signature("video_url include_ts model", _INLINE),
    "transcription.from_video_url_price": signature(
        "include_ts model", "video_url duration_seconds"
    ),
    "transcription.from_audio_url": signature("audio_url include_ts model", _INLINE),
    "transcription.from_audio_url_price": signature(
        "include_ts model", "audio_url duration_seconds"
    ),
    "transcription.from_audio_file": signature("audio include_ts model", _INLINE),
    "transcription.from_audio_file_price": signature("include_ts model", "audio duration_seconds"),
    "transcription.from_video_file": signature("video include_ts model", _INLINE),
    "transcription.from_video_file_price": signature("include_ts model", "video duration_seconds"),
    "embeddings.create": signature("input model", _INLINE),
    "embeddings.create_price": signature("input model", "return_result_in_response"),
    "ocr.extract": signature("image model", f"language format {_INLINE}"),
    "ocr.extract_price": signature("model", "image width height"),
    "prompts.enhance_image": signature("prompt", "negative_prompt"),
    "prompts.enhance_image_price": signature("prompt", "negative_prompt"),
    "prompts.enhance_video": signature("prompt", "negative_prompt image"),
    "prompts.enhance_video_price": signature("prompt", "negative_prompt"),
    "prompts.enhance_speech": signature("prompt", "lang_code"),
    "prompts.enhance_speech_price": signature("prompt", "lang_code"),
    "prompts.enhance_image2image": signature("prompt image", "negative_prompt"),
    "prompts.enhance_image2image_price": signature("prompt", "negative_prompt"),
    "prompts.samples": signature("type", "topic lang_code"),
    "prompts.samples_price": signature("type", "topic lang_code"),
    "models.list": signature("", per_page=15, page=1, inference_types=None),
}

NO_LONGER_REQUIRED = {
    # Models without `supports_steps` do not accept steps.
    "steps": {
        "images.transform",
        "images.transform_price",
        "video.generate",
        "video.generate_price",
    },
    # API v2 also accepts references instead.
    "first_frame_image": {"video.animate"},
}
"""Arguments that the vendor's SDK requires and this one does not."""

_TRANSCRIPT_OPTIONS = "ts_level diarize lang include_metadata"
ADDED_ARGUMENTS = {
    "images.generate": "webhook_secret quality enhance_prompt",
    "images.generate_price": "quality",
    "images.transform": "webhook_secret quality enhance_prompt",
    "images.transform_price": "quality",
    "video.generate": "webhook_secret enhance_prompt",
    "video.animate": "webhook_secret enhance_prompt ref_images ref_videos ref_audios",
    "video.animate_price": "ref_images_count ref_videos_count ref_audios_count",
    "video.replace_price": "steps",
    "video.upscale": "webhook_secret scale",
    "video.upscale_price": "scale duration",
    "audio.compose": "webhook_secret reference_audio",
    "transcription.create": f"webhook_secret {_TRANSCRIPT_OPTIONS}",
    "transcription.create_price": f"{_TRANSCRIPT_OPTIONS} platform",
    **dict.fromkeys(
        (
            "images.upscale",
            "images.remove_background",
            "ocr.extract",
            "embeddings.create",
            "video.generate_from_audio",
            "video.replace",
            "video.remove_background",
            "audio.synthesize",
            "transcription.from_video_url",
            "transcription.from_audio_url",
            "transcription.from_audio_file",
            "transcription.from_video_file",
        ),
        "webhook_secret",
    ),
    **{
        f"prompts.enhance_{task}{price}": "model model_slug"
        for task in ("image", "video", "speech", "image2image")
        for price in ("", "_price")
    },
}
"""Arguments added to operations of the vendor's SDK."""

_CLIP = "video_url video_file"
_PERIOD = signature("", "start end group_by")
_ENHANCE = [
    ("type", REQUIRED),
    ("model", None),
    ("prompt", REQUIRED),
    *signature("", "negative_prompt image model_slug"),
]
ADDED_OPERATIONS = {
    "models.get": signature("slug"),
    "models.iterate": signature("", per_page=50, inference_types=None),
    "video.describe": signature(
        "model",
        f"{_CLIP} preset include_metadata return_result_in_response webhook_url webhook_secret",
    ),
    "video.describe_price": signature(
        "model", f"{_CLIP} duration_seconds platform preset include_metadata"
    ),
    "prompts.enhance": _ENHANCE,
    "prompts.enhance_price": _ENHANCE,
    "account.billing": [],
    "account.usage": _PERIOD,
    "account.payments": signature("", per_page=50, page=1),
    "account.iterate_payments": signature("", per_page=50),
    "current_key.get": [],
    "current_key.usage": _PERIOD,
    "keys.list": signature("", per_page=50, page=1),
    "keys.iterate": signature("", per_page=50),
    "keys.create": signature("name", "expires_at ip_whitelist limit reset_interval"),
    "keys.get": signature("key_id"),
    "keys.update": signature(
        "key_id",
        **dict.fromkeys(
            ("active", "expires_at", "ip_whitelist", "limit", "reset_interval"), NOT_GIVEN
        ),
    ),
    "keys.delete": signature("key_id"),
    "keys.usage": [("key_id", REQUIRED), *_PERIOD],
}
"""Operations that the vendor's SDK does not have."""

PAGED_BY = {
    "models.get": "models.list",
    "models.iterate": "models.list",
    "keys.iterate": "keys.list",
    "account.iterate_payments": "account.payments",
}
"""Methods that iterate over pages, and the operation that returns a page."""
