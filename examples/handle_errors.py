"""Tell apart what can go wrong, and what to do about it.

    python examples/handle_errors.py 512
    python examples/handle_errors.py 99     # refused: the model makes no image that narrow

DEAPI_API_KEY has to be set. The argument is the image's width.
"""

import sys

import deapi


def main() -> int:
    """Make an image, and explain a failure."""
    width = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    try:
        with deapi.DeapiClient() as client:
            job = client.images.generate(
                prompt="a fox", model="Flux1schnell", width=width, height=512, steps=4, seed=1
            )
            print(f"Saved {job.save('fox.png')}")
    except deapi.InsufficientBalanceError:
        print("Top up first.")
    except deapi.ValidationError as error:
        print("Correct the arguments:", error.errors)
    except deapi.RateLimitError as error:
        print(f"Come back in {error.retry_after:.0f} s: the {error.limit_type} quota is used up.")
    except deapi.JobTimeoutError as error:
        print(f"Not done yet. Take it up again later: client.job({error.request_id!r})")
    except deapi.JobFailedError as error:
        print("The job failed;", "try again." if error.retryable else "change it first.", error)
    except deapi.DeapiError as error:
        print(error)
        if error.possibly_accepted:
            print("The job may exist and be charged. Look at the balance before you repeat it.")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
