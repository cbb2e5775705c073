"""Error responses: their status, body and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FieldErrors = dict[str, list[str]]
"""Messages by field name, in the order in which the fields are validated."""

_SUCCESSOR = "/api/v2/prompts/enhancements"
_SUCCESSOR_DOCS = "https://docs.deapi.ai/api/v2/prompt-enhancement/overview"


class ApiError(Exception):
    """An error response. Raising it ends the handling of the request.

    Args:
        status: HTTP status code.
        body: JSON object sent as the response body.
        headers: Additional response headers.
    """

    def __init__(
        self, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(body.get("message"))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def unauthenticated(code: str) -> ApiError:
    """401: `missing_key`, `invalid_key`, `key_revoked` or `key_expired`."""
    return ApiError(401, {"message": "Unauthenticated.", "code": code})


def key_limit_exceeded(limit: float, used: float, resets_at: str | None) -> ApiError:
    """402: the key's spend limit is used up. Amounts are in USD.

    A limit that never resets has None for the ISO 8601 datetime `resets_at`.
    """
    until = (
        f"It resets at {resets_at}."
        if resets_at
        else "The limit does not reset on its own. Raise or remove it on the key."
    )
    whole, _, cents = f"{limit:.6f}".partition(".")
    dollars = f"{whole}.{cents.rstrip('0'):0<2}"
    body = {
        "message": f"This API key has reached its spend limit of ${dollars}. {until}",
        "code": "key_limit_exceeded",
        "limit": limit,
        "used": used,
        "remaining": 0,
        "resets_at": resets_at,
    }
    return ApiError(402, body)


def account_suspended() -> ApiError:
    """403: the account is suspended."""
    message = "Client account is suspended. If you believe this is a mistake, contact us."
    return ApiError(403, {"message": message})


def insufficient_permissions(message: str) -> ApiError:
    """403: the key's role does not allow the request."""
    return ApiError(403, {"message": message, "code": "insufficient_permissions"})


def ip_not_allowed() -> ApiError:
    """403: the client's IP address is not in the key's allowlist."""
    message = "This API key may not be used from your IP address."
    return ApiError(403, {"message": message, "code": "ip_not_allowed"})


def foreign_site(what: str) -> ApiError:
    """403: a page of another site has probably sent the request."""
    message = f"The emulator does not serve {what}. See allowed_hosts in its documentation."
    return ApiError(403, {"message": message})


def not_found() -> ApiError:
    """404: no job or key has the requested ID."""
    return ApiError(404, {"message": "No query results for the requested resource."})


def route_not_found(path: str) -> ApiError:
    """404: no route has the requested path."""
    return ApiError(404, {"message": f"The route {path.lstrip('/')} could not be found."})


def method_not_allowed(method: str, path: str, allowed: str) -> ApiError:
    """405: the route does not support the request's method."""
    message = (
        f"The {method} method is not supported for route {path.lstrip('/')}. "
        f"Supported methods: {allowed}."
    )
    return ApiError(405, {"message": message}, {"Allow": allowed})


def endpoint_removed() -> ApiError:
    """410: the v1 prompt endpoints were removed. The response names their successor."""
    body = {
        "message": "This endpoint has been removed.",
        "successor": _SUCCESSOR,
        "documentation": _SUCCESSOR_DOCS,
    }
    link = f'<{_SUCCESSOR}>; rel="successor-version"'
    return ApiError(410, body, {"Deprecation": "true", "Link": link})


def request_too_large() -> ApiError:
    """413: the request body exceeds the maximum size."""
    message = "The request body exceeds the maximum of 75 MB."
    return ApiError(413, {"message": message}, {"Connection": "close"})


def too_many_parts(maximum: int) -> ApiError:
    """413: a form has more fields or files than the maximum."""
    message = f"The request has more than the {maximum} fields or files that are allowed."
    return ApiError(413, {"message": message}, {"Connection": "close"})


def validation_failed(errors: FieldErrors) -> ApiError:
    """422 in Laravel's format: the first message, the number of others, and all messages."""
    messages = [message for of_field in errors.values() for message in of_field]
    others = len(messages) - 1
    summary = messages[0]
    if others:
        summary += f" (and {others} more {'error' if others == 1 else 'errors'})"
    return ApiError(422, {"message": summary, "errors": errors})


def insufficient_balance() -> ApiError:
    """422: the balance does not cover the price."""
    message = "Not enough balance."
    body = {"message": message, "errors": {"balance": [message]}, "code": "insufficient_balance"}
    return ApiError(422, body)


def active_key_limit_reached(maximum: int) -> ApiError:
    """422: the account already has the maximum number of active keys."""
    message = f"The account already has the maximum of {maximum} active API keys."
    return ApiError(422, {"message": message, "code": "active_key_limit_reached"})


def rate_limited() -> ApiError:
    """429: an endpoint's rate limit is exceeded. The rate-limit headers have the details."""
    return ApiError(429, {"message": "Too Many Attempts.", "code": "rate_limited"})


def attempts_limited(limit_type: str, retry_after: int) -> ApiError:
    """429: a limit other than an endpoint's rate limit is exceeded.

    `limit_type` becomes `X-RateLimit-Type`. `retry_after` is in real seconds.
    """
    body = {"message": "Too Many Attempts.", "code": "rate_limited", "retry_after": retry_after}
    headers = {"X-RateLimit-Type": limit_type, "Retry-After": str(retry_after)}
    return ApiError(429, body, headers)


def server_error() -> ApiError:
    """500: the emulator itself failed."""
    return ApiError(500, {"message": "Server Error"})
