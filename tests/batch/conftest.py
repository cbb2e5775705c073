"""Fixtures of the batch tests."""

import pytest

from support.batches import BatchRunner
from support.disks import small_disk


@pytest.fixture(params=["sync", "async"])
def run_batch(request):
    """Run the batch of a program with each client."""
    return BatchRunner(request.param)


@pytest.fixture
def disk(tmp_path):
    """A small disk, which can be filled."""
    directory = tmp_path / "disk"
    directory.mkdir()
    with small_disk(directory) as disk:
        yield disk
