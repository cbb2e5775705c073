"""Errors of the command: exit codes, and messages for a terminal."""

from __future__ import annotations

import os
import re
import traceback
from enum import IntEnum

from .._exceptions import (
    AccountSuspendedError,
    AuthenticationError,
    DeapiError,
    InsufficientBalanceError,
    JobTimeoutError,
    JournalError,
    NetworkError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SpendLimitError,
    UnsupportedVersionError,
    ValidationError,
)
from .._profiles import ProfileError
from .._text import end_sentence

# What a message for a Python program advises, and what to do in a shell instead.
_ADVICE = (
    (re.compile(r"Call save\(\) again, or later client"), "Run client"),
    (re.compile(r"client\.job\('([^']*)'\)(?:\.save\(path\))?"), r"`deapi jobs save \1`"),
    (re.compile(r"client\.models\.iterate\(\)"), "`deapi models`"),
    (re.compile(r" or call client\.with_options\(api_version='\w+'\)"), ""),
    (re.compile(r"Use a client with api_version='(\w+)',"), r"Pass --api-version \1,"),
    (re.compile(r"Run the program again"), "Run the command again"),
    (re.compile(r"pass wait_for_quota=True"), "pass --wait-for-quota"),
    (re.compile(r"create the client with api_version='(\w+)',"), r"pass --api-version \1"),
)


class ExitCode(IntEnum):
    """Exit codes of the command.

    Attributes:
        DONE: Everything succeeded.
        FAILED: A job failed, or its result could not be saved.
        USAGE: An argument is invalid. Nothing was submitted.
        ACCOUNT: The API key or the balance does not allow the request.
        NETWORK: A timeout, a network error, a rate limit or an error of the service.
        POSSIBLY_ACCEPTED: A submission failed, but the job may exist and be charged.
        INTERRUPTED: Ctrl-C.
    """

    DONE = 0
    FAILED = 1
    USAGE = 2
    ACCOUNT = 3
    NETWORK = 4
    POSSIBLY_ACCEPTED = 5
    INTERRUPTED = 130


class CommandError(Exception):
    """An error of the command itself.

    Attributes:
        code: Exit code.
    """

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.code = code


_ACCOUNT = (
    AccountSuspendedError,
    AuthenticationError,
    InsufficientBalanceError,
    PermissionDeniedError,
    ProfileError,
    SpendLimitError,
)
_NETWORK = (JobTimeoutError, NetworkError, RateLimitError, ServerError)
_USAGE = (
    JournalError,
    NotFoundError,
    PayloadTooLargeError,
    UnsupportedVersionError,
    ValidationError,
    ValueError,
    TypeError,
    OSError,
)


def exit_code(error: Exception) -> ExitCode:
    """Return the exit code for an exception."""
    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, DeapiError) and error.possibly_accepted:
        return ExitCode.POSSIBLY_ACCEPTED
    for classes, code in (
        (_ACCOUNT, ExitCode.ACCOUNT),
        (_NETWORK, ExitCode.NETWORK),
        (_USAGE, ExitCode.USAGE),
    ):
        if isinstance(error, classes):
            return code
    return ExitCode.FAILED


def show_traceback() -> None:
    """Write the traceback of the current exception to standard error, with ``DEAPI_DEBUG=1``."""
    if os.environ.get("DEAPI_DEBUG"):
        traceback.print_exc()


def message(error: BaseException) -> str:
    """Return the message of an exception, as one paragraph with hints for the shell."""
    shown = str(error)
    if isinstance(error, OSError) and error.strerror:
        shown = error.strerror if error.filename is None else f"{error.strerror}: {error.filename}"
    text = " ".join(shown.split()) or type(error).__name__
    added = notes(error)
    return for_shell(f"{end_sentence(text)} Note: {added}" if added else text)


def notes(error: BaseException) -> str:
    """Return the notes of an exception, which name the jobs that are not finished."""
    return for_shell(" ".join(" ".join(getattr(error, "__notes__", ())).split()))


def for_shell(text: str) -> str:
    """Return a message for a Python program with hints for the shell."""
    for pattern, replacement in _ADVICE:
        text = pattern.sub(replacement, text)
    return text
