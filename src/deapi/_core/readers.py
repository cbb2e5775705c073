"""What a successful answer holds, by operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .._exceptions import InvalidResponseError
from .._json import is_object

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pydantic import BaseModel

    from ..types import (
        ApiKey,
        Balance,
        Billing,
        EnhancePromptResult,
        EnhanceSpeechPromptResult,
        JobResult,
        JobSubmission,
        KeysPage,
        ModelsResponse,
        NewApiKey,
        PaymentsPage,
        PriceResult,
        SamplePromptResult,
        Usage,
    )
    from .response import Response

    ModelT = TypeVar("ModelT", bound=BaseModel)
    ValueT = TypeVar("ValueT")
    Reader: TypeAlias = Callable[[Response], ValueT]


def submission(response: Response) -> JobSubmission:
    """The id of a job that was accepted."""
    from ..types import JobSubmission

    return read(response, JobSubmission)


def price(response: Response) -> PriceResult:
    """A price."""
    from ..types import PriceResult

    return read(response, PriceResult)


def balance(response: Response) -> Balance:
    """The account's balance."""
    from ..types import Balance

    return read(response, Balance)


def job_result(response: Response) -> JobResult:
    """The state of a job."""
    from ..types import JobResult

    return read(response, JobResult)


def models(response: Response) -> ModelsResponse:
    """A page of the catalogue of models. Its ``data`` is a field, not a wrapping."""
    from ..types import ModelsResponse

    return read(response, ModelsResponse, unwrap=False)


def enhanced_prompt(response: Response) -> EnhancePromptResult:
    """A prompt that was enhanced."""
    from ..types import EnhancePromptResult

    return read(response, EnhancePromptResult)


def enhanced_speech_prompt(response: Response) -> EnhanceSpeechPromptResult:
    """A text to be spoken that was enhanced."""
    from ..types import EnhanceSpeechPromptResult

    return read(response, EnhanceSpeechPromptResult)


def sample_prompt(response: Response) -> SamplePromptResult:
    """A prompt that the service made up."""
    from ..types import SamplePromptResult

    return read(response, SamplePromptResult)


def billing(response: Response) -> Billing:
    """The account's money."""
    from ..types import Billing

    return read(response, Billing)


def usage(response: Response) -> Usage:
    """What was used in some days."""
    from ..types import Usage

    return read(response, Usage)


def payments(response: Response) -> PaymentsPage:
    """A page of the payments. Its ``data`` is a field, not a wrapping."""
    from ..types import PaymentsPage

    return read(response, PaymentsPage, unwrap=False)


def key(response: Response) -> ApiKey:
    """What is known of a key."""
    from ..types import ApiKey

    return read(response, ApiKey)


def keys(response: Response) -> KeysPage:
    """A page of the keys. Its ``data`` is a field, not a wrapping."""
    from ..types import KeysPage

    return read(response, KeysPage, unwrap=False)


def new_key(response: Response) -> NewApiKey:
    """A key that was made."""
    from ..types import NewApiKey

    return read(response, NewApiKey)


def nothing(response: Response) -> None:
    """An answer that has no body, and needs none.

    Raises:
        InvalidResponseError: It has one that the service does not write: a web page, for one.
    """
    if not response.content.strip():
        return
    try:
        response.json()
    except ValueError as error:
        invalid = _invalid(response, "nothing", error)
    else:
        return
    raise invalid


def read(response: Response, model: type[ModelT], *, unwrap: bool = True) -> ModelT:
    """The value in a successful answer, whether or not it is wrapped in ``data``.

    Args:
        response: The answer.
        model: What it should hold.
        unwrap: Whether ``data`` is a wrapping.

    Raises:
        InvalidResponseError: The body is not JSON or not what the model describes. Its message
            does not quote the answer, which may hold secrets.
    """
    try:
        body = response.json()
        if unwrap and is_object(body) and is_object(body.get("data")):
            body = body["data"]
        return model.model_validate(body)
    except ValueError as error:
        invalid = _invalid(response, f"the {model.__name__}", error)
    raise invalid  # out here, so that the raw error with the raw answer does not hang on it


def _invalid(response: Response, wanted: str, error: ValueError) -> InvalidResponseError:
    from pydantic import ValidationError

    problem = "it is not JSON"
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        problem = f"{place}: {first['msg']}" if place else first["msg"]
    return InvalidResponseError(
        f"The service answered HTTP {response.status_code}, but the body is not {wanted} that it "
        f"should be ({problem}).",
        status_code=response.status_code,
        response=response,
    )
