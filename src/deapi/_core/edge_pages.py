"""Pages of the edge, which is in front of the API, and other responses that are not JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._exceptions import PermissionDeniedError
from .._text import sanitize
from .._version import USER_AGENT

if TYPE_CHECKING:
    from .._exceptions import DeapiError
    from .._response import Response

# The edge in front of the API rejected the request. AccountSuspendedError would be misleading.
_BLOCKED = (
    "the edge in front of the API blocked the request, which did not reach the API; nothing was "
    f"charged. It may block this User-Agent ({USER_AGENT}), IP address or proxy."
)

# The start of a body that is read to describe it.
_EXCERPT_SIZE = 4096

_EDGE_ERROR = re.compile(rb"\berror(?: code)?:?(?:\s|<[^<>]{0,200}>){0,9}(1\d{3})\b", re.IGNORECASE)
_EDGE_BLOCK = re.compile(
    rb"just a mo\w+\.\.\.|attention required|access denied|you have been blocked|request blocked",
    re.IGNORECASE,
)


def is_page(response: Response) -> bool:
    """Whether a response is HTML, or an error of the edge. The API itself sends only JSON."""
    if "html" in response.headers.get("content-type", ""):
        return True
    start = response.content[:_EXCERPT_SIZE].lstrip().lower()
    return start.startswith((b"<!doctype", b"<html", b"<head", b"<title", b"error code:"))


def _edge_error(response: Response) -> str | None:
    """Return the number of an error of the edge, for example ``"1010"``, or None."""
    found = _EDGE_ERROR.search(response.content[:_EXCERPT_SIZE])
    return found[1].decode() if found else None


def classify_page(
    response: Response, error_type: type[DeapiError], meaning: str
) -> tuple[type[DeapiError], str]:
    """Return the exception class and the explanation for a page.

    Args:
        response: The page.
        error_type: The class for its status.
        meaning: The explanation for its status.
    """
    status = response.status_code
    number = _edge_error(response)
    blocked = (
        number is not None
        or "cf-mitigated" in response.headers
        or _EDGE_BLOCK.search(response.content[:_EXCERPT_SIZE]) is not None
    )
    if status == 403 or (blocked and (status < 500 or status == 503)):
        error = f" Error {number} of Cloudflare." if number else ""
        return (PermissionDeniedError if status == 403 else error_type), _BLOCKED + error
    if status >= 500:
        return error_type, "sent by the edge in front of the API, not by the API itself."
    if status in (400, 404, 405):
        return error_type, "not a response of the API. Check base_url."
    return error_type, meaning


def excerpt(response: Response) -> str:
    """Describe a response without a message: the title of a page, or the start of the body."""
    start = response.content[:_EXCERPT_SIZE].decode("utf-8", "replace")
    if not start.strip():
        return "an empty response."
    title = re.search(r"<title[^>]*>(.*?)</title", start, re.IGNORECASE | re.DOTALL)
    if title and title[1].strip():
        return f"an HTML page, {sanitize(title[1].strip(), 200)!r}."
    if re.match(r"\s*<(!doctype|html|head|body|title)\b", start, re.IGNORECASE):
        return "an HTML page without a title."
    return f"{sanitize(start)!r}."
