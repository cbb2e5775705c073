"""Signed links to results, which expire."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from ..clock import utc_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping

LinkProblem = Literal["unsigned", "wrong signature", "expired"]


class SignedLinks:
    """Signs and verifies the query strings of result links.

    Args:
        lifetime: Emulated seconds until a link expires.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = round(lifetime)
        self._key = secrets.token_bytes(32)

    def sign(self, path: str, now: float) -> str:
        """Create the signed query string of a link to a path at an emulated time."""
        parameters = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": secrets.token_hex(8),  # makes each link different
            "X-Amz-Date": utc_datetime(now).strftime("%Y%m%dT%H%M%SZ"),
            "X-Amz-Expires": str(self._lifetime),
            "X-Amz-SignedHeaders": "host",
        }
        return urlencode({**parameters, "X-Amz-Signature": self._signature(path, parameters)})

    def verify(self, path: str, query: Mapping[str, str], now: float) -> LinkProblem | None:
        """Return why a link is invalid at an emulated time, or None if it is valid."""
        parameters = dict(query)
        signature = parameters.pop("X-Amz-Signature", None)
        if signature is None:
            return "unsigned"
        expected = self._signature(path, parameters)
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            return "wrong signature"
        signed_at = datetime.datetime.strptime(parameters["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
        if now >= signed_at.timestamp() + int(parameters["X-Amz-Expires"]):
            return "expired"
        return None

    def _signature(self, path: str, parameters: Mapping[str, str]) -> str:
        message = f"{path}?{urlencode(sorted(parameters.items()))}"
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()


def error_xml(problem: LinkProblem, path: str) -> str:
    """Return the storage's XML error for an invalid link."""
    code, message = {
        "unsigned": ("AccessDenied", "Access Denied"),
        "expired": ("AccessDenied", "Request has expired"),
        "wrong signature": (
            "SignatureDoesNotMatch",
            "The signature of the request does not match the one that was calculated.",
        ),
    }[problem]
    resource = path.replace("&", "&amp;").replace("<", "&lt;")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message>"
        f"<Resource>{resource}</Resource></Error>"
    )
