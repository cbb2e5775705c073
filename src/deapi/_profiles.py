"""Profiles: API keys with a name, which ``deapi login`` stores in the keyring or in a file.

The file lists all profiles, and has the keys of those that are not in the keyring. It is not read
if other users can access it.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import threading
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ._json import is_object
from ._secrets import Secret
from ._text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

DEFAULT_PROFILE = "default"

KEYRING_SERVICE = "deapi"
"""Service name of the entries in the keyring. The user name is the name of the profile."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_FILE_SIZE = 1_000_000  # bytes
_KEYRING_TIMEOUT = 30.0  # a locked keyring waits for its password, also on a server
_RECOMMENDED = 1  # priority in the keyring package; others store nothing, or in a plain file


class ProfileError(ValueError):
    """A profile does not exist, or cannot be read or stored."""


class KeyringError(Exception):
    """The keyring cannot be used. The message is the reason."""


class Profile(NamedTuple):
    """A stored profile.

    Attributes:
        name: Its name.
        key: Its API key; None if that is in the keyring.
    """

    name: str
    key: Secret | None

    @property
    def stored_in(self) -> Literal["file", "keyring"]:
        """Where the API key is."""
        return "keyring" if self.key is None else "file"


def validate_name(name: object) -> str:
    """Return the name of a profile if it is valid.

    Raises:
        TypeError: It is not a string.
        ValueError: It contains other characters than letters, digits, ``.``, ``_`` and ``-``.
    """
    if not isinstance(name, str):
        raise TypeError(f"profile must be a str, not {type(name).__name__}.")
    if not _NAME.fullmatch(name):
        raise ValueError(
            # The value is not shown, because it may be an API key in the wrong argument.
            "profile must be a name of 1 to 64 letters, digits, '.', '_' and '-', for example "
            "'work'."
        )
    return name


