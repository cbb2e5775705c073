"""Fixtures of the batch tests."""

import pytest

from support.batches import BatchRunner


@pytest.fixture(params=["sync", "async"])
def run_batch(request):
    """Run the batch of a program with each client."""
    return BatchRunner(request.param)
