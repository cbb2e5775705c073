"""A terminal in memory, in place of ``sys.stderr``."""

import io


class FakeTerminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True
