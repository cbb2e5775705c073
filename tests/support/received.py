"""Requests that arrived at a server, parsed with the standard library only."""

import email
import email.policy
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class ReceivedRequest:
    """A request as the service parses it: `fields` comes from JSON, a form or the query."""

    method: str
    path: str
    content_type: str | None
    fields: dict[str, Any]


def parse_request(request):
    """Parse a request that a `FaultyServer` has received."""
    target = urlsplit(request.target)
    declared = request.header("Content-Type")
    content_type = declared and declared.partition(";")[0]
    if content_type == "application/json":
        fields = json.loads(request.body)
    elif content_type:
        fields = _parse_form(declared, request.body)
    else:
        assert not request.body
        pairs = parse_qsl(target.query, keep_blank_values=True, strict_parsing=bool(target.query))
        fields = dict(pairs)
        assert len(fields) == len(pairs)
    return ReceivedRequest(request.method, target.path, content_type, fields)


def without_boundary(request):
    """Return the parts of a request with its multipart boundary, which is random, replaced."""
    declared = request.header("Content-Type") or ""
    boundary = declared.partition("boundary=")[2]
    body = bytes(request.body)
    if boundary:
        declared = declared.replace(boundary, "BOUNDARY")
        body = body.replace(boundary.encode(), b"BOUNDARY")
    return request.method, request.target, declared, request.header("Accept"), body


def _parse_form(declared, body):
    """Return the parts by name: strings, bytes for files, and lists for names ending in `[]`."""
    headers = f"Content-Type: {declared}\r\n\r\n".encode()
    document = email.message_from_bytes(headers + bytes(body), policy=email.policy.HTTP)
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
