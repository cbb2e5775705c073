"""The client of a command, and the models that it uses by default."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._client import DeapiClient
from .._config import API_PREFIXES
from .._core.operation import OPERATIONS
from .errors import CommandError, ExitCode
from .signatures import find_method

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..types import ModelInfo

_PARTNER = "test_model"


def make_client(api_version: str | None, *, max_retries: int | None = None) -> DeapiClient:
    """Create a client with the API key of the environment.

    Raises:
        CommandError: There is no API key.
    """
    if not os.environ.get("DEAPI_API_KEY", "").strip():
        raise CommandError(
            "There is no API key. Set the environment variable DEAPI_API_KEY. Create a key at "
            "https://app.deapi.ai.",
            ExitCode.ACCOUNT,
        )
    return DeapiClient(api_version=api_version, max_retries=max_retries)


def choose_version(requested: str | None, method: str, arguments: Iterable[str]) -> str | None:
    """Return the API version for a call.

    It is the requested one, otherwise that of the environment, otherwise the first that has the
    operation and accepts the arguments.

    Args:
        requested: Value of the option, or None.
        method: Dotted name of the method.
        arguments: Names of the arguments that have a value.
    """
    if requested is not None or os.environ.get("DEAPI_API_VERSION"):
        return requested
    find_method(DeapiClient, method)  # its module declares the operation
    operation = OPERATIONS.get(method)
    if operation is None:
        return None
    names = set(arguments)
    versions = [version for version in API_PREFIXES if version in operation.routes]
    accepting = [each for each in versions if not names & operation.unsupported[each].keys()]
    return (accepting or versions)[0]


def choose_model(
    client: DeapiClient, slug: str | None, inference_types: Sequence[str]
) -> ModelInfo:
    """Return a model by its slug, or the first that the account can use for a task.

    Raises:
        CommandError: There is no such model.
    """
    if slug is not None:
        return client.models.get(slug)
    for model in client.models.iterate(inference_types=list(inference_types)):
        # Partner models require a plan.
        if (
            model.slug
            and model.status != _PARTNER
            and {*inference_types} & {*model.inference_types}
        ):
            return model
    raise CommandError(
        f"The account has no model with inference type {' or '.join(inference_types)}. Pass one "
        "with --model; `deapi models` lists them."
    )
