"""Run the command ``deapi``: in this process, in a pipe, or in a pseudo-terminal."""

import contextlib
import io
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from support.programs import Program

SOURCE = Path(__file__).parents[2] / "src"

# Runs several commands, and writes their exit codes to a file.
SCRIPT = """
import json, os, sys
from deapi.cli.app import run
codes = [run(arguments) for arguments in json.loads(os.environ["COMMANDS"])]
open(os.environ["CODES"], "w").write(json.dumps(codes))
"""


class Ended(NamedTuple):
    """What a command wrote, and its exit code."""

    code: int
    output: str
    errors: str
    content: bytes


def run_command(*arguments, stdin=b""):
    """Run the command in this process."""
    from deapi.cli.app import run

    streams = [io.TextIOWrapper(io.BytesIO(each), "utf-8") for each in (stdin, b"", b"")]
    with contextlib.ExitStack() as stack:
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            stack.enter_context(mock.patch(f"sys.{name}", stream))
        code = run(list(arguments))
    contents = []
    for stream in streams[1:]:
        stream.flush()
        contents.append(stream.buffer.getvalue())
    return Ended(code, contents[0].decode("utf-8", "replace"), contents[1].decode(), contents[0])


def start(arguments, *, terminal=None, **options):
    """Start a Python process, with its streams in a pseudo-terminal if there is one."""
    stream = subprocess.PIPE if terminal is None else terminal
    return Program(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=stream,
        stderr=stream,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "80", "TERM": "xterm"}
        | options.pop("env", {}),
        **options,
    )


def read_terminal(master):
    """Yield what appears on a pseudo-terminal, until its process has ended."""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux reports the end as an error
            return
        if not chunk:
            return
        yield chunk.decode("utf-8", "replace")


@contextlib.contextmanager
def in_terminal(*arguments, env):
    """Start a process in a pseudo-terminal. Yield it, and what appears there."""
    import pty  # needs POSIX

    master, slave = pty.openpty()
    try:
        with start(arguments, terminal=slave, env=env) as process:
            os.close(slave)
            try:
                yield process, read_terminal(master)
            finally:
                process.kill()
    finally:
        os.close(master)


# Gives a program its own session, whose terminal is its standard input.
_SESSION = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
PROMPT = "READY> "


class ShellSession:
    """An interactive shell in a pseudo-terminal, of which the line at the cursor can be read.

    Args:
        command: The shell with its arguments.
        setup: File that it reads first. It sets the prompt to ``PROMPT``.
        env: Additional environment variables.
    """

    def __init__(self, command, setup, env):
        import fcntl
        import pty
        import struct
        import termios

        import pyte

        self._screen = pyte.Screen(120, 50)
        self._stream = pyte.ByteStream(self._screen)
        self._terminal, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
        self._process = start(["-c", _SESSION, *command], terminal=slave, env=env)
        os.close(slave)
        os.write(self._terminal, f"source {setup}\n".encode())

    def __enter__(self):
        self.wait_for(PROMPT.strip())
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._process.wait(60)
        os.close(self._terminal)

    def press(self, keys):
        """Send keys to the shell."""
        os.write(self._terminal, keys.encode())

    def wait_for(self, line):
        """Wait until the line at the cursor is this one, apart from space at its end."""
        deadline = time.monotonic() + 60
        while (shown := self._screen.display[self._screen.cursor.y].rstrip()) != line:
            remaining = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._terminal], [], [], remaining)
            assert ready, (shown, line, [each for each in self._screen.display if each.strip()])
            self._stream.feed(os.read(self._terminal, 65536))
