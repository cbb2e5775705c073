"""Validation of arguments that several operations share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from .._core.request import require_list
from .._datetimes import parse_datetime
from .._secrets import Secret, to_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._types import FileInput


def webhook_fields(url: str | None, secret: str | Secret | None) -> dict[str, object]:
    """Return the fields that request webhooks about a job.

    Raises:
        TypeError: The secret is not a str.
        ValueError: There is a secret without a URL, or its length is not 32 to 255 characters.
    """
    if secret is not None:
        # The messages do not show the secret.
        secret = to_secret(secret)
        if not isinstance(secret.value, str):
            raise TypeError(f"webhook_secret must be a str, not {type(secret.value).__name__}.")
        if url is None:
            raise ValueError("webhook_secret requires webhook_url. Pass both, or neither.")
        if not 32 <= len(secret.value) <= 255:
            raise ValueError(
                f"webhook_secret must have 32 to 255 characters; this one has {len(secret.value)}."
            )
    return {"webhook_url": url, "webhook_secret": secret}


def require_exactly_one(**values: object) -> None:
    """Reject alternatives unless exactly one of them has a value.

    Raises:
        ValueError: Several have a value, or none has.
    """
    passed = [name for name, value in values.items() if value is not None]
    names = " or ".join(f"'{name}'" for name in values)
    if len(passed) > 1:
        raise ValueError(f"Pass either {names}, not both {' and '.join(passed)}.")
    if not passed:
        raise ValueError(f"Either {names} is required.")


def require_both_or_neither(width: int | None, height: int | None) -> None:
    """Reject a width without a height, or a height without a width.

    Raises:
        ValueError: Only one of them has a value.
    """
    if (width is None) != (height is None):
        passed, missing = ("height", "width") if width is None else ("width", "height")
        raise ValueError(f"{passed} requires {missing}. Pass both, or neither.")


def require_source_or_size(
    name: str, source: object, width: int | None, height: int | None
) -> None:
    """Reject a price request unless it has either a source, or a width and a height.

    Raises:
        ValueError: It has both, or neither.
    """
    if source is not None and (width is not None or height is not None):
        raise ValueError(f"Pass either {name} or width and height, not both.")
    if source is None and (width is None or height is None):
        raise ValueError(f"Either '{name}' or both 'width' and 'height' is required.")


def require_duration_for_platform(platform: str | None, duration_seconds: float | None) -> None:
    """Reject a platform without a duration.

    Raises:
        ValueError: There is a platform, and no duration.
    """
    if platform is not None and duration_seconds is None:
        raise ValueError(
            "platform requires duration_seconds. For a URL or a file it is detected automatically."
        )


def string_list(name: str, value: object) -> list[str]:
    """Return a list of strings.

    Raises:
        TypeError: It is not a list, or an item is not a str.
        ValueError: The list or an item is empty.
    """
    items = require_list(name, value)
    if not items:
        raise ValueError(f"{name} is an empty list. Pass at least one item.")
    for index, item in enumerate(items):
        if not isinstance(item, str):
            raise TypeError(f"{name}[{index}] must be a str, not {type(item).__name__}.")
        if not item:
            raise ValueError(f"{name}[{index}] must not be an empty string.")
    return items


def file_list(name: str, value: Sequence[FileInput] | None) -> list[FileInput] | None:
    """Return a list of files, or None.

    Raises:
        TypeError: It is a single file, or not a list.
        ValueError: The list is empty.
    """
    if value is None:
        return None
    if hasattr(value, "read"):  # iterating over a file object would yield its lines
        raise TypeError(f"{name} must be a list, not a single file.")
    items = require_list(name, value)
    if not items:
        raise ValueError(f"{name} is an empty list. Pass at least one file.")
    return items


def lora_list(value: Iterable[object] | None) -> list[dict[str, Any]] | None:
    """Return LoRA weights as JSON objects. They may be dicts or ``LoraWeight`` objects.

    Raises:
        TypeError: It is not a list, or an item is neither a dict nor a ``LoraWeight``.
        ValueError: A LoRA has no name, or a weight that is not a number of at least 0.
    """
    if value is None:
        return None
    items = require_list("loras", value)
    return [_lora(f"loras[{index}]", item) for index, item in enumerate(items)]


def _lora(name: str, item: Any) -> dict[str, Any]:
    # LoraWeight is recognized by its attributes, because importing it would load pydantic.
    if isinstance(item, Mapping):
        lora = {str(key): value for key, value in cast("Mapping[object, Any]", item).items()}
    elif hasattr(item, "name") and hasattr(item, "weight"):
        lora = {"name": item.name, "weight": item.weight}
    else:
        raise TypeError(
            f"{name} must be a LoraWeight or a dict like {{'name': ..., 'weight': 0.8}}, "
            f"not {type(item).__name__}."
        )
    if not isinstance(lora.get("name"), str) or not lora["name"]:
        raise ValueError(f"{name} requires a name: the name of a LoRA in ModelInfo.loras.")
    weight = lora.get("weight")
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not weight >= 0:
        raise ValueError(f"{name} requires a weight: a number of at least 0.")
    return lora


def utc_datetime(name: str, value: datetime | str) -> datetime:
    """Return a datetime in UTC.

    Raises:
        TypeError: It is neither a datetime nor a str.
        ValueError: It is not in ISO 8601, or has no time zone.
    """
    if isinstance(value, str):
        value = _parse_iso(name, value)
    if not isinstance(value, datetime):
        raise TypeError(
            f"{name} must be a datetime or a str in ISO 8601, not {type(value).__name__}."
        )
    if value.utcoffset() is None:
        raise ValueError(
            f"{name} is timezone-naive: {value.isoformat()}. Pass an aware datetime, such as "
            "datetime.now(timezone.utc), or a string that ends with Z."
        )
    try:
        return value.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f"{name} is out of range: {value.isoformat()}.") from None


def to_date(name: str, value: date | str) -> date:
    """Return a date. Of a datetime, it is the date in UTC.

    Raises:
        TypeError: It is neither a date nor a str.
        ValueError: It is not in ISO 8601, or a datetime without a time zone.
    """
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            value = _parse_iso(name, value)
    if isinstance(value, datetime):
        return utc_datetime(name, value).date()
    if not isinstance(value, date):
        raise TypeError(
            f"{name} must be a date, a datetime or a str in ISO 8601, not {type(value).__name__}."
        )
    return value


def _parse_iso(name: str, value: str) -> datetime:
    try:
        return parse_datetime(value)
    except ValueError:
        raise ValueError(
            f"{name} is not in ISO 8601: {value!r:.60}. Write it like 2027-01-31, or with a time, "
            "like 2027-01-31T12:00:00Z."
        ) from None
