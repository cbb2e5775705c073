"""Handle the exceptions that a call can raise.

    python examples/handle_errors.py 512
    python examples/handle_errors.py 99     # invalid: below the minimum width of the model

DEAPI_API_KEY must be set. The argument is the width of the image in pixels.
"""

import sys

import deapi


def main() -> int:
    """Generate an image, or print why it failed."""
    width = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    try:
        with deapi.DeapiClient() as client:
            job = client.images.generate(
                prompt="a fox", model="Flux1schnell", width=width, height=512, steps=4, seed=1
            )
            print(f"Saved {job.save('fox.png')}")
    except deapi.InsufficientBalanceError:
        print("The balance is too low. Top up first.")
    except deapi.ValidationError as error:
        print("Invalid arguments:", error.errors)
    except deapi.RateLimitError as error:
        print(f"Retry in {error.retry_after:.0f} s: the {error.limit_type} rate limit is exceeded.")
    except deapi.JobTimeoutError as error:
        print(f"Still running. Resume the job later: client.job({error.request_id!r})")
    except deapi.JobFailedError as error:
        advice = "Submit it again." if error.retryable else "Change the arguments first."
        print("The job failed.", advice, error)
    except deapi.DeapiError as error:
        print(error)
        if error.possibly_accepted:
            print(
                "The job may exist and be charged. Check your balance before you submit it again."
            )
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
