"""The rate limits of each plan, per minute and per day."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Rate = tuple[int, "int | None"]
"""Maximum number of requests per minute and per day (None: no daily limit)."""

PRICES = "prices"
JOBS = "jobs"
BALANCE = "balance"
MODELS = "models"
PROMPTS = "prompts"

KEY_CREATIONS = 10
"""Maximum number of keys created in a minute."""
DISALLOWED_IP_REQUESTS = 10
"""Requests per minute from IP addresses that a key does not allow, before the 403 becomes a 429."""


@dataclass(frozen=True)
class RateLimit:
    """The rate limit of an endpoint and model.

    Attributes:
        source: Value of `X-RateLimit-Source`.
        basic: Rate of the Basic plan, or None if the plan does not include the model.
        premium: Rate of the Premium plan.
    """

    source: str
    basic: Rate | None
    premium: Rate


def _models(
    endpoint: str, basic: Rate | None, *rates: tuple[str, int, int]
) -> dict[tuple[str, str | None], RateLimit]:
    """Return the rows of one endpoint whose models have the same Basic rate.

    Each model is listed with its Premium rate per minute and per day.
    """
    return {
        (endpoint, model): RateLimit("model", basic, (per_minute, per_day))
        for model, per_minute, per_day in rates
    }


ACCOUNT_RATE_LIMIT = RateLimit("static", (600, None), (600, None))
"""Limit of every endpoint without a row: those of the account, the same on all plans."""

_LTX = (("Ltx2_3_22B_Dist_INT8", 5, 1600), ("Ltx2_5_22B_Dist_INT8", 5, 1600))
_FRAMES = (("Ltxv_13B_0_9_8_Distilled_FP8", 16, 4700), *_LTX)
_MINIMAX = ("MiniMaxH3_33B_Turbo_INT8", 3, 1000)

RATE_LIMITS: Mapping[tuple[str, str | None], RateLimit] = MappingProxyType(
    {
        **_models(
            "images/generations",
            (3, 100),
            ("Flux1schnell", 45, 13000),
            ("ZImageTurbo_INT8", 20, 6100),
            ("Flux_2_Klein_4B_BF16", 60, 17000),
            ("ZAnimeDistill_8Step_INT8", 35, 10000),
        ),
        **_models(
            "images/generations",
            None,
            *((slug, 20, 500) for slug in ("gpt-image-1.5", "gpt-image-2", "nano-banana-2")),
        ),
        **_models(
            "images/edits",
            (1, 15),
            ("Flux_2_Klein_4B_BF16", 60, 17000),
            ("QwenImageEdit_Plus_NF4", 2, 860),
        ),
        **_models(
            "images/edits",
            None,
            *((slug, 20, 500) for slug in ("gpt-image-1.5", "gpt-image-2", "gpt-image-2.5")),
        ),
        **_models("images/ocr", (5, 50), ("Nanonets_Ocr_S_F16", 65, 18000)),
        **_models("images/background-removals", (5, 100), ("Ben2", 300, 100000)),
        **_models("images/upscales", (5, 100), ("RealESRGAN_x4", 300, 100000)),
        **_models("videos/generations", (1, 15), *_FRAMES),
        **_models("videos/generations", (1, 3), _MINIMAX),
        **_models("videos/animations", (1, 15), *_FRAMES),
        **_models("videos/animations", (1, 3), _MINIMAX),
        **_models("videos/audio-syncs", (1, 15), *_LTX),
        **_models("videos/replacements", (1, 15), ("Wan2_2_Animate_14B_INT8", 1, 250)),
        **_models(
            "videos/upscales",
            (1, 15),
            ("RealESRGAN_Vid_x4", 8, 2300),
            ("RealESRGAN_Vid_x2", 20, 6000),
            ("FlashVSR_Tiny", 2, 840),
        ),
        **_models("videos/descriptions", (1, 10), ("Marlin_2B", 5, 1200)),
        **_models(
            "audio/speech",
            (5, 300),
            ("Kokoro", 300, 90000),
            ("Chatterbox", 14, 4300),
            ("Qwen3_TTS_12Hz_1_7B_CustomVoice", 5, 1500),
        ),
        **_models(
            "audio/speech",
            (3, 300),
            ("Qwen3_TTS_12Hz_1_7B_Base", 5, 1200),
            ("Qwen3_TTS_12Hz_1_7B_VoiceDesign", 5, 1400),
        ),
        **_models(
            "audio/music",
            (1, 15),
            ("AceStep_1_5_Turbo", 55, 17000),
            ("AceStep_1_5_XL_Turbo_INT8", 40, 21000),
            ("AceStep_1_5_XL_Base_INT8", 40, 21000),
        ),
        **_models(
            "audio/transcriptions",
            (1, 10),
            ("WhisperLargeV3", 35, 11000),
            ("WhisperLargeV3Ct2", 16, 4600),
        ),
        **_models("embeddings", (10, 500), ("Bge_M3_FP16", 190, 55000)),
        (PRICES, None): RateLimit("tier", (50, 200), (300, None)),
        (JOBS, None): RateLimit("tier", (50, 200), (300, None)),
        (MODELS, None): RateLimit("tier", (300, None), (300, None)),
        (PROMPTS, None): RateLimit("tier", (5, 100), (60, 17000)),
    }
)
"""Rate limits by endpoint and model. Endpoints have their names in version 2 of the API."""
