"""Signed links to results, which expire."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

Problem = Literal["unsigned", "wrong signature", "expired"]


class Links:
    """Makes and checks the query strings of result links.

    Args:
        lifetime: Emulated seconds that a link is good for.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = max(0, round(lifetime))
        self._key = secrets.token_bytes(32)

    def query(self, path: str, now: float) -> str:
        """A query string that makes `path` readable until its time is over.

        Args:
            path: Path of the result.
            now: Emulated seconds since the epoch.
        """
        parameters = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": secrets.token_hex(8),  # makes each link different
            "X-Amz-Date": _date(now),
            "X-Amz-Expires": str(self._lifetime),
            "X-Amz-SignedHeaders": "host",
        }
        return urlencode({**parameters, "X-Amz-Signature": self._sign(path, parameters)})

    def problem(self, path: str, query: Mapping[str, str], now: float) -> Problem | None:
        """What is wrong with a link; None if it is good.

        Args:
            path: Path that was asked for.
            query: Its query string, decoded.
            now: Emulated seconds since the epoch.
        """
        parameters = dict(query)
        signature = parameters.pop("X-Amz-Signature", None)
        if signature is None:
            return "unsigned"
        if not hmac.compare_digest(signature.encode(), self._sign(path, parameters).encode()):
            return "wrong signature"
        signed = datetime.datetime.strptime(parameters["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
        if now >= signed.timestamp() + int(parameters["X-Amz-Expires"]):
            return "expired"
        return None

    def _sign(self, path: str, parameters: Mapping[str, str]) -> str:
        message = f"{path}?{urlencode(sorted(parameters.items()))}"
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()


def refusal(problem: Problem, path: str) -> str:
    """The storage's XML about a link that is not good."""
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


def _date(now: float) -> str:
    moment = datetime.datetime.fromtimestamp(now, tz=datetime.timezone.utc)
    return moment.strftime("%Y%m%dT%H%M%SZ")
