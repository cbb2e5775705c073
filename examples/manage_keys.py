"""Manage the API keys of your account. This costs nothing.

    python examples/manage_keys.py list
    python examples/manage_keys.py create thumbnails --limit 5 --every daily --days 90
    python examples/manage_keys.py rotate 43 --days 90  # a new key like it; the old one stays
    python examples/manage_keys.py revoke 43
    python examples/manage_keys.py usage

DEAPI_API_KEY has to be an ADMIN key, from the dashboard. The keys that this makes are API keys, for
services: they make things, but see neither the balance nor other keys.
"""

import argparse
import sys
from datetime import datetime, timedelta, timezone

from deapi import DeapiClient, PermissionDeniedError
from deapi.types import NewApiKey


def hand_over(key: NewApiKey) -> None:
    """Print a new key. The service never shows it again."""
    print(f"Key {key.id}, {key.name}. Keep it safe, it is shown this one time:")
    print(key.secret)


def list_keys(client: DeapiClient) -> None:
    """Print a line for each key."""
    for key in client.keys.iterate():
        limit = "no limit"
        if key.limit is not None:
            limit = f"${key.limit_used or 0:.2f} of ${key.limit:.2f} ({key.reset_interval})"
        print(f"{key.id:6} {key.role or '':6} {key.status or '':8} {key.name:20} {limit}")


def end_after(days: int) -> datetime:
    """When a key ends that is made now."""
    return datetime.now(timezone.utc) + timedelta(days=days)


def create(client: DeapiClient, name: str, limit: float, every: str, days: int) -> None:
    """Make a key for a service."""
    hand_over(
        client.keys.create(name=name, limit=limit, reset_interval=every, expires_at=end_after(days))
    )


def rotate(client: DeapiClient, number: int, days: int) -> None:
    """Make a key that may do what another may. Revoke that one when nobody uses it any more."""
    old = client.keys.get(number)
    hand_over(
        client.keys.create(
            name=old.name,
            limit=old.limit,
            reset_interval=old.reset_interval,
            ip_whitelist=old.ip_whitelist,
            expires_at=end_after(days),
        )
    )
    print(f"Change over to it, then: manage_keys.py revoke {old.id}")


def usage(client: DeapiClient) -> None:
    """Print what was spent with each key in the last seven days."""
    report = client.account.usage(group_by="key")
    for group in report.groups:
        cost = f"${group.cost:.5f} for {group.requests} requests"
        print(f"{group.key:>6} {group.name or '':20} {cost}")
    print(f"${report.totals.cost:.5f} in all")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Manage the API keys of your account.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    commands.add_parser("usage")
    new = commands.add_parser("create")
    new.add_argument("name")
    new.add_argument("--limit", type=float, default=5.0, help="US dollars that it may spend")
    new.add_argument("--every", default="daily", help="none, daily, weekly or monthly")
    again = commands.add_parser("rotate")
    again.add_argument("id", type=int)
    for command in (new, again):
        command.add_argument("--days", type=int, default=90, help="how long it lasts")
    commands.add_parser("revoke").add_argument("id", type=int)
    return parser.parse_args()


def main() -> int:
    """Do what the command line says."""
    given = arguments()
    try:
        with DeapiClient(api_version="v2") as client:
            if given.command == "list":
                list_keys(client)
            elif given.command == "create":
                create(client, given.name, given.limit, given.every, given.days)
            elif given.command == "rotate":
                rotate(client, given.id, given.days)
            elif given.command == "revoke":
                print(f"Key {client.keys.update(given.id, active=False).id} is revoked.")
            else:
                usage(client)
    except PermissionDeniedError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
