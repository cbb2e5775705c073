"""Extract the text from an image.

    python examples/extract_text.py receipt.png

DEAPI_API_KEY must be set. By default the program reads image.png.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Extract the text."""
    image = sys.argv[1] if len(sys.argv) > 1 else "image.png"
    with DeapiClient() as client:
        job = client.ocr.extract(
            image=image, model="Nanonets_Ocr_S_F16", return_result_in_response=True
        )
        print(job.text())


if __name__ == "__main__":
    main()
