"""How an entry of a table of operations is written, made and answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from support import behaviours as b
from support.account import BALANCE, BILLING, KEY, NEW_KEY, PAYMENT, USAGE, page
from support.weather import Peer, Request

WEBHOOK = "https://example.com/hooks/deapi"
SECRET = "a secret of more than 32 characters"
LORAS = [{"name": "PepeFluxSchnellLora", "weight": 0.75}, {"name": "Other", "weight": 1.0}]
ID = "5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11"

JSON = "application/json"
FORM = "multipart/form-data"

PREFIXES = {"v1": "/api/v1/client/", "v2": "/api/v2/"}


@dataclass(frozen=True)
class Call:
    """One call, and the request that it has to become.

    `fields` holds JSON values, or the texts of a form or a query; files are bytes, and several
    parts of one name a list.
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

    def on(self, client):
        """Make the call; walk to the end what it iterates over."""
        resource, _, method = self.operation.rpartition(".")
        target = getattr(client, resource) if resource else client
        result = getattr(target, method)(**self.arguments)
        return list(result) if isinstance(result, Iterator) else result


@dataclass
class Table:
    """The calls of one version."""

    version: str
    calls: list[Call] = field(default_factory=list)

    def add(self, operation, label, path, kind, arguments, *, sends=None, drops=(), method="POST"):
        """A call that sends its arguments: but for those of `drops`, and `sends` with them."""
        fields = {name: value for name, value in arguments.items() if name not in drops}
        if kind == FORM:
            fields = {name: form_text(value) for name, value in fields.items()}
        fields |= sends or {}
        self.calls.append(
            Call(self.version, operation, label, arguments, method, path, kind, fields)
        )

    def both(self, operation, path, kind, required, optional, *, drops=(), instead=None):
        """A call with what is required only, and one with everything.

        `instead` is sent for optional arguments that are not given.
        """
        instead = instead or {}
        self.add(operation, "with little", path, kind, required, drops=drops, sends=instead)
        left = {name: value for name, value in instead.items() if name not in optional}
        everything = {**required, **optional}
        self.add(operation, "with all", path, kind, everything, drops=drops, sends=left)

    def get(self, operation, label, path, arguments, fields):
        """A call that reads, with `fields` for a query."""
        self.calls.append(
            Call(self.version, operation, label, arguments, "GET", path, None, fields)
        )


def form_text(value):
    """A value as a form has it: what Laravel's rules for numbers and booleans take."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return value if isinstance(value, (bytes, list)) else str(value)


def well(peer: Peer) -> None:
    """A service that is well, whatever it is asked."""
    status, body = answer_to(peer.read_request())
    peer.send(b.head(204, ()) if status == 204 else b.message(status, body))


MODEL = {"name": "Kokoro", "slug": "Kokoro", "inference_types": []}

_PRICE = r"/price(-calculation)?"
_ANSWERS = (
    (r"DELETE keys/\d+", 204, b""),
    (rf"(GET|POST) prompt.*{_PRICE}", 200, {"price": 0.25}),
    (rf"POST .*{_PRICE}", 200, {"data": {"price": 0.25}}),
    ("GET prompts/samples", 200, {"success": True, "data": {"type": "x", "prompt": "a fox"}}),
    (r"POST prompts?/.*", 200, {"prompt": "a better one", "negative_prompt": None}),
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


def answer_to(request: Request) -> tuple[int, Any]:
    """The status and the body that it answers with."""
    path = request.path
    for prefix in PREFIXES.values():
        path = path.removeprefix(prefix)
    asked = f"{request.method} {path}"
    return next(answer for what, *answer in _ANSWERS if re.fullmatch(what, asked))
