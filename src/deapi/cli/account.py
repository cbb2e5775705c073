"""Commands about the account and the catalogue: ``balance`` and ``models``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from .._types import InferenceType
from .console import Console
from .errors import CommandError
from .help import command_group, epilogue
from .parameters import ApiVersionOption, JsonFlag
from .rendering import columns, dollars, to_json
from .settings import make_client
from .tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Sequence


def balance(*, as_json: JsonFlag = False, api_version: ApiVersionOption = None) -> None:
    """Show the balance of the account in US dollars.

    Args:
        as_json: Print a JSON object on one line.
        api_version: API version, v1 or v2. API v2 requires an ADMIN key.
    """
    with make_client(api_version) as client:
        found = client.balance()
    Console(as_json=as_json).result(dollars(found.balance), found.model_dump(mode="json"))


models_app = command_group("models", "List the models that the account can use.")


@models_app.default
def models(
    task: Annotated[str | None, Parameter(name="TASK", show_default=False)] = None,
    /,
    *,
    as_json: JsonFlag = False,
    api_version: ApiVersionOption = None,
) -> None:
    """List the models that the account can use, with their inference types.

    Args:
        task: Only models for a task, such as image, or an inference type, such as txt2img.
        as_json: Print each model as a JSON object on one line.
        api_version: API version, v1 or v2.
    """
    with make_client(api_version) as client:
        found = list(client.models.iterate(inference_types=_inference_types(task)))
    console = Console(as_json=as_json)
    if as_json:
        for model in found:
            console.result("", model.model_dump(mode="json"))
    elif found:
        rows = [(model.slug or "", ", ".join(model.inference_types)) for model in found]
        console.result(columns(rows), {})


@models_app.command(help_epilogue=epilogue("models show"))
def show(slug: str, /, *, as_json: JsonFlag = False, api_version: ApiVersionOption = None) -> None:
    """Show the limits, defaults, languages and voices of a model, as JSON.

    Args:
        slug: Slug of the model.
        as_json: Print the JSON on one line.
        api_version: API version, v1 or v2.
    """
    with make_client(api_version) as client:
        model = client.models.get(slug)
    Console().result(to_json(model, indent=None if as_json else 2), {})


def _inference_types(task: str | None) -> Sequence[str] | None:
    if task is None:
        return None
    if task in TASKS:
        return TASKS[task].inference_types or None
    known = [each.value for each in InferenceType]
    if task not in known:
        raise CommandError(
            f"{task!r} is not a task. The tasks are {', '.join(TASKS)}; the inference types are "
            f"{', '.join(known)}."
        )
    return [task]
