"""Manage the API keys of your account. This costs nothing.

    python examples/manage_keys.py list
    python examples/manage_keys.py create thumbnails --limit 5 --reset-interval daily --days 90
    python examples/manage_keys.py rotate 43 --days 90  # create a copy of key 43
    python examples/manage_keys.py revoke 43
    python examples/manage_keys.py usage

DEAPI_API_KEY must be an ADMIN key from the dashboard. The program creates API keys for services.
These can submit jobs, but cannot read the balance or other keys.
"""

import argparse
import sys
from datetime import datetime, timedelta, timezone

from deapi import DeapiClient, PermissionDeniedError
from deapi.types import NewApiKey


def print_new_key(key: NewApiKey) -> None:
    """Print a new key. The service does not return its secret again."""
    print(f"Key {key.id}, {key.name}. Store the secret now. It is shown only once:")
    print(key.secret)


def list_keys(client: DeapiClient) -> None:
    """Print a line for each key."""
    for key in client.keys.iterate():
        limit = "no limit"
        if key.limit is not None:
            limit = f"${key.limit_used or 0:.2f} of ${key.limit:.2f} ({key.reset_interval})"
        print(f"{key.id:6} {key.role or '':6} {key.status or '':8} {key.name:20} {limit}")


def expiry(days: int) -> datetime:
    """Return the expiry date of a key that is created now."""
    return datetime.now(timezone.utc) + timedelta(days=days)


def create(client: DeapiClient, arguments: argparse.Namespace) -> None:
    """Create a key for a service."""
    print_new_key(
        client.keys.create(
            name=arguments.name,
            limit=arguments.limit,
            reset_interval=arguments.reset_interval,
            expires_at=expiry(arguments.days),
        )
    )


def rotate(client: DeapiClient, key_id: int, days: int) -> None:
    """Create a key with the restrictions of another key. Revoke the old key when it is unused."""
    old = client.keys.get(key_id)
    print_new_key(
        client.keys.create(
            name=old.name,
            limit=old.limit,
            reset_interval=old.reset_interval,
            ip_whitelist=old.ip_whitelist,
            expires_at=expiry(days),
        )
    )
    print(f"Deploy the new key, then run: manage_keys.py revoke {old.id}")


def usage(client: DeapiClient) -> None:
    """Print the cost of each key in the last seven days."""
    report = client.account.usage(group_by="key")
    for group in report.groups:
        cost = f"${group.cost:.5f} for {group.requests} requests"
        print(f"{group.key:>6} {group.name or '':20} {cost}")
    print(f"${report.totals.cost:.5f} in total")


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Manage the API keys of your account.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    commands.add_parser("usage")
    create_parser = commands.add_parser("create")
    create_parser.add_argument("name")
    create_parser.add_argument("--limit", type=float, default=5.0, help="spend limit in US dollars")
    create_parser.add_argument(
        "--reset-interval", default="daily", help="none, daily, weekly or monthly"
    )
    rotate_parser = commands.add_parser("rotate")
    rotate_parser.add_argument("id", type=int)
    for command in (create_parser, rotate_parser):
        command.add_argument("--days", type=int, default=90, help="lifetime of the key in days")
    commands.add_parser("revoke").add_argument("id", type=int)
    return parser.parse_args()


def main() -> int:
    """Run the command."""
    arguments = parse_arguments()
    try:
        with DeapiClient(api_version="v2") as client:
            if arguments.command == "list":
                list_keys(client)
            elif arguments.command == "create":
                create(client, arguments)
            elif arguments.command == "rotate":
                rotate(client, arguments.id, arguments.days)
            elif arguments.command == "revoke":
                print(f"Key {client.keys.update(arguments.id, active=False).id} is revoked.")
            else:
                usage(client)
    except PermissionDeniedError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
