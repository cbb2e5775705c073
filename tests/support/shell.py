"""Run the command ``deapi``: in this process, in a pipe, or in a pseudo-terminal."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

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
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=stream,
        stderr=stream,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "80", "TERM": "xterm"}
        | options.pop("env", {}),
        # A test run in the background of a shell ignores Ctrl-C, and the child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no lock
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
