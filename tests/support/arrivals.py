"""What arrived at a server, taken apart by the standard library."""

import email
import email.policy
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Arrival:
    """A request as the service understands it."""

    method: str
    path: str
    content_type: str | None
    fields: dict[str, Any]


def arrival(request):
    """Take a request apart."""
    target = urlsplit(request.target)
    declared = request.header("Content-Type")
    kind = declared and declared.partition(";")[0]
    if kind == "application/json":
        fields = json.loads(request.body)
    elif kind:
        fields = _form(declared, request.body)
    else:
        assert not request.body
        pairs = parse_qsl(target.query, keep_blank_values=True, strict_parsing=bool(target.query))
        fields = dict(pairs)
        assert len(fields) == len(pairs)
    return Arrival(request.method, target.path, kind, fields)


def steady(request):
    """A request without what differs from one to the next by design: the boundary."""
    declared = request.header("Content-Type") or ""
    boundary = declared.partition("boundary=")[2]
    body = bytes(request.body)
    if boundary:
        declared = declared.replace(boundary, "BOUNDARY")
        body = body.replace(boundary.encode(), b"BOUNDARY")
    return request.method, request.target, declared, request.header("Accept"), body


def _form(declared, body):
    """The parts of a form by name: text, or bytes for a file; several of one name as a list."""
    head = f"Content-Type: {declared}\r\n\r\n".encode()
    document = email.message_from_bytes(head + bytes(body), policy=email.policy.HTTP)
    fields: dict[str, Any] = {}
    for part in document.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if part.get_filename() is None:
            content = content.decode()
        if name.endswith("[]"):
            fields.setdefault(name, []).append(content)
        else:
            assert name not in fields, name
            fields[name] = content
    return fields
