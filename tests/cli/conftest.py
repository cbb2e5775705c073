"""A directory and an emulator for the command."""

import pytest
from PIL import Image

from deapi.emulator import Emulator
from deapi.emulator.media import audio, video

JOBS = """\
{"operation": "upscale", "image": "photo.png", "model": "RealESRGAN_x4", "save": "photo-big.png"}
{"operation": "upscale", "image": "room.png", "model": "RealESRGAN_x4", "save": "room-big.png"}
"""


@pytest.fixture(scope="session")
def media(tmp_path_factory):
    """Files that the commands read."""
    directory = tmp_path_factory.mktemp("media")
    Image.new("RGB", (256, 256), "teal").save(directory / "photo.png")
    Image.new("RGB", (256, 256), "navy").save(directory / "room.png")
    text = "Hello there. This is a talk about lighthouses."
    speech = audio.synthesize_speech(text, voice="a", speed=1, format="mp3", sample_rate=24000)
    (directory / "talk.mp3").write_bytes(speech)
    clip = video.generate("a clip", width=320, height=240, frames=48, fps=24, seed=1)
    (directory / "clip.mp4").write_bytes(clip)
    (directory / "jobs.jsonl").write_text(JOBS)
    return directory


@pytest.fixture
def directory(tmp_path, media, monkeypatch):
    """A working directory with copies of the files."""
    for path in media.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def own_settings(tmp_path, monkeypatch):
    """Settings without the profiles of the developer."""
    for name in ("APPDATA", "HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "settings"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def service(directory, own_settings, monkeypatch):
    """An emulator that the command uses, and whose jobs are done at the first poll."""
    with Emulator(polls_per_state=0) as emulator:
        monkeypatch.setenv("DEAPI_BASE_URL", emulator.url)
        monkeypatch.setenv("DEAPI_API_KEY", emulator.api_key)
        yield emulator
