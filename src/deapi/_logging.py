"""The ``deapi`` logger, and the environment variable ``DEAPI_LOG``."""

from __future__ import annotations

import logging

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def set_up_logging(level: str | None) -> None:
    """Log to standard error at the level that ``DEAPI_LOG`` names.

    Args:
        level: ``debug``, ``info`` or ``warning``. Any other value leaves logging to the
            application. If the logger already has a handler, nothing is changed. Records that the
            handlers of the root logger receive are not logged twice.
    """
    logger = logging.getLogger("deapi")
    number = _LEVELS.get((level or "").lower())
    if number is None or logger.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    # The application may configure the root logger later, which then has each record also.
    handler.addFilter(lambda _: not logging.getLogger().handlers)
    logger.addHandler(handler)
    logger.setLevel(number)
