"""How an entry of the table of operations is written, made and answered."""

from dataclasses import dataclass
from typing import Any

WEBHOOK = "https://example.com/hooks/deapi"
LORAS = [{"name": "PepeFluxSchnellLora", "weight": 0.75}, {"name": "Other", "weight": 1.0}]
ID = "5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11"

JSON = "application/json"
FORM = "multipart/form-data"


@dataclass(frozen=True)
class Call:
    """One call, and the request that it has to become.

    `fields` holds JSON values, or the texts of a form or a query; files are bytes, and several
    parts of one name a list.
    """

    operation: str
    label: str
    arguments: dict[str, Any]
    method: str
    path: str
    content_type: str | None
    fields: dict[str, Any]

    def __str__(self):
        return f"{self.operation} {self.label}"

    def on(self, client):
        """Make the call."""
        resource, _, method = self.operation.rpartition(".")
        target = getattr(client, resource) if resource else client
        return getattr(target, method)(**self.arguments)


CALLS: list[Call] = []


def _text(value):
    """A value as a form has it: what Laravel's rules for numbers and booleans take."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return value if isinstance(value, (bytes, list)) else str(value)


def add(operation, label, path, kind, arguments, *, sends=None, drops=()):
    fields = {name: value for name, value in arguments.items() if name not in drops}
    if kind == FORM:
        fields = {name: _text(value) for name, value in fields.items()}
    fields |= sends or {}
    CALLS.append(Call(operation, label, arguments, "POST", path, kind, fields))


def both(operation, path, kind, required, optional, *, drops=(), instead=None):
    """A call with what is required only, and one with everything.

    `instead` is sent for optional arguments that are not given.
    """
    instead = instead or {}
    add(operation, "with little", path, kind, required, drops=drops, sends=instead)
    left = {name: value for name, value in instead.items() if name not in optional}
    add(operation, "with all", path, kind, {**required, **optional}, drops=drops, sends=left)


def get(operation, label, path, arguments, fields):
    CALLS.append(Call(operation, label, arguments, "GET", path, None, fields))


def answer_to(request):
    """What a service that is well answers to any of these."""
    path = request.path.removeprefix("/api/v1/client/")
    if path.endswith(("/price-calculation", "/price")):
        return {"data": {"price": 0.25}}
    if path.startswith("prompt"):
        return {"prompt": "a better one", "negative_prompt": None}
    return {
        "balance": {"data": {"balance": 19.5}},
        "models": {"data": [{"name": "Kokoro", "slug": "Kokoro", "inference_types": []}]},
    }.get(path, {"data": {"request_id": ID}})
