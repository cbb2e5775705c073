"""Standard streams that are closed, have no reader, or cannot encode a result."""

import io
import json
import subprocess
import sys
from unittest import mock

import pytest

from deapi.cli.app import run
from deapi.cli.console import Console, color
from support.shell import start


def run_with_closed(streams, *arguments):
    """Run the command with closed streams, in the notation of a shell."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-m", "deapi", *arguments],
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_task_runs_with_closed_streams(service, directory, closed):
    ended = run_with_closed(closed, "image", "a fox", "-o", "fox.png")
    assert ended.returncode == 0, ended.stderr
    assert (directory / "fox.png").exists()


def test_a_closed_standard_input_is_empty(service):
    ended = run_with_closed("<&-", "image", "-")
    assert ended.returncode == 2
    assert b"Standard input is empty. Nothing was submitted." in ended.stderr


def test_a_result_is_saved_although_the_messages_have_no_reader(service, directory):
    with start(["-m", "deapi", "image", "a fox", "-o", "fox.png"]) as process:
        process.stderr.close()
        output = process.stdout.read()
        assert process.wait(timeout=60) == 0
    assert output == b"fox.png\n"
    assert (directory / "fox.png").exists()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_result_is_written_whatever_the_encoding(service, encoding, as_json):
    prompt = "a fox \N{EN DASH} лиса \N{FOX FACE}"
    output = io.TextIOWrapper(io.BytesIO(), encoding, errors="strict")
    with mock.patch("sys.stdout", output):
        options = ["--json"] if as_json else []
        assert run(["enhance", prompt, "--model", "Flux1schnell", *options]) == 0
        output.flush()
    text = output.buffer.getvalue().decode(encoding)
    if as_json:
        text = json.loads(text)["text"]
    elif encoding != "utf-8":
        escaped = prompt.encode(encoding, "backslashreplace").decode(encoding)
        prompt = escaped.replace("\\x", "\\u00").replace("\\U0001f98a", "\\ud83e\\udd8a")
    assert prompt in text


def test_the_path_of_a_file_is_written_with_the_bytes_of_its_name(service, directory):
    output = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="strict")
    photo = (directory / "photo.png").rename(directory / "\udcff.png")
    with mock.patch("sys.stdout", output):
        assert run(["upscale", photo.name]) == 0
        output.flush()
    assert output.buffer.getvalue() == b"\xff-upscale.png\n"


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self):
        return True


HOSTILE = "a\x1b]0;title\x07b\x9b2Jc\rd\x00\x7fe\x1b"


def test_a_result_cannot_command_the_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    output, errors = Terminal(), Terminal()
    with mock.patch("sys.stdout", output), mock.patch("sys.stderr", errors):
        console = Console()
        console.progress(HOSTILE, HOSTILE, 50)
        console.error(HOSTILE)
        Console(as_json=True).result("", {"text": HOSTILE})
        console.result(f"{color('tab', '31', output)}\t{HOSTILE}\r\n", {})
    shown = output.getvalue() + errors.getvalue()
    assert shown.count("]0;title") == 5
    assert "\x1b[31mtab\x1b[0m\t" in shown
    for allowed in ("\x1b[31m", "\x1b[1;31m", "\x1b[0m"):
        shown = shown.replace(allowed, "")
    assert not set("\x1b\x07\x9b\x00\x7f") & set(shown)
    assert "c\rd" not in shown


def test_a_result_in_a_pipe_is_unchanged():
    output = io.StringIO()
    with mock.patch("sys.stdout", output):
        Console().result(HOSTILE, {})
    assert output.getvalue() == f"{HOSTILE}\n"
