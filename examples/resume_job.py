"""Resume a job after a crash instead of paying for it twice.

    python examples/resume_job.py job.txt

DEAPI_API_KEY must be set. The file contains the job's ID until the result is saved. If you stop the
program while it waits and start it again, it resumes the same job.
"""

import sys
from pathlib import Path

from deapi import DeapiClient


def main() -> None:
    """Resume the job in the file, or submit a new one."""
    id_file = Path(sys.argv[1] if len(sys.argv) > 1 else "job.txt")
    with DeapiClient() as client:
        if id_file.exists():
            job = client.job(id_file.read_text().strip())
            print(f"Resuming {job.request_id}")
        else:
            job = client.images.generate(
                prompt="a harbour at night",
                model="Flux1schnell",
                width=768,
                height=768,
                steps=4,
                seed=-1,
            )
            id_file.write_text(job.request_id)
            print(f"Submitted {job.request_id}")
        print(f"Saved {job.save('harbour.png')}")
    id_file.unlink()


if __name__ == "__main__":
    main()
