"""The client of a command, and the models that it uses by default."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

from .._client import DeapiClient
from .._config import API_PREFIXES, variable
from .._core.operation import OPERATIONS
from .._exceptions import NotFoundError
from .._profiles import DEFAULT_PROFILE, get_profile, read_profiles, validate_name
from .errors import CommandError, ExitCode
from .profile import selected_profile
from .signatures import find_method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..types import ModelInfo

_PARTNER = "test_model"


class KeySource(NamedTuple):
    """Where the API key of the command is.

    Attributes:
        stored_in: ``"environment"`` (``DEAPI_API_KEY``), ``"file"`` or ``"keyring"``.
        profile: Name of the profile; None for the environment.
    """

    stored_in: Literal["environment", "file", "keyring"]
    profile: str | None


def key_source() -> KeySource | None:
    """Return where the API key of the command is, or None if there is none. The key is not read.

    Raises:
        ProfileError: The profile does not exist, or the file of the profiles cannot be read.
    """
    if is_key_in_environment():
        return KeySource("environment", None)
    name = profile_name()
    if name == DEFAULT_PROFILE != selected_profile() and name not in read_profiles():
        return None
    return KeySource(get_profile(name).stored_in, name)


def is_key_in_environment() -> bool:
    """Whether the command uses ``DEAPI_API_KEY`` instead of a profile."""
    return selected_profile() is None and bool(variable("API_KEY"))


def profile_name() -> str:
    """Return the profile of ``--profile``, otherwise of ``DEAPI_PROFILE``, otherwise the default.

    Raises:
        ValueError: The value is not the name of a profile.
    """
    return validate_name(selected_profile() or variable("PROFILE") or DEFAULT_PROFILE)


def make_client(api_version: str | None, *, max_retries: int | None = None) -> DeapiClient:
    """Create a client with the API key of the environment or of a profile.

    Raises:
        CommandError: There is no API key.
        ProfileError: The profile does not exist, or its key cannot be read.
    """
    source = key_source()
    if source is None:
        raise CommandError(
            "There is no API key. Run `deapi login`, or set the environment variable "
            "DEAPI_API_KEY. Create a key at https://app.deapi.ai.",
            ExitCode.ACCOUNT,
        )
    return DeapiClient(api_version=api_version, max_retries=max_retries, profile=source.profile)


def choose_version(requested: str | None, method: str, arguments: Iterable[str]) -> str | None:
    """Return the API version for a call.

    It is the requested one, otherwise that of the environment, otherwise the first that has the
    operation and accepts the arguments.

    Args:
        requested: Value of the option, or None.
        method: Dotted name of the method.
        arguments: Names of the arguments that have a value.
    """
    if requested is not None or variable("API_VERSION"):
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
    client: DeapiClient,
    slug: str | None,
    inference_types: Sequence[str],
    is_usable: Callable[[ModelInfo], bool] = lambda _: True,
) -> ModelInfo:
    """Return a model by its slug, or the first that the account can use for a task.

    Args:
        client: The client.
        slug: The slug, or None.
        inference_types: Inference types of the task.
        is_usable: Returns whether a model can be used, if there is no slug.

    Raises:
        CommandError: There is no such model.
    """
    if slug is not None:
        return client.models.get(slug)
    for model in client.models.iterate(inference_types=list(inference_types)):
        if (
            model.slug
            and {*inference_types} & {*model.inference_types}
            and not is_partner(_with_status(client, model))
            and is_usable(model)
        ):
            return model
    raise CommandError(
        f"The account has no model with inference type {' or '.join(inference_types)}. Pass one "
        "with --model; `deapi models` lists them."
    )


def is_partner(model: ModelInfo) -> bool:
    """Whether a model is one of a partner, which requires a plan. API v1 does not report it."""
    return model.status == _PARTNER


def _with_status(client: DeapiClient, model: ModelInfo) -> ModelInfo:
    """Return the same model with its status, which only API v2 reports."""
    if model.status is None and model.slug is not None:
        with suppress(NotFoundError):
            return client.with_options(api_version="v2").models.get(model.slug)
    return model
