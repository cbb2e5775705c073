"""The endpoints of the account and its keys, which came with key roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from deapi.emulator import errors
from deapi.emulator.account import key_fields
from deapi.emulator.account import rate_limit_table as quota_table
from deapi.emulator.account.payments import Payment
from deapi.emulator.account.usage import CURRENCY, GROUPS, period_of, summary
from deapi.emulator.api.auth import admit
from deapi.emulator.api.pagination import page_of
from deapi.emulator.api.request_body import cleaned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deapi.emulator.account.keys import Key
    from deapi.emulator.api.endpoint import Call

_AUTO_TOP_UP: Mapping[str, Any] = {"enabled": False, "threshold": 2.0, "amount": None}


@dataclass(frozen=True)
class AccountEndpoint:
    """A path of the account, and what answers there.

    Attributes:
        path: Path below the version's prefix; also the operation's name and its quota's.
        handlers: What answers each method, given the call and its key.
        admins_only: Whether it takes an ADMIN key.
    """

    path: str
    handlers: Mapping[str, Callable[[Call, Key], Response]]
    admins_only: bool = True

    @property
    def methods(self) -> tuple[str, ...]:
        """The HTTP methods that it serves."""
        first, *others = self.handlers
        return (first, "HEAD", *others)

    async def answer(self, call: Call) -> Response:
        """Answer a call."""
        key = admit(call, self.path, admins_only=self.admins_only)
        method = call.request.method
        return self.handlers["GET" if method == "HEAD" else method](call, key)


def _account(call: Call, _key: Key) -> Response:
    settings = {"currency": CURRENCY, "auto_top_up": dict(_AUTO_TOP_UP)}
    return JSONResponse({"data": {"balance": call.platform.balance, **settings}})


def _account_usage(call: Call, _key: Key) -> Response:
    platform = call.platform
    period = period_of(cleaned(call.query), (*GROUPS, "key"), platform.clock.now())
    body = summary(platform.usage.entries, period, platform.keys.names())
    return JSONResponse({"data": body})


def _payments(call: Call, _key: Key) -> Response:
    newest_first = call.platform.payments[::-1]
    return JSONResponse(page_of(newest_first, Payment.as_json, call.query, call.url))


def _key_answer(call: Call, key: Key) -> Response:
    return JSONResponse({"data": call.platform.keys.as_json(key)})


def _usage_answer(call: Call, key: Key) -> Response:
    platform = call.platform
    period = period_of(cleaned(call.query), GROUPS, platform.clock.now())
    entries = [entry for entry in platform.usage.entries if entry.key == key.id]
    return JSONResponse({"data": summary(entries, period)})


def _keys(call: Call, _key: Key) -> Response:
    keys = call.platform.keys
    return JSONResponse(page_of(keys.newest_first(), keys.as_json, call.query, call.url))


def _create_key(call: Call, _key: Key) -> Response:
    platform = call.platform
    wait = platform.quotas.hold_back("key-creation", quota_table.KEY_CREATIONS)
    if wait:
        raise errors.held_back("key-creation", wait)
    created = platform.keys.create(*key_fields.creation(call.body.values))
    body = {**platform.keys.as_json(created), "secret": created.secret}
    return JSONResponse({"data": body}, 201)


def _named_key(call: Call, _key: Key) -> Response:
    return _key_answer(call, _named(call))


def _change_key(call: Call, _key: Key) -> Response:
    named = _named(call)
    call.platform.keys.change(named, key_fields.changes(call.body.values))
    return _key_answer(call, named)


def _delete_key(call: Call, _key: Key) -> Response:
    _named(call).deleted = True
    return Response(status_code=204)


def _named_key_usage(call: Call, _key: Key) -> Response:
    return _usage_answer(call, _named(call))


def _named(call: Call) -> Key:
    return call.platform.keys.find(call.request.path_params["id"])


ACCOUNT_ENDPOINTS = (
    AccountEndpoint("account", {"GET": _account}),
    AccountEndpoint("account/usage", {"GET": _account_usage}),
    AccountEndpoint("account/payments", {"GET": _payments}),
    AccountEndpoint("key", {"GET": _key_answer}, admins_only=False),
    AccountEndpoint("key/usage", {"GET": _usage_answer}, admins_only=False),
    AccountEndpoint("keys", {"GET": _keys, "POST": _create_key}),
    AccountEndpoint("keys/{id}", {"GET": _named_key, "PATCH": _change_key, "DELETE": _delete_key}),
    AccountEndpoint("keys/{id}/usage", {"GET": _named_key_usage}),
)
"""All of them."""
