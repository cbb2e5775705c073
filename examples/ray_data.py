"""Generate an image for each row of a Ray dataset, with one client per actor.

    pip install deapi-python-sdk 'ray[data]'
    python examples/ray_data.py fox owl hare

DEAPI_API_KEY must be set on every node. Ray runs a task again if its actor dies, or if a dataset is
used twice. So the jobs are submitted in a stage that never runs twice, and saved in another one,
which costs nothing. Only the IDs of the jobs travel between them.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from deapi import DeapiClient, DeapiError

Batch = dict[str, np.ndarray[Any, Any]]


class Submit:
    """Submits a job for each row, and adds its ID. Ray creates one instance per actor."""

    def __init__(self) -> None:
        self.client = DeapiClient()  # here, because a client cannot be pickled

    def __call__(self, batch: Batch) -> Batch:
        """Add the columns ``request_id`` and ``error``."""
        submitted = [self.submit(animal) for animal in batch["animal"]]
        request_ids, errors = zip(*submitted, strict=True)
        return {**batch, "request_id": np.array(request_ids), "error": np.array(errors)}

    def submit(self, animal: str) -> tuple[str, str]:
        """Return the ID of the job of one row, or why there is none: other rows have been paid."""
        try:
            job = self.client.images.generate(
                prompt=f"a {animal} in ink",
                model="Flux1schnell",
                width=512,
                height=512,
                steps=4,
                seed=1,
            )
        except DeapiError as error:
            return "", str(error)
        return job.request_id, ""


class Save:
    """Saves the results of the jobs."""

    def __init__(self, directory: str) -> None:
        self.client = DeapiClient()
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)

    def __call__(self, batch: Batch) -> Batch:
        """Add the column ``path``. An error of a row is in its ``error``, and the path is empty."""
        rows = zip(batch["request_id"], batch["error"], strict=True)
        paths, errors = zip(*(self.save(*map(str, row)) for row in rows), strict=True)
        return {**batch, "path": np.array(paths), "error": np.array(errors)}

    def save(self, request_id: str, error: str) -> tuple[str, str]:
        """Return the path of the result of one row, and the error."""
        if error:
            return "", error
        try:
            path = self.client.job(request_id).save(self.directory / f"{request_id}.png")
        except DeapiError as failure:
            return "", str(failure)
        return str(path), ""


def main() -> None:
    """Generate the images, and print where they are."""
    import ray

    rows = [{"animal": animal} for animal in sys.argv[1:] or ["fox", "owl", "hare"]]
    actors = ray.data.ActorPoolStrategy(size=1)
    submitted = (
        ray.data.from_items(rows)
        .map_batches(Submit, batch_size=16, compute=actors, max_restarts=0)
        .materialize()  # once; write_parquet() keeps the IDs after the end of this program
    )
    saved = submitted.map_batches(
        Save, batch_size=16, compute=actors, fn_constructor_args=[str(Path("images").absolute())]
    )
    for row in saved.take_all():
        print(row["animal"], row["path"] or row["error"])


if __name__ == "__main__":
    main()
