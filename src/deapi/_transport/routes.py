"""Where each operation lives, per API version: one row an operation, one table a version."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import quote

Encoding: TypeAlias = Literal["json", "multipart", "query"]


class Route(NamedTuple):
    """How one operation is asked for."""

    path: str
    """Below the version's prefix; ``{}`` stands for the id in it."""

    encoding: Encoding
    """How the fields travel; a query makes it a GET, the others a POST."""

    paid: bool = False
    """Whether it costs money, so that repeating it blindly might cost it twice."""


class Version(NamedTuple):
    """One version of the API."""

    prefix: str
    routes: dict[str, Route]

    def url(self, base_url: str, operation: str, identifier: str | None) -> str:
        """The address of an operation, with the id quoted as one path segment."""
        path = self.routes[operation].path
        if identifier is not None:
            path = path.format(quote(identifier, safe=""))
        return f"{base_url}{self.prefix}{path}"


V1 = Version(
    "/api/v1/client/",
    {
        "balance": Route("balance", "query"),
        "jobs.status": Route("request-status/{}", "query"),
        "images.generate": Route("txt2img", "json", paid=True),
        "images.generate_price": Route("txt2img/price-calculation", "json"),
        "images.transform": Route("img2img", "multipart", paid=True),
        "images.transform_price": Route("img2img/price-calculation", "json"),
        "images.upscale": Route("img-upscale", "multipart", paid=True),
        "images.upscale_price": Route("img-upscale/price-calculation", "multipart"),
        "images.remove_background": Route("img-rmbg", "multipart", paid=True),
        "images.remove_background_price": Route("img-rmbg/price-calculation", "multipart"),
    },
)

VERSIONS = {"v1": V1}
