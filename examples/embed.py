"""Find the text that comes closest to a question.

    python examples/embed.py "how do I get my money back?" "Refunds" "Opening hours" "Parking"

DEAPI_API_KEY has to be set.
"""

import math
import sys

from deapi import DeapiClient

QUESTION = "Where can I leave my bicycle?"
TEXTS = ["You may leave your bicycle in the yard.", "We open at nine.", "Breakfast is at eight."]


def cosine(a: list[float], b: list[float]) -> float:
    """How alike two vectors are: 1 for the same direction, 0 for nothing in common."""
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def main() -> None:
    """Rank the texts."""
    question = sys.argv[1] if len(sys.argv) > 1 else QUESTION
    texts = sys.argv[2:] or TEXTS
    with DeapiClient() as client:
        job = client.embeddings.create(
            input=[question, *texts], model="Bge_M3_FP16", return_result_in_response=True
        )
        asked, *vectors = job.wait().embeddings()
    ranked = sorted(zip(vectors, texts, strict=True), key=lambda pair: -cosine(asked, pair[0]))
    for vector, text in ranked:
        print(f"{cosine(asked, vector):.3f}  {text}")


if __name__ == "__main__":
    main()
