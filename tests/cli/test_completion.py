"""Completion of words in a shell, and the cache of the model_cache."""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from deapi.cli import model_cache
from support.shell import PROMPT, SOURCE, ShellSession, run_command


@pytest.fixture
def cache(service, tmp_path, monkeypatch):
    """A directory for the cache."""
    monkeypatch.setattr(model_cache, "cache_directory", lambda: tmp_path / "cache" / "deapi")
    return tmp_path / "cache" / "deapi"


def complete(*words):
    ended = run_command("__complete", *words)
    assert (ended.code, ended.errors) == (0, "")
    return ended.output.splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["im"], ["image"]),
        (["price", "im"], ["image"]),
        (["image", "a fox", "--ne"], ["--negative-prompt"]),
        (["image", "a fox", "--model", "Flux1"], ["Flux1schnell"]),
        (["image", "a fox", "-m", "Flux1"], ["Flux1schnell"]),
        (["remove-background", "photo.png", "--model", ""], ["Ben2"]),
        (["transcribe", "talk.mp3", "-f", ""], ["json", "srt", "txt", "vtt"]),
        (["transcribe", "talk.mp3", "--format", "s"], ["srt"]),
        (["speak", "hi", "--mode", "voice_c"], ["voice_clone"]),
        (["speak", "hi", "--model", "Kokoro", "--lang", "en-u"], ["en-us"]),
        (["speak", "hi", "-m", "Kokoro", "--lang", "en-us", "--voice", "af_al"], ["af_alloy"]),
        (["image", "a fox", "--api-version", ""], ["v1", "v2"]),
        (["image", "a fox", "--price", "--mod"], ["--model"]),
        (["models", "rem"], ["remove-background"]),
        (["models", "show", "Ben"], ["Ben2"]),
        (["jobs", "w"], ["wait", "watch"]),
        (["keys", "cre"], ["create"]),
        (["batch", ""], ["run", "show"]),
        (["keys", "create", "--reset-interval", "d"], ["daily"]),
        (["usage", "--group-by", "mo"], ["model"]),
        (["call", "images.gen"], ["images.generate", "images.generate_price"]),
        (["call", "images.generate", "--wid"], ["--width"]),
        (["completion", ""], ["bash", "fish", "zsh"]),
        (["image", "a fox", "--model=Flux1"], ["--model=Flux1schnell"]),
        (["image", "a fox", "--model", "=", "Flux1"], ["Flux1schnell"]),
        (["transcribe", "talk.mp3", "--format", "="], ["json", "srt", "txt", "vtt"]),
        (["balance", "--js"], ["--json"]),
        (["jobs", "save", "x", "--fo"], ["--force", "--format"]),
        (["jobs", "get", "x", "--api-version", ""], ["v1", "v2"]),
        (["models", "sh"], ["show"]),
        (["doctor", "--js"], ["--json"]),
        (["listen", "--em"], ["--emulator"]),
        (["batch", "run", "jobs.jsonl", "--bud"], ["--budget"]),
        (["image", "--hel"], ["--help"]),
        (["upscale", "ph"], []),
        (["image", "x", "-o", "ph"], []),
        (["nope", "x", ""], []),
    ],
    ids=" ".join,
)
def test_words_are_completed(cache, words, expected):
    assert complete(*words) == expected


def test_without_words_all_commands_are_candidates(cache):
    assert {"image", "jobs", "call", "completion", "price"} <= set(complete())


def test_the_catalogue_is_fetched_once_a_day(cache, service):
    for _ in range(2):
        assert "Kokoro" in complete("speak", "hi", "--model", "")
    fetched = [each for each in service.requests if each.sdk_operation == "models.list"]
    assert len(fetched) == 1
    [path] = cache.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    yesterday = path.stat().st_mtime - 25 * 3600
    os.utime(path, (yesterday, yesterday))
    complete("speak", "hi", "--model", "")
    assert len([each for each in service.requests if each.sdk_operation == "models.list"]) == 2
    assert path.stat().st_mtime > yesterday + 3600


