"""Make an image and save it. What `make demo` runs.

With DEAPI_API_KEY set the real service makes it, for a fraction of a cent; without, a local
emulator of the service does, and costs nothing.
"""

import os
import sys
from pathlib import Path

from deapi import DeapiClient, JobResult


def progress_bar(state: JobResult) -> None:
    """Draw how far the job is, over the line before."""
    width = 30
    done = round(width * state.progress / 100)
    bar = "#" * done + "." * (width - done)
    end = "\n" if state.status.is_terminal else ""
    print(f"\r  [{bar}] {state.progress:5.1f} %  {state.status.value:<10}", end=end, flush=True)


def make_image(client: DeapiClient, path: Path) -> None:
    """Ask what an image costs, make it, and save it."""
    prompt, model, size = "a lighthouse at dawn, watercolour", "Flux1schnell", 768
    price = client.images.generate_price(
        prompt=prompt, model=model, width=size, height=size, steps=4, seed=42
    ).price
    job = client.images.generate(
        prompt=prompt, model=model, width=size, height=size, steps=4, seed=42
    )
    print(f"Job {job.request_id}")
    job.save(path, on_update=progress_bar)
    print(f"Saved {path.resolve()} ({path.stat().st_size:,} bytes). It cost ${price:.5f}.")
    print(f"The balance is now ${client.balance().balance:.5f}.")


def main() -> None:
    """Use the real service if there is a key for it, else the emulator."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "demo.png")
    if os.environ.get("DEAPI_API_KEY"):
        print("Using the real service, as DEAPI_API_KEY is set.")
        with DeapiClient() as client:
            make_image(client, path)
    else:
        from deapi.emulator import Emulator

        print("Using the emulator. Set DEAPI_API_KEY to use the real service.")
        with Emulator(speed=1) as emulator, emulator.client() as client:
            make_image(client, path)


if __name__ == "__main__":
    main()
