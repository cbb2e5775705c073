"""What an error means for a run: whether it concerns one item, the service, or every item."""

from __future__ import annotations

import errno

from .._exceptions import (
    AccountSuspendedError,
    AuthenticationError,
    DeapiError,
    InsufficientBalanceError,
    JournalError,
    NetworkError,
    RateLimitError,
    ServerError,
    SpendLimitError,
)

_ACCOUNT_ERRORS = (
    AccountSuspendedError,
    AuthenticationError,
    InsufficientBalanceError,
    JournalError,
    SpendLimitError,
)
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def is_fatal(error: BaseException) -> bool:
    """Whether an error concerns every other item too: of the account, or of the program."""
    if type(error) is DeapiError and error.status_code is None:
        return True  # the client is closed, for example
    return isinstance(error, _ACCOUNT_ERRORS) or not isinstance(
        error, (DeapiError, OSError, ValueError, TypeError)
    )


def is_full_disk(error: OSError) -> bool:
    """Whether a disk cannot be written: other results cannot be saved either."""
    return error.errno in _FULL_DISK


def is_outage(error: BaseException) -> bool:
    """Whether the service was not reached, or failed. Any item may succeed later."""
    return isinstance(error, (NetworkError, RateLimitError, ServerError))
