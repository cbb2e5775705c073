"""The ``deapi`` logger, and the environment variable that turns it on."""

from __future__ import annotations

import logging

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def set_up_logging(wanted: str | None) -> None:
    """Show the package's log on standard error, if ``DEAPI_LOG`` asks for it.

    Args:
        wanted: ``debug``, ``info`` or ``warning``; anything else leaves logging to the program.
    """
    logger = logging.getLogger("deapi")
    level = _LEVELS.get((wanted or "").lower())
    if level is None or logger.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)
