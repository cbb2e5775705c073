"""The command ``deapi``, also run as ``python -m deapi``. It requires the extra ``cli``."""

from __future__ import annotations

import sys
from importlib.util import find_spec

_NOT_INSTALLED = """\
The command deapi requires the extra `cli`, which is not installed. Install it with:
    pip install 'deapi-python-sdk[cli]'
"""


def main() -> int:
    """Run the command with the arguments of the process, and return its exit code."""
    if find_spec("cyclopts") is None:
        sys.stderr.write(_NOT_INSTALLED)
        return 2
    try:
        from .cli.app import run
    except KeyboardInterrupt:
        sys.stderr.write("deapi: Interrupted.\n")
        return 130

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
