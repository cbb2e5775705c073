"""Generate a video from text and print its progress.

    python examples/generate_video.py "waves against a pier, slow motion" waves.mp4

DEAPI_API_KEY must be set.
"""

import sys

from deapi import DeapiClient, JobResult


def print_progress(result: JobResult) -> None:
    """Print the current status of the job."""
    print(f"{result.status.value}: {result.progress:.0f} %")


def main() -> None:
    """Generate the video."""
    prompt = sys.argv[1] if len(sys.argv) > 1 else "waves against a pier, slow motion"
    path = sys.argv[2] if len(sys.argv) > 2 else "video.mp4"
    with DeapiClient() as client:
        job = client.video.generate(
            prompt=prompt,
            model="Ltxv_13B_0_9_8_Distilled_FP8",
            width=512,
            height=512,
            frames=60,
            fps=30,
            steps=1,
            guidance=0,
            seed=-1,
        )
        print(f"Saved {job.save(path, max_wait=900, on_update=print_progress)}")


if __name__ == "__main__":
    main()
