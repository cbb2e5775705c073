"""Concrete sync and async classes that copy the methods of a generic class."""

from __future__ import annotations

import inspect
from typing import Any, Generic, TypeVar

import pytest

from deapi._concrete import AsyncMethods, ConcreteMethods, Coro

ItemT = TypeVar("ItemT")
NoneT = TypeVar("NoneT")
AnyItemT = Any


class Base:
    """A base of the generic class, whose methods are copied too."""

    def __init__(self, run):
        self._run = run

    def clean(self) -> str:
        """Clean."""
        return self._run("clean")

    def fetch(self):
        raise NotImplementedError


class _Sample(Base, Generic[ItemT, NoneT]):
    size = 3
    item_type = str

    def fetch(
        self,
        name: str = "first",
        *,
        limit: int = 30,
        like: ItemT | None = None,
        default: AnyItemT | None = None,
    ) -> ItemT:
        """Fetch an item."""
        return self._run((name, limit))

    def stop(self, limit: int = 5) -> NoneT:
        return self._run(limit)

    def _private(self) -> ItemT:
        return self._run("private")

    @property
    def size_limit(self) -> int:
        return 180


class Sample(ConcreteMethods, _Sample[str, None]):
    def stop(self, limit: int = 1) -> None:
        """Stop at once."""
        return self._run(("own", limit))


class AsyncSample(AsyncMethods, _Sample[Coro[str], Coro[None]]):
    async def stop(self, limit: int = 1) -> None:
        """Stop at once."""
        return await self._run(("own", limit))


def identity(value):
    return value


async def later(value):
    return value


def test_a_copy_has_the_defaults_the_docstring_and_the_place_of_its_method():
    for sample in (Sample, AsyncSample):
        fetch = sample.fetch
        assert fetch is not _Sample.fetch
        assert inspect.getdoc(fetch) == "Fetch an item."
        assert (fetch.__qualname__, fetch.__module__) == (f"{sample.__name__}.fetch", __name__)
        parameter = inspect.signature(fetch).parameters["limit"]
        assert parameter.default == 30
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert fetch.__annotations__["like"] == "str | None"
        assert fetch.__annotations__["default"] == "AnyItemT | None", "only whole names"
        assert inspect.signature(fetch, eval_str=True).return_annotation is str
        assert inspect.signature(sample.clean, eval_str=True).return_annotation is str
        assert sample.clean.__qualname__ == f"{sample.__name__}.clean"


async def test_defaults_are_used_when_a_copy_is_called():
    assert Sample(identity).fetch() == ("first", 30)
    assert await AsyncSample(later).fetch() == ("first", 30)
    assert await AsyncSample(later).clean() == "clean"


async def test_a_method_of_the_concrete_class_is_not_replaced():
    assert Sample(identity).stop() == ("own", 1)
    assert await AsyncSample(later).stop() == ("own", 1)
    assert inspect.getdoc(Sample.stop) == inspect.getdoc(AsyncSample.stop) == "Stop at once."


def test_only_public_functions_become_coroutine_functions():
    assert inspect.iscoroutinefunction(AsyncSample.fetch)
    assert inspect.iscoroutinefunction(AsyncSample.clean)
    assert not inspect.iscoroutinefunction(AsyncSample.__init__)
    assert AsyncSample._private is _Sample._private
    assert AsyncSample.size_limit is _Sample.size_limit
    assert (AsyncSample.size, AsyncSample.item_type) == (3, str)
    assert not inspect.iscoroutinefunction(Sample.fetch)


@pytest.mark.parametrize("sample", [Sample, AsyncSample])
def test_the_method_of_a_class_that_users_derive_is_kept(sample):
    class Mixin:
        def fetch(self, name):
            return f"mixin {name}"

    class Derived(Mixin, sample):
        def clean(self):
            return "own"

    assert (Derived(identity).fetch("first"), Derived(identity).clean()) == ("mixin first", "own")


@pytest.mark.parametrize("methods", [ConcreteMethods, AsyncMethods])
def test_init_subclass_of_other_bases_is_called(methods):
    seen: list[Any] = []

    class Registered:
        def __init_subclass__(cls):
            seen.append(cls)

    class Small(methods, _Sample[str, None], Registered):
        pass

    assert seen == [Small]
