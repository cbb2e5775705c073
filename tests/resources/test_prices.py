"""The maximum price of a call, for every operation that costs money."""

import dataclasses

import pytest

from deapi import PriceLimitError
from support.calls import CALLS
from support.operations import OPERATIONS


def billable_calls():
    """Yield each call that costs money, without the field whose charge is not known."""
    for call in CALLS:
        operation = OPERATIONS.get(call.operation)
        if operation is not None and operation.side_effect == "billable":
            arguments = {k: v for k, v in call.arguments.items() if k != "enhance_prompt"}
            yield pytest.param(dataclasses.replace(call, arguments=arguments), id=str(call))


@pytest.mark.parametrize("call", list(billable_calls()))
def test_a_call_that_costs_too_much_is_not_sent(api, call):
    client = api.clients[call.version].with_options(max_price=1e-9)
    before = len(api.server.requests)
    with pytest.raises(PriceLimitError, match="Nothing was sent") as caught:
        call.make(client)
    (request,) = api.server.requests[before:]
    assert "price" in request.target
    assert caught.value.price > caught.value.max_price == 1e-9


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_call_within_the_maximum_price_is_sent_after_its_price_was_requested(api, version):
    client = api.clients[version].with_options(max_price=1000)
    call = next(c for c in CALLS if (c.version, c.operation) == (version, "images.generate"))
    arguments = {k: v for k, v in call.arguments.items() if k != "enhance_prompt"}
    before = len(api.server.requests)
    dataclasses.replace(call, arguments=arguments).make(client)
    targets = [request.target for request in api.server.requests[before:]]
    assert len(targets) == 2
    assert "price" in targets[0]
    assert targets[1] == call.target


def test_other_calls_do_not_request_a_price(api):
    client = api.clients["v1"].with_options(max_price=1e-9)
    before = len(api.server.requests)
    for operation in ("balance", "models.list", "images.generate_price"):
        call = next(c for c in CALLS if (c.version, c.operation) == ("v1", operation))
        call.make(client)
    assert len(api.server.requests) == before + 3


def test_an_additional_charge_that_is_not_known_is_rejected(api):
    client = api.clients["v2"].with_options(max_price=1)
    before = len(api.server.requests)
    with pytest.raises(ValueError, match="enhance_prompt cannot be used with max_price"):
        client.images.generate(
            prompt="a fox", model="m", width=512, height=512, seed=1, enhance_prompt=True
        )
    assert len(api.server.requests) == before


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "0.05", True])
def test_an_invalid_maximum_price_is_rejected(api, value):
    with pytest.raises((ValueError, TypeError), match="max_price"):
        api.clients["v1"].with_options(max_price=value)
