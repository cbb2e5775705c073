"""Rank texts by their similarity to a query.

    python examples/embed.py "how do I get my money back?" "Refunds" "Opening hours" "Parking"

DEAPI_API_KEY must be set.
"""

import math
import sys

from deapi import DeapiClient

QUERY = "Where can I leave my bicycle?"
TEXTS = ["You may leave your bicycle in the yard.", "We open at nine.", "Breakfast is at eight."]


def cosine(a: list[float], b: list[float]) -> float:
    """Return the cosine similarity: 1 for the same direction, 0 for unrelated vectors."""
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def main() -> None:
    """Rank the texts."""
    query = sys.argv[1] if len(sys.argv) > 1 else QUERY
    texts = sys.argv[2:] or TEXTS
    with DeapiClient() as client:
        job = client.embeddings.create(
            input=[query, *texts], model="Bge_M3_FP16", return_result_in_response=True
        )
        query_vector, *vectors = job.embeddings()
    similarities = [cosine(query_vector, vector) for vector in vectors]
    for similarity, text in sorted(zip(similarities, texts, strict=True), reverse=True):
        print(f"{similarity:.3f}  {text}")


if __name__ == "__main__":
    main()
