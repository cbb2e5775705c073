"""The models that the emulator offers, with their limits.

A list of the service from April 2026 has a default size of 768 x 768 for the Qwen image edit and
the LTX-2.3 model, no guidance for the first and no negative prompt for the second.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .languages import (
    CHATTERBOX_LANGUAGES,
    KOKORO_LANGUAGES,
    QWEN_LANGUAGES,
)
from .model import Language, Model

if TYPE_CHECKING:
    from collections.abc import Mapping

TRANSCRIPTION_TYPES = ("video2text", "audio2text", "video_file2text", "audio_file2text")

_QUALITIES = {"quality_options": ["low", "medium", "high", "auto"]}
_VOICE_MODES = ("custom_voice", "voice_clone", "voice_design")


def _limits(**limits: Any) -> dict[str, Any]:
    """Return the limits of a model.

    A pair becomes `min_<name>` and `max_<name>`. `size` stands for width and height.
    """
    if "size" in limits:
        size = limits.pop("size")
        limits = {"width": size, "height": size, **limits}
    entries: dict[str, Any] = {}
    for name, value in limits.items():
        if isinstance(value, tuple):
            entries[f"min_{name}"], entries[f"max_{name}"] = value
        else:
            entries[name] = value
    return entries


def _features(
    *, steps: bool = True, guidance: bool = False, negative_prompt: bool = True, **more: bool
) -> dict[str, bool]:
    named = {"steps": steps, "guidance": guidance, "negative_prompt": negative_prompt, **more}
    return {f"supports_{name}": value for name, value in named.items()}


_IMAGES = (
    Model(
        "Flux1schnell",
        "FLUX.1 Schnell 12B NF4",
        ("txt2img",),
        _limits(size=(256, 2048), steps=(1, 10), resolution_step=128),
        _features(),
        {"width": 768, "height": 768, "steps": 4, "negative_prompt": "Negative prompt"},
        loras=(
            ("PepeFluxSchnellLora", "Pepe FLUX Schnell"),
            ("InkWashFluxSchnellLora", "Ink Wash FLUX Schnell"),
        ),
    ),
    Model(
        "ZImageTurbo_INT8",
        "Z-Image Turbo INT8",
        ("txt2img",),
        _limits(size=(128, 2048), steps=(1, 50), resolution_step=16),
        _features(),
        {"width": 768, "height": 768, "steps": 8},
    ),
    Model(
        "Flux_2_Klein_4B_BF16",
        "FLUX.2 Klein 4B BF16",
        ("txt2img", "img2img"),
        _limits(size=(256, 1536), steps=(4, 4), resolution_step=16, max_input_images=3),
        _features(negative_prompt=False, custom_output_size=True),
        {"width": 1024, "height": 1024, "steps": 4},
        tags=("new",),
    ),
    Model(
        "ZAnimeDistill_8Step_INT8",
        "Z-Anime Distill 8 Step INT8",
        ("txt2img",),
        _limits(size=(128, 2048), steps=(1, 50), resolution_step=16),
        _features(),
        {"width": 768, "height": 768, "steps": 8},
        has_enhancement_guide=False,
    ),
    Model(
        "QwenImageEdit_Plus_NF4",
        "Qwen Image Edit Plus NF4",
        ("img2img",),
        _limits(size=(256, 1024), steps=(1, 50), resolution_step=8, max_input_images=1),
        _features(guidance=True, custom_output_size=False),
        {"steps": 40, "guidance": 4},
    ),
    *(
        Model(
            slug,
            name,
            types,
            _limits(size=(256, 2048), resolution_step=16, max_input_images=4, **options),
            _features(steps=False, negative_prompt=False, custom_output_size=True),
            {"width": 1024, "height": 1024},
            partner=True,
            has_enhancement_guide=False,
        )
        for slug, name, types, options in (
            ("gpt-image-1.5", "GPT Image 1.5", ("txt2img", "img2img"), _QUALITIES),
            ("gpt-image-2", "GPT Image 2", ("txt2img", "img2img"), _QUALITIES),
            ("gpt-image-2.5", "GPT Image 2.5", ("img2img",), _QUALITIES),
            ("nano-banana-2", "Nano Banana 2", ("txt2img",), {}),
        )
    ),
    Model("RealESRGAN_x4", "Real-ESRGAN x4", ("img-upscale",), _limits(size=(128, 2048))),
    Model("Ben2", "BEN2", ("img-rmbg",), _limits(size=(128, 2048))),
    Model(
        "Nanonets_Ocr_S_F16",
        "Nanonets OCR S F16",
        ("img2txt",),
        _limits(width=(128, 4096), height=(127, 4096)),
    ),
)

_VIDEOS = (
    Model(
        "Ltxv_13B_0_9_8_Distilled_FP8",
        "LTX-Video 13B 0.9.8 Distilled FP8",
        ("txt2video", "img2video"),
        _limits(
            size=(256, 768),
            frames=(30, 120),
            fps=(30, 30),
            steps=(1, 1),
            guidance=(0, 0),
            dimension_multiple=32,
        ),
        _features(last_frame=True),
        {"width": 512, "height": 512, "frames": 120, "fps": 30, "steps": 1, "guidance": 0},
    ),
    *(
        Model(
            slug,
            name,
            ("txt2video", "img2video", "audio2video"),
            _limits(
                width=(512, max_width),
                height=(512, 1024),
                frames=(49, 241),
                fps=(24, 24),
                duration=(1, 11),
                dimension_multiple=32,
            ),
            _features(steps=False, last_frame=True),
            {"width": 768, "height": 512, "frames": 120, "fps": 24},
        )
        for slug, name, max_width in (
            ("Ltx2_3_22B_Dist_INT8", "LTX-2.3 22B Distilled INT8", 1024),
            ("Ltx2_5_22B_Dist_INT8", "LTX-2.5 22B Distilled INT8", 1344),
        )
    ),
    Model(
        "MiniMaxH3_33B_Turbo_INT8",
        "MiniMax H3 33B Turbo INT8",
        ("txt2video", "img2video"),
        _limits(
            width=(1344, 1344),
            height=(768, 768),
            frames=(56, 243),
            fps=(24, 24),
            steps=(8, 8),
            ref_image_ratio=(0.25, 4),
            ref_video_duration=(2, 5),
            ref_audio_duration=(1, 10),
            max_ref_images=9,
            max_ref_videos=1,
            max_ref_audios=3,
            max_ref_files=12,
        ),
        _features(
            negative_prompt=False,
            last_frame=True,
            image_refs=True,
            video_refs=True,
            audio_refs=True,
        ),
        {"width": 1344, "height": 768, "frames": 120, "fps": 24, "steps": 8},
        tags=("new",),
    ),
    Model(
        "Wan2_2_Animate_14B_INT8",
        "Wan 2.2 Animate 14B INT8",
        ("video-replace",),
        _limits(size=(256, 852), steps=(1, 100), max_video_duration_seconds=8),
        _features(negative_prompt=False),
        {"steps": 4},
    ),
    *(
        Model(
            f"RealESRGAN_Vid_x{factor}",
            f"Real-ESRGAN Video x{factor}",
            ("vid-upscale",),
            _limits(size=(128, 1024), max_video_duration_seconds=10),
        )
        for factor in (2, 4)
    ),
    Model(
        "FlashVSR_Tiny",
        "FlashVSR Tiny",
        ("vid-upscale",),
        _limits(size=(64, 1920), scale=(2, 4), max_video_duration_seconds=60),
    ),
    # The service lists no model for this operation. This one makes the operation testable.
    Model(
        "Ben2_Video",
        "BEN2 Video (emulator only)",
        ("vid-rmbg",),
        _limits(size=(64, 2048), max_video_duration_seconds=60),
        unlisted_in=frozenset({"v1", "v2"}),
    ),
)


def _speech(
    slug: str,
    name: str,
    languages: tuple[Language, ...],
    defaults: dict[str, str],
    *,
    mode: str = "custom_voice",
    speed: tuple[float, float] = (1, 1),
    **limits: Any,
) -> Model:
    return Model(
        slug,
        name,
        ("txt2audio",),
        _limits(speed=speed, available_ratios=[24000], output_formats=["mp3"], **limits),
        {f"supports_{other}": other == mode for other in _VOICE_MODES},
        {**defaults, "speed": 1, "format": "mp3", "sample_rate": 24000},
        languages=languages,
    )


def _qwen(variant: str, mode: str, **limits: Any) -> Model:
    has_voices = mode == "custom_voice"
    return _speech(
        f"Qwen3_TTS_12Hz_1_7B_{variant.replace(' ', '')}",
        f"Qwen3 TTS 12Hz 1.7B {variant}",
        tuple(each if has_voices else Language(each.slug, each.name) for each in QWEN_LANGUAGES),
        {"lang": "English"},
        mode=mode,
        text=(10, 5000),
        **limits,
    )


_SPEECH = (
    _speech(
        "Kokoro",
        "Kokoro",
        KOKORO_LANGUAGES,
        {"lang": "en-us", "voice": "af_alloy"},
        speed=(0.5, 2),
        text=(3, 10001),
    ),
    _speech(
        "Chatterbox",
        "Chatterbox",
        CHATTERBOX_LANGUAGES,
        {"lang": "en", "voice": "default"},
        text=(10, 2000),
    ),
    _qwen("Custom Voice", "custom_voice"),
    _qwen("Base", "voice_clone", ref_audio_duration=(5, 15)),
    _qwen("Voice Design", "voice_design"),
)

_MUSIC = tuple(
    Model(
        slug,
        name,
        ("txt2music",),
        _limits(
            caption=(3, 300),
            bpm=(50, 200),
            ref_audio_duration=(5, 60),
            duration=duration,
            steps=steps,
            guidance=guidance,
            output_formats=["mp3", "wav", "flac"],
        ),
        defaults={"duration": 30, "steps": steps[0], "guidance": guidance[0], "format": "mp3"},
    )
    for slug, name, duration, steps, guidance in (
        ("AceStep_1_5_Turbo", "ACE-Step 1.5 Turbo", (10, 300), (8, 8), (1, 1)),
        ("AceStep_1_5_XL_Turbo_INT8", "ACE-Step 1.5 XL Turbo INT8", (10, 300), (8, 8), (1, 1)),
        ("AceStep_1_5_XL_Base_INT8", "ACE-Step 1.5 XL Base INT8", (30, 300), (5, 100), (3, 20)),
    )
)

_TEXT = (
    Model(
        "WhisperLargeV3", "Whisper Large V3", TRANSCRIPTION_TYPES, {"timestamp_levels": ["segment"]}
    ),
    Model(
        "WhisperLargeV3Ct2",
        "Whisper Large V3 CTranslate2",
        TRANSCRIPTION_TYPES,
        {"timestamp_levels": ["segment", "word"]},
        {"supports_timestamps": True, "supports_diarization": True},
        unlisted_in=frozenset({"v1"}),
    ),
    Model(
        "Marlin_2B",
        "Marlin 2B",
        ("video2desc", "video_file2desc"),
        {"available_presets": ["fast", "balanced", "detail"]},
        {"supports_presets": True},
        tags=("new",),
        unlisted_in=frozenset({"v1"}),
    ),
    Model(
        "Bge_M3_FP16",
        "BGE M3 FP16",
        ("txt2embedding",),
        {"max_input_tokens": 8192, "max_total_tokens": 245760},
    ),
)

CATALOGUE: Mapping[str, Model] = MappingProxyType(
    {model.slug: model for model in (*_IMAGES, *_VIDEOS, *_SPEECH, *_MUSIC, *_TEXT)}
)
"""All models by their slug."""
