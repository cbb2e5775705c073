"""Completion of words in a shell, and the cache of the catalogue."""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from deapi.cli import catalogue
from support.shell import SOURCE, run_command


@pytest.fixture
def cache(service, tmp_path, monkeypatch):
    """A folder for the cache."""
    monkeypatch.setattr(catalogue, "cache_folder", lambda: tmp_path / "cache" / "deapi")
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
    cache.write_text("a file in the place of the folder")
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


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_with_the_script(service, tmp_path):
    program = tmp_path / "deapi"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m deapi "$@"\n')
    program.chmod(0o755)
    script = run_command("completion", "bash").output
    test = 'COMP_WORDS=(deapi image "a fox" --model Flux1); COMP_CWORD=4; _deapi\n'
    ended = subprocess.run(
        ["bash", "-c", f'{script}{test}printf "%s\\n" "${{COMPREPLY[@]}}"'],
        env={
            **os.environ,
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "PYTHONPATH": str(SOURCE),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ended.stdout == "Flux1schnell\n"
