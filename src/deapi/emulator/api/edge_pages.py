"""HTML pages that the network edge in front of the API sends instead of a response."""

from __future__ import annotations

from typing import Literal

EdgePage = Literal["blocked", "challenge", "bad_gateway", "unavailable", "timeout"]

_STATUSES: dict[EdgePage, tuple[int, str, str]] = {
    "blocked": (403, "Access denied", "Error 1010: the browser signature was blocked."),
    "challenge": (403, "Just a moment...", "Checking the connection."),
    "bad_gateway": (502, "502: Bad gateway", "The server did not respond correctly."),
    "unavailable": (521, "521: Web server is down", "The server refused the connection."),
    "timeout": (524, "524: A timeout occurred", "The server did not respond in time."),
}
EDGE_PAGES = tuple(_STATUSES)


def edge_page(name: EdgePage) -> tuple[int, str, dict[str, str]]:
    """Return the status, body and headers of a page."""
    status, title, text = _STATUSES[name]
    body = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
    headers = {"Content-Type": "text/html; charset=UTF-8", "Server": "cloudflare"}
    if name == "challenge":
        headers["CF-Mitigated"] = "challenge"
    return status, body, headers
