"""Classes of the package can be subclassed, also with generic bases and class arguments."""

from typing import Generic, TypeVar

import pytest

from deapi import AsyncDeapiClient, AsyncJob, DeapiClient, Job

T = TypeVar("T")


class Storage(Generic[T]):
    def balance(self) -> float:
        return 0.0

    def load(self, limit: int = 3) -> int:
        return limit


class Registered:
    name: str

    def __init_subclass__(cls, name: str, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = name


@pytest.mark.parametrize("base", [DeapiClient, AsyncDeapiClient])
def test_a_client_can_be_subclassed_with_a_generic_mixin(base):
    class Client(base, Storage[int]):
        pass

    assert Client(api_key="k").load() == 3
    assert Client.balance is base.balance


@pytest.mark.parametrize("base", [DeapiClient, AsyncDeapiClient, Job, AsyncJob])
def test_a_subclass_can_be_generic(base):
    class Subclass(base, Generic[T]):
        pass

    assert issubclass(Subclass[int].__origin__, base)


@pytest.mark.parametrize("base", [DeapiClient, AsyncDeapiClient, Job, AsyncJob])
def test_a_subclass_passes_class_arguments_to_other_bases(base):
    class Subclass(base, Registered, name="mine"):
        pass

    assert Subclass.name == "mine"
