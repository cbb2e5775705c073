"""A program that uses every resource, and runs unchanged in both clients and API versions.

``wait`` wraps every call. It returns the value in the sync client and awaits it in the async one.
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
SPEECH_OPTIONS = {"lang": "en-us", "format": "mp3", "speed": 1.5, "sample_rate": 24000}
MUSIC = {"model": "AceStep_1_5_Turbo", "duration": 10, "inference_steps": 8}
FOX = {"prompt": "a fox", "model": "Flux1schnell", "width": 256, "height": 384, "seed": 7}
WOLF = {"prompt": "a wolf", "model": "Flux_2_Klein_4B_BF16", "steps": 4, "seed": 7}
VIDEO = {"width": 256, "height": 256, "frames": 30, "fps": 30}
LTXV = {"model": "Ltxv_13B_0_9_8_Distilled_FP8", **VIDEO, "steps": 1, "guidance": 0.0}
LTX = {"model": "Ltx2_3_22B_Dist_INT8", "width": 512, "height": 512, "frames": 49, "fps": 24}
WHISPER = {"include_ts": True, "model": "WhisperLargeV3"}


@dataclass
class Scenario:
    """A client, a directory with source files, and the total of the prices so far."""

    client: Any
    wait: Any
    directory: Path
    total_price: float = 0.0

    def __post_init__(self):
        Image.effect_noise((256, 192), 80).convert("RGB").save(self.path("photo.png"))
        clip = video.generate("clip", width=160, height=128, frames=24, fps=24, seed=1)
        self.path("clip.mp4").write_bytes(clip)
        text = "Hello there, it is a fine day for a walk along the sea."
        speech = audio.synthesize_speech(text, voice="a", speed=1, format="mp3", sample_rate=24000)
        self.path("speech.mp3").write_bytes(speech)
        talk = video.generate(
            audio=speech, prompt="talk", width=160, height=128, frames=24, fps=24, seed=1
        )
        self.path("talk.mp4").write_bytes(talk)

    def path(self, name):
        return self.directory / name

    async def run_job(self, name, *, price, job):
        """Add up the price, wait for the job, and save its result to a file."""
        self.total_price += (await self.wait(price)).price
        job = await self.wait(job)
        result = await self.wait(job.wait(poll_interval=0.01))
        assert result.progress == 100
        return await self.wait(job.save(self.path(name)))


async def images(scenario):
    client, photo = scenario.client, scenario.path("photo.png")
    fox = await scenario.run_job(
        "fox.png",
        price=client.images.generate_price(**FOX, steps=4),
        job=client.images.generate(**FOX, steps=4),
    )
    assert format_and_size(fox) == ("PNG", (256, 384))
    wolf = await scenario.run_job(
        "wolf.webp",
        price=client.images.transform_price(**WOLF),
        job=client.images.transform(**WOLF, images=[fox, photo]),
    )
    assert format_and_size(wolf)[0] == "WEBP"
    large = await scenario.run_job(
        "large.jpg",
        price=client.images.upscale_price(model="RealESRGAN_x4", image=photo),
        job=client.images.upscale(model="RealESRGAN_x4", image=photo),
    )
    assert format_and_size(large) == ("JPEG", (1024, 768))
    cutout = await scenario.run_job(
        "cutout.png",
        price=client.images.remove_background_price(model="Ben2", width=256, height=192),
        job=client.images.remove_background(model="Ben2", image=photo.read_bytes()),
    )
    assert format_and_size(cutout) == ("PNG", (256, 192))
    text = await scenario.run_job(
        "page.txt",
        price=client.ocr.extract_price(model="Nanonets_Ocr_S_F16", image=photo),
        job=client.ocr.extract(model="Nanonets_Ocr_S_F16", image=photo, format="text"),
    )
    assert text.read_text(encoding="utf-8").strip()


async def videos(scenario):
    client, photo, clip = scenario.client, scenario.path("photo.png"), scenario.path("clip.mp4")
    sea = await scenario.run_job(
        "sea.mp4",
        price=client.video.generate_price(prompt="waves", seed=1, **LTXV),
        job=client.video.generate(prompt="waves", seed=1, **LTXV),
    )
    assert streams(sea) == {"video"}
    animated = await scenario.run_job(
        "animated.mp4",
        price=client.video.animate_price(**LTXV),
        job=client.video.animate(
            prompt="waves", seed=1, **LTXV, first_frame_image=photo, last_frame_image=photo
        ),
    )
    assert streams(animated) == {"video"}
    music_video = await scenario.run_job(
        "music_video.mp4",
        price=client.video.generate_from_audio_price(**LTX),
        job=client.video.generate_from_audio(
            prompt="waves", seed=1, **LTX, audio=scenario.path("speech.mp3")
        ),
    )
    assert streams(music_video) == {"video", "audio"}
    wan = {"model": "Wan2_2_Animate_14B_INT8"}
    replaced = await scenario.run_job(
        "replaced.mp4",
        price=client.video.replace_price(**wan, video=clip),
        job=client.video.replace(**wan, video=clip, ref_image=photo),
    )
    assert streams(replaced) == {"video"}
    flash = {"model": "FlashVSR_Tiny", "scale": 2}
    large = await scenario.run_job(
        "large.mp4",
        price=client.video.upscale_price(**flash, video=clip),
        job=client.video.upscale(**flash, video=clip),
    )
    assert streams(large) == {"video"}
    cutout = await scenario.run_job(
        "cutout.mp4",
        price=client.video.remove_background_price(model="Ben2_Video", video=clip),
        job=client.video.remove_background(model="Ben2_Video", video=clip),
    )
    assert streams(cutout) == {"video"}


async def speech_and_music(scenario):
    client = scenario.client
    kokoro = {"text": "Good morning", "model": "Kokoro", **SPEECH_OPTIONS}
    greeting = await scenario.run_job(
        "greeting.mp3",
        price=client.audio.synthesize_price(**kokoro),
        job=client.audio.synthesize(**kokoro, voice="af_sky"),
    )
    assert streams(greeting) == {"audio"}
    qwen = {"model": "Qwen3_TTS_12Hz_1_7B_Base", **SPEECH_OPTIONS, "lang": "English", "speed": 1}
    song = await scenario.run_job(
        "song.mp3",
        price=client.audio.compose_price(**MUSIC),
        job=client.audio.compose(
            **MUSIC, caption="calm lo-fi beat", guidance_scale=1, seed=-1, format="mp3"
        ),
    )
    assert streams(song) == {"audio"}
    text = "It is a fine day."
    cloned = await scenario.run_job(
        "cloned.mp3",
        price=client.audio.synthesize_price(**qwen, text=text, mode="voice_clone"),
        job=client.audio.synthesize(**qwen, text=text, mode="voice_clone", ref_audio=song),
    )
    assert streams(cloned) == {"audio"}


async def transcripts_and_embeddings(scenario):
    client, speech, talk = scenario.client, scenario.path("speech.mp3"), scenario.path("talk.mp4")
    transcription = client.transcription
    for name, price, job in (
        (
            "created.txt",
            transcription.create_price(source_url=VIDEO_URL, **WHISPER),
            transcription.create(source_url=VIDEO_URL, **WHISPER),
        ),
        (
            "uploaded.txt",
            transcription.create_price(source_file=speech, **WHISPER),
            transcription.create(source_file=speech, **WHISPER),
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
            transcription.from_audio_file_price(audio=speech, **WHISPER),
            transcription.from_audio_file(audio=speech, **WHISPER),
        ),
        (
            "video_file.txt",
            transcription.from_video_file_price(video=talk, **WHISPER),
            transcription.from_video_file(video=talk, **WHISPER),
        ),
    ):
        saved = await scenario.run_job(name, price=price, job=job)
        assert Transcript.parse(saved.read_text(encoding="utf-8")).segments
    bge = {"model": "Bge_M3_FP16", "input": ["one", "żółw 🐢"]}
    vectors = await scenario.run_job(
        "vectors.json",
        price=client.embeddings.create_price(**bge),
        job=client.embeddings.create(**bge, return_result_in_response=True),
    )
    assert [len(vector) for vector in json.loads(vectors.read_text(encoding="utf-8"))] == [1024] * 2


async def models(scenario):
    client = scenario.client
    page = await scenario.wait(client.models.list(per_page=5, inference_types=["txt2audio"]))
    assert "Kokoro" in {model.slug for model in page.data}
    assert (await scenario.wait(client.models.get("Flux1schnell"))).loras


PARTS = (images, videos, speech_and_music, transcripts_and_embeddings, models)


def format_and_size(path):
    """Decode an image, and return its format and size."""
    with Image.open(path) as image:
        image.load()
        return image.format, image.size


def streams(path):
    """Decode a media file, and return the types of its streams."""
    with av.open(io.BytesIO(path.read_bytes())) as container:
        types = {stream.type for stream in container.streams}
        assert sum(1 for _ in container.decode()) > 0
    return types
