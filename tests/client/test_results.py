"""Results in hand: as bytes, chunks, text, parsed values and images, with both clients."""

import builtins
import io
import json
import os
from pathlib import Path

import httpx
import pysubs2
import pytest
from PIL import Image

from deapi import DeapiClient, DeapiError, InvalidResponseError, JobFailedError, JobStatus
from deapi.emulator import Emulator
from deapi.emulator.media import audio

FLUX = {"prompt": "a fox", "model": "Flux1schnell", "steps": 4, "seed": 7}
SIZE = {"width": 256, "height": 256}


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as running:
        yield running


async def collect(chunks):
    """Return the chunks of an iterator, or of an async iterator."""
    if hasattr(chunks, "__aiter__"):
        return [chunk async for chunk in chunks]
    return list(chunks)


def image_format(content):
    return Image.open(io.BytesIO(content)).format


def test_a_result_is_returned_and_a_failure_raises(emulator, run_in_both_clients):
    async def use(client, wait):
        job = await wait(client.images.generate(**SIZE, **FLUX))
        result = await wait(job.result(poll_interval=0.01))
        assert result.status is JobStatus.DONE
        assert result.result_url
        emulator.fail_jobs(error_code="WORKER_ERROR")
        failing = await wait(client.images.generate(**SIZE, **FLUX))
        for method in (failing.result, failing.read, failing.text, failing.open_image):
            with pytest.raises(JobFailedError, match="WORKER_ERROR"):
                await wait(method())
        with pytest.raises(JobFailedError, match="WORKER_ERROR"):
            await collect(failing.iter_bytes())

    run_in_both_clients(emulator, use)


def test_an_image_is_read_in_each_format(emulator, run_in_both_clients):
    async def use(client, wait):
        job = await wait(client.images.generate(**SIZE, **FLUX))
        content = await wait(job.read())
        assert image_format(content) == "PNG"
        assert b"".join(await collect(job.iter_bytes())) == content
        assert image_format(await wait(job.read(format="webp"))) == "WEBP"
        assert image_format(b"".join(await collect(job.iter_bytes(format="jpg")))) == "JPEG"
        image = await wait(job.open_image())
        assert (image.format, image.size) == ("PNG", (256, 256))
        assert (await wait(job.open_image(format="jpeg"))).format == "JPEG"
        with pytest.raises(DeapiError, match="available as: 'png', 'jpg', 'webp'"):
            await wait(job.read(format="gif"))

    run_in_both_clients(emulator, use)


