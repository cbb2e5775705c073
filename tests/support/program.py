"""A program that uses every resource, written once: it does not know which version it speaks.

``wait`` is what stands before each call: nothing in the synchronous client, ``await`` in the other.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from PIL import Image

from deapi.emulator.media import audio, video
from deapi.types import Transcript

VIDEO_URL = "https://www.youtube.com/watch?v=jNQXAC9IVRw"
SPACE_URL = "https://x.com/i/spaces/1eaKbrPAqbwKX"
SPOKEN = {"lang": "en-us", "format": "mp3", "speed": 1.5, "sample_rate": 24000}
SONG = {"model": "AceStep_1_5_Turbo", "duration": 10, "inference_steps": 8}
FOX = {"prompt": "a fox", "model": "Flux1schnell", "width": 256, "height": 384, "seed": 7}
WOLF = {"prompt": "a wolf", "model": "Flux_2_Klein_4B_BF16", "steps": 4, "seed": 7}
FILM = {"width": 256, "height": 256, "frames": 30, "fps": 30}
LTXV = {"model": "Ltxv_13B_0_9_8_Distilled_FP8", **FILM, "steps": 1, "guidance": 0.0}
LTX = {"model": "Ltx2_3_22B_Dist_INT8", "width": 512, "height": 512, "frames": 49, "fps": 24}
WHISPER = {"include_ts": True, "model": "WhisperLargeV3"}


@dataclass
class Studio:
    """Where a program works: a client, a folder with sources, and what was quoted so far."""

    client: Any
    wait: Any
    folder: Path
    quoted: float = 0.0

    def __post_init__(self):
        Image.effect_noise((256, 192), 80).convert("RGB").save(self.path("photo.png"))
        clip = video.generated("clip", width=160, height=128, frames=24, fps=24, seed=1)
        self.path("clip.mp4").write_bytes(clip)
        text = "Hello there, it is a fine day for a walk along the sea."
        said = audio.speech(text, voice="a", speed=1, format="mp3", sample_rate=24000)
        self.path("said.mp3").write_bytes(said)
        heard = video.synced(said, prompt="talk", width=160, height=128, frames=24, fps=24, seed=1)
        self.path("talk.mp4").write_bytes(heard)

    def path(self, name):
        return self.folder / name

    async def order(self, name, *, price, job):
        """Wait for a job and save its result under a name."""
        self.quoted += (await self.wait(price)).price
        job = await self.wait(job)
        result = await self.wait(job.wait(poll_interval=0.01))
        assert result.progress == 100
        return await self.wait(job.save(self.path(name)))


async def pictures(studio):
    client, photo = studio.client, studio.path("photo.png")
    fox = await studio.order(
        "fox.png",
        price=client.images.generate_price(**FOX, steps=4),
        job=client.images.generate(**FOX, steps=4),
    )
    assert picture(fox) == ("PNG", (256, 384))
    wolf = await studio.order(
        "wolf.webp",
        price=client.images.transform_price(**WOLF),
        job=client.images.transform(**WOLF, images=[fox, photo]),
    )
    assert picture(wolf)[0] == "WEBP"
    large = await studio.order(
        "large.jpg",
        price=client.images.upscale_price(model="RealESRGAN_x4", image=photo),
        job=client.images.upscale(model="RealESRGAN_x4", image=photo),
    )
    assert picture(large) == ("JPEG", (1024, 768))
    cut = await studio.order(
        "cut.png",
        price=client.images.remove_background_price(model="Ben2", width=256, height=192),
        job=client.images.remove_background(model="Ben2", image=photo.read_bytes()),
    )
    assert picture(cut) == ("PNG", (256, 192))
    text = await studio.order(
        "page.txt",
        price=client.ocr.extract_price(model="Nanonets_Ocr_S_F16", image=photo),
        job=client.ocr.extract(model="Nanonets_Ocr_S_F16", image=photo, format="text"),
    )
    assert text.read_text(encoding="utf-8").strip()


async def films(studio):
    client, photo, clip = studio.client, studio.path("photo.png"), studio.path("clip.mp4")
    sea = await studio.order(
        "sea.mp4",
        price=client.video.generate_price(prompt="waves", seed=1, **LTXV),
        job=client.video.generate(prompt="waves", seed=1, **LTXV),
    )
    assert streams(sea) == {"video"}
    moved = await studio.order(
        "moved.mp4",
        price=client.video.animate_price(**LTXV),
        job=client.video.animate(
            prompt="waves", seed=1, **LTXV, first_frame_image=photo, last_frame_image=photo
        ),
    )
    assert streams(moved) == {"video"}
    sung = await studio.order(
        "sung.mp4",
        price=client.video.generate_from_audio_price(**LTX),
        job=client.video.generate_from_audio(
            prompt="waves", seed=1, **LTX, audio=studio.path("said.mp3")
        ),
    )
    assert streams(sung) == {"video", "audio"}
    wan = {"model": "Wan2_2_Animate_14B_INT8"}
    swapped = await studio.order(
        "swapped.mp4",
        price=client.video.replace_price(**wan, video=clip),
        job=client.video.replace(**wan, video=clip, ref_image=photo),
    )
    assert streams(swapped) == {"video"}
    flash = {"model": "FlashVSR_Tiny", "scale": 2}
    large = await studio.order(
        "large.mp4",
        price=client.video.upscale_price(**flash, video=clip),
        job=client.video.upscale(**flash, video=clip),
    )
    assert streams(large) == {"video"}
    cut = await studio.order(
        "cut.mp4",
        price=client.video.remove_background_price(model="Ben2_Video", video=clip),
        job=client.video.remove_background(model="Ben2_Video", video=clip),
    )
    assert streams(cut) == {"video"}


async def sounds(studio):
    client = studio.client
    kokoro = {"text": "Good morning", "model": "Kokoro", **SPOKEN}
    greeting = await studio.order(
        "greeting.mp3",
        price=client.audio.synthesize_price(**kokoro),
        job=client.audio.synthesize(**kokoro, voice="af_sky"),
    )
    assert streams(greeting) == {"audio"}
    qwen = {"model": "Qwen3_TTS_12Hz_1_7B_Base", **SPOKEN, "lang": "English", "speed": 1}
    song = await studio.order(
        "song.mp3",
        price=client.audio.compose_price(**SONG),
        job=client.audio.compose(
            **SONG, caption="calm lo-fi beat", guidance_scale=1, seed=-1, format="mp3"
        ),
    )
    assert streams(song) == {"audio"}
    text = "It is a fine day."
    cloned = await studio.order(
        "cloned.mp3",
        price=client.audio.synthesize_price(**qwen, text=text, mode="voice_clone"),
        job=client.audio.synthesize(**qwen, text=text, mode="voice_clone", ref_audio=song),
    )
    assert streams(cloned) == {"audio"}


async def texts(studio):
    client, said, talk = studio.client, studio.path("said.mp3"), studio.path("talk.mp4")
    transcription = client.transcription
    for name, price, job in (
        (
            "created.txt",
            transcription.create_price(source_url=VIDEO_URL, **WHISPER),
            transcription.create(source_url=VIDEO_URL, **WHISPER),
        ),
        (
            "uploaded.txt",
            transcription.create_price(source_file=said, **WHISPER),
            transcription.create(source_file=said, **WHISPER),
        ),
        (
            "video_url.txt",
            transcription.from_video_url_price(video_url=VIDEO_URL, **WHISPER),
            transcription.from_video_url(video_url=VIDEO_URL, **WHISPER),
        ),
        (
            "audio_url.txt",
            transcription.from_audio_url_price(audio_url=SPACE_URL, **WHISPER),
            transcription.from_audio_url(audio_url=SPACE_URL, **WHISPER),
        ),
        (
            "audio_file.txt",
            transcription.from_audio_file_price(audio=said, **WHISPER),
            transcription.from_audio_file(audio=said, **WHISPER),
        ),
        (
            "video_file.txt",
            transcription.from_video_file_price(video=talk, **WHISPER),
            transcription.from_video_file(video=talk, **WHISPER),
        ),
    ):
        saved = await studio.order(name, price=price, job=job)
        assert Transcript.parse(saved.read_text(encoding="utf-8")).segments
    bge = {"model": "Bge_M3_FP16", "input": ["one", "żółw 🐢"]}
    vectors = await studio.order(
        "vectors.json",
        price=client.embeddings.create_price(**bge),
        job=client.embeddings.create(**bge, return_result_in_response=True),
    )
    assert [len(vector) for vector in json.loads(vectors.read_text(encoding="utf-8"))] == [1024] * 2


async def models(studio):
    client = studio.client
    page = await studio.wait(client.models.list(per_page=5, inference_types=["txt2audio"]))
    assert "Kokoro" in {model.slug for model in page.data}
    assert (await studio.wait(client.models.get("Flux1schnell"))).loras


PARTS = (pictures, films, sounds, texts, models)


def picture(path):
    """The format and the size of an image that decodes."""
    with Image.open(path) as image:
        image.load()
        return image.format, image.size


def streams(path):
    """What a file holds, if all of it decodes."""
    with av.open(io.BytesIO(path.read_bytes())) as container:
        kinds = {stream.type for stream in container.streams}
        assert sum(1 for _ in container.decode()) > 0
    return kinds
