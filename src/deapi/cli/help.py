"""Examples of the commands, for their help and docs/cli.md, and groups of commands."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

from cyclopts import App, Group

from .profile import PROFILE_OPTION
from .tasks import TASKS

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

OPTIONS = Group("Options", sort_key=100)
"""Heading of the options of a command."""

PROFILE_NOTE = f"{PROFILE_OPTION} NAME, with every command: use the API key of this profile."
"""A line below the help of each command."""

# Examples of each command. Those of prices follow from those of tasks.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "image": (
        'deapi image "a fox in the snow" -o fox.png',
        'deapi image "a fox" --width 1024 --height 1024 --price',
    ),
    "edit": ('deapi edit photo.png --prompt "the same place at night" -o night.png',),
    "upscale": ("deapi upscale photo.png -o photo-4x.png", "deapi upscale *.png -o big/"),
    "remove-background": ("deapi remove-background photo.png -o cutout.png",),
    "video": (
        'deapi video "waves on a beach" -o waves.mp4',
        'deapi video "waves on a beach" --max-price 0.05 --no-wait',
    ),
    "animate": ('deapi animate photo.png --prompt "the water moves" -o moving.mp4',),
    "lipsync": ('deapi lipsync talk.mp3 --prompt "a person who speaks" -o person.mp4',),
    "replace": ("deapi replace clip.mp4 --ref-image photo.png -o replaced.mp4",),
    "describe": ("deapi describe clip.mp4 -o clip.json",),
    "speak": (
        'deapi speak "Good morning" -o hello.mp3',
        "cat talk.txt | deapi speak - -o - > talk.mp3",
    ),
    "music": ('deapi music "calm piano" --duration 20 -o piano.mp3',),
    "transcribe": (
        "deapi transcribe talk.mp3 -f srt",
        "deapi transcribe talk.mp3 --diarize -o talk.json",
    ),
    "ocr": ("deapi ocr photo.png", "deapi ocr *.png -f json -o texts/"),
    "embed": ('deapi embed "a fox in the snow" -o fox.json',),
    "enhance": (
        'deapi enhance "a fox in the snow"',
        'deapi enhance "waves on a beach" --type videos.generations',
    ),
    "price": (
        'deapi price image "a fox" --width 1024 --height 1024',
        'deapi price music "calm piano" --duration 60',
    ),
    "jobs": ('ID=$(deapi image "a fox" --no-wait)', "deapi jobs save $ID -o fox.png"),
    "jobs get": ("deapi jobs get $ID",),
    "jobs wait": ("deapi jobs wait $ID --timeout 60",),
    "jobs watch": ("deapi jobs watch $ID",),
    "jobs save": ("deapi jobs save $ID -o fox.jpg", "deapi jobs save $ID -f webp -o - > fox.webp"),
    "batch": ("deapi batch run jobs.jsonl --journal run.db --budget 5", "deapi batch show run.db"),
    "batch run": ("deapi batch run jobs.jsonl --journal run.db --budget 5",),
    "batch show": ("deapi batch show run.db",),
    "models": ("deapi models", "deapi models image --json"),
    "models show": ("deapi models show Kokoro",),
    "login": ('echo "$DEAPI_API_KEY" | deapi login --profile work',),
    "logout": ("deapi logout --profile work",),
    "profiles": ("deapi profiles",),
    "balance": ("deapi balance", "deapi balance --json"),
    "usage": ("deapi usage --group-by model",),
    "keys": ("deapi keys list", "deapi keys create --name ci --limit 3"),
    "keys list": ("deapi keys list",),
    "keys get": ("deapi keys get 1",),
    "keys create": ("deapi keys create --name ci --limit 3",),
    "keys update": ("deapi keys update 2 --limit none", "deapi keys update 2 --no-active"),
    "keys delete": ("deapi keys delete 2",),
    "keys usage": ("deapi keys usage 1 --group-by model",),
    "call": (
        "deapi call models.get RealESRGAN_x4",
        "deapi call images.upscale --image photo.png --model RealESRGAN_x4",
    ),
    "doctor": ("deapi doctor", "deapi doctor --json"),
    "listen": (
        "deapi listen --forward-to http://localhost:8000/webhooks",
        "deapi listen --forward-to http://localhost:8000/webhooks --emulator",
    ),
    "completion": ("deapi completion fish > ~/.config/fish/completions/deapi.fish",),
}
EXAMPLES.update(
    {
        f"price {command}": tuple(
            re.sub(r" -[of] \S+", "", example).replace("deapi", "deapi price", 1)
            for example in EXAMPLES[command][:1]
        )
        for command in TASKS
    }
)


def epilogue(command: str) -> str:
    """Return what stands below the help of a command."""
    examples = "".join(f"  {example}\n" for example in EXAMPLES[command])
    return f"Examples:\n{examples}\n{PROFILE_NOTE}"


def join_docstring_lines(function: FunctionT) -> FunctionT:
    """Join the lines of each argument's description, of which the help keeps the line breaks."""
    function.__doc__ = re.sub(r"\n {8,}(?=\S)", " ", inspect.cleandoc(function.__doc__ or ""))
    return function


def command_group(name: str, text: str) -> App:
    """Return an application for commands with a common first word.

    Args:
        name: The first word.
        text: Description.
    """
    return App(
        name=name,
        help=text,
        help_format="plaintext",
        help_epilogue=epilogue(name),
        group_parameters=OPTIONS,
    )
