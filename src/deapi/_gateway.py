"""Settings for the OpenAI-compatible gateway of deAPI, which the SDK itself does not use."""

from __future__ import annotations

from typing import TypedDict

from ._config import GATEWAY_KEY_PREFIX, resolve_api_key
from ._secrets import hides

_BASE_URL = "https://oai.deapi.ai/v1"


class OpenAISettings(TypedDict):
    """Arguments of ``openai.OpenAI`` and ``openai.AsyncOpenAI``.

    Attributes:
        base_url: URL of the gateway.
        api_key: API key with the prefix that the gateway requires.
    """

    base_url: str
    api_key: str


@hides("api_key")
def openai_settings(*, api_key: str | None = None) -> OpenAISettings:
    """Return the arguments with which OpenAI's SDK uses deAPI's compatible gateway.

        client = openai.OpenAI(**deapi.openai_settings())

    Args:
        api_key: API key, with or without the gateway's prefix ``dpn-sk-``. By default the
            environment variable ``DEAPI_API_KEY``.

    Returns:
        The URL of the gateway, and the API key with the prefix. Do not log them.

    Raises:
        ValueError: There is no API key, or it cannot be sent in a header.
        TypeError: The API key is not a string.
    """
    return {"base_url": _BASE_URL, "api_key": GATEWAY_KEY_PREFIX + resolve_api_key(api_key)}
