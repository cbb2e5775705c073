"""Parse successful responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._exceptions import InvalidResponseError
from .._json import is_object
from .._text import end_sentence, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from .. import types
    from .._response import Response, ResponseHead


class Submission:
    """Response to a job submission: what ``types.JobSubmission`` contains, without pydantic.

    Callers receive a job instead. A program that only submits jobs starts in much less time.

    Attributes:
        request_id: ID of the new job.
        response: Status and headers of the response.
    """

    _response: ResponseHead | None = None  # set by the flow, as in a model

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id

    @property
    def response(self) -> ResponseHead | None:
        return self._response


def model_of(result_type: str | None) -> type[types.Model] | None:
    """Import the model that ``parse()`` uses for a result type; None if it does not use one."""
    if result_type in (None, "JobSubmission"):
        return None
    from .. import types  # late, because importing the models loads pydantic

    model: type[types.Model] = getattr(types, result_type)
    return model


def parse(response: Response, result_type: str | None) -> Any:
    """Return the value in a successful response.

    Args:
        response: The response.
        result_type: Name of a model in ``deapi.types``, or None if no body is expected.

    Raises:
        InvalidResponseError: The body is not JSON, does not match the model, or breaks a limit of
            size or content coding. The message does not quote the body, which may contain secrets.
    """
    if response.problem is not None:
        raise _invalid_response(response, result_type or "an empty body", response.problem)
    if result_type is None:
        return _parse_empty(response)
    model = model_of(result_type)
    if model is None:
        return _parse(response, result_type, _submission, unwrap=True)
    return parse_model(response, model, unwrap=is_wrapped(model))


def is_wrapped(model: type[BaseModel]) -> bool:
    """Return whether a response wraps the model in ``{"data": ...}``. A page has this field."""
    return "data" not in model.model_fields


def parse_model(response: Response, model: type[BaseModel], *, unwrap: bool) -> Any:
    """Return the body as a model, whether or not it is wrapped in ``data``.

    Args:
        response: The response.
        model: The model.
        unwrap: Whether to parse an object in ``data`` instead of the whole body. For a page this
            is False, because ``data`` is one of its fields.

    Raises:
        InvalidResponseError: The body is not JSON, or does not match the model.
    """
    return _parse(response, model.__name__, model.model_validate, unwrap=unwrap)


def _parse(
    response: Response, expected: str, convert: Callable[[object], Any], *, unwrap: bool
) -> Any:
    try:
        body = response.json()
        if unwrap and is_object(body) and is_object(body.get("data")):
            body = body["data"]
        return convert(body)
    except ValueError as error:
        invalid = _invalid_response(response, expected, _describe(error))
    raise invalid  # not in the except block, where the context would contain the body


def _submission(body: object) -> Submission:
    """Convert a body as ``types.JobSubmission`` does.

    Raises:
        ValueError: It has no ID.
    """
    request_id = body.get("request_id") if is_object(body) else None
    if isinstance(request_id, (int, float)) and not isinstance(request_id, bool):
        request_id = str(request_id)
    if not isinstance(request_id, str) or not request_id:
        raise ValueError("request_id is missing, or is not a string")
    try:
        request_id.encode()
    except UnicodeEncodeError:
        raise ValueError("request_id is not valid Unicode") from None
    return Submission(request_id)


def _parse_empty(response: Response) -> None:
    """Accept a response without a body, or with any JSON."""
    if not response.content.strip():
        return
    try:
        response.json()
    except ValueError as error:
        invalid = _invalid_response(response, "an empty body", _describe(error))
    else:
        return
    raise invalid


def _describe(error: ValueError) -> str:
    if type(error) is ValueError:
        return str(error)
    # Not isinstance(), which would import pydantic.
    errors: Any = getattr(error, "errors", None)
    if errors is None:
        return "it is not JSON"  # the messages of errors of syntax and encoding say no more
    first = errors(include_url=False, include_input=False)[0]
    location = ".".join(str(step) for step in first["loc"])
    return f"{location}: {first['msg']}" if location else first["msg"]


def _invalid_response(response: Response, expected: str, problem: str) -> InvalidResponseError:
    return InvalidResponseError(
        f"Could not parse the response (HTTP {response.status_code}) as {expected}: "
        + end_sentence(sanitize(problem)),
        status_code=response.status_code,
        response=response,
    )
