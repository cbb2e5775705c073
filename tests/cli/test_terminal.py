"""The command as a process: in a pipe and in a pseudo-terminal."""

import contextlib
import json
import os
import signal
import sys
import time

import pytest

from deapi.emulator import Emulator
from support.shell import SCRIPT, in_terminal, start

SMALL = ("--width", "256", "--height", "256")
COMMANDS = [
    ["--help"],
    ["image", "a fox", "-o", "fox.png"],
    ["edit", "photo.png", "--prompt", "night"],
    ["upscale", "photo.png", "room.png", "-o", "big/"],
    ["remove-background", "photo.png"],
    ["video", "a sea", "-o", "sea.mp4", *SMALL, "--frames", "30"],
    ["animate", "photo.png", "--prompt", "waves", *SMALL, "--frames", "30"],
    ["lipsync", "talk.mp3", "--prompt", "a person", "--width", "512", "--frames", "49"],
    ["replace", "clip.mp4", "--ref-image", "photo.png"],
    ["describe", "clip.mp4"],
    ["speak", "Good morning", "-o", "hello.mp3"],
    ["music", "calm", "-o", "calm.mp3"],
    ["transcribe", "talk.mp3", "-f", "srt"],
    ["ocr", "photo.png"],
    ["embed", "a fox", "-o", "fox.json"],
    ["enhance", "a fox", "--model", "Flux1schnell"],
    ["balance"],
    ["models", "image"],
    ["models", "show", "Kokoro"],
    ["usage"],
    ["keys", "list"],
    ["call", "models.get", "Ben2"],
    ["batch", "run", "jobs.jsonl", "--journal", "run.db"],
    ["batch", "show", "run.db"],
    ["price", "image", "a fox"],
    ["image", "a fox", "-f", "bmp"],
]


def environment(directory, commands):
    return {"COMMANDS": json.dumps(commands), "CODES": str(directory / "codes.json")}


def codes(directory):
    return json.loads((directory / "codes.json").read_text())


def test_every_task_runs_in_a_pipe(service, directory):
    with start(["-c", SCRIPT], env=environment(directory, COMMANDS)) as process:
        output, errors = (each.decode() for each in process.communicate(timeout=110))
    assert codes(directory) == [0] * (len(COMMANDS) - 1) + [2], errors
    for text in (output, errors):
        assert "\x1b" not in text
        assert "\r" not in text
    assert "fox.png\n" in output
    assert "room-big.png\n" in output
    assert "a fox: done\n" in errors
    assert "submitted" not in output


@pytest.mark.parametrize("no_color", ["", "1"])
def test_every_task_runs_in_a_terminal(service, directory, no_color):
    commands = COMMANDS if not no_color else COMMANDS[-2:]
    env = environment(directory, commands) | {"NO_COLOR": no_color}
    with in_terminal("-c", SCRIPT, env=env) as (process, screen):
        text = "".join(screen)
        process.wait(timeout=60)
    assert codes(directory) == [0] * (len(commands) - 1) + [2], text
    assert ("\x1b[" in text) == (not no_color)
    if not no_color:
        assert "\ra fox [" in text
        assert "\rjobs.jsonl [" in text
        assert "100 % done" in text
        assert "fox.png  " in text
        assert "Flux1schnell, " in text


@pytest.mark.parametrize("where", ["pipe", "terminal"])
def test_ctrl_c_prints_the_id_of_the_job_and_how_to_resume_it(directory, where):
    with Emulator(polls_per_state=1_000_000) as emulator, contextlib.ExitStack() as stack:
        env = {"DEAPI_BASE_URL": emulator.url, "DEAPI_API_KEY": emulator.api_key}
        arguments = ("-m", "deapi", "image", "a fox")
        if where == "terminal":
            process, screen = stack.enter_context(in_terminal(*arguments, env=env))
        else:
            process = stack.enter_context(start(arguments, env=env))
            screen = iter(lambda: os.read(process.stderr.fileno(), 65536).decode(), "")
            stack.callback(process.kill)
        seen = ""
        while "pending" not in seen:
            seen += next(screen)
        process.send_signal(signal.SIGINT)
        seen = "".join(screen)
        assert process.wait(timeout=60) == 130
        [job] = emulator.jobs
    assert f"`deapi jobs save {job}`" in seen
    assert "Traceback" not in seen


def test_a_reader_that_ends_early_ends_the_command_without_a_traceback(service, directory):
    script = "import sys; from deapi.cli.app import run; sys.exit(run(['embed', 'a fox', '-q']))"
    with start(["-c", script]) as process:
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(timeout=60)
    assert errors == b""


def test_without_the_extra_the_command_says_how_to_install_it(directory):
    script = (
        "import importlib.util as util, sys\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name: None if name == 'cyclopts' else find(name)\n"
        "from deapi.__main__ import main\n"
        "sys.exit(main())"
    )
    with start(["-c", script, "image", "a fox"]) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"pip install 'deapi-python-sdk[cli]'" in errors


def test_ctrl_c_while_the_command_is_imported_prints_no_traceback(directory):
    script = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'deapi.cli.app':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from deapi.__main__ import main\n"
        "sys.exit(main())"
    )
    with start(["-c", script, "balance"]) as process:
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.split()) == (130, [b"deapi:", b"Interrupted."])


def test_the_help_imports_nothing_of_the_client(directory):
    script = (
        "import sys; from deapi.cli.app import run; run(['--help'])\n"
        "slow = ('pydantic', 'httpx', 'ssl', 'deapi._client', 'deapi.types')\n"
        "sys.stderr.write(str([name for name in slow if name in sys.modules]))"
    )
    with start(["-c", script]) as process:
        output, errors = process.communicate(timeout=60)
    assert errors == b"[]"
    assert b"Generate an image from a text prompt." in output


def test_the_help_takes_hardly_longer_than_that_of_an_empty_program(directory, tmp_path):
    empty = tmp_path / "empty.py"
    empty.write_text(
        "from cyclopts import App\napp = App(help='x')\napp.default(lambda: 0)\napp()\n"
    )
    best = {"empty": 1e9, "deapi": 1e9}
    for _ in range(5):
        for name, arguments in (("empty", [str(empty)]), ("deapi", ["-m", "deapi"])):
            started = time.perf_counter()
            with start([*arguments, "--help"]) as process:
                process.communicate(timeout=60)
            best[name] = min(best[name], time.perf_counter() - started)
    # The budget is 1.3, measured on an idle machine.
    assert best["deapi"] < 2.5 * best["empty"], best


assert sys.platform != "win32", "pty needs POSIX"
