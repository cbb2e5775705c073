"""The routes of the emulator and their handlers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, Router, WebSocketRoute

from .. import errors
from ..account import rate_limit_table
from ..account.usage import PROMPT_TYPE
from ..catalogue.model import Model, filter_by_tags, filter_by_types, sort_models
from ..catalogue.models import CATALOGUE
from ..jobs.links import error_xml
from ..jobs.results import CONTENT_TYPES
from ..operations.prompts import (
    SAMPLES_PATH,
    PromptResult,
    enhance,
    legacy_enhance,
    sample_prompt,
)
from ..operations.registry import OPERATIONS
from ..versions import VERSIONS
from .account_endpoints import ACCOUNT_ENDPOINTS
from .auth import authorize
from .endpoint import Endpoint
from .pagination import paginate
from .request_body import trim_strings
from .socket import AUTH_PATH, SocketEndpoint, authorize_channel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ..operations.operation import Operation
    from ..service import ValidatedSubmission
    from ..versions import Version
    from .context import RequestContext
    from .state import AppState

    Handler = Callable[[RequestContext], Awaitable[Response]]
    _PromptBuilder = Callable[[RequestContext, bool], PromptResult]
    _RouteRow = tuple[str, str, Handler, tuple[str, ...]]

_READ = ("GET", "HEAD")
_WRITE = ("POST",)


def build_app(state: AppState) -> Router:
    """Build the ASGI application of an emulator."""
    routes = [
        Route(path, Endpoint(state, operation, handler, methods))
        for path, operation, handler, methods in _routes()
    ]
    socket = WebSocketRoute("/app/{key}", SocketEndpoint(state).__call__)
    fallback = Endpoint(state, None, _route_not_found, ())
    return Router([*routes, socket], redirect_slashes=False, default=fallback)


def operation_names() -> dict[str, str]:
    """Return the name of every operation, by the name itself and by its paths.

    A path is listed with and without the prefix of its version.
    """
    names: dict[str, str] = {}
    for path, name, _, _ in _routes():
        full_path = path.removesuffix("/{request_id}")
        short_paths = (full_path.removeprefix(version.prefix) for version in VERSIONS)
        names |= {form.strip("/"): name for form in (full_path, *short_paths)}
    return names | {name: name for name in names.values()}


def _routes() -> Iterator[_RouteRow]:
    """Yield every path with its operation's name, its handler and its methods."""
    yield "/results/{prefix}/{filename}", "result", _get_result, _READ
    yield f"/{AUTH_PATH}", AUTH_PATH, authorize_channel, _WRITE
    for version in VERSIONS:
        for path, operation, handler, methods in _routes_of_version(version):
            yield f"{version.prefix}/{path}", operation, handler, methods


def _routes_of_version(version: Version) -> Iterator[_RouteRow]:
    status_path = f"{version.status_path}/{{request_id}}"
    yield status_path, "request-status", partial(_get_status, version=version), _READ
    yield version.balance_path, "balance", partial(_get_balance, version=version), _READ
    yield "models", "models", partial(_list_models, version=version), _READ
    for endpoint in ACCOUNT_ENDPOINTS if version.has_key_roles else ():
        yield endpoint.path, endpoint.path, endpoint.handle, endpoint.methods
    for operation in OPERATIONS.values():
        if paths := operation.paths(version.name):
            submit = partial(_submit, operation=operation, version=version)
            price = partial(_get_price, operation=operation, version=version)
            yield paths[0], operation.name, submit, _WRITE
            yield paths[1], f"{operation.name}.price", price, _WRITE
    if version.enhancement_path:
        yield from _prompt_routes(version.enhancement_path, _enhance, "/price", _WRITE)
    for name in version.legacy_prompts:
        build = partial(_enhance_legacy, name=name)
        yield from _prompt_routes(f"prompt/{name}", build, "/price-calculation", _WRITE)
    if version.legacy_prompts:
        yield from _prompt_routes(SAMPLES_PATH, _sample_prompt, "/price-calculation", _READ)


def _prompt_routes(
    path: str, build: _PromptBuilder, price_suffix: str, methods: tuple[str, ...]
) -> Iterator[_RouteRow]:
    serve = partial(_serve_prompt, build=build, price_only=False)
    price = partial(_serve_prompt, build=build, price_only=True)
    yield path, path, serve, methods
    yield f"{path}{price_suffix}", f"{path}.price", price, methods


