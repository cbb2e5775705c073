"""The HTTP paths of the emulator, as a Starlette router."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, Router

from deapi.emulator import errors, quota_table
from deapi.emulator.boosters import SAMPLES, Boosted, boost, sample
from deapi.emulator.catalogue import CATALOGUE
from deapi.emulator.endpoint import Call, Endpoint
from deapi.emulator.forms import cleaned
from deapi.emulator.links import refusal
from deapi.emulator.models import of_types, page_of
from deapi.emulator.operations import OPERATIONS
from deapi.emulator.platform import Platform, find_job
from deapi.emulator.results import CONTENT_TYPES
from deapi.emulator.versions import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from deapi.emulator.operation import Operation
    from deapi.emulator.versions import Version

    Handler = Callable[[Call], Awaitable[Response]]
    _Row = tuple[str, str, Handler, tuple[str, ...]]

_READ = ("GET", "HEAD")
_WRITE = ("POST",)
GATEWAY_PREFIX = "dpn-sk-"


def build_router(platform: Platform) -> Router:
    """The ASGI application of an emulator."""
    routes = [
        Route(path, Endpoint(platform, operation, handler, methods))
        for path, operation, handler, methods in _table()
    ]
    unknown = Endpoint(platform, None, _unknown_route, ())
    return Router(routes, redirect_slashes=False, default=unknown)


def _table() -> Iterator[_Row]:
    """Every path with its operation's name, its handler and its methods."""
    yield "/results/{folder}/{filename}", "result", _result, _READ
    for version in VERSIONS:
        for path, operation, handler, methods in _of_version(version):
            yield f"{version.prefix}/{path}", operation, handler, methods


def _of_version(version: Version) -> Iterator[_Row]:
    yield f"{version.job}/{{request_id}}", version.job, partial(_job, version=version), _READ
    yield version.balance, "balance", _balance, _READ
    yield version.models, "models", partial(_models, version=version), _READ
    for path in version.paths:
        operation = OPERATIONS[path.operation]
        submit = partial(_submit, operation=operation, version=version)
        price = partial(_price, operation=operation, version=version)
        yield path.submit, operation.name, submit, _WRITE
        yield path.price, f"{operation.name}.price", price, _WRITE
    for quote, ending, suffix in ((False, "", ""), (True, "/price-calculation", ".price")):
        for name in version.boosters:
            boosted = partial(_boost, name=name, quote=quote)
            yield f"prompt/{name}{ending}", f"prompt/{name}{suffix}", boosted, _WRITE
        if version.boosters:
            sampled = partial(_sample, quote=quote)
            yield f"{SAMPLES}{ending}", f"{SAMPLES}{suffix}", sampled, _READ


async def _submit(call: Call, *, operation: Operation, version: Version) -> Response:
    model = call.body.values.get("model")
    _admit(call, operation.quota, model if isinstance(model, str) else None)
    order = await call.platform.order(operation, version, call.body, quote=False)
    job = call.platform.accept(order)
    call.body.kept = True
    return JSONResponse({"data": {"request_id": job.request_id}})


async def _price(call: Call, *, operation: Operation, version: Version) -> Response:
    _admit(call, quota_table.PRICES, even_suspended=True)
    order = await call.platform.order(operation, version, call.body, quote=True)
    return JSONResponse({"data": {"price": order.price}})


async def _job(call: Call, *, version: Version) -> Response:
    _admit(call, quota_table.JOBS)
    platform = call.platform
    job = find_job(platform, call.request.path_params["request_id"])
    return JSONResponse({"data": await platform.status(job, version, call.origin)})


async def _balance(call: Call) -> Response:
    _admit(call, quota_table.BALANCE)
    return JSONResponse({"data": {"balance": call.platform.balance}})


async def _models(call: Call, *, version: Version) -> Response:
    _admit(call, quota_table.MODELS)
    listed = [
        model
        for model in CATALOGUE.values()
        if version.name not in model.unlisted_in and (call.platform.partners or not model.partner)
    ]
    query = call.query
    models = of_types(listed, query.get("filter[inference_types]"))
    return JSONResponse(page_of(models, query, call.origin + call.request.url.path))


async def _result(call: Call) -> Response:
    platform, path = call.platform, call.request.url.path
    problem = platform.results.links.problem(path, call.query, platform.clock.now())
    if problem:
        return Response(refusal(problem, path), 403, media_type="application/xml")
    found = platform.results.find(**call.request.path_params)
    if found is None:
        raise errors.unknown_route(path)
    job, extension = found
    file = await platform.results.file(job, extension)
    return FileResponse(file, media_type=CONTENT_TYPES[extension])


async def _boost(call: Call, *, name: str, quote: bool) -> Response:
    _admit(call, quota_table.PRICES if quote else quota_table.BOOSTS, even_suspended=quote)
    if not call.platform.settings.prompt_boosters:
        raise errors.gone()
    check = partial(boost, name, call.body.values)
    return _boosted(call, await anyio.to_thread.run_sync(check), quote=quote)


async def _sample(call: Call, *, quote: bool) -> Response:
    _admit(call, quota_table.PRICES if quote else quota_table.BOOSTS, even_suspended=quote)
    return _boosted(call, sample(cleaned(call.query)), quote=quote)


def _boosted(call: Call, boosted: Boosted, *, quote: bool) -> Response:
    if quote:
        return JSONResponse({"price": boosted.price})
    call.platform.charge(boosted.price)
    return JSONResponse(boosted.answer)


async def _unknown_route(call: Call) -> Response:
    raise errors.unknown_route(call.request.url.path)


def _admit(
    call: Call, endpoint: str, model: str | None = None, *, even_suspended: bool = False
) -> None:
    """Check the key, then the quota, then the account, as the service orders them.

    Raises:
        ApiError: 401, 429 or 403.
    """
    _check_key(call)
    verdict = call.platform.quotas.take(endpoint, model)
    call.headers.update(verdict.headers)
    if not verdict.allowed:
        raise errors.too_many_attempts()
    if call.platform.suspended and not even_suspended:
        raise errors.suspended()


def _check_key(call: Call) -> None:
    scheme, _, key = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise errors.unauthenticated("missing_key")
    if key.strip().removeprefix(GATEWAY_PREFIX) != call.platform.settings.api_key:
        raise errors.unauthenticated("invalid_key")
