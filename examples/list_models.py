"""List the models that your account can use, and their tasks.

    python examples/list_models.py
    python examples/list_models.py txt2img img2img

DEAPI_API_KEY must be set. The arguments are inference types. Without arguments, all models are
listed.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """List the models."""
    with DeapiClient() as client:
        for model in client.models.iterate(inference_types=sys.argv[1:] or None):
            print(f"{model.slug or '-':34} {', '.join(model.inference_types)}")


if __name__ == "__main__":
    main()
