"""The command ``deapi``, compared with an empty program, with ``hf``, and with Python."""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
import venv

from .measure import ROOT, Row, alternate, process_cell, ratio, timed_process

_EMPTY = "from cyclopts import App; app = App(help='Do nothing.'); app.default(lambda: None); app()"
_BALANCE = "import deapi\nwith deapi.DeapiClient() as client:\n    print(client.balance())"


def _find_hf(directory):
    """Return the path of ``hf``, which is installed into a directory if there is none."""
    found = shutil.which("hf")
    if found is not None:
        return found
    environment = directory / "hf"
    venv.create(environment, with_pip=True)
    binaries = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "huggingface_hub[cli]"]
    subprocess.run(pip, check=True)
    return str(binaries / "hf")


def run(url, rounds, directory):
    """Yield the rows about the command.

    Args:
        url: URL of the server.
        rounds: Number of runs of each program.
        directory: Where ``hf`` is installed if it is not on the PATH.
    """
    compileall.compile_dir(ROOT / "src" / "deapi", quiet=1)
    command = [sys.executable, "-m", "deapi"]
    environment = {"DEAPI_BASE_URL": url, "DEAPI_API_KEY": "k", "COLUMNS": "80"}
    programs = {
        "help": [*command, "--help"],
        "empty": [sys.executable, "-c", _EMPTY, "--help"],
        "hf": [_find_hf(directory), "--help"],
        "balance": [*command, "balance"],
        "python": [sys.executable, "-c", _BALANCE],
    }
    timings = alternate(
        {name: timed_process(arguments, environment) for name, arguments in programs.items()},
        rounds,
        measure=lambda function: function(),
    )
    for what, ours, bare, budget in (
        ("deapi --help / an empty program of cyclopts", "help", "empty", 1.3),
        ("deapi --help / hf --help", "help", "hf", 0.33),
        ("deapi balance / the same call in Python", "balance", "python", 1.5),
    ):
        cpu, wall = (ratio(timings[ours], timings[bare], each) for each in ("cpu", "wall"))
        yield Row(
            what,
            process_cell(timings[ours]),
            process_cell(timings[bare]),
            f"{cpu:.2f} x ({wall:.2f})",
            f"{budget} x",
            cpu > budget,
            ratio=cpu,
        )
