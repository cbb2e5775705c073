"""The type of the table of calls, and a server behavior that gives each call a valid response."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from support import server_behaviors as behaviors
from support.account_samples import BALANCE, BILLING, KEY, NEW_KEY, PAYMENT, USAGE, page
from support.faulty_server import Request, ServerConnection

WEBHOOK = "https://example.com/hooks/deapi"
SECRET = "a secret of more than 32 characters"
LORAS = [{"name": "PepeFluxSchnellLora", "weight": 0.75}, {"name": "Other", "weight": 1.0}]
ID = "5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11"

JSON = "application/json"
FORM = "multipart/form-data"

PREFIXES = {"v1": "/api/v1/client/", "v2": "/api/v2/"}


@dataclass(frozen=True)
class Call:
    """A call of an operation, and the request that it is expected to send.

    `fields` holds JSON values, or the strings of a form or a query. Files are bytes, and several
    parts of one name are a list.
    """

    version: str
    operation: str
    label: str
    arguments: dict[str, Any]
    method: str
    path: str
    content_type: str | None
    fields: dict[str, Any]

    def __str__(self):
        return f"{self.version} {self.operation} {self.label}"

    @property
    def target(self):
        """The path with its prefix."""
        return PREFIXES[self.version] + self.path

    def make(self, client):
        """Make the call, and exhaust the iterator if it returns one."""
        resource, _, method = self.operation.rpartition(".")
        target = getattr(client, resource) if resource else client
        result = getattr(target, method)(**self.arguments)
        return list(result) if isinstance(result, Iterator) else result


@dataclass
class Table:
    """The calls of one API version."""

    version: str
    calls: list[Call] = field(default_factory=list)

    def add(
        self,
        operation,
        label,
        path,
        content_type,
        arguments,
        *,
        sends=None,
        drops=(),
        method="POST",
    ):
        """Add a call that sends its arguments, without those of `drops`, and `sends` as well."""
        fields = {name: value for name, value in arguments.items() if name not in drops}
        if content_type == FORM:
            fields = {name: form_value(value) for name, value in fields.items()}
        fields |= sends or {}
        self.calls.append(
            Call(self.version, operation, label, arguments, method, path, content_type, fields)
        )

    def add_minimal_and_full(
        self, operation, path, content_type, required, optional, *, drops=(), defaults=None
    ):
        """Add a call with the required arguments only, and one with all arguments.

        `defaults` is sent for optional arguments that are omitted.
        """
        defaults = defaults or {}
        self.add(operation, "minimal", path, content_type, required, drops=drops, sends=defaults)
        remaining = {name: value for name, value in defaults.items() if name not in optional}
        everything = {**required, **optional}
        self.add(operation, "full", path, content_type, everything, drops=drops, sends=remaining)

    def add_read(self, operation, label, path, arguments, fields):
        """Add a GET call with `fields` as its query."""
        self.calls.append(
            Call(self.version, operation, label, arguments, "GET", path, None, fields)
        )


def form_value(value):
    """Encode a value for a form, as Laravel's rules for numbers and booleans accept it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return value if isinstance(value, (bytes, list)) else str(value)


def respond_successfully(connection: ServerConnection) -> None:
    """Give every operation a valid response. This is a behavior of a `FaultyServer`."""
    status, body = _response_to(connection.read_request())
    if status == 204:
        connection.send(behaviors.response_head(204, ()))
    else:
        connection.send(behaviors.response_bytes(status, body))


MODEL = {"name": "Kokoro", "slug": "Kokoro", "inference_types": []}

_PRICE = r"/price(-calculation)?"
_RESPONSES = (
    (r"DELETE keys/\d+", 204, b""),
    (rf"(GET|POST) prompt.*{_PRICE}", 200, {"price": 0.25}),
    (rf"POST .*{_PRICE}", 200, {"data": {"price": 0.25}}),
    ("GET prompts/samples", 200, {"success": True, "data": {"type": "x", "prompt": "a fox"}}),
    (r"POST prompts?/.*", 200, {"prompt": "a better one", "negative_prompt": "worse"}),
    (r"GET .*usage", 200, {"data": USAGE}),
    ("POST keys", 201, {"data": NEW_KEY}),
    (r"GET key|(GET|PATCH) keys/\d+", 200, {"data": KEY}),
    ("GET keys", 200, page([KEY])),
    ("GET account/payments", 200, page([PAYMENT])),
    ("GET account", 200, {"data": BILLING}),
    ("GET (account/)?balance", 200, {"data": BALANCE}),
    ("GET models", 200, {"data": [MODEL]}),
    (r"GET (request-status|jobs)/.*", 200, {"data": {"status": "done"}}),
    (r"POST .*", 200, {"data": {"request_id": ID}}),
)


def _response_to(request: Request) -> tuple[int, Any]:
    path = request.path
    for prefix in PREFIXES.values():
        path = path.removeprefix(prefix)
    line = f"{request.method} {path}"
    return next(response for pattern, *response in _RESPONSES if re.fullmatch(pattern, line))
