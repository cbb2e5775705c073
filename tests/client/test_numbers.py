"""Every numeric argument of the public methods rejects what is not a number in its range."""

import inspect
import math
from decimal import Decimal
from fractions import Fraction

import httpx
import numpy
import pytest

from deapi import AsyncDeapiClient, DeapiClient, webhook
from support.calls import CALLS

ODD = {
    "huge": 10**400,
    "thousands of digits": 10**5000,
    "negative thousands": -(10**5000),
    "NaN": math.nan,
    "minus infinity": -math.inf,
    "bool": True,
    "Decimal": Decimal("1.5"),
    "Fraction": Fraction(3, 2),
    "complex": 1j,
    "numpy int": numpy.int64(3),
    "numpy float": numpy.float32(1.5),
    "numpy array": numpy.zeros(3),
    "bytes": b"1",
}
WAIT = ("poll_interval", "max_wait", "backoff_factor", "max_interval")
SETTINGS = ("timeout", "max_retries", "max_retry_wait")


def numeric_arguments():
    calls = {(call.version, call.operation): call for call in CALLS}
    for call in calls.values():
        resource, _, method = call.operation.rpartition(".")
        target = getattr(DeapiClient, resource) if resource else DeapiClient
        for parameter in inspect.signature(getattr(target, method)).parameters.values():
            annotation = str(parameter.annotation).split(" | ")
            if {"int", "float"} & set(annotation) and parameter.name in call.arguments:
                yield pytest.param(call, parameter.name, id=f"{call}-{parameter.name}")


def refuse(request):
    raise AssertionError("a request was sent")


@pytest.fixture(scope="module")
def clients():
    with httpx.Client(transport=httpx.MockTransport(refuse)) as http_client:
        yield {
            version: DeapiClient(api_key="k", api_version=version, http_client=http_client)
            for version in ("v1", "v2")
        }


@pytest.mark.parametrize(("call", "name"), list(numeric_arguments()))
def test_a_number_that_cannot_be_sent_is_rejected_by_name(clients, call, name):
    for value in ODD.values():
        arguments = {**call.arguments, name: value}
        resource, _, method = call.operation.rpartition(".")
        target = getattr(clients[call.version], resource) if resource else clients[call.version]
        with pytest.raises((ValueError, TypeError), match=name) as caught:
            list(getattr(target, method)(**arguments) or ())
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", [*ODD.values(), "1"], ids=[*ODD, "str"])
@pytest.mark.parametrize("name", WAIT)
async def test_a_wait_rejects_an_odd_number_before_it_polls(clients, tmp_path, name, value):
    job = clients["v1"].job("an id")
    for call in (
        lambda: job.wait(**{name: value}),
        lambda: next(iter(job.updates(**{name: value}))),
        lambda: job.save(tmp_path / "a.png", **{name: value}),
    ):
        with pytest.raises((ValueError, TypeError), match=name):
            call()
    with pytest.raises((ValueError, TypeError), match=name):
        await AsyncDeapiClient(api_key="k").job("an id").wait(**{name: value})


@pytest.mark.parametrize("value", [*ODD.values(), "1"], ids=[*ODD, "str"])
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_a_setting_rejects_an_odd_number(client_class, name, value):
    with pytest.raises((ValueError, TypeError), match=name):
        client_class(api_key="k", **{name: value})
    with pytest.raises((ValueError, TypeError), match=name):
        client_class(api_key="k").with_options(**{name: value})


ODD_ARGUMENTS = [*ODD.values(), "\ud800", "\0", "1" * 10_000, None, [], {}, object, dict]


@pytest.mark.parametrize("value", ODD_ARGUMENTS, ids=lambda value: f"{type(value).__name__}")
def test_a_webhook_function_raises_only_what_it_documents(value):
    valid = {
        "payload": b"{}",
        "signature": f"sha256={'0' * 64}",
        "timestamp": "1",
        "secret": "s",
        "tolerance": 1,
    }
    documented = (webhook.InvalidSignatureError, webhook.InvalidPayloadError, ValueError, TypeError)
    for name in valid:
        with pytest.raises(documented) as caught:
            webhook.verify_signature(**{**valid, name: value})
        assert not isinstance(caught.value, UnicodeError)
        assert len(str(caught.value)) < 300
    with pytest.raises(documented):
        webhook.unwrap(payload=b"{}", headers=value, secret="s")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("timestamp", value) for value in ("\ud800", math.nan, 10**5000, True, b"1", [], object)),
        *(("payload", value) for value in ("\ud800", 1, None, {})),
        *(("secret", value) for value in ("\ud800", "", b"s", 1, None)),
    ],
    ids=lambda value: f"{value!r:.20}" if not isinstance(value, int) else "int",
)
def test_sign_rejects_what_it_cannot_sign_by_name(name, value):
    with pytest.raises((ValueError, TypeError), match=f"^{name}") as caught:
        webhook.sign(**{"payload": b"{}", "secret": "s", name: value})
    assert not isinstance(caught.value, UnicodeError)


async def report(result):
    """Report."""


class AsyncReport:
    async def __call__(self, result):
        """Report."""


@pytest.mark.parametrize("on_update", [report, AsyncReport(), "print"])
def test_an_on_update_that_the_client_cannot_call_is_rejected_first(clients, tmp_path, on_update):
    job = clients["v1"].job("an id")
    with pytest.raises(TypeError, match="on_update must"):
        job.wait(on_update=on_update)
    with pytest.raises(TypeError, match="on_update must"):
        job.save(tmp_path / "a.png", on_update=on_update)


async def test_the_async_client_rejects_an_on_update_that_is_not_a_function():
    with pytest.raises(TypeError, match="on_update must be a function, not str"):
        await AsyncDeapiClient(api_key="k").job("an id").wait(on_update="print")
