"""Calls of each kind, and the answers that satisfy them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support import behaviours as b

REQUEST_ID = "5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11"

PICTURE = {"prompt": "a tin robot", "model": "Flux1schnell", "width": 512, "height": 512, "seed": 1}

UPLOAD = {"model": "RealESRGAN_x4", "image": b"not quite a picture"}


@dataclass(frozen=True)
class Operation:
    """One call, the answer that it hopes for, and what its result then holds."""

    name: str
    call: Callable[[Any], Any]
    good: Any
    attribute: str
    value: Any

    def __str__(self):
        return self.name

    def answer(self):
        """The behaviour of a service that is well."""
        return b.answer(200, {"data": self.good})

    def answer_then_drop(self):
        """The same, from a service that then closes the connection."""
        return b.answer_then_drop(200, {"data": self.good})

    def succeeds(self, client):
        """Whether the call returns what the good answer says."""
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
PRICE = _price("price", lambda c: c.images.generate_price(**PICTURE))
UPLOAD_PRICE = _price("price of upload", lambda c: c.images.upscale_price(**UPLOAD))
GENERATE = _submission("generate", lambda c: c.images.generate(**PICTURE))
UPSCALE = _submission("upscale", lambda c: c.images.upscale(**UPLOAD))

READS = [BALANCE, STATUS, PRICE, UPLOAD_PRICE]
SUBMISSIONS = [GENERATE, UPSCALE]
