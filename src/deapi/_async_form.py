"""How a class written once, for the synchronous client, serves the asynchronous one."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class AsyncForm:
    """Makes the public methods that a class inherits into coroutine functions.

    The methods of a resource only describe a call and hand it to a transport, which answers with
    a value in one client and with a coroutine in the other. Types say so by the type variables of
    the resource. At run time the coroutine has to be awaited inside a true coroutine function, so
    that ``inspect.iscoroutinefunction`` holds, mocks made from the class are awaitable, and bad
    arguments are raised where the call is awaited. ``inspect.signature`` shows the parameters of
    the method as it was written.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for base in cls.__mro__[1:]:
            for name, member in vars(base).items():
                public = inspect.isfunction(member) and not name.startswith("_")
                if public and name not in vars(cls) and base is not AsyncForm:
                    setattr(cls, name, _awaited(member))


def _awaited(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await method(*args, **kwargs)

    return awaited
