"""The command `python -m deapi.emulator`: run an emulator in the foreground until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import TYPE_CHECKING

from deapi.emulator import Emulator
from deapi.emulator.emulator import DEFAULT_API_KEY, PLANS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an emulator until it is interrupted, and return the exit code."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    try:
        emulator = Emulator(**options)
    except ValueError as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with emulator:
            sys.stdout.write(
                f"deAPI emulator on {emulator.url}. Press Ctrl-C to stop.\n"
                f"export DEAPI_BASE_URL={emulator.url}\n"
                f"export DEAPI_API_KEY='{emulator.api_key}'\n"
            )
            sys.stdout.flush()
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        sys.stderr.write(f"The emulator cannot listen on this host and port: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deapi.emulator",
        description="Run a local server that behaves like deAPI.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="hostname or IP address to listen on")
    add("--port", type=int, default=8787, help="port to listen on; 0 picks a free one")
    add("--speed", type=float, default=10.0, help="emulated seconds per real second")
    add(
        "--polls-per-state",
        type=int,
        help="advance a job after this many status requests instead of with the clock",
    )
    add("--plan", choices=PLANS, default="unlimited", help="plan whose rate limits apply")
    add("--balance", type=float, default=100.0, help="initial balance in USD")
    add("--api-key", default=DEFAULT_API_KEY, help="API key of the account")
    add(
        "--link-lifetime",
        type=float,
        default=86400.0,
        help="emulated seconds until result links expire",
    )
    add("--legacy-prompts", action="store_true", help="serve the removed v1 prompt endpoints")
    add("--webhook-url", help="URL that receives the account's webhooks")
    add("--webhook-secret", help="secret used to sign the account's webhooks")
    add(
        "--allow-http-webhooks",
        action="store_true",
        help="accept http:// webhook URLs on this machine",
    )
    add(
        "--allow-remote-webhooks",
        action="store_true",
        help="send webhooks to other machines as well",
    )
    return parser


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
