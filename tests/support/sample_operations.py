"""Typical operations (reads, prices, submissions), and responses that they accept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support import server_behaviors as behaviors

REQUEST_ID = "5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11"

IMAGE = {"prompt": "a tin robot", "model": "Flux1schnell", "width": 512, "height": 512, "seed": 1}

UPLOAD = {"model": "RealESRGAN_x4", "image": b"not really an image"}


@dataclass(frozen=True)
class Operation:
    """A call, the data of a successful response, and an attribute of the result."""

    name: str
    call: Callable[[Any], Any]
    response_data: Any
    attribute: str
    value: Any

    def __str__(self):
        return self.name

    def success(self):
        """Return the behavior of a server that responds successfully."""
        return behaviors.respond(200, {"data": self.response_data})

    def success_then_close(self):
        """Return the behavior of a server that responds successfully and then closes."""
        return behaviors.respond_then_close(200, {"data": self.response_data})

    def succeeds(self, client):
        """Make the call, and return whether its result has the expected value."""
        return getattr(self.call(client), self.attribute) == self.value


def _price(name, call):
    return Operation(name, call, {"price": 0.25}, "price", 0.25)


def _submission(name, call):
    return Operation(name, call, {"request_id": REQUEST_ID}, "request_id", REQUEST_ID)


BALANCE = Operation("balance", lambda c: c.balance(), {"balance": 19.5}, "balance", 19.5)
STATUS = Operation(
    "status",
    lambda c: c.job(REQUEST_ID).status(),
    {"status": "processing", "progress": 40},
    "progress",
    40,
)
PRICE = _price("price", lambda c: c.images.generate_price(**IMAGE))
UPLOAD_PRICE = _price("price of upload", lambda c: c.images.upscale_price(**UPLOAD))
GENERATE = _submission("generate", lambda c: c.images.generate(**IMAGE))
UPSCALE = _submission("upscale", lambda c: c.images.upscale(**UPLOAD))

READS = [BALANCE, STATUS, PRICE, UPLOAD_PRICE]
SUBMISSIONS = [GENERATE, UPSCALE]
