"""Concrete sync and async classes that copy the methods of a generic class."""

from __future__ import annotations

import inspect
from typing import Any, Generic, TypeVar

import pytest

from deapi._concrete import AsyncMethods, ConcreteMethods, Coro

LoafT = TypeVar("LoafT")
NoneT = TypeVar("NoneT")
AnyLoafT = Any


class Base:
    """A base of the generic class, whose methods are copied too."""

    def __init__(self, run):
        self._run = run

    def clean(self) -> str:
        """Clean."""
        return self._run("clean")

    def bake(self):
        raise NotImplementedError


class _Oven(Base, Generic[LoafT, NoneT]):
    size = 3
    loaf_type = str

    def bake(
        self,
        flour: str = "rye",
        *,
        minutes: int = 30,
        like: LoafT | None = None,
        topping: AnyLoafT | None = None,
    ) -> LoafT:
        """Bake a loaf."""
        return self._run((flour, minutes))

    def cool(self, minutes: int = 5) -> NoneT:
        return self._run(minutes)

    def _private(self) -> LoafT:
        return self._run("private")

    @property
    def temperature(self) -> int:
        return 180


class Oven(ConcreteMethods, _Oven[str, None]):
    def cool(self, minutes: int = 1) -> None:
        """Cool faster."""
        return self._run(("own", minutes))


class AsyncOven(AsyncMethods, _Oven[Coro[str], Coro[None]]):
    async def cool(self, minutes: int = 1) -> None:
        """Cool faster."""
        return await self._run(("own", minutes))


def identity(value):
    return value


async def later(value):
    return value


def test_a_copy_has_the_defaults_the_docstring_and_the_place_of_its_method():
    for oven in (Oven, AsyncOven):
        bake = oven.bake
        assert bake is not _Oven.bake
        assert inspect.getdoc(bake) == "Bake a loaf."
        assert (bake.__qualname__, bake.__module__) == (f"{oven.__name__}.bake", __name__)
        parameter = inspect.signature(bake).parameters["minutes"]
        assert parameter.default == 30
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert bake.__annotations__["like"] == "str | None"
        assert bake.__annotations__["topping"] == "AnyLoafT | None", "only whole names"
        assert inspect.signature(bake, eval_str=True).return_annotation is str
        assert inspect.signature(oven.clean, eval_str=True).return_annotation is str
        assert oven.clean.__qualname__ == f"{oven.__name__}.clean"


async def test_defaults_are_used_when_a_copy_is_called():
    assert Oven(identity).bake() == ("rye", 30)
    assert await AsyncOven(later).bake() == ("rye", 30)
    assert await AsyncOven(later).clean() == "clean"


async def test_a_method_of_the_concrete_class_is_not_replaced():
    assert Oven(identity).cool() == ("own", 1)
    assert await AsyncOven(later).cool() == ("own", 1)
    assert inspect.getdoc(Oven.cool) == inspect.getdoc(AsyncOven.cool) == "Cool faster."


def test_only_public_functions_become_coroutine_functions():
    assert inspect.iscoroutinefunction(AsyncOven.bake)
    assert inspect.iscoroutinefunction(AsyncOven.clean)
    assert not inspect.iscoroutinefunction(AsyncOven.__init__)
    assert AsyncOven._private is _Oven._private
    assert AsyncOven.temperature is _Oven.temperature
    assert (AsyncOven.size, AsyncOven.loaf_type) == (3, str)
    assert not inspect.iscoroutinefunction(Oven.bake)


@pytest.mark.parametrize("oven", [Oven, AsyncOven])
def test_the_method_of_a_class_that_users_derive_is_kept(oven):
    class Cooler:
        def bake(self, flour):
            return f"cold {flour}"

    class Derived(Cooler, oven):
        def clean(self):
            return "own"

    assert (Derived(identity).bake("rye"), Derived(identity).clean()) == ("cold rye", "own")


@pytest.mark.parametrize("methods", [ConcreteMethods, AsyncMethods])
def test_init_subclass_of_other_bases_is_called(methods):
    seen: list[Any] = []

    class Registered:
        def __init_subclass__(cls):
            seen.append(cls)

    class Small(methods, _Oven[str, None], Registered):
        pass

    assert seen == [Small]
