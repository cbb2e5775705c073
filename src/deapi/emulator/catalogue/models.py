"""The models that the emulator offers, with their limits."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deapi.emulator.catalogue.languages import (
    CHATTERBOX_LANGUAGES,
    KOKORO_LANGUAGES,
    QWEN_LANGUAGES,
)
from deapi.emulator.catalogue.model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

TRANSCRIPTION_TYPES = ("video2text", "audio2text", "video_file2text", "audio_file2text")


def _between(**bounds: tuple[float, float]) -> dict[str, Any]:
    """`min_<name>` and `max_<name>` for each name."""
    limits: dict[str, Any] = {}
    for name, (minimum, maximum) in bounds.items():
        limits[f"min_{name}"] = minimum
        limits[f"max_{name}"] = maximum
    return limits


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
        {
            **_between(width=(256, 2048), height=(256, 2048), steps=(1, 10)),
            "resolution_step": 128,
        },
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
        {**_between(width=(128, 2048), height=(128, 2048), steps=(1, 50)), "resolution_step": 16},
        _features(),
        {"width": 768, "height": 768, "steps": 8},
    ),
    Model(
        "Flux_2_Klein_4B_BF16",
        "FLUX.2 Klein 4B BF16",
        ("txt2img", "img2img"),
        {
            **_between(width=(256, 1536), height=(256, 1536), steps=(4, 4)),
            "resolution_step": 16,
            "max_input_images": 3,
        },
        _features(negative_prompt=False, custom_output_size=True),
        {"width": 1024, "height": 1024, "steps": 4},
        tags=("new",),
    ),
    Model(
        "ZAnimeDistill_8Step_INT8",
        "Z-Anime Distill 8 Step INT8",
        ("txt2img",),
        {**_between(width=(128, 2048), height=(128, 2048), steps=(1, 50)), "resolution_step": 16},
        _features(),
        {"width": 768, "height": 768, "steps": 8},
        has_enhancement_guide=False,
    ),
    Model(
        "QwenImageEdit_Plus_NF4",
        "Qwen Image Edit Plus NF4",
        ("img2img",),
        {
            **_between(width=(256, 1024), height=(256, 1024), steps=(1, 50), guidance=(1, 20)),
            "resolution_step": 8,
            "max_input_images": 1,
        },
        _features(guidance=True, custom_output_size=False),
        {"steps": 40, "guidance": 4},
    ),
    *(
        Model(
            slug,
            name,
            types,
            {
                **_between(width=(256, 2048), height=(256, 2048)),
                "resolution_step": 16,
                "max_input_images": 4,
                **options,
            },
            _features(steps=False, negative_prompt=False, custom_output_size=True),
            {"width": 1024, "height": 1024},
            partner=True,
            has_enhancement_guide=False,
        )
        for slug, name, types, options in (
            (
                "gpt-image-1.5",
                "GPT Image 1.5",
                ("txt2img", "img2img"),
                {"quality_options": ["low", "medium", "high", "auto"]},
            ),
            (
                "gpt-image-2",
                "GPT Image 2",
                ("txt2img", "img2img"),
                {"quality_options": ["low", "medium", "high", "auto"]},
            ),
            (
                "gpt-image-2.5",
                "GPT Image 2.5",
                ("img2img",),
                {"quality_options": ["low", "medium", "high", "auto"]},
            ),
            ("nano-banana-2", "Nano Banana 2", ("txt2img",), {}),
        )
    ),
    Model(
        "RealESRGAN_x4",
        "Real-ESRGAN x4",
        ("img-upscale",),
        _between(width=(128, 2048), height=(128, 2048)),
    ),
    Model("Ben2", "BEN2", ("img-rmbg",), _between(width=(128, 2048), height=(128, 2048))),
    Model(
        "Nanonets_Ocr_S_F16",
        "Nanonets OCR S F16",
        ("img2txt",),
        _between(width=(128, 4096), height=(127, 4096)),
    ),
)

_VIDEOS = (
    Model(
        "Ltxv_13B_0_9_8_Distilled_FP8",
        "LTX-Video 13B 0.9.8 Distilled FP8",
        ("txt2video", "img2video"),
        {
            **_between(
                width=(256, 768), height=(256, 768), frames=(30, 120), fps=(30, 30), steps=(1, 1)
            ),
            **_between(guidance=(0, 0)),
            "dimension_multiple": 32,
        },
        _features(last_frame=True),
        {"width": 512, "height": 512, "frames": 120, "fps": 30, "steps": 1, "guidance": 0},
    ),
    *(
        Model(
            slug,
            name,
            ("txt2video", "img2video", "audio2video"),
            {
                **_between(width=(512, widest), height=(512, 1024), frames=(49, 241), fps=(24, 24)),
                **_between(duration=(1, 11)),
                "dimension_multiple": 32,
            },
            _features(steps=False, last_frame=True),
            {"width": 768, "height": 512, "frames": 120, "fps": 24},
        )
        for slug, name, widest in (
            ("Ltx2_3_22B_Dist_INT8", "LTX-2.3 22B Distilled INT8", 1024),
            ("Ltx2_5_22B_Dist_INT8", "LTX-2.5 22B Distilled INT8", 1344),
        )
    ),
    Model(
        "MiniMaxH3_33B_Turbo_INT8",
        "MiniMax H3 33B Turbo INT8",
        ("txt2video", "img2video"),
        {
            **_between(
                width=(1344, 1344), height=(768, 768), frames=(56, 243), fps=(24, 24), steps=(8, 8)
            ),
            **_between(
                ref_image_ratio=(0.25, 4), ref_video_duration=(2, 5), ref_audio_duration=(1, 10)
            ),
            "max_ref_images": 9,
            "max_ref_videos": 1,
            "max_ref_audios": 3,
            "max_ref_files": 12,
        },
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
        {
            **_between(width=(256, 852), height=(256, 852), steps=(1, 100)),
            "max_video_duration_seconds": 8,
        },
        _features(negative_prompt=False),
        {"steps": 4},
    ),
    *(
        Model(
            f"RealESRGAN_Vid_x{factor}",
            f"Real-ESRGAN Video x{factor}",
            ("vid-upscale",),
            {
                **_between(width=(128, 1024), height=(128, 1024)),
                "max_video_duration_seconds": 10,
            },
        )
        for factor in (2, 4)
    ),
    Model(
        "FlashVSR_Tiny",
        "FlashVSR Tiny",
        ("vid-upscale",),
        {
            **_between(width=(64, 1920), height=(64, 1920), scale=(2, 4)),
            "max_video_duration_seconds": 60,
        },
    ),
    # The service lists no model for this operation. This one makes the operation testable.
    Model(
        "Ben2_Video",
        "BEN2 Video (emulator only)",
        ("vid-rmbg",),
        {
            **_between(width=(64, 2048), height=(64, 2048)),
            "max_video_duration_seconds": 60,
        },
        unlisted_in=frozenset({"v1", "v2"}),
    ),
)


def _qwen_speech(variant: str, name: str, *, mode: str, **limits: Any) -> Model:
    modes = ("custom_voice", "voice_clone", "voice_design")
    return Model(
        f"Qwen3_TTS_12Hz_1_7B_{variant}",
        f"Qwen3 TTS 12Hz 1.7B {name}",
        ("txt2audio",),
        {
            **_between(text=(10, 5000), speed=(1, 1)),
            "available_ratios": [24000],
            "output_formats": ["mp3"],
            **limits,
        },
        {f"supports_{other}": other == mode for other in modes},
        {"lang": "English", "speed": 1, "format": "mp3", "sample_rate": 24000},
        languages=QWEN_LANGUAGES
        if mode == "custom_voice"
        else tuple(type(language)(language.slug, language.name) for language in QWEN_LANGUAGES),
    )


_SPEECH = (
    Model(
        "Kokoro",
        "Kokoro",
        ("txt2audio",),
        {
            **_between(text=(3, 10001), speed=(0.5, 2)),
            "available_ratios": [24000],
            "output_formats": ["mp3", "wav", "flac"],
        },
        {
            "supports_custom_voice": True,
            "supports_voice_clone": False,
            "supports_voice_design": False,
        },
        {
            "lang": "en-us",
            "voice": "af_alloy",
            "speed": 1,
            "format": "mp3",
            "sample_rate": 24000,
        },
        languages=KOKORO_LANGUAGES,
    ),
    Model(
        "Chatterbox",
        "Chatterbox",
        ("txt2audio",),
        {
            **_between(text=(10, 2000), speed=(1, 1)),
            "available_ratios": [24000],
            "output_formats": ["mp3"],
        },
        {
            "supports_custom_voice": True,
            "supports_voice_clone": False,
            "supports_voice_design": False,
        },
        {"lang": "en", "voice": "default", "speed": 1, "format": "mp3", "sample_rate": 24000},
        languages=CHATTERBOX_LANGUAGES,
    ),
    _qwen_speech("CustomVoice", "Custom Voice", mode="custom_voice"),
    _qwen_speech("Base", "Base", mode="voice_clone", **_between(ref_audio_duration=(5, 15))),
    _qwen_speech("VoiceDesign", "Voice Design", mode="voice_design"),
)

_MUSIC = tuple(
    Model(
        slug,
        name,
        ("txt2music",),
        {
            **_between(caption=(3, 300), bpm=(50, 200), ref_audio_duration=(5, 60)),
            **_between(duration=duration, steps=steps, guidance=guidance),
            "output_formats": ["mp3", "wav", "flac"],
        },
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
        "WhisperLargeV3",
        "Whisper Large V3",
        TRANSCRIPTION_TYPES,
        {"timestamp_levels": ["segment"]},
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
