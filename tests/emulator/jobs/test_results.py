"""Result files and their signed links."""

from __future__ import annotations

import asyncio
import threading
import time
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from deapi.emulator.jobs.links import SignedLinks
from deapi.emulator.media import images, mp4, video
from support.emulator_api import decode_image, files_on_disk


def test_the_result_is_a_png_of_the_requested_size(v1):
    download = v1.download_result(v1.generate(width=640, height=384))
    image = decode_image(download)
    assert (image.format, image.size) == ("PNG", (640, 384))
    assert download.headers["content-type"] == "image/png"


def test_an_image_has_alternative_formats_of_the_same_size(v1):
    job = v1.get_job(v1.generate())
    for extension, image_format in (("jpg", "JPEG"), ("webp", "WEBP")):
        download = httpx.get(job["results_alt_formats"][extension])
        image = decode_image(download)
        assert (image.format, image.size) == (image_format, (512, 512))
        assert download.headers["content-type"] == f"image/{image_format.lower()}"


def test_the_same_seed_reproduces_the_image(v1):
    same = [v1.download_result(v1.generate()).content for _ in range(2)]
    assert same[0] == same[1]
    assert v1.download_result(v1.generate(seed=8)).content != same[0]


def test_a_result_is_generated_once_for_concurrent_downloads(v1, monkeypatch):
    from deapi.emulator.media import images

    calls = []
    generate = images.generate

    def counted(*arguments):
        calls.append(arguments)
        return generate(*arguments)

    monkeypatch.setattr(images, "generate", counted)
    url = v1.get_job(v1.generate())["result_url"]

    async def download_all():
        async with httpx.AsyncClient() as client:
            return await asyncio.gather(*(client.get(url) for _ in range(8)))

    downloads = asyncio.run(download_all())
    assert len({download.content for download in downloads}) == 1
    assert len(calls) == 1


def test_links_are_presigned_urls_without_a_key(v1):
    url = urlsplit(v1.get_job(v1.generate())["result_url"])
    _, results, digits, name = url.path.split("/")
    assert results == "results"
    assert digits.isdigit()
    assert name.endswith(".png")
    assert parse_qs(url.query)["X-Amz-Expires"] == ["86400"]
    assert "X-Amz-Signature" in url.query


def test_every_status_response_has_a_new_link(v1):
    submission = v1.generate()
    assert v1.get_job(submission)["result_url"] != v1.get_job(submission)["result_url"]


def test_an_expired_link_is_an_xml_403_and_the_status_has_a_new_one(start_emulator):
    api = start_emulator(link_lifetime=60)
    submission = api.generate()
    url = api.get_job(submission)["result_url"]
    assert httpx.get(url).status_code == 200
    api.emulator.advance(61)
    rejected = httpx.get(url)
    assert rejected.status_code == 403
    assert rejected.headers["content-type"].startswith("application/xml")
    assert "Request has expired" in rejected.text
    assert httpx.get(api.get_job(submission)["result_url"]).status_code == 200


@pytest.mark.parametrize("change", ["signature", "path", "lifetime", "no query"])
def test_a_modified_link_is_an_xml_403(v1, change):
    url = v1.get_job(v1.generate())["result_url"]
    tampered = {
        "signature": url[:-1] + ("0" if url[-1] != "0" else "1"),
        "path": url.replace(".png?", ".jpg?"),
        "lifetime": url.replace("X-Amz-Expires=86400", "X-Amz-Expires=99999"),
        "no query": url.partition("?")[0],
    }[change]
    rejected = httpx.get(tampered)
    assert rejected.status_code == 403
    assert rejected.text.startswith("<?xml")


