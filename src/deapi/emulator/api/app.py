"""The HTTP paths of the emulator, as a Starlette router."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, Router

from deapi.emulator import errors
from deapi.emulator.account import rate_limit_table as quota_table
from deapi.emulator.account.usage import PROMPT
from deapi.emulator.api.account_endpoints import ACCOUNT_ENDPOINTS
from deapi.emulator.api.auth import admit
from deapi.emulator.api.endpoint import Call, Endpoint
from deapi.emulator.api.pagination import page_of
from deapi.emulator.api.request_body import cleaned
from deapi.emulator.api.state import Platform, find_job
from deapi.emulator.api.versions import VERSIONS
from deapi.emulator.catalogue.model import Model, in_order, of_types, with_tags
from deapi.emulator.catalogue.models import CATALOGUE
from deapi.emulator.jobs.links import refusal
from deapi.emulator.jobs.results import CONTENT_TYPES
from deapi.emulator.operations.enhancement import enhance
from deapi.emulator.operations.legacy_prompts import SAMPLES, Boosted, boost, sample
from deapi.emulator.operations.registry import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from deapi.emulator.account.keys import Key
    from deapi.emulator.api.versions import Version
    from deapi.emulator.operations.operation import Operation

    Handler = Callable[[Call], Awaitable[Response]]
    _Row = tuple[str, str, Handler, tuple[str, ...]]

_READ = ("GET", "HEAD")
_WRITE = ("POST",)


def build_router(platform: Platform) -> Router:
    """The ASGI application of an emulator."""
    routes = [
        Route(path, Endpoint(platform, operation, handler, methods))
        for path, operation, handler, methods in _table()
    ]
    unknown = Endpoint(platform, None, _unknown_route, ())
    return Router(routes, redirect_slashes=False, default=unknown)


def operation_names() -> dict[str, str]:
    """Every operation's name, by itself and by its paths, whole or below a version's prefix."""
    names: dict[str, str] = {}
    for path, name, _, _ in _table():
        whole = path.removesuffix("/{request_id}")
        below = (whole.removeprefix(version.prefix) for version in VERSIONS)
        names |= {form.strip("/"): name for form in (whole, *below)}
    return names | {name: name for name in names.values()}


def _table() -> Iterator[_Row]:
    """Every path with its operation's name, its handler and its methods."""
    yield "/results/{folder}/{filename}", "result", _result, _READ
    for version in VERSIONS:
        for path, operation, handler, methods in _of_version(version):
            yield f"{version.prefix}/{path}", operation, handler, methods


def _of_version(version: Version) -> Iterator[_Row]:
    yield f"{version.job}/{{request_id}}", "request-status", partial(_job, version=version), _READ
    yield version.balance, "balance", partial(_balance, version=version), _READ
    yield version.models, "models", partial(_models, version=version), _READ
    for endpoint in ACCOUNT_ENDPOINTS if version.key_roles else ():
        yield endpoint.path, endpoint.path, endpoint.answer, endpoint.methods
    for path in version.paths:
        operation = OPERATIONS[path.operation]
        submit = partial(_submit, operation=operation, version=version)
        price = partial(_price, operation=operation, version=version)
        yield path.submit, operation.name, submit, _WRITE
        yield path.price, f"{operation.name}.price", price, _WRITE
    if version.enhancements:
        for quote, ending, suffix in ((False, "", ""), (True, "/price", ".price")):
            name = version.enhancements
            yield f"{name}{ending}", f"{name}{suffix}", partial(_enhance, quote=quote), _WRITE
    for quote, ending, suffix in ((False, "", ""), (True, "/price-calculation", ".price")):
        for name in version.boosters:
            boosted = partial(_boost, name=name, quote=quote)
            yield f"prompt/{name}{ending}", f"prompt/{name}{suffix}", boosted, _WRITE
        if version.boosters:
            sampled = partial(_sample, quote=quote)
            yield f"{SAMPLES}{ending}", f"{SAMPLES}{suffix}", sampled, _READ


async def _submit(call: Call, *, operation: Operation, version: Version) -> Response:
    model = call.body.values.get("model")
    key = admit(call, operation.quota, model if isinstance(model, str) else None)
    order = await call.platform.order(operation, version, call.body, quote=False)
    job = call.platform.accept(order, key)
    call.body.kept = True
    return JSONResponse({"data": {"request_id": job.request_id}})


async def _price(call: Call, *, operation: Operation, version: Version) -> Response:
    admit(call, quota_table.PRICES, even_suspended=True)
    order = await call.platform.order(operation, version, call.body, quote=True)
    quote: dict[str, Any] = {"price": order.price}
    if operation.name in version.estimates:
        quote["is_estimated"] = order.model.partner
        quote["estimate_basis"] = "request_params" if order.model.partner else None
    return JSONResponse({"data": quote})


async def _job(call: Call, *, version: Version) -> Response:
    admit(call, quota_table.JOBS)
    platform = call.platform
    job = find_job(platform, call.request.path_params["request_id"])
    return JSONResponse({"data": await platform.status(job, version, call.origin)})


async def _balance(call: Call, *, version: Version) -> Response:
    admit(call, quota_table.BALANCE, admins_only=version.key_roles)
    return JSONResponse({"data": {"balance": call.platform.balance}})


async def _models(call: Call, *, version: Version) -> Response:
    admit(call, quota_table.MODELS)
    listed = [
        model
        for model in CATALOGUE.values()
        if version.name not in model.unlisted_in and (call.platform.partners or not model.partner)
    ]
    query = call.query
    models = of_types(listed, query.get("filter[inference_types]"))
    if version.sorts_models:
        models = in_order(with_tags(models, query.get("filter[tags]")), query.get("sort"))
    return JSONResponse(page_of(models, Model.as_json, query, call.url))


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
    key = _admit_to_boosts(call, quote=quote)
    if not call.platform.settings.legacy_prompts:
        raise errors.gone()
    check = partial(boost, name, call.body.values)
    return _boosted(call, key, await anyio.to_thread.run_sync(check), quote=quote)


async def _enhance(call: Call, *, quote: bool) -> Response:
    key = _admit_to_boosts(call, quote=quote)
    partners = call.platform.partners
    check = partial(enhance, call.body.values, partners=partners, quote=quote)
    return _boosted(call, key, await anyio.to_thread.run_sync(check), quote=quote)


async def _sample(call: Call, *, quote: bool) -> Response:
    key = _admit_to_boosts(call, quote=quote)
    return _boosted(call, key, sample(cleaned(call.query)), quote=quote)


def _admit_to_boosts(call: Call, *, quote: bool) -> Key:
    endpoint = quota_table.PRICES if quote else quota_table.BOOSTS
    return admit(call, endpoint, even_suspended=quote)


def _boosted(call: Call, key: Key, boosted: Boosted, *, quote: bool) -> Response:
    if quote:
        return JSONResponse({"price": boosted.price})
    call.platform.charge(boosted.price, key, kind=PROMPT, model=boosted.model)
    return JSONResponse(boosted.answer)


async def _unknown_route(call: Call) -> Response:
    raise errors.unknown_route(call.request.url.path)
