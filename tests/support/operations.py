"""The operations that the source declares, and requests of some of them."""

from deapi import DeapiClient, resources
from deapi._core.operation import OPERATIONS
from deapi._core.request import Request

DeapiClient
for _name in resources.__all__:
    getattr(resources, _name)

IMAGE = {"prompt": "a fox", "model": "Flux1schnell", "width": 512, "height": 512, "seed": 1}

BALANCE = Request(OPERATIONS["balance"])
GENERATE = Request(OPERATIONS["images.generate"], IMAGE)
GENERATE_PRICE = Request(OPERATIONS["images.generate_price"], IMAGE)
CREATE_KEY = Request(OPERATIONS["keys.create"], {"name": "ci"})


def status_request(request_id):
    """Return the request that polls a job's status."""
    return Request(OPERATIONS["jobs.status"], identifier=request_id)
