"""Running a batch with either client."""

import asyncio
from dataclasses import dataclass, field

FLUX = {"model": "Flux1schnell", "width": 256, "height": 256, "steps": 4}


@dataclass
class Outcome:
    """What a run did: the items that it yielded, all items, the summary, and the exception.

    ``unsettled`` is that of the client.
    """

    finished: list = field(default_factory=list)
    items: list = field(default_factory=list)
    summary: object = None
    error: BaseException | None = None
    unsettled: tuple = ()

    def states(self):
        return [item.state for item in self.items]


class BatchRunner:
    """Runs the batch of a program with a sync or an async client."""

    def __init__(self, client_type):
        self.client_type = client_type

    def __call__(
        self, emulator, plan, path=None, *, run=None, client=None, on_item=None, **options
    ):
        """Run a batch.

        Args:
            emulator: The emulator.
            plan: Plans the items of a batch.
            path: Path of the journal.
            run: Arguments of ``run()``.
            client: Arguments of the client.
            on_item: Called with each item.
            options: Arguments of ``client.batch()``.
        """
        outcome = Outcome()

        def add(item):
            outcome.finished.append(item)
            if on_item is not None:
                on_item(item)

        def end(deapi, batch):
            outcome.unsettled = deapi.unsettled
            outcome.items = batch.items()
            outcome.summary = batch.summary()

        def run_sync():
            with emulator.client(**(client or {})) as deapi, deapi.batch(path, **options) as batch:
                plan(batch)
                try:
                    for item in batch.run(**(run or {})):
                        add(item)
                except Exception as error:  # noqa: BLE001 - tests compare it
                    outcome.error = error
                end(deapi, batch)

        async def run_async():
            async with (
                emulator.async_client(**(client or {})) as deapi,
                deapi.batch(path, **options) as batch,
            ):
                plan(batch)
                try:
                    async for item in batch.run(**(run or {})):
                        add(item)
                except Exception as error:  # noqa: BLE001 - tests compare it
                    outcome.error = error
                end(deapi, batch)

        if self.client_type == "async":
            asyncio.run(run_async())
        else:
            run_sync()
        return outcome


def plan_foxes(count, directory=None, **arguments):
    """Return a function that plans images."""

    def plan(batch):
        for number in range(count):
            item = batch.images.generate(prompt=f"fox {number}", **{**FLUX, "seed": 1, **arguments})
            item.key(f"fox-{number}")
            if directory is not None:
                item.save(directory / f"{number}.png")

    return plan


def submissions(emulator):
    """Return the requests that submitted images."""
    return [each for each in emulator.requests if each.path.endswith("txt2img")]


def prices(emulator):
    """Return the requests for prices of images."""
    return [each for each in emulator.requests if each.path.endswith("price-calculation")]
