"""Take a job up again after a crash, instead of paying for it twice.

    python examples/resume_job.py job.txt

DEAPI_API_KEY has to be set. The job's id is kept in the file until its result is saved. Stop the
program while it waits, start it again, and it goes on with the same job.
"""

import sys
from pathlib import Path

from deapi import DeapiClient


def main() -> None:
    """Go on with the job in the file, or submit one."""
    note = Path(sys.argv[1] if len(sys.argv) > 1 else "job.txt")
    with DeapiClient() as client:
        if note.exists():
            job = client.job(note.read_text().strip())
            print(f"Taking up {job.request_id}")
        else:
            job = client.images.generate(
                prompt="a harbour at night",
                model="Flux1schnell",
                width=768,
                height=768,
                steps=4,
                seed=-1,
            )
            note.write_text(job.request_id)
            print(f"Submitted {job.request_id}")
        print(f"Saved {job.save('harbour.png')}")
    note.unlink()


if __name__ == "__main__":
    main()
