"""Settings for OpenAI's SDK with the compatible gateway."""

import pytest

import deapi


@pytest.mark.parametrize("key", ["123|abc", "dpn-sk-123|abc", " '123|abc' "])
def test_the_key_has_the_prefix_of_the_gateway_once(key):
    expected = {"base_url": "https://oai.deapi.ai/v1", "api_key": "dpn-sk-123|abc"}
    assert deapi.openai_settings(api_key=key) == expected


def test_the_key_of_the_environment_is_the_default(monkeypatch):
    monkeypatch.setenv("DEAPI_API_KEY", "123|abc")
    assert deapi.openai_settings()["api_key"] == "dpn-sk-123|abc"


def test_a_missing_key_raises_the_error_of_the_clients():
    with pytest.raises(ValueError, match="API key is required"):
        deapi.openai_settings()


def test_a_key_of_another_type_raises():
    with pytest.raises(TypeError, match="api_key"):
        deapi.openai_settings(api_key=5)