def test_an_old_catalogue_is_used_if_the_service_cannot_be_reached(cache, monkeypatch):
    assert complete("speak", "hi", "--model", "Kok") == ["Kokoro"]
    [path] = cache.iterdir()
    os.utime(path, (0, 0))
    monkeypatch.delenv("DEAPI_API_KEY")
    assert complete("speak", "hi", "--model", "Kok") == ["Kokoro"]
    path.write_text("not JSON")
    assert complete("speak", "hi", "--model", "Kok") == []


def test_a_cache_that_cannot_be_written_is_not_an_error(cache):
    cache.parent.mkdir()
    cache.write_text("a file in the place of the directory")
    assert complete("speak", "hi", "--model", "Kok") == ["Kokoro"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_that_the_shell_accepts(shell, tmp_path):
    script = run_command("completion", shell).output
    assert "deapi __complete" in script
    program = shutil.which(shell)
    if program is not None:
        path = tmp_path / "script"
        path.write_text(script)
        subprocess.run([program, "-n", path], check=True, timeout=60)


# A line with its last word incomplete, and the completed line.
LINES = [
    ("deapi ima", "deapi image"),
    ("deapi price remo", "deapi price remove-background"),
    ("deapi image 'a fox' --neg", "deapi image 'a fox' --negative-prompt"),
    ("deapi image 'a fox' --model Flux1", "deapi image 'a fox' --model Flux1schnell"),
    ("deapi image 'a fox' --model=Flux1", "deapi image 'a fox' --model=Flux1schnell"),
    ("deapi transcribe talk.mp3 -f s", "deapi transcribe talk.mp3 -f srt"),
    ("deapi speak hi --model Kokoro --lang en-u", "deapi speak hi --model Kokoro --lang en-us"),
    ("deapi speak hi --voice af_al", "deapi speak hi --voice af_alloy"),
    ("deapi balance --js", "deapi balance --json"),
    ("deapi jobs wat", "deapi jobs watch"),
    ("deapi upscale pho", "deapi upscale photo.png"),
    ("deapi image 'a fox' -o pho", "deapi image 'a fox' -o photo.png"),
]


@pytest.fixture
def shell_environment(service, directory):
    """The environment of a shell that finds the command."""
    program = directory / "bin" / "deapi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m deapi "$@"\n')
    program.chmod(0o755)
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(SOURCE),
        "XDG_CACHE_HOME": str(directory / "cache"),
        "HOME": str(directory),
    }


def require(shell):
    if sys.platform == "win32" or shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_lines_in_a_terminal(shell, shell_environment, directory):
    require(shell)
    prepare = {"bash": "", "zsh": "autoload -U compinit && compinit -D -u\nunsetopt PROMPT_SP\n"}
    setup = directory / "setup"
    script = run_command("completion", shell).output
    setup.write_text(f"{prepare[shell]}{script}PS1={PROMPT!r}\n")
    command = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
    env = {**shell_environment, "INPUTRC": "/dev/null"}
    with ShellSession(command, setup, env) as session:
        for line, completed in LINES:
            session.press(f"{line}\t")
            session.wait_for(f"{PROMPT}{completed}")
            session.press("\x15")  # Ctrl-U deletes the line
            session.wait_for(PROMPT.strip())


@pytest.mark.timeout(300)
def test_fish_completes_lines(shell_environment, directory):
    require("fish")
    script = run_command("completion", "fish").output
    lines = [line for line, _ in LINES]
    ended = subprocess.run(
        ["fish", "--no-config", "-c", f"{script}for line in $argv; complete -C $line; end", *lines],
        env={**os.environ, **shell_environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )
    found = [each.partition("\t")[0] for each in ended.stdout.splitlines()]
    assert found == [completed.split()[-1] for _, completed in LINES]


def test_zsh_completes_with_the_script_as_a_file_in_fpath(shell_environment, directory):
    require("zsh")
    functions = directory / "functions"
    functions.mkdir()
    (functions / "_deapi").write_text(run_command("completion", "zsh").output)
    setup = directory / "setup"
    setup.write_text(
        f"fpath=({functions} $fpath)\nautoload -U compinit && compinit -D -u\n"
        f"unsetopt PROMPT_SP\nPS1={PROMPT!r}\n"
    )
    with ShellSession(["zsh", "-f", "-i"], setup, shell_environment) as session:
        session.press("deapi ima\t")  # the first completion loads the file
        session.wait_for(f"{PROMPT}deapi image")
