"""Commands that store API keys: ``login``, ``logout`` and ``profiles``."""

from __future__ import annotations

import getpass
import sys
import warnings
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from .._client import DeapiClient
from .._config import resolve_api_key
from .._exceptions import DeapiError
from .._profiles import (
    DEFAULT_PROFILE,
    KEYRING_SERVICE,
    credentials_path,
    delete_key,
    read_profiles,
    store_key,
)
from .._secrets import Secret
from .console import Console
from .errors import CommandError, ExitCode, exit_code, message
from .parameters import JsonFlag
from .rendering import columns
from .settings import is_key_in_environment, profile_name

if TYPE_CHECKING:
    from typing import Any

_MAX_INPUT = 10_000  # bytes


def login(*values: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)]) -> None:
    """Store an API key after a check by the service, which is free.

    The key is entered without being shown, or read from standard input: deapi login < key.txt. It
    is stored in the keyring of the system if the extra keyring is installed, otherwise in a file
    that only you can read. With --profile NAME, several keys can be stored.
    """
    if values:
        raise CommandError(
            "An API key is not accepted as an argument, because other users of this computer can "
            "see it and the shell stores it. Run `deapi login` and enter it, or pass it on "
            "standard input. If it was a key, replace it at https://app.deapi.ai. Nothing was "
            "stored."
        )
    console = Console()
    name = profile_name()
    read_profiles()  # an unreadable file is reported before the key is entered
    key = _enter_key(name)
    try:
        key = Secret(resolve_api_key(key))
        with DeapiClient(api_key=key.value) as client:
            client.models.list(per_page=1)  # not the balance, which may require an ADMIN key
    except (DeapiError, ValueError) as error:
        raise CommandError(
            f"The API key was not stored. {message(error)}", exit_code(error)
        ) from None
    reason = store_key(name, key)
    if reason is None:
        console.note(f"The API key is stored in the keyring ({_entry(name)}).")
    else:
        console.note(
            f"The API key is stored as profile {name} in {credentials_path()}, which only you can "
            f"read. The keyring was not used: {reason}."
        )
    if is_key_in_environment():
        console.note(
            "Commands use DEAPI_API_KEY, which is set, instead. Unset it, or pass "
            f"--profile {name}."
        )
    elif name != DEFAULT_PROFILE:
        console.note(f"Commands use it with --profile {name}, or with DEAPI_PROFILE={name}.")


def logout() -> ExitCode:
    """Delete a stored API key, by default that of the profile default.

    The service continues to accept the key. Delete or revoke it in the dashboard or with deapi keys
    if others may know it.
    """
    console = Console()
    name = profile_name()
    reason = delete_key(name)
    if reason is not None:
        console.error(
            f"The profile {name} is deleted, but its API key is still in the keyring: {reason}. "
            f"Delete the entry there ({_entry(name)})."
        )
        return ExitCode.FAILED
    console.note(f"The API key of profile {name} is deleted.")
    return ExitCode.DONE


def profiles(*, as_json: JsonFlag = False) -> None:
    """List the profiles, without their API keys.

    Args:
        as_json: Print each profile as a JSON object on one line.
    """
    console = Console(as_json=as_json)
    path = str(credentials_path())
    used = None if is_key_in_environment() else profile_name()
    records: list[dict[str, Any]] = [
        {
            "profile": name,
            "stored_in": profile.stored_in,
            "file": path if profile.stored_in == "file" else None,
            "used": name == used,
        }
        for name, profile in read_profiles().items()
    ]
    if as_json:
        for record in records:
            console.result("", record)
    elif records:
        rows = [
            (each["profile"], each["file"] or "keyring", "used" if each["used"] else "")
            for each in records
        ]
        console.result(columns(rows), {})
    else:
        console.note("There are no profiles. `deapi login` creates one.")
    if used is None:
        console.note("Commands use the environment variable DEAPI_API_KEY instead of a profile.")


def _enter_key(name: str) -> Secret:
    """Return the API key that the user enters, or that standard input contains."""
    if sys.stdin.isatty():
        key = _prompt(f"API key for profile {name} (not shown; from https://app.deapi.ai): ")
    else:
        key = Secret(sys.stdin.buffer.read(_MAX_INPUT).decode("utf-8", "replace"))
    if not key.value.strip():
        raise CommandError("The API key is empty. Nothing was stored.", ExitCode.ACCOUNT)
    return key


def _prompt(text: str) -> Secret:
    with warnings.catch_warnings():
        # A terminal that would show the key is a warning.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return Secret(getpass.getpass(text))
        except EOFError:
            return Secret("")
        except getpass.GetPassWarning:
            raise CommandError(
                "This terminal cannot hide the API key. Pass it on standard input: "
                "deapi login < key.txt"
            ) from None


def _entry(name: str) -> str:
    return f"service {KEYRING_SERVICE}, user {name}"
