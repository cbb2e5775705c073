"""Generate an image and save it. `make demo` runs this program.

If DEAPI_API_KEY is set, the program uses the real service, which costs a fraction of a cent.
Otherwise it uses a local emulator, which costs nothing.
"""

import os
import sys
from pathlib import Path

from deapi import DeapiClient, JobResult


def progress_bar(result: JobResult) -> None:
    """Print a progress bar on the current line."""
    width = 30
    done = round(width * result.progress / 100)
    bar = "#" * done + "." * (width - done)
    end = "\n" if result.status.is_terminal else ""
    print(f"\r  [{bar}] {result.progress:5.1f} %  {result.status.value:<10}", end=end, flush=True)


def generate_image(client: DeapiClient, path: Path) -> None:
    """Get the price of an image, then generate and save it."""
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
    """Use the real service if an API key is set, otherwise the emulator."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "demo.png")
    if os.environ.get("DEAPI_API_KEY"):
        print("Using the real service because DEAPI_API_KEY is set.")
        with DeapiClient() as client:
            generate_image(client, path)
    else:
        from deapi.emulator import Emulator

        print("Using the emulator. Set DEAPI_API_KEY to use the real service.")
        with Emulator(speed=1) as emulator, emulator.client() as client:
            generate_image(client, path)


if __name__ == "__main__":
    main()