def test_a_result_is_saved_to_a_directory(emulator, run_in_both_clients, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def use(client, wait):
        directory = tmp_path / type(client).__name__
        directory.mkdir()
        job = await wait(client.images.generate(**SIZE, **FLUX))
        saved = await wait(job.save(f"{directory.name}{os.sep}"))
        assert saved == Path(directory.name, f"{job.request_id}.png")
        assert image_format(saved.read_bytes()) == "PNG"
        saved = await wait(job.save(directory, format="webp"))
        assert saved == directory / f"{job.request_id}.webp"
        assert image_format(saved.read_bytes()) == "WEBP"
        assert len(list(directory.iterdir())) == 2
        with pytest.raises(FileNotFoundError) as caught:
            await wait(job.save(f"missing{os.sep}"))
        assert caught.value.filename == str(tmp_path / "missing")

    run_in_both_clients(emulator, use)


def test_a_result_is_saved_to_an_open_file(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        job = await wait(client.images.generate(**SIZE, **FLUX))
        content = await wait(job.read())
        memory = io.BytesIO()
        assert await wait(job.save(memory)) is None
        assert memory.getvalue() == content
        with (tmp_path / "fox.png").open("wb") as file:
            await wait(job.save(file))
            assert not file.closed
        assert (tmp_path / "fox.png").read_bytes() == content
        with (tmp_path / "raw.png").open("wb", buffering=0) as file:
            await wait(job.save(file))
        assert (tmp_path / "raw.png").read_bytes() == content
        with pytest.raises(TypeError, match="text mode"):
            await wait(job.save(io.StringIO()))

    run_in_both_clients(emulator, use)


def test_a_result_is_saved_to_a_pipe(emulator):
    with emulator.client() as client:
        job = client.images.generate(**SIZE, **FLUX)
        content = job.read()
        reader, writer = os.pipe()
        with open(reader, "rb") as received, open(writer, "wb") as file:  # noqa: PTH123
            job.save(file)
            file.close()
            assert received.read() == content


@pytest.mark.parametrize("inline", [True, False])
def test_text_and_embeddings_are_the_same_inline_and_downloaded(
    emulator, run_in_both_clients, inline
):
    async def use(client, wait):
        options = {"return_result_in_response": inline}
        page = await wait(client.images.generate(**SIZE, **FLUX))
        ocr = await wait(
            client.ocr.extract(image=await wait(page.read()), model="Nanonets_Ocr_S_F16", **options)
        )
        assert (await wait(ocr.text())).strip()
        job = await wait(
            client.embeddings.create(input=["one", "two"], model="Bge_M3_FP16", **options)
        )
        vectors = await wait(job.embeddings())
        assert len(vectors) == 2
        assert json.loads(await wait(job.text())) == vectors
        with pytest.raises(InvalidResponseError, match="not a list of vectors"):
            await wait(ocr.embeddings())

    run_in_both_clients(emulator, use)


@pytest.fixture(scope="module")
def talk():
    return audio.synthesize_speech(
        "Hello there. This is a talk.", voice="a", speed=1, format="mp3", sample_rate=24000
    )


@pytest.mark.parametrize(("version", "inline"), [("v1", False), ("v2", True), ("v2", False)])
def test_the_subtitles_of_a_transcription_are_saved(  # noqa: PLR0917
    emulator, run_in_both_clients, tmp_path, version, inline, talk
):
    async def use(client, wait):
        options = {"return_result_in_response": inline, "include_ts": True}
        if version == "v2":
            options["ts_level"] = "word"
        job = await wait(
            client.transcription.create(
                source_file=("talk.mp3", talk), model="WhisperLargeV3Ct2", **options
            )
        )
        transcript = await wait(job.transcript())
        path = await wait(job.save(tmp_path / "talk.srt"))
        assert path.read_text(encoding="utf-8") == transcript.to_srt()
        assert [event.plaintext for event in pysubs2.load(str(path))]
        resumed = client.job(job.request_id)
        assert (await wait(resumed.read(format="vtt"))).decode() == transcript.to_vtt()
        assert json.loads(await wait(job.read(format="json")))["segments"]
        assert b"".join(await collect(job.iter_bytes(format="srt"))) == path.read_bytes()
        directory = tmp_path / "directory"
        directory.mkdir(exist_ok=True)
        saved = await wait(job.save(directory, format="srt"))
        assert saved.name == f"{job.request_id}.srt"
        memory = io.BytesIO()
        await wait(job.save(memory, format="vtt"))
        assert memory.getvalue().decode() == transcript.to_vtt()

    run_in_both_clients(emulator, use, api_version=version)


@pytest.mark.parametrize("options", [{}, {"ts_level": "word"}, {"diarize": True}])
@pytest.mark.parametrize("inline", [True, False])
def test_a_saved_transcription_has_the_format_of_its_suffix(  # noqa: PLR0917
    emulator, run_in_both_clients, tmp_path, inline, options, talk
):
    async def use(client, wait):
        job = await wait(
            client.transcription.create(
                source_file=("talk.mp3", talk),
                model="WhisperLargeV3Ct2",
                include_ts=True,
                return_result_in_response=inline,
                **options,
            )
        )
        transcript = await wait(job.transcript())
        path = await wait(job.save(tmp_path / "talk.json"))
        assert json.loads(path.read_text(encoding="utf-8"))["text"] == transcript.text
        path = await wait(job.save(tmp_path / "talk.txt"))
        assert transcript.segments[0].text in path.read_text(encoding="utf-8")
        directory = tmp_path / "directory"
        directory.mkdir(exist_ok=True)
        for saved in (path, await wait(job.save(directory))):
            is_json = saved.read_text(encoding="utf-8").startswith("{")
            assert is_json == (saved.suffix == ".json"), saved

    run_in_both_clients(emulator, use, api_version="v2")


def test_a_transcription_without_timestamps_has_no_subtitles(
    emulator, run_in_both_clients, tmp_path, talk
):
    async def use(client, wait):
        job = await wait(
            client.transcription.create(
                source_file=("talk.mp3", talk), model="WhisperLargeV3", include_ts=False
            )
        )
        with pytest.raises(DeapiError, match=r"include_ts=True"):
            await wait(job.save(tmp_path / "talk.srt"))
        assert not (tmp_path / "talk.srt").exists()
        assert await wait(job.text())

    run_in_both_clients(emulator, use)


def test_a_result_that_is_not_text_has_no_text(emulator, run_in_both_clients):
    async def use(client, wait):
        job = await wait(client.images.generate(**SIZE, **FLUX))
        with pytest.raises(InvalidResponseError, match=r"is not text\. Call save\(\) or read\(\)"):
            await wait(job.text())

    run_in_both_clients(emulator, use)


def test_updates_are_reported_while_a_result_is_awaited(run_in_both_clients):
    async def use(client, wait):
        seen = []
        job = await wait(client.images.generate(**SIZE, **FLUX))
        await wait(job.read(poll_interval=0.01, on_update=seen.append))
        again = client.job(job.request_id)
        await collect(again.iter_bytes(on_update=seen.append))
        assert seen[0].status is JobStatus.PENDING
        assert [state.status for state in seen[-2:]] == [JobStatus.DONE, JobStatus.DONE]

    with Emulator(polls_per_state=1) as emulator:
        run_in_both_clients(emulator, use)


def test_a_missing_pillow_is_reported_before_the_wait(emulator, run_in_both_clients, monkeypatch):
    real_import = builtins.__import__

    def without_pillow(name, *arguments, **options):
        if name.partition(".")[0] == "PIL":
            raise ImportError(name)
        return real_import(name, *arguments, **options)

    async def use(client, wait):
        with monkeypatch.context() as patch:
            patch.setattr(builtins, "__import__", without_pillow)
            with pytest.raises(ImportError, match="pip install pillow"):
                await wait(client.job("job-1").open_image())

    run_in_both_clients(emulator, use)


def test_a_file_that_is_not_an_image_cannot_be_opened_as_one():
    def respond(request):
        if request.url.host == "api.deapi.ai":
            link = "https://r.example/a.png"
            return httpx.Response(200, json={"data": {"status": "done", "result_url": link}})
        return httpx.Response(200, content=b"not an image")

    with httpx.Client(transport=httpx.MockTransport(respond)) as http_client:
        job = DeapiClient(api_key="k", http_client=http_client).job("job-1")
        with pytest.raises(InvalidResponseError, match="not an image that Pillow can decode"):
            job.open_image()


@pytest.mark.parametrize("argument", [{"format": ""}, {"format": "a/b"}, {"max_download_time": 0}])
def test_invalid_arguments_are_rejected_before_anything_is_sent(
    emulator, run_in_both_clients, argument, tmp_path
):
    async def use(client, wait):
        job = client.job("job-1")
        (name,) = argument
        with pytest.raises(ValueError, match=name):
            await wait(job.read(**argument))
        with pytest.raises(ValueError, match=name):
            await wait(job.save(tmp_path / "fox.png", **argument))

    run_in_both_clients(emulator, use)


def waiting_documentation(method):
    """Return the description of the arguments of a wait."""
    text = method.__doc__.partition("    poll_interval: ")[2]
    return text.partition("\n\n")[0].split()


def test_the_arguments_of_a_wait_are_documented_alike():
    from deapi import AsyncJob, Job

    names = ["result", "read", "text", "transcript", "embeddings", "description", "open_image"]
    names += ["iter_bytes", "save"]
    for cls in (Job, AsyncJob):
        for name in names:
            assert waiting_documentation(getattr(cls, name)) == waiting_documentation(cls.wait), (
                name
            )
