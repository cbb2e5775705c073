"""Kill a long batch at random times: ``make soak``.

python tests/soak.py --count 10000 --kills 25 --seed 1
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

from support.batch_kills import soak  # noqa: E402


def main():
    """Run the soak test, and print the number of items by state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="number of items")
    parser.add_argument("--kills", type=int, default=25, help="number of kills")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random times")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    with tempfile.TemporaryDirectory() as directory:
        states = soak(
            Path(directory), count=arguments.count, kills=arguments.kills, seed=arguments.seed
        )
    print(dict(states))


if __name__ == "__main__":
    main()