def credentials_path() -> Path:
    """Return the path of the file, in the directory for settings of this platform."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or _home() / "AppData" / "Roaming"
    elif sys.platform == "darwin":
        base = _home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or _home() / ".config"
    return Path(base) / "deapi" / "credentials.json"


def read_profiles() -> dict[str, Profile]:
    """Return all profiles by name.

    Raises:
        ProfileError: The file is damaged, or other users can access it.
    """
    path = credentials_path()
    profiles = _parse(_read(path))
    if profiles is None:  # raised here, because an error of the parser contains the keys
        raise ProfileError(
            f"{path} is damaged, so the profiles cannot be read. Delete it and run `deapi login`."
        )
    return profiles


def get_profile(name: str) -> Profile:
    """Return a profile.

    Raises:
        ProfileError: It does not exist, or the file cannot be read.
    """
    profile = read_profiles().get(validate_name(name))
    if profile is None:
        option = "" if name == DEFAULT_PROFILE else f" --profile {name}"
        raise ProfileError(
            f"There is no profile {name!r} in {credentials_path()}. Create it with "
            f"`deapi login{option}`."
        )
    return profile


def read_key(name: str) -> Secret:
    """Return the API key of a profile. The keyring may have to be unlocked for this.

    Raises:
        ProfileError: The profile does not exist, or its key cannot be read.
    """
    key = get_profile(name).key
    if key is not None:
        return key
    try:
        key = _use_keyring(lambda keyring: keyring.get_password(KEYRING_SERVICE, name))
        reason = "it has no such entry"
    except KeyringError as error:
        reason = str(error)
    if key is None or not key.value:
        raise ProfileError(
            f"The API key of profile {name!r} cannot be read from the keyring: {reason}. Unlock "
            f"the keyring, or run `deapi login --profile {name}` again."
        )
    return key


def store_key(name: str, key: Secret) -> str | None:
    """Store an API key, and replace the previous one of the profile.

    Returns:
        None if the key is in the keyring; otherwise why it is in the file.

    Raises:
        ProfileError: It cannot be stored.
    """
    validate_name(name)
    read_profiles()  # an unreadable file is reported before the keyring changes

    def store(keyring: Any) -> str:
        keyring.set_password(KEYRING_SERVICE, name, key.value)
        return str(keyring.get_password(KEYRING_SERVICE, name))

    reason = None
    try:
        if _use_keyring(store, key).value != key.value:
            reason = "it did not store the key"
    except KeyringError as error:
        reason = str(error)
    _change(name, Profile(name, None if reason is None else key))
    return reason


def delete_key(name: str) -> str | None:
    """Delete a profile and its API key.

    Returns:
        None if the key is deleted; otherwise why it is still in the keyring.

    Raises:
        ProfileError: The profile does not exist, or cannot be deleted.
    """

    def delete(keyring: Any) -> None:
        if keyring.get_password(KEYRING_SERVICE, name) is not None:
            keyring.delete_password(KEYRING_SERVICE, name)

    reason = None
    if get_profile(name).key is None:
        try:
            _use_keyring(delete)
        except KeyringError as error:
            reason = str(error)
    _change(name, None)
    return reason


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise ProfileError(
            "The profiles cannot be read, because the home directory is not known. Set HOME, or "
            "set DEAPI_API_KEY instead."
        ) from None


def _use_keyring(action: Callable[[Any], str | None], secret: Secret | None = None) -> Secret:
    """Return the result of an action with the package ``keyring``.

    It runs in a thread, because backends wait without limit for a password or a service that is not
    there.

    Args:
        action: Called with the module.
        secret: What the message of an error must not contain.

    Raises:
        KeyringError: The package is not installed, has no secure backend, failed or did not end.
    """
    if find_spec("keyring") is None:
        raise KeyringError("its package is not installed (pip install 'deapi-python-sdk[keyring]')")
    outcomes: SimpleQueue[Secret | str] = SimpleQueue()

    def run() -> None:
        try:
            import keyring

            if keyring.get_keyring().priority < _RECOMMENDED:
                outcomes.put("this system has none")
            else:
                outcomes.put(Secret(action(keyring)))
        except BaseException as error:  # noqa: BLE001 - backends raise errors of any type
            # The message only: the traceback has the key in local variables.
            reason = f"{type(error).__name__}: {error}".rstrip(".: ")
            if secret is not None:
                reason = reason.replace(secret.value, "…")
            outcomes.put(sanitize(reason, 200))

    threading.Thread(target=run, name="deapi-keyring", daemon=True).start()
    try:
        outcome = outcomes.get(timeout=_KEYRING_TIMEOUT)
    except Empty:
        outcome = f"it did not respond within {_KEYRING_TIMEOUT:g} s"
    if isinstance(outcome, str):
        raise KeyringError(outcome)
    return outcome


def _read(path: Path) -> Secret:
    """Return the content of the file, as ssh reads a private key."""
    try:
        with open(path, "rb", opener=_open) as file:
            problem = _problem(path, os.fstat(file.fileno()))
            content = Secret(b"" if problem else file.read(_MAX_FILE_SIZE + 1))
    except FileNotFoundError:
        return Secret(b'{"profiles": {}}')
    except OSError as error:
        problem = "it is a symbolic link" if path.is_symlink() else str(error.strerror)
        content = Secret(b"")
    if problem:
        raise ProfileError(f"{path} is not read: {problem}.")
    return content


def _open(path: str, flags: int) -> int:
    # Without O_NONBLOCK, a named pipe would wait for a writer.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _problem(path: Path, status: os.stat_result) -> str | None:
    """Return why a file is not read, or None."""
    if not stat.S_ISREG(status.st_mode):
        return "it is not a file"
    if sys.platform != "win32":  # there, the directory belongs to the user
        if status.st_uid != os.geteuid():
            return "it belongs to another user"
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            return (
                f"its mode {mode:o} lets other users access your API keys. Run `chmod 600 "
                f"'{path}'`, and replace the keys at https://app.deapi.ai if others use this "
                "computer"
            )
    return None


def _parse(content: Secret) -> dict[str, Profile] | None:
    """Return the profiles in a file, or None if it is damaged."""
    try:
        root = Secret(json.loads(content.value))
    except (ValueError, RecursionError):
        return None
    entries = Secret(root.value.get("profiles") if is_object(root.value) else None)
    if not is_object(entries.value) or not all(map(_is_entry, entries.value.items())):
        return None
    return {
        name: Profile(name, None if entry.get("keyring") is True else Secret(entry["api_key"]))
        for name, entry in entries.value.items()
    }


def _is_entry(item: tuple[str, object]) -> bool:
    name, entry = item
    return (
        bool(_NAME.fullmatch(name))
        and is_object(entry)
        and (entry.get("keyring") is True or isinstance(entry.get("api_key"), str))
    )


def _change(name: str, profile: Profile | None) -> None:
    """Store or delete a profile. Another process that changes the file waits meanwhile."""
    path = credentials_path()
    with _lock(path):
        profiles = read_profiles()
        profiles.pop(name, None)
        if profile is not None:
            profiles[name] = profile
        _write(path, profiles)


@contextmanager
def _lock(path: Path) -> Generator[None]:
    """Lock the directory of the file, or on Windows, which cannot, a file in it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform == "win32":
            descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
        else:
            descriptor = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise _not_written(path, error) from None
    try:
        with suppress(OSError):  # some network disks have no locks
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            else:
                import fcntl

                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # which releases the lock


def _not_written(path: Path, error: OSError) -> ProfileError:
    return ProfileError(
        f"{path} cannot be written: {error.strerror}. The profiles have not changed."
    )


def _write(path: Path, profiles: Mapping[str, Profile]) -> None:
    try:
        if profiles:
            _replace(path, profiles)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        failed = _not_written(path, error)
    else:
        return
    raise failed  # here, because the local variables of the first error have the keys


def _replace(path: Path, profiles: Mapping[str, Profile]) -> None:
    """Write the file completely or not at all, readable only by the user."""
    import tempfile  # slow, and not needed to read a profile

    descriptor, name = tempfile.mkstemp(prefix=".credentials-", dir=path.parent)  # mode 600
    partial = Path(name)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is open
            file.write(_to_json(profiles))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _to_json(profiles: Mapping[str, Profile]) -> str:
    entries = {
        name: {"keyring": True} if each.key is None else {"api_key": each.key.value}
        for name, each in sorted(profiles.items())
    }
    return json.dumps({"profiles": entries}, indent=2) + "\n"
