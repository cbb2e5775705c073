"""Request authorization: API key, rate limit, IP allowlist, role and suspension."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors
from ..account import rate_limit_table
from ..account.keys import ip_is_allowed

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..account.keys import Key
    from ..service import Service
    from .context import RequestContext


def authorize(
    context: RequestContext,
    endpoint: str,
    model: str | None = None,
    *,
    admin_only: bool = False,
    allow_suspended: bool = False,
) -> Key:
    """Authorize a request, with checks in the same order as the service, and return its API key.

    The rate limit is that of an endpoint of the rate limit table and a model.

    Raises:
        ApiError: 401, 403 or 429.
    """
    key = authenticate(context.service, context.request)
    decision = context.service.rate_limits.count_request(endpoint, model)
    context.response_headers.update(decision.headers)
    if not decision.allowed:
        raise errors.rate_limited()
    _check_ip_address(context, key)
    key.last_used_at = context.service.clock.now()
    if admin_only and key.role != "admin":
        raise errors.insufficient_permissions("This endpoint requires an ADMIN key.")
    if context.service.suspended and not allow_suspended:
        raise errors.account_suspended()
    return key


def authenticate(service: Service, request: Request) -> Key:
    """Return the API key of a request.

    Raises:
        ApiError: 401.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise errors.unauthenticated("missing_key")
    key = service.keys.find_by_secret(secret)
    if key is None:
        raise errors.unauthenticated("invalid_key")
    status = key.status(service.clock.now())
    if status != "active":
        raise errors.unauthenticated(f"key_{status}")
    return key


def _check_ip_address(context: RequestContext, key: Key) -> None:
    # uvicorn trusts X-Forwarded-For from this machine, so a test can simulate any IP address.
    client = context.request.client
    if ip_is_allowed(key.ip_whitelist, client.host if client else ""):
        return
    limit_type, maximum = "ip-not-allowed", rate_limit_table.DISALLOWED_IP_REQUESTS
    retry_after = context.service.rate_limits.count_attempt(limit_type, maximum, scope=key.id)
    if retry_after:
        raise errors.attempts_limited(limit_type, retry_after)
    raise errors.ip_not_allowed()
