"""Rules that several operations share: checks of several fields, or of a field and the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fields import Field
from .urls import is_loopback, parse_url
from .validator import add_error, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..catalogue.model import Model
    from ..errors import FieldErrors
    from .fields import Fields, Upload

    Rule = Callable[[Fields, "Model | None", FieldErrors], None]
    """Checks validated fields, and adds messages to the validation errors."""

WEBHOOK_FIELDS = (
    Field("webhook_url", "string", maximum=2048),
    Field("webhook_secret", "string", minimum=32, maximum=255, not_in_v1=True),
)

_DURATION_TOLERANCE = 0.1
"""Seconds by which a file may exceed the maximum duration, because encoders pad the last frame."""


def file_or_size(source: str) -> Rule:
    """Require a file, or its width and height instead (price requests)."""

    def check(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
        if fields.get(source) is not None or source in errors:
            return
        for name in ("width", "height"):
            if fields.get(name) is None and name not in errors:
                message = f"The {name} field is required when {source} is not present."
                add_error(errors, name, message)

    return check


def dimensions_within_limits(source: str) -> Rule:
    """Check the width and height of an uploaded image or video against the model's limits."""

    def check(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
        upload: Upload | None = fields.get(source)
        if model is None or upload is None or upload.file_type is None or source in errors:
            return
        limits = model.limits
        for side, pixels in (("width", upload.width), ("height", upload.height)):
            minimum, maximum = limits.get(f"min_{side}", 0), limits.get(f"max_{side}", pixels)
            if not minimum <= pixels <= maximum:
                message = f"The {source} field has invalid {upload.file_type} dimensions."
                add_error(errors, source, message)
                return

    return check


def duration_within_limits(source: str, limit: str) -> Rule:
    """Check the duration of an audio or video file against `min_<limit>` and `max_<limit>`."""

    def check(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
        upload: Upload | None = fields.get(source)
        if model and upload:
            check_duration(source, upload, limit, model, errors)

    return check


def check_duration(
    name: str, upload: Upload, limit: str, model: Model, errors: FieldErrors
) -> None:
    """Add an error if a file's duration is outside the model's `min_<limit>` and `max_<limit>`."""
    if upload.file_type is None or name in errors:
        return
    minimum, maximum = model.limits.get(f"min_{limit}", 0), model.limits.get(f"max_{limit}")
    if upload.duration < minimum:
        message = f"The {label(name)} field must last at least {minimum} seconds."
        add_error(errors, name, message)
    elif maximum is not None and upload.duration > maximum + _DURATION_TOLERANCE:
        message = f"The {label(name)} field must not last more than {maximum} seconds."
        add_error(errors, name, message)


def check_webhook(fields: Fields, errors: FieldErrors, *, allow_http: bool) -> None:
    """Check the URL in `webhook_url`, and that `webhook_secret` is not sent without it."""
    url: str | None = fields.get("webhook_url")
    if url is not None:
        message = _webhook_url_error(url, allow_http=allow_http)
        if message:
            add_error(errors, "webhook_url", message)
    elif fields.get("webhook_secret") is not None and "webhook_url" not in errors:
        message = "The webhook url field is required when webhook secret is present."
        add_error(errors, "webhook_url", message)


def _webhook_url_error(url: str, *, allow_http: bool) -> str | None:
    parts = parse_url(url)
    if parts is None:
        return "The webhook url field must be a valid URL."
    is_local_http = parts.scheme == "http" and is_loopback(url)
    if parts.scheme == "https" or (allow_http and is_local_http):
        return None
    hint = " The emulator accepts it with allow_http_webhooks." if is_local_http else ""
    return f"The webhook url field must start with one of the following: https://.{hint}"