async def _validate(
    context: RequestContext, operation: Operation, version: Version, *, price_only: bool
) -> ValidatedSubmission:
    values = context.body.values
    task = partial(context.service.validate, operation, version, values, price_only=price_only)
    if context.body.uploads:  # decoding files would block the event loop
        return await anyio.to_thread.run_sync(task, abandon_on_cancel=True)
    return task()


async def _submit(context: RequestContext, *, operation: Operation, version: Version) -> Response:
    model = context.body.values.get("model")
    endpoint = operation.endpoint
    key = authorize(context, endpoint, model if isinstance(model, str) else None)
    submission = await _validate(context, operation, version, price_only=False)
    job = context.service.submit(submission, key)
    context.body.keep_files = True
    return JSONResponse({"data": {"request_id": job.request_id}})


async def _get_price(
    context: RequestContext, *, operation: Operation, version: Version
) -> Response:
    authorize(context, rate_limit_table.PRICES, allow_suspended=True)
    submission = await _validate(context, operation, version, price_only=True)
    price: dict[str, Any] = {"price": submission.price}
    if operation.name in version.estimated_prices:
        partner = submission.model.partner
        price["is_estimated"] = partner
        price["estimate_basis"] = "request_params" if partner else None
    return JSONResponse({"data": price})


async def _get_status(context: RequestContext, *, version: Version) -> Response:
    authorize(context, rate_limit_table.JOBS)
    service = context.service
    job = service.jobs.find(context.request.path_params["request_id"])
    return JSONResponse({"data": await service.poll(job, version, context.base_url)})


async def _get_balance(context: RequestContext, *, version: Version) -> Response:
    authorize(context, rate_limit_table.BALANCE, admin_only=version.has_key_roles)
    return JSONResponse({"data": {"balance": context.service.balance}})


async def _list_models(context: RequestContext, *, version: Version) -> Response:
    authorize(context, rate_limit_table.MODELS)
    include_partners = context.service.has_partner_models
    listed = [
        model
        for model in CATALOGUE.values()
        if version.name not in model.unlisted_in and (include_partners or not model.partner)
    ]
    query = context.query
    models = filter_by_types(listed, query.get("filter[inference_types]"))
    if version.full_models:
        models = sort_models(filter_by_tags(models, query.get("filter[tags]")), query.get("sort"))
    as_json = partial(Model.as_json, full=version.full_models)
    return JSONResponse(paginate(models, as_json, query, context.url))


async def _get_result(context: RequestContext) -> Response:
    service, path = context.service, context.request.url.path
    problem = service.results.links.verify(path, context.query, service.clock.now())
    if problem:
        return Response(error_xml(problem, path), 403, media_type="application/xml")
    found = service.results.find(**context.request.path_params)
    if found is None:
        raise errors.route_not_found(path)
    job, extension = found
    file = await service.results.file(job, extension)
    return FileResponse(file, media_type=CONTENT_TYPES[extension])


async def _serve_prompt(
    context: RequestContext, *, build: _PromptBuilder, price_only: bool
) -> Response:
    endpoint = rate_limit_table.PRICES if price_only else rate_limit_table.PROMPTS
    key = authorize(context, endpoint, allow_suspended=price_only)
    result = await anyio.to_thread.run_sync(build, context, price_only)
    if price_only:
        return JSONResponse({"price": result.price})
    context.service.charge(result.price, key, usage_type=PROMPT_TYPE, model=result.model)
    return JSONResponse(result.body)


def _enhance(context: RequestContext, price_only: bool) -> PromptResult:
    allow_partners = context.service.has_partner_models
    return enhance(context.body.values, allow_partners=allow_partners, price_only=price_only)


def _enhance_legacy(context: RequestContext, price_only: bool, *, name: str) -> PromptResult:
    if not context.service.settings.legacy_prompts:
        raise errors.endpoint_removed()
    return legacy_enhance(name, context.body.values, price_only=price_only)


def _sample_prompt(context: RequestContext, _price_only: bool) -> PromptResult:
    return sample_prompt(trim_strings(context.query))


async def _route_not_found(context: RequestContext) -> Response:
    raise errors.route_not_found(context.request.url.path)
