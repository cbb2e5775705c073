"""Arguments that operations have in common: checked, and made into what is sent."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from .._core.request import as_list
from .._datetimes import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._types import FileInput


def webhook(url: str | None, secret: str | None) -> dict[str, object]:
    """The fields that ask for reports of a job's progress.

    Raises:
        TypeError: The secret is not a str.
        ValueError: There is a secret without a URL, or it is not of 32 to 255 characters.
    """
    if secret is not None:
        # What is wrong with it is said without showing it.
        if not isinstance(secret, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"webhook_secret must be a str, not {type(secret).__name__}.")
        if url is None:
            raise ValueError("webhook_secret is given without webhook_url. Give both, or neither.")
        if not 32 <= len(secret) <= 255:
            raise ValueError(
                f"webhook_secret must have 32 to 255 characters; this one has {len(secret)}."
            )
    return {"webhook_url": url, "webhook_secret": secret}


def one_of(**sources: object) -> None:
    """Refuse arguments of which exactly one is wanted.

    Raises:
        ValueError: Several are given, or none is.
    """
    given = [name for name, value in sources.items() if value is not None]
    if len(given) != 1:
        problem = f"{' and '.join(given)} are given" if given else "none is given"
        raise ValueError(f"Give exactly one of {' or '.join(sources)}; {problem}.")


def both_or_neither(width: int | None, height: int | None) -> None:
    """Refuse half a size.

    Raises:
        ValueError: One is given without the other.
    """
    if (width is None) != (height is None):
        lone, missing = ("height", "width") if width is None else ("width", "height")
        raise ValueError(f"Give width and height together; {lone} is given without {missing}.")


def check_platform(platform: str | None, duration_seconds: float | None) -> None:
    """Refuse a platform that is named beside a source, which tells its own.

    Raises:
        ValueError: There is a platform, and no duration that needs one.
    """
    if platform is not None and duration_seconds is None:
        raise ValueError("platform is given without duration_seconds. A source tells its own.")


def texts(name: str, given: object) -> list[str]:
    """A list of texts.

    Raises:
        TypeError: It is not a list, or an item is not a str.
        ValueError: It is empty, or an item is.
    """
    items = as_list(name, given)
    if not items:
        raise ValueError(f"{name} is an empty list. Give at least one item.")
    for index, item in enumerate(items):
        if not isinstance(item, str):
            raise TypeError(f"{name}[{index}] must be a str, not {type(item).__name__}.")
        if not item:
            raise ValueError(f"{name}[{index}] is an empty text.")
    return items


def files(name: str, given: Sequence[FileInput] | None) -> list[FileInput] | None:
    """A list of files, if one is given.

    Raises:
        TypeError: It is a single file, or no list.
        ValueError: It is empty.
    """
    if given is None:
        return None
    if hasattr(given, "read"):  # a file object would be taken for the list of its lines
        raise TypeError(f"{name} must be a list, not a single file.")
    items = as_list(name, given)
    if not items:
        raise ValueError(f"{name} is an empty list. Give at least one file.")
    return items


def source_or_size(name: str, source: object, width: int | None, height: int | None) -> None:
    """Refuse a price question that names neither a source nor its size, or both.

    Raises:
        ValueError: It is not clear what the price is asked for.
    """
    if source is not None and (width is not None or height is not None):
        raise ValueError(f"Give either {name} or width and height; both are given.")
    if source is None and (width is None or height is None):
        raise ValueError(f"Give {name}, or both width and height.")


def moment(name: str, given: datetime | str) -> datetime:
    """A moment, in UTC.

    Raises:
        TypeError: It is neither a datetime nor a str.
        ValueError: It is not in ISO 8601, or has no time zone, so that it is not clear when it is.
    """
    if isinstance(given, str):
        given = _parsed(name, given)
    if not isinstance(given, datetime):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"{name} must be a datetime or a str in ISO 8601, not {type(given).__name__}."
        )
    if given.utcoffset() is None:
        raise ValueError(
            f"{name} has no time zone, so it may be any of several moments: {given.isoformat()}. "
            "Give datetimes one, as datetime.now(timezone.utc) has, and end texts with Z."
        )
    try:
        return given.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f"{name} is beyond the calendar: {given.isoformat()}.") from None


def day(name: str, given: date | str) -> date:
    """A day; of a moment, the one that it falls on in UTC.

    Raises:
        TypeError: It is neither a date nor a str.
        ValueError: It is not in ISO 8601, or a moment that has no time zone.
    """
    if isinstance(given, str):
        try:
            return date.fromisoformat(given)
        except ValueError:
            given = _parsed(name, given)
    if isinstance(given, datetime):
        return moment(name, given).date()
    if not isinstance(given, date):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"{name} must be a date, a datetime or a str in ISO 8601, not {type(given).__name__}."
        )
    return given


def _parsed(name: str, text: str) -> datetime:
    try:
        return parse_datetime(text)
    except ValueError:
        raise ValueError(
            f"{name} is not in ISO 8601: {text!r:.60}. Write it like 2027-01-31, or "
            "with a time, like 2027-01-31T12:00:00Z."
        ) from None
