"""The v2 endpoints of the account and its API keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from .. import errors
from ..account import key_fields, rate_limit_table
from ..account.usage import CURRENCY, GROUPINGS, parse_period, summarize
from .auth import authorize
from .pagination import paginate
from .request_body import trim_strings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..account.keys import Key
    from .context import RequestContext

_AUTO_TOP_UP: Mapping[str, Any] = {"enabled": False, "threshold": 2.0, "amount": None}


@dataclass(frozen=True)
class AccountEndpoint:
    """One path of the account API.

    Attributes:
        path: Path below the version's prefix. It is also the name of the operation and of its
            rate limit.
        handlers: Handler of each HTTP method, called with the request and its API key.
        admin_only: Whether the endpoint requires an ADMIN key.
    """

    path: str
    handlers: Mapping[str, Callable[[RequestContext, Key], Response]]
    admin_only: bool = True

    @property
    def methods(self) -> tuple[str, ...]:
        """The supported HTTP methods."""
        first, *others = self.handlers
        return (first, "HEAD", *others)

    async def handle(self, context: RequestContext) -> Response:
        """Authorize a request and call its handler."""
        key = authorize(context, self.path, admin_only=self.admin_only)
        method = context.request.method
        return self.handlers["GET" if method == "HEAD" else method](context, key)


def _get_account(context: RequestContext, _key: Key) -> Response:
    settings = {"currency": CURRENCY, "auto_top_up": dict(_AUTO_TOP_UP)}
    return JSONResponse({"data": {"balance": context.service.balance, **settings}})


def _get_account_usage(context: RequestContext, _key: Key) -> Response:
    service = context.service
    period = parse_period(trim_strings(context.query), (*GROUPINGS, "key"), service.clock.now())
    body = summarize(service.usage.records, period, service.keys.names())
    return JSONResponse({"data": body})


def _list_payments(context: RequestContext, _key: Key) -> Response:
    return JSONResponse(paginate(context.service.payments, dict, context.query, context.url))


def _get_own_key(context: RequestContext, key: Key) -> Response:
    return JSONResponse({"data": context.service.keys.as_json(key)})


def _get_own_usage(context: RequestContext, key: Key) -> Response:
    service = context.service
    period = parse_period(trim_strings(context.query), GROUPINGS, service.clock.now())
    records = [record for record in service.usage.records if record.key_id == key.id]
    return JSONResponse({"data": summarize(records, period)})


def _list_keys(context: RequestContext, _key: Key) -> Response:
    keys = context.service.keys
    return JSONResponse(paginate(keys.newest_first(), keys.as_json, context.query, context.url))


def _create_key(context: RequestContext, _key: Key) -> Response:
    service = context.service
    limit_type, maximum = "key-creation", rate_limit_table.KEY_CREATIONS
    retry_after = service.rate_limits.count_attempt(limit_type, maximum)
    if retry_after:
        raise errors.attempts_limited(limit_type, retry_after)
    name, restrictions = key_fields.validate_creation(context.body.values)
    key = service.keys.create(name, restrictions)
    body = {**service.keys.as_json(key), "secret": key.secret}
    return JSONResponse({"data": body}, 201)


def _get_key(context: RequestContext, _key: Key) -> Response:
    return _get_own_key(context, _requested_key(context))


def _change_key(context: RequestContext, _key: Key) -> Response:
    key = _requested_key(context)
    context.service.keys.change(key, key_fields.validate_change(context.body.values))
    return _get_own_key(context, key)


def _delete_key(context: RequestContext, _key: Key) -> Response:
    _requested_key(context).deleted = True
    return Response(status_code=204)


def _get_key_usage(context: RequestContext, _key: Key) -> Response:
    return _get_own_usage(context, _requested_key(context))


def _requested_key(context: RequestContext) -> Key:
    return context.service.keys.find(context.request.path_params["id"])


ACCOUNT_ENDPOINTS = (
    AccountEndpoint("account", {"GET": _get_account}),
    AccountEndpoint("account/usage", {"GET": _get_account_usage}),
    AccountEndpoint("account/payments", {"GET": _list_payments}),
    AccountEndpoint("key", {"GET": _get_own_key}, admin_only=False),
    AccountEndpoint("key/usage", {"GET": _get_own_usage}, admin_only=False),
    AccountEndpoint("keys", {"GET": _list_keys, "POST": _create_key}),
    AccountEndpoint("keys/{id}", {"GET": _get_key, "PATCH": _change_key, "DELETE": _delete_key}),
    AccountEndpoint("keys/{id}/usage", {"GET": _get_key_usage}),
)
