"""Parse successful responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._exceptions import InvalidResponseError
from .._json import is_object
from .._text import sanitize

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .._response import Response


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
    from .. import types  # late, because importing the models loads pydantic

    model: type[types.Model] = getattr(types, result_type)
    return parse_model(response, model, unwrap=model.unwrap_data)


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
    try:
        body = response.json()
        if unwrap and is_object(body) and is_object(body.get("data")):
            body = body["data"]
        return model.model_validate(body)
    except ValueError as error:
        invalid = _invalid_response(response, model.__name__, _describe(error))
    raise invalid  # not in the except block, where the context would contain the body


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
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        # Subclasses are errors of syntax and encoding. Their messages say no more than this.
        return str(error) if type(error) is ValueError else "it is not JSON"
    first = error.errors(include_url=False, include_input=False)[0]
    location = ".".join(str(step) for step in first["loc"])
    return f"{location}: {first['msg']}" if location else first["msg"]


def _invalid_response(response: Response, expected: str, problem: str) -> InvalidResponseError:
    return InvalidResponseError(
        f"Could not parse the response (HTTP {response.status_code}) as {expected}: "
        f"{sanitize(problem)}.",
        status_code=response.status_code,
        response=response,
    )
