"""The command ``deapi emulator``, which is ``python -m deapi.emulator``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .._text import end_sentence
from .errors import CommandError

# The options, and --help, are those of the emulator's own command.
app = App(name="emulator", help_flags=[], version_flags=[])


@app.default
def emulator(*options: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)]) -> int:
    """Run a local server that behaves like deAPI, for tests without a key or cost."""
    try:
        from ..emulator.__main__ import main
    except ImportError as error:
        raise missing_emulator(error) from None
    return main(list(options))


def missing_emulator(error: ImportError) -> CommandError:
    """Return the error that says how to install the emulator."""
    return CommandError(
        "The emulator requires the extra `emulator`, which is not installed: "
        f"{end_sentence(str(error))} Install it with: pip install 'deapi-python-sdk[emulator]'"
    )
