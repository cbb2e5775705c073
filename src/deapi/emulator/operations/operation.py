"""An operation of the platform, described once for every API version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deapi.emulator.validation.fields import NOT_IN_V1, Field
from deapi.emulator.validation.validator import add, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors
    from deapi.emulator.validation.fields import Fields, Upload

    Rule = Callable[[Fields, "Model | None", Errors], None]
    """A check that concerns several fields, or a field and the model."""

INLINE = Field("return_result_in_response", "boolean", default=False)
ENHANCE = Field("enhance_prompt", "boolean", default=False, unknown_to=NOT_IN_V1)

_TOLERANCE_SECONDS = 0.1
"""How much too long a file may be: encoders pad the last frame."""


@dataclass(frozen=True)
class Operation:
    """What the emulator needs to know to serve an operation.

    Attributes:
        name: The operation, named as in version 1.
        task: What it does, as in "The selected model does not support ...".
        inference_types: Types of which the model must have one.
        quota: Endpoint in the quota table.
        seconds: Emulated seconds that the work takes.
        fields: Fields of a submission, without the model and the webhook's.
        price_fields: Fields of a price request, without the model.
        price: USD for validated fields of either.
        produce: Makes the result, given the fields and the file's extension.
        extension: The result's format, by its file extension.
        rules: Checks of a submission beyond its single fields.
        price_rules: The same of a price request.
        preview: Makes the preview at a progress, if there is one.
        job_type: Chooses one of several inference types for the job.
        boosts: Whether there is a prompt booster for it.
        details: Fields that a finished job's full status has beyond the ones of every job.
    """

    name: str
    task: str
    inference_types: tuple[str, ...]
    quota: str
    seconds: float
    fields: tuple[Field, ...]
    price_fields: tuple[Field, ...]
    price: Callable[[Model, Fields], float]
    produce: Callable[[Fields, str], bytes]
    extension: Callable[[Fields], str]
    rules: tuple[Rule, ...] = ()
    price_rules: tuple[Rule, ...] = ()
    preview: Callable[[Fields, float], str] | None = None
    job_type: Callable[[Fields], str] | None = None
    boosts: bool = False
    details: Callable[[Fields], dict[str, Any]] | None = None


def always(extension: str) -> Callable[[Fields], str]:
    """The `extension` of an operation whose results have one format."""
    return lambda _: extension


def file_or_size(source: str, *, also: tuple[str, ...] = ()) -> Rule:
    """A price request has the file, or its width and height (and what else stands in for it)."""

    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        del model
        if fields.get(source) is not None or source in errors:
            return
        for name in ("width", "height", *also):
            if fields.get(name) is None and name not in errors:
                add(errors, name, f"The {name} field is required when {source} is not present.")

    return check


def source_fits(source: str) -> Rule:
    """An uploaded picture or video has a size that the model takes."""

    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        upload = fields.get(source)
        if model is None or upload is None or upload.media is None or source in errors:
            return
        limits = model.limits
        for side, pixels in (("width", upload.width), ("height", upload.height)):
            least, most = limits.get(f"min_{side}", 0), limits.get(f"max_{side}", pixels)
            if not least <= pixels <= most:
                add(errors, source, f"The {source} field has invalid {upload.media} dimensions.")
                return

    return check


def lasts(source: str, limit: str) -> Rule:
    """An uploaded sound or video is as long as the model's `min_<limit>`, `max_<limit>` allow."""

    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        upload: Upload | None = fields.get(source)
        if model and upload:
            check_duration(source, upload, limit, model, errors)

    return check


def check_duration(name: str, upload: Upload, limit: str, model: Model, errors: Errors) -> None:
    """Report a sound or video that is not as long as `min_<limit>`, `max_<limit>` allow."""
    if upload.media is None or name in errors:
        return
    least, most = model.limits.get(f"min_{limit}", 0), model.limits.get(f"max_{limit}")
    if upload.duration < least:
        add(errors, name, f"The {label(name)} field must last at least {least} seconds.")
    elif most is not None and upload.duration > most + _TOLERANCE_SECONDS:
        add(errors, name, f"The {label(name)} field must not last more than {most} seconds.")
