"""Who may pass: the key, then the quota, then the address, the key's role and the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deapi.emulator import errors
from deapi.emulator.account import rate_limit_table as quota_table
from deapi.emulator.account.keys import admits

if TYPE_CHECKING:
    from deapi.emulator.account.keys import Key
    from deapi.emulator.api.endpoint import Call


def admit(
    call: Call,
    endpoint: str,
    model: str | None = None,
    *,
    admins_only: bool = False,
    even_suspended: bool = False,
) -> Key:
    """Check what comes before the request itself, in the order in which the service does.

    Args:
        call: The request.
        endpoint: Its endpoint in the quota table.
        model: Slug of the model that it names.
        admins_only: Whether it takes an ADMIN key.
        even_suspended: Whether a suspended account may make it.

    Returns:
        The key that it was made with.

    Raises:
        ApiError: 401, 429 or 403.
    """
    key = _authenticate(call)
    verdict = call.platform.quotas.take(endpoint, model)
    call.headers.update(verdict.headers)
    if not verdict.allowed:
        raise errors.too_many_attempts()
    _check_address(call, key)
    key.last_used = call.platform.clock.now()
    if admins_only and key.role != "admin":
        raise errors.insufficient_permissions("This endpoint needs an ADMIN key.")
    if call.platform.suspended and not even_suspended:
        raise errors.suspended()
    return key


def _authenticate(call: Call) -> Key:
    platform = call.platform
    scheme, _, secret = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise errors.unauthenticated("missing_key")
    key = platform.keys.opened_by(secret)
    if key is None:
        raise errors.unauthenticated("invalid_key")
    status = key.status(platform.clock.now())
    if status != "active":
        raise errors.unauthenticated(f"key_{status}")
    return key


def _check_address(call: Call, key: Key) -> None:
    # From this machine uvicorn believes X-Forwarded-For, so that a test can come from anywhere.
    client = call.request.client
    if not admits(key.ip_whitelist, client.host if client else ""):
        wait = call.platform.quotas.hold_back("ip-not-allowed", quota_table.STRANGERS, of=key.id)
        raise errors.held_back("ip-not-allowed", wait) if wait else errors.ip_not_allowed()
