"""Refusals: the status, body and headers of every answer that is not a success."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Errors = dict[str, list[str]]
"""Messages by field, in the order in which the fields are checked."""

SUCCESSOR = "/api/v2/prompts/enhancements"
SUCCESSOR_PAGE = "https://docs.deapi.ai/api/v2/prompt-enhancement/overview"


class ApiError(Exception):
    """An answer that ends the handling of a request.

    Args:
        status: HTTP status code.
        body: JSON object to answer with.
        headers: Further response headers.
    """

    def __init__(
        self, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(body.get("message"))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def unauthenticated(code: str) -> ApiError:
    """401: the key is missing, not known, revoked or expired.

    Args:
        code: `missing_key`, `invalid_key`, `key_revoked` or `key_expired`.
    """
    return ApiError(401, {"message": "Unauthenticated.", "code": code})


def suspended() -> ApiError:
    """403: the account is suspended."""
    message = "Client account is suspended. If you believe this is a mistake, contact us."
    return ApiError(403, {"message": message})


def unknown_resource() -> ApiError:
    """404: no job of that id."""
    return ApiError(404, {"message": "No query results for the requested resource."})


def unknown_route(path: str) -> ApiError:
    """404: no operation at that path."""
    return ApiError(404, {"message": f"The route {path.lstrip('/')} could not be found."})


def wrong_method(method: str, path: str, allowed: str) -> ApiError:
    """405: the path exists, under another method."""
    message = (
        f"The {method} method is not supported for route {path.lstrip('/')}. "
        f"Supported methods: {allowed}."
    )
    return ApiError(405, {"message": message}, {"Allow": allowed})


def gone() -> ApiError:
    """410: the v1 prompt boosters, with the way to their successor."""
    body = {
        "message": "This endpoint has been removed.",
        "successor": SUCCESSOR,
        "documentation": SUCCESSOR_PAGE,
    }
    link = f'<{SUCCESSOR}>; rel="successor-version"'
    return ApiError(410, body, {"Deprecation": "true", "Link": link})


def too_large() -> ApiError:
    """413: the whole request is larger than the service takes."""
    message = "The request is larger than the 75 MB that are allowed."
    return ApiError(413, {"message": message}, {"Connection": "close"})


def too_many_parts(most: int) -> ApiError:
    """413: a form has more fields or files than can be taken."""
    message = f"The request has more than the {most} fields or files that are allowed."
    return ApiError(413, {"message": message}, {"Connection": "close"})


def server_error() -> ApiError:
    """500: the emulator's own mistake."""
    return ApiError(500, {"message": "Server Error"})


def unprocessable(errors: Errors) -> ApiError:
    """422 in Laravel's form: the first message, how many more there are, and all of them."""
    messages = [message for of_field in errors.values() for message in of_field]
    more = len(messages) - 1
    summary = messages[0]
    if more:
        summary += f" (and {more} more {'error' if more == 1 else 'errors'})"
    return ApiError(422, {"message": summary, "errors": errors})


def low_balance() -> ApiError:
    """422: the balance does not cover the job."""
    message = "Not enough balance."
    body = {
        "message": message,
        "errors": {"balance": [message]},
        "code": "insufficient_balance",
    }
    return ApiError(422, body)


def too_many_attempts() -> ApiError:
    """429: a quota is used up; the rate-limit headers say which one and until when."""
    return ApiError(429, {"message": "Too Many Attempts.", "code": "rate_limited"})


def held_back(kind: str, wait: int) -> ApiError:
    """429: something beyond the quotas was done too often.

    Args:
        kind: Value of `X-RateLimit-Type`.
        wait: Real seconds until it may be done again.
    """
    body = {"message": "Too Many Attempts.", "code": "rate_limited", "retry_after": wait}
    return ApiError(429, body, {"X-RateLimit-Type": kind, "Retry-After": str(wait)})


def insufficient_permissions(message: str) -> ApiError:
    """403: the key's role does not allow it."""
    return ApiError(403, {"message": message, "code": "insufficient_permissions"})


def ip_not_allowed() -> ApiError:
    """403: the key may not be used from there."""
    message = "This API key may not be used from your IP address."
    return ApiError(403, {"message": message, "code": "ip_not_allowed"})


def too_many_keys(most: int) -> ApiError:
    """422: the account has as many active keys as it may have."""
    message = f"The account has {most} active API keys already, and may not have more."
    return ApiError(422, {"message": message, "code": "active_key_limit_reached"})


def key_limit_exceeded(limit: float, used: float, resets_at: str | None) -> ApiError:
    """402: the key's spend limit is used up.

    Args:
        limit: USD that the key may spend.
        used: USD that it has spent.
        resets_at: When it may spend again; None if never.
    """
    until = f"It resets at {resets_at}." if resets_at else "It does not reset."
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
