"""The command `python -m deapi.emulator`: run an emulator in the foreground until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

try:
    from . import Emulator
except ModuleNotFoundError as missing:
    if __name__ != "__main__":
        raise
    sys.stderr.write(f"{missing}\n")
    sys.exit(2)
from .emulator import DEFAULT_API_KEY, PLANS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

_SLEEP_SECONDS = 3600.0


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
                f"{export_commands(emulator)}\n"
            )
            sys.stdout.flush()
            while True:
                time.sleep(_SLEEP_SECONDS)  # on Windows, Ctrl-C does not interrupt other waits
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        host, port = options["host"], options["port"]
        sys.stderr.write(f"The emulator cannot listen on host {host}, port {port}: {error}\n")
        return 1


def export_commands(emulator: Emulator) -> str:
    """Return the shell commands after which clients without arguments use an emulator."""
    variables = {
        "DEAPI_BASE_URL": emulator.url,
        "DEAPI_API_KEY": emulator.api_key,
        "DEAPI_CLIENT_ID": emulator.client_id,
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deapi.emulator",
        usage="%(prog)s [options]",
        description="Run a local server that behaves like deAPI, until Ctrl-C. "
        "Durations are emulated seconds, of which --speed pass in one real second.",
    )

    def add(name: str, text: str, **options: Any) -> None:
        if options.get("default"):
            text += " (default: %(default)s)"
        parser.add_argument(name, help=text, **options)

    add("--host", "hostname or IP address to listen on", default="127.0.0.1")
    add("--port", "port to listen on; 0 picks a free one", type=int, default=8787)
    add("--speed", "emulated seconds per real second", type=float, default=10.0, metavar="N")
    add(
        "--polls-per-state",
        "advance a job by one state after N status requests instead of with the clock; "
        "0 finishes jobs at once",
        type=int,
        metavar="N",
    )
    add(
        "--plan",
        "plan whose rate limits apply; 'unlimited' never rejects a request",
        choices=PLANS,
        default="unlimited",
    )
    add("--balance", "initial balance in USD", type=float, default=100.0, metavar="USD")
    add("--api-key", "API key of the account", default=DEFAULT_API_KEY, metavar="KEY")
    add(
        "--link-lifetime",
        "emulated seconds until a link to a result expires",
        type=float,
        default=86400.0,
        metavar="SECONDS",
    )
    add("--legacy-prompts", "serve the removed v1 prompt endpoints", action="store_true")
    add(
        "--webhook-url",
        "URL that receives the webhooks of jobs without a webhook URL",
        metavar="URL",
    )
    add(
        "--webhook-secret",
        "secret that signs the webhooks of jobs without a secret",
        metavar="SECRET",
    )
    add("--allow-http-webhooks", "accept http:// webhook URLs on this machine", action="store_true")
    add(
        "--allowed-host",
        "hostname under which the emulator is reached, beside IP addresses and this machine's "
        "names; may be repeated",
        action="append",
        dest="allowed_hosts",
        default=[],
        metavar="HOST",
    )
    add("--client-id", "ID of the account in the name of its channel", default="42", metavar="ID")
    add("--allow-remote-webhooks", "send webhooks to other machines as well", action="store_true")
    return parser


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
