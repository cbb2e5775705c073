"""Base classes of the resources."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .._core.calls import call
from .._core.context import Driver
from .._core.prices import check_price
from .._core.request import Request
from .._suggestions import SuggestsAttributes
from .._text import format_call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .._core.operation import Operation
    from .._core.parsing import Submission
    from .._core.steps import Flow
    from .._types import FileInput

JobT = TypeVar("JobT")
PriceT = TypeVar("PriceT")

# Characters of a model's name that are kept to recognize jobs of one type.
_MAX_MODEL = 100


class Resource(SuggestsAttributes):
    """Base of all resources. Methods describe calls, and the driver carries them out.

    In the sync client, the driver returns values, and in the async client coroutines. Therefore
    resources are generic in the return types of their methods.
    """

    def __init__(self, driver: Driver, job_class: Any) -> None:
        self._driver = driver
        self._job_class = job_class

    def __repr__(self) -> str:
        config = self._driver.context.config
        arguments = {"base_url": repr(config.base_url), "api_version": repr(config.api_version)}
        return format_call(type(self).__name__, arguments, limit=300)

    def _call(
        self,
        operation: Operation,
        fields: Mapping[str, object] | None = None,
        files: Mapping[str, FileInput | Sequence[FileInput] | None] | None = None,
        *,
        identifier: str | None = None,
        nulls: tuple[str, ...] = (),
    ) -> Any:
        """Call an operation and return its result."""
        return self._send(Request(operation, fields or {}, files or {}, identifier, nulls))

    def _send(self, request: Request) -> Any:
        """Send a request and return its result."""
        return self._driver.run(self._fetch(request))

    def _fetch(self, request: Request) -> Flow[Any]:
        """Return the flow that sends a request and returns its result."""
        return self._with_price_check(request, call(self._driver.context, request))

    def _with_price_check(self, request: Request, sending: Flow[Any]) -> Flow[Any]:
        """Return the flow that sends a request. With ``max_price``, it checks the price first."""
        context = self._driver.context
        if context.config.max_price is None or request.operation.side_effect != "billable":
            return sending
        return self._check_price(request, sending)

    def _check_price(self, request: Request, sending: Flow[Any]) -> Flow[Any]:
        price_request = self._price_request(request)
        yield from check_price(self._driver.context, request, price_request)
        return (yield from sending)

    def _price_request(self, request: Request) -> Request:
        """Return the request for the price of a submission, as its price method creates it."""
        name = f"{request.operation.name.rpartition('.')[2]}_price"
        # The last class is the generic one, whose methods are not coroutine functions.
        method = [vars(base)[name] for base in type(self).__mro__ if name in vars(base)][-1]
        parameters = _parameters_of(method)
        values: dict[str, Any] = {**request.fields, **request.files}
        arguments = {name: values[name] for name in parameters if values.get(name) is not None}
        for parameter in parameters:
            files = values.get(f"{parameter.removesuffix('_count')}[]")
            if parameter.endswith("_count") and files is not None:
                arguments[parameter] = len(files)
        if "text" in arguments and "count_text" in parameters:
            arguments["count_text"] = len(arguments.pop("text"))
        price_request: Request = method(_PriceRequests(self), **arguments)
        return price_request


class JobResource(Resource, Generic[JobT, PriceT]):
    """A resource whose operations submit jobs and have prices."""

    def _submit(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        files: Mapping[str, FileInput | Sequence[FileInput] | None] | None = None,
    ) -> JobT:
        """Submit a job and return its handle."""
        request = Request(operation, fields, files or {})
        job: JobT = self._driver.run(self._submission(request))
        return job

    def _price(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        files: Mapping[str, FileInput | Sequence[FileInput] | None] | None = None,
    ) -> PriceT:
        """Request a price and return it."""
        return cast("PriceT", self._call(operation, fields, files))

    def _submission(self, request: Request) -> Flow[Any]:
        operation, model = request.operation.name, request.fields.get("model")
        name = model[:_MAX_MODEL] if isinstance(model, str) else None

        def new_handle(submission: Submission) -> Any:
            return self._job_class(
                self._driver, submission.request_id, operation, name, submission.response
            )

        return self._with_price_check(request, call(self._driver.context, request, new_handle))


@functools.cache
def _parameters_of(method: Callable[..., Any]) -> tuple[str, ...]:
    # inspect.signature() takes longer than the rest of the request.
    return tuple(inspect.signature(method).parameters)


class _PriceRequests:
    """Stands in for a resource in its price methods, which return their requests."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    def __getattr__(self, name: str) -> Any:
        return getattr(self._resource, name)

    def _price(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        files: Mapping[str, FileInput | Sequence[FileInput] | None] | None = None,
    ) -> Request:
        return Request(operation, fields, files or {})

    _call = _price  # resources without jobs use it
