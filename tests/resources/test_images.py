"""Images from end to end: both clients, over a real socket, with pictures that decode."""

import io

import pytest
from PIL import Image

from deapi import (
    InsufficientBalanceError,
    JobFailedError,
    JobStatus,
    NotFoundError,
    PayloadTooLargeError,
    ServerError,
    ValidationError,
)

FLUX = {"prompt": "a fox", "model": "Flux1schnell", "steps": 4, "seed": 7}
KLEIN = {"prompt": "at night", "model": "Flux_2_Klein_4B_BF16", "steps": 4, "seed": 7}


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    picture = Image.new("RGB", (320, 256), "red")
    picture.paste((0, 0, 255), (80, 64, 240, 192))
    picture.save(path)
    return path


def test_a_text_becomes_an_image_of_the_asked_size(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        job = await wait(client.images.generate(width=512, height=256, **FLUX))
        result = await wait(job.wait())
        assert result.status is JobStatus.DONE
        for suffix, kind in (("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP")):
            path = await wait(job.save(tmp_path / f"fox.{suffix}"))
            with Image.open(path) as image:
                image.load()
                assert (image.format, image.size) == (kind, (512, 256))

    run_in_both_clients(emulator, use)
    polls = [request for request in emulator.requests if request.operation == "request-status"]
    assert len(polls) == 1, "a finished job is not read again"


def test_what_is_charged_is_the_price_that_was_named(emulator, run_in_both_clients):
    async def use(client, wait):
        price = await wait(client.images.generate_price(width=512, height=512, **FLUX))
        before = await wait(client.balance())
        await wait(client.images.generate(width=512, height=512, **FLUX))
        after = await wait(client.balance())
        assert price.price > 0
        assert before.balance - after.balance == pytest.approx(price.price)

    run_in_both_clients(emulator, use)


def test_an_edit_is_made_from_the_image_that_was_sent(
    emulator, run_in_both_clients, photo, tmp_path
):
    async def use(client, wait):
        for name, given in (("image", photo), ("images", [str(photo), photo.read_bytes()])):
            job = await wait(client.images.transform(**KLEIN, **{name: given}))
            path = await wait(job.save(tmp_path / "edit.png"))
            with Image.open(path) as image:
                assert image.size == (320, 256), "the first image's"
        assert (await wait(client.images.transform_price(**KLEIN))).price > 0

    run_in_both_clients(emulator, use)


def test_an_upscale_is_larger_and_a_cutout_transparent(
    emulator, run_in_both_clients, photo, tmp_path
):
    async def use(client, wait):
        with photo.open("rb") as handle:
            job = await wait(client.images.upscale(image=handle, model="RealESRGAN_x4"))
        path = await wait(job.save(tmp_path / "large.png"))
        with Image.open(path) as image:
            assert image.size == (1280, 1024)

        content = io.BytesIO(photo.read_bytes())
        job = await wait(client.images.remove_background(image=content, model="Ben2"))
        path = await wait(job.save(tmp_path / "cutout.png"))
        with Image.open(path) as image:
            assert image.getpixel((0, 0))[3] == 0
            assert image.getpixel((160, 128))[3] == 255

        for ask, model in (
            (client.images.upscale_price, "RealESRGAN_x4"),
            (client.images.remove_background_price, "Ben2"),
        ):
            by_image = await wait(ask(model=model, image=photo))
            by_size = await wait(ask(model=model, width=320, height=256))
            assert by_image.price == by_size.price > 0

    run_in_both_clients(emulator, use)


def test_a_job_is_taken_up_again_by_its_id_alone(emulator, run_in_both_clients, tmp_path):
    with emulator.client() as client:
        request_id = client.images.generate(width=256, height=256, **FLUX).request_id

    async def use(client, wait):
        job = client.job(request_id)
        assert job.request_id == request_id
        assert (await wait(job.is_done())) is True
        assert (await wait(job.is_error())) is False
        await wait(job.save(tmp_path / "again.png"))

    run_in_both_clients(emulator, use)


def test_updates_come_as_they_happen(run_in_both_clients):
    from deapi.emulator import Emulator

    async def use(client, wait):
        seen = []
        job = await wait(client.images.generate(width=256, height=256, **FLUX))
        await wait(job.wait(poll_interval=0.01, on_update=seen.append))
        assert seen[-1].status is JobStatus.DONE
        assert seen[0].status is JobStatus.PENDING
        assert sorted(state.progress for state in seen) == [state.progress for state in seen]
        assert any(state.preview for state in seen)

    with Emulator(polls_per_state=1) as emulator:
        run_in_both_clients(emulator, use)


async def test_async_updates_are_iterated_and_told_to_coroutines():
    from deapi.emulator import Emulator

    told = []

    async def tell(state):
        told.append(state.status)

    with Emulator(polls_per_state=1) as emulator:
        async with emulator.async_client() as client:
            job = await client.images.generate(width=256, height=256, **FLUX)
            states = [state.status async for state in job.updates(poll_interval=0.01)]
            await client.job(job.request_id).wait(on_update=tell)
    assert states[0] is JobStatus.PENDING
    assert states[-1] is JobStatus.DONE
    assert told == [JobStatus.DONE]


def test_a_failed_job_costs_nothing_and_says_why(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        emulator.fail_jobs(error_code="WORKER_ERROR", error_reason="TIMEOUT", retryable=True)
        before = await wait(client.balance())
        job = await wait(client.images.generate(width=256, height=256, **FLUX))
        assert (await wait(job.wait())).status is JobStatus.ERROR
        with pytest.raises(JobFailedError, match="WORKER_ERROR") as caught:
            await wait(job.save(tmp_path / "none.png"))
        assert caught.value.retryable
        assert await wait(client.balance()) == before
        assert list(tmp_path.iterdir()) == []

    run_in_both_clients(emulator, use)


def test_the_services_refusals_name_the_field(emulator, run_in_both_clients):
    async def use(client, wait):
        with pytest.raises(ValidationError) as caught:
            await wait(client.images.generate(width=99, height=512, **{**FLUX, "steps": 99}))
        assert set(caught.value.errors) == {"width", "steps"}
        with pytest.raises(ValidationError, match="does not exist"):
            await wait(client.images.generate(width=512, height=512, **{**FLUX, "model": "x"}))
        with pytest.raises(ValidationError) as caught:
            await wait(client.images.upscale(image=b"no image", model="RealESRGAN_x4"))
        assert "image" in caught.value.errors
        with pytest.raises(NotFoundError):
            await wait(client.job("00000000-0000-0000-0000-000000000000").status())

    run_in_both_clients(emulator, use)


def test_an_empty_account_is_told_so(emulator, run_in_both_clients):
    emulator.balance = 0.1

    async def use(client, wait):
        with pytest.raises(InsufficientBalanceError):
            await wait(client.images.generate(width=512, height=512, **FLUX))

    run_in_both_clients(emulator, use)


def test_a_body_beyond_the_limit_is_too_large(emulator, run_in_both_clients, tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as handle:
        handle.truncate(76 * 1024 * 1024)

    async def use(client, wait):
        with pytest.raises(PayloadTooLargeError):
            await wait(client.images.upscale(image=path, model="RealESRGAN_x4"))

    run_in_both_clients(emulator, use)


def test_a_job_that_the_edge_lost_is_not_ordered_twice(emulator, run_in_both_clients):
    async def use(client, wait):
        emulator.inject_fault(operation="txt2img", status=502, accepted=True)
        with pytest.raises(ServerError) as caught:
            await wait(client.images.generate(width=256, height=256, **FLUX))
        assert caught.value.possibly_accepted
        assert len(emulator.jobs) == 1

    run_in_both_clients(emulator, use)


def test_a_download_survives_a_cut_and_an_expired_link(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        job = await wait(client.images.generate(width=512, height=512, **FLUX))
        await wait(job.wait())
        emulator.advance(90_000)
        emulator.inject_fault(operation="result", drop=True, after_bytes=5_000)
        with Image.open(await wait(job.save(tmp_path / "fox.png"))) as image:
            image.load()
            assert image.size == (512, 512)

    run_in_both_clients(emulator, use, max_retry_wait=0)


def test_the_key_stays_with_the_api(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        job = await wait(client.images.generate(width=256, height=256, **FLUX))
        await wait(job.save(tmp_path / "fox.png"))

    run_in_both_clients(emulator, use)
    for request in emulator.requests:
        assert ("authorization" in request.headers) == (request.operation != "result")
