"""A request as the handlers of the emulator see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..service import Service
    from .request_body import Body


class RequestContext:
    """A request as its handler sees it.

    Attributes:
        service: The emulated service.
        request: The request.
        body: The parsed body of the request.
        response_headers: Headers added to the response, whatever its status.
    """

    def __init__(self, service: Service, request: Request, body: Body) -> None:
        self.service = service
        self.request = request
        self.body = body
        self.response_headers: dict[str, str] = {}

    @property
    def query(self) -> dict[str, str]:
        """The decoded query string."""
        return dict(self.request.query_params)

    @property
    def base_url(self) -> str:
        """The emulator's URL as the client sees it, for example through a mapped port."""
        url = self.request.base_url
        return f"{url.scheme}://{url.netloc}"

    @property
    def url(self) -> str:
        """The request's URL as the client sees it, without the query string."""
        return self.base_url + self.request.url.path
