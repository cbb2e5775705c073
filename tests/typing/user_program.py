# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""A user program for mypy --strict and pyright strict. It is never run.

The ignored lines are mistakes that both must report: an unused ignore comment is an error.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from deapi import (
    NOT_GIVEN,
    AsyncDeapiClient,
    AsyncJob,
    Balance,
    DeapiClient,
    FileInput,
    Job,
    JobResult,
    JobStatus,
    NotGiven,
    PriceResult,
    RateLimit,
)
from deapi.types import (
    ApiKey,
    Billing,
    ModelInfo,
    NewApiKey,
    Payment,
    SourceMetadata,
    Usage,
    VideoDescription,
)
from deapi.types.v1 import LoraWeight


def synchronous(client: DeapiClient) -> None:
    assert_type(client.balance(), Balance)
    job = client.images.generate(
        prompt="a fox", model="Flux1schnell", width=512, height=512, seed=1, steps=4
    )
    assert_type(job, Job)
    assert_type(job.request_id, str)
    assert_type(job.status(), JobResult)
    result = job.wait(max_wait=10, on_update=lambda state: print(state.progress))
    assert_type(result, JobResult)
    assert_type(result.status, JobStatus)
    assert_type(result.result_url, str | None)
    assert_type(result.results_alt_formats, dict[str, str] | None)
    assert_type(result.raise_for_error(), JobResult)
    assert_type(job.is_done(), bool)
    assert_type(job.updates(), Iterator[JobResult])
    assert_type(job.save("fox.png"), Path)
    weights = [{"name": "style", "weight": 0.5}]
    price = client.images.generate_price(
        prompt="a fox", model="Flux1schnell", width=512, height=512, seed=1, loras=weights
    )
    assert_type(price, PriceResult)
    with Path("fox.png").open("rb") as handle:
        several: list[FileInput] = [Path("fox.png"), b"bytes", handle]
        client.images.transform(
            prompt="at night",
            model="Flux_2_Klein_4B_BF16",
            steps=4,
            seed=1,
            images=several,
            loras=[LoraWeight(name="style", weight=0.5)],
        )
    assert_type(client.with_options(timeout=5).job("id"), Job)
    assert_type(
        client.transcription.from_audio_file_price(include_ts=True, model="m", duration_seconds=5),
        PriceResult,
    )
    assert_type(client.embeddings.create(input=["a", "b"], model="m"), Job)
    assert_type(result.embeddings(), list[list[float]])
    assert_type(result.transcript().segments[0].start, float)
    assert_type(client.prompts.enhance_image(prompt="a fox").prompt, str)
    assert_type(client.models.list().data[0].specs, dict[str, Any] | None)
    assert_type(client.models.iterate(), Iterator[ModelInfo])
    assert_type(client.prompts.enhance(type="t", model="m", prompt="a fox").prompt, str)
    assert_type(client.video.describe(model="m", video_url="https://example.com/a"), Job)
    assert_type(result.description(), VideoDescription)
    assert_type(result.source_metadata(), SourceMetadata | None)
    assert_type(result.preview_image(), bytes | None)
    assert_type(client.account.billing(), Billing)
    assert_type(client.account.usage(group_by="model"), Usage)
    assert_type(client.account.payments().data, list[Payment])
    assert_type(client.account.iterate_payments(), Iterator[Payment])
    assert_type(client.current_key.get(), ApiKey)
    assert_type(client.keys.create(name="ci", limit=5).secret, str)
    assert_type(client.keys.update(7, limit=None), ApiKey)
    assert_type(client.keys.delete(7), None)
    assert_type(client.keys.iterate(), Iterator[ApiKey])
    assert_type(client.rate_limits, dict[str, RateLimit])
    client.images.upscale(image="fox.png")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.images.upscale(image=1, model="m")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def forwards_not_given(client: DeapiClient, limit: float | NotGiven | None = NOT_GIVEN) -> None:
    """A wrapper of `keys.update()` can forward an omitted argument."""
    client.keys.update(7, active=True, limit=limit)


async def asynchronous(client: AsyncDeapiClient) -> None:
    assert_type(await client.balance(), Balance)
    job = await client.images.upscale(image="fox.png", model="RealESRGAN_x4")
    assert_type(job, AsyncJob)
    assert_type(await job.wait(), JobResult)
    assert_type(await job.is_error(), bool)
    assert_type(job.updates(), AsyncIterator[JobResult])
    assert_type(await job.save("fox.png"), Path)
    assert_type(await client.images.upscale_price(model="m", width=1, height=1), PriceResult)
    assert_type(client.job("id"), AsyncJob)
    assert_type((await client.models.get("Flux1schnell")).inference_types, list[str])
    assert_type(client.models.iterate(), AsyncIterator[ModelInfo])
    assert_type(await client.video.upscale(video="clip.mp4", model="m"), AsyncJob)
    assert_type((await client.prompts.samples(type="image")).prompt, str)
    assert_type((await client.account.billing()).balance, float)
    assert_type(client.account.iterate_payments(), AsyncIterator[Payment])
    assert_type(await client.current_key.usage(), Usage)
    assert_type(await client.keys.create(name="ci"), NewApiKey)
    assert_type(client.keys.iterate(), AsyncIterator[ApiKey])
    assert_type(
        await client.prompts.enhance_price(type="t", model="m", prompt="a fox"), PriceResult
    )
    await client.keys.delete(7)
    client.keys.delete(7)  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    client.images.upscale(image="fox.png", model="m")  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    job.wait()  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    client.images.upscale(image="fox.png", model="m").request_id  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