def test_a_download_can_be_resumed(v1):
    url = v1.get_job(v1.generate())["result_url"]
    whole = httpx.get(url)
    assert whole.headers["accept-ranges"] == "bytes"
    etag = whole.headers["etag"]
    rest = httpx.get(url, headers={"Range": "bytes=1000-", "If-Range": etag})
    assert rest.status_code == 206
    assert (
        rest.headers["content-range"] == f"bytes 1000-{len(whole.content) - 1}/{len(whole.content)}"
    )
    assert whole.content[:1000] + rest.content == whole.content
    assert rest.headers["etag"] == etag
    other = httpx.get(url, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    beyond = httpx.get(url, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


def test_a_head_request_has_the_content_length(v1):
    url = v1.get_job(v1.generate())["result_url"]
    head = httpx.head(url)
    assert head.status_code == 200
    assert int(head.headers["content-length"]) == len(httpx.get(url).content)


def test_verification_distinguishes_why_a_link_is_invalid():
    links = SignedLinks(lifetime=60)
    query = dict(parse_qs(links.sign("/results/1/a.png", now=1000.0)))
    parameters = {name: values[0] for name, values in query.items()}
    assert links.verify("/results/1/a.png", parameters, now=1059.0) is None
    assert links.verify("/results/1/a.png", parameters, now=1061.0) == "expired"
    assert links.verify("/results/1/b.png", parameters, now=1001.0) == "wrong signature"
    assert links.verify("/results/1/a.png", {}, now=1001.0) == "unsigned"
    assert SignedLinks(60).verify("/results/1/a.png", parameters, now=1001.0) == "wrong signature"


UPSCALED = {"model": "RealESRGAN_x4"}


@pytest.fixture
def blocked_rendering(monkeypatch):
    """Block the generation of upscaled images until the event is set."""
    released = threading.Event()
    upscale = images.upscale

    def blocked(*arguments):
        assert released.wait(60)
        return upscale(*arguments)

    monkeypatch.setattr(images, "upscale", blocked)
    yield released
    released.set()


def test_no_poll_preview_inline_result_or_balance_waits_for_a_file(
    start_emulator, make_png, blocked_rendering
):
    api = start_emulator(polls_per_state=1)
    for _ in range(8):
        api.post_form("img-upscale", {"image": ("a.png", make_png())}, **UPSCALED)
    image = api.generate()
    text = api.post(
        "txt2embedding",
        {"input": "a fox", "model": "Bge_M3_FP16", "return_result_in_response": True},
    )
    jobs = [(api.get_job(image), api.get_job(text)) for _ in range(4)]
    assert [job["status"] for job, _ in jobs] == ["pending", "processing", "processing", "done"]
    assert jobs[1][0]["preview"]
    assert jobs[-1][1]["result"]
    assert api.get("balance").status_code == 200
    assert not blocked_rendering.is_set()


def test_a_job_is_not_done_before_its_file_exists(start_emulator, make_png, blocked_rendering):
    api = start_emulator(speed=1000)
    submission = api.post_form("img-upscale", {"image": ("a.png", make_png())}, **UPSCALED)
    deadline = time.monotonic() + 30
    while api.get_job(submission)["progress"] < 99.99 and time.monotonic() < deadline:
        time.sleep(0.01)
    waiting = api.get_job(submission)
    assert (waiting["status"], waiting["progress"]) == ("processing", 99.99)
    blocked_rendering.set()
    done = api.wait_for_job(submission)
    request_id = submission.json()["data"]["request_id"]
    assert any(path.name == f"{request_id}.png" for path in files_on_disk(api))
    assert httpx.get(done["result_url"]).status_code == 200


def test_after_the_clock_is_advanced_the_files_exist(start_emulator, make_png):
    api = start_emulator(speed=0.001)
    submission = api.post_form("img-upscale", {"image": ("a.png", make_png())}, **UPSCALED)
    assert api.get_job(submission)["status"] == "pending"
    api.emulator.advance(60)
    assert api.get_job(submission)["status"] == "done"


def test_a_job_whose_file_cannot_be_generated_fails(start_emulator, make_png, monkeypatch, caplog):
    def fail(*_arguments):
        raise AssertionError("broken")

    monkeypatch.setattr(images, "upscale", fail)
    api = start_emulator(speed=1000)
    submission = api.post_form("img-upscale", {"image": ("a.png", make_png())}, **UPSCALED)
    assert api.wait_for_job(submission)["error_code"] == "PROCESSING_ERROR"
    assert api.emulator.balance == 100
    assert "failed to generate" in caplog.text


def test_a_large_video_takes_less_time_than_encoding_different_frames():
    def seconds(work):
        started = time.process_time()
        work()
        return time.process_time() - started

    def encode_different_frames():
        ends = [images.generate("a fox", 768, 768, 1, later=later) for later in (False, True)]
        frames = (VideoFrame.from_image(Image.blend(*ends, index / 120)) for index in range(120))
        mp4.encode(frames, count=120, size=(768, 768), fps=Fraction(24))

    options = {"width": 768, "height": 768, "frames": 120, "fps": 24, "seed": 1}
    generated = seconds(lambda: video.generate("a fox", **options))
    assert generated < 0.8 * seconds(encode_different_frames)
