"""The clients work as the spec of a mock."""

import inspect
from unittest.mock import AsyncMock, Mock, create_autospec, patch

import pytest

import deapi
from deapi import AsyncDeapiClient, AsyncJob, DeapiClient, Job

IMAGE = {"prompt": "a fox", "model": "Flux1schnell", "width": 512, "height": 512, "seed": 1}
CLIENTS = pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])


@CLIENTS
def test_a_mock_with_a_spec_has_the_resources_and_no_other_attribute(client_class):
    mock = Mock(spec=client_class)
    mock.images.generate.return_value = "a job"
    assert mock.images.generate(**IMAGE) == "a job"
    with pytest.raises(AttributeError):
        mock.fonts


def test_an_autospec_of_the_sync_client_checks_arguments():
    mock = create_autospec(DeapiClient, instance=True)
    mock.images.generate.return_value = create_autospec(Job, instance=True)
    job = mock.images.generate(**IMAGE)
    job.wait.return_value = "a result"
    assert job.wait(max_wait=1) == "a result"
    mock.images.generate.assert_called_once_with(**IMAGE)
    with pytest.raises(TypeError, match="prompt"):
        mock.images.generate(model="Flux1schnell")
    with pytest.raises(AttributeError):
        mock.images.paint()


async def test_an_autospec_of_the_async_client_checks_arguments_and_is_awaited():
    mock = create_autospec(AsyncDeapiClient, instance=True)
    assert isinstance(mock.images.generate, AsyncMock) or inspect.iscoroutinefunction(
        mock.images.generate
    )
    mock.images.generate.return_value = create_autospec(AsyncJob, instance=True)
    job = await mock.images.generate(**IMAGE)
    job.wait.return_value = "a result"
    assert await job.wait() == "a result"
    with pytest.raises(TypeError, match="prompt"):
        await mock.images.generate(model="Flux1schnell")
    with pytest.raises(AttributeError):
        mock.images.paint()


@CLIENTS
@pytest.mark.parametrize("name", ["images", "keys", "ocr"])
def test_a_resource_of_a_client_class_can_be_patched(client_class, name):
    with patch.object(client_class, name) as resource:
        assert getattr(client_class(api_key="k"), name) is resource
    assert getattr(client_class(api_key="k"), name) is not resource


@pytest.mark.parametrize("autospec", [False, True])
def test_a_method_of_a_resource_class_can_be_patched(autospec):
    client = DeapiClient(api_key="k")
    with patch.object(DeapiClient.images, "generate", autospec=autospec) as generate:
        generate.return_value = "a job"
        assert client.images.generate(**IMAGE) == "a job"


def test_the_client_class_can_be_patched_with_an_autospec():
    with patch("deapi.DeapiClient", autospec=True) as patched:
        client = deapi.DeapiClient(api_key="k")
        client.images.generate.return_value = "a job"
        assert client.images.generate(**IMAGE) == "a job"
        with pytest.raises(TypeError, match="prompt"):
            client.images.generate(model="Flux1schnell")
    assert deapi.DeapiClient is DeapiClient
    assert patched.called
