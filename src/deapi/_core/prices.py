"""The maximum price of a call: it is compared with the price that the service reports before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._exceptions import PriceLimitError
from .calls import call

if TYPE_CHECKING:
    from .context import CallContext
    from .request import Request
    from .steps import Flow


def check_price(context: CallContext, request: Request, price_request: Request) -> Flow[None]:
    """Request the price of a request, and reject the request if it costs more than ``max_price``.

    Args:
        context: Context of the client.
        request: The request, which is not sent.
        price_request: The request for its price.

    Raises:
        PriceLimitError: It costs more.
        ValueError: Its price does not contain all that is charged.
        DeapiError: The price could not be requested.
    """
    limit = context.config.max_price
    require_complete_price(request, "max_price")
    result = yield from call(context, price_request)
    if limit is not None and result.price > limit:
        raise price_error(request, result.price, limit)


def require_complete_price(request: Request, argument: str) -> None:
    """Reject a request whose charges are not known in advance.

    Args:
        request: The request.
        argument: Argument that limits the charges, for the message.

    Raises:
        ValueError: The request has an additional charge, which the price does not contain.
    """
    if request.fields.get("enhance_prompt"):
        raise ValueError(
            f"enhance_prompt cannot be used with {argument}, because the service does not report "
            "its additional charge in advance. Enhance the prompt with client.prompts.enhance() "
            "first. Nothing was sent."
        )


def price_error(request: Request, price: float, max_price: float) -> PriceLimitError:
    """Return the error of a request that costs more than ``max_price``."""
    return PriceLimitError(
        f"{request.operation.name}() costs ${price:.6g}, which is more than max_price "
        f"(${max_price:.6g}). Nothing was sent, and nothing was charged. Change the arguments, or "
        "call it on a client with a larger max_price.",
        price=price,
        max_price=max_price,
    )
