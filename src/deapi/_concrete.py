"""Concrete sync and async classes from one generic class.

A resource is written once, generic in its return types: ``_Images[JobT, PriceT]``. Users and tools
see two classes with concrete types::

    class Images(ConcreteMethods, _Images[Job, "types.PriceResult"]): ...
    class AsyncImages(AsyncMethods, _Images[Coro[AsyncJob], Coro["types.PriceResult"]]): ...

Type checkers read the arguments in brackets. At run time the classes below copy each inherited
method with these arguments in its annotations, so that ``help()``, ``inspect.signature()`` and
``typing.get_type_hints()`` agree with the type checkers.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Awaitable, Coroutine, Iterator
from types import FunctionType
from typing import Any, ForwardRef, TypeVar, cast, get_args, get_origin

from ._secrets import SECRET_ARGUMENTS, hide
from ._suggestions import suggest_argument

T = TypeVar("T")

if sys.platform == "jedi":  # never: jedi reads both branches, and cannot await a Coroutine[...]
    Coro = Awaitable[T]
else:
    Coro = Coroutine[Any, Any, T]
"""Return type of the methods of an async class: a coroutine that returns ``T``."""

# On Python 3.14, functools.wraps() does not copy annotations that have been assigned.
_wraps = functools.partial(
    functools.wraps, assigned=(*functools.WRAPPER_ASSIGNMENTS, "__annotations__")
)


class ConcreteMethods:
    """Copies the methods of a generic base class, with the class's type arguments."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if ConcreteMethods in cls.__bases__:  # not for subclasses of users
            for name, method in _concrete_methods(cls):
                setattr(cls, name, _wrap(method))


class AsyncMethods:
    """Copies the methods of a generic base class as coroutine functions.

    The original methods return the driver's coroutine. The copies await it, so that
    ``inspect.iscoroutinefunction`` is true, methods of mocks are awaitable, and invalid arguments
    raise when the call is awaited.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if AsyncMethods in cls.__bases__:  # not for subclasses of users
            for name, method in _concrete_methods(cls):
                setattr(cls, name, method if name == "__init__" else _as_coroutine(method))


def _concrete_methods(cls: type) -> Iterator[tuple[str, FunctionType]]:
    for alias in cls.__dict__.get("__orig_bases__", ()):
        generic: Any = get_origin(alias)
        if generic is None:
            continue
        names = [parameter.__name__ for parameter in generic.__parameters__]
        arguments = dict(zip(names, map(_source, get_args(alias)), strict=True))
        members: dict[str, Any] = {}
        for base in reversed(cast("tuple[type, ...]", generic.__mro__)):
            members.update(vars(base))
        for name, member in members.items():
            public = name == "__init__" or not name.startswith("_")
            if inspect.isfunction(member) and public and name not in cls.__dict__:
                yield name, _copy(member, cls, arguments)


def _copy(method: FunctionType, cls: type, arguments: dict[str, str]) -> FunctionType:
    copy = FunctionType(
        method.__code__,
        method.__globals__,
        method.__name__,
        method.__defaults__,
        method.__closure__,
    )
    copy.__kwdefaults__ = method.__kwdefaults__
    copy.__doc__ = method.__doc__
    copy.__module__ = method.__module__
    copy.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
    copy.__annotations__ = {
        name: _substitute(annotation, arguments)
        for name, annotation in method.__annotations__.items()
    }
    return copy


def _wrap(method: FunctionType) -> Any:
    """Hide the secrets of a call from tracebacks, and suggest the right arguments."""
    secrets = _secret_arguments(method)

    @_wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        hide(kwargs, secrets)
        try:
            return method(*args, **kwargs)
        except TypeError as error:
            suggest_argument(error, method)
            raise

    return call


def _as_coroutine(method: FunctionType) -> Any:
    secrets = _secret_arguments(method)

    @_wraps(method)
    async def call(*args: Any, **kwargs: Any) -> Any:
        hide(kwargs, secrets)
        try:
            return await method(*args, **kwargs)
        except TypeError as error:
            suggest_argument(error, method)
            raise

    return call


def _secret_arguments(method: FunctionType) -> frozenset[str]:
    return SECRET_ARGUMENTS.intersection(method.__kwdefaults__ or ())


def _source(argument: Any) -> str:
    """Return a type argument as source code. For ``Coro[T]``, return ``T``."""
    if get_origin(argument) is Coroutine:
        return _source(get_args(argument)[-1])
    if isinstance(argument, ForwardRef):
        return argument.__forward_arg__
    if isinstance(argument, str):
        return argument
    return "None" if argument in (None, type(None)) else argument.__name__


def _substitute(annotation: str, arguments: dict[str, str]) -> str:
    """Replace type variables in an annotation."""
    return re.sub(r"\w+", lambda word: arguments.get(word[0], word[0]), annotation)
