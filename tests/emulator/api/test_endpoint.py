"""Routes, methods, internal errors, size limits and recorded requests."""

from __future__ import annotations

import time

import httpx
import pytest

from deapi.emulator.api import endpoint, request_body
from support.emulator_api import files_on_disk


def test_an_unknown_path_is_a_json_404_with_the_path(v1):
    response = v1.get("utilities/balance")
    assert response.status_code == 404
    assert response.json() == {
        "message": "The route api/v1/client/utilities/balance could not be found."
    }


def test_a_wrong_method_is_a_json_405_with_the_allowed_methods(v1):
    response = v1.get("txt2img")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert "GET method is not supported" in response.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "keys", "GET, HEAD, POST"),
        ("POST", "keys/1", "GET, HEAD, PATCH, DELETE"),
        ("POST", "account", "GET, HEAD"),
    ],
)
def test_a_wrong_method_of_an_account_endpoint_lists_the_allowed_methods(v1, method, path, allowed):
    rejected = v1.request_v2(method, path)
    assert rejected.status_code == 405
    assert rejected.headers["allow"] == allowed
    assert rejected.json()["message"].endswith(f"Supported methods: {allowed}.")


@pytest.mark.parametrize("path", ["account", "keys", "keys/1", "key/usage"])
def test_readable_account_endpoints_support_head(v1, path):
    response = v1.request_v2("HEAD", path)
    assert response.status_code == 200
    assert response.content == b""


def test_a_request_over_75_mb_is_rejected_by_its_content_length(v1):
    response = v1.post("txt2img", content=b"x" * (75 * 1024 * 1024 + 1))
    assert response.status_code == 413
    assert set(response.json()) == {"message"}
    assert v1.get("balance").status_code == 200


def test_a_chunked_request_over_75_mb_is_rejected_while_reading(v1):
    chunks = (b"x" * 1024 * 1024 for _ in range(77))
    response = v1.post("txt2img", content=chunks)
    assert response.status_code == 413


def test_an_internal_error_while_reading_is_a_prompt_500_without_leftover_files(
    v1, make_png, monkeypatch, caplog
):
    monkeypatch.setattr(request_body, "parse_bracketed_names", lambda items: 1 / 0)
    monkeypatch.setattr(endpoint, "_DRAIN_SECONDS", 60)
    started = time.monotonic()
    response = v1.post_form("img-rmbg", {"image": ("a.png", make_png())}, model="Ben2")
    assert response.status_code == 500
    assert response.json() == {"message": "Server Error"}
    assert "ZeroDivisionError" in caplog.text
    assert files_on_disk(v1) == []
    assert v1.emulator.requests[0].status == 500
    assert v1.get("balance").status_code == 200
    assert time.monotonic() - started < 30


def test_an_internal_error_is_a_json_500_and_logged(v1, monkeypatch, caplog):
    from deapi.emulator.media import images

    monkeypatch.setattr(images, "generate", lambda *arguments: 1 / 0)
    response = httpx.get(v1.get_job(v1.generate())["result_url"])
    assert response.status_code == 500
    assert response.json() == {"message": "Server Error"}
    assert "ZeroDivisionError" in caplog.text


def test_result_links_use_the_host_of_the_request(v1):
    port = v1.emulator.url.rpartition(":")[2]
    submission = v1.generate()
    path = f"request-status/{submission.json()['data']['request_id']}"
    job = v1.get(path, headers={"Host": f"localhost:{port}"}).json()["data"]
    assert job["result_url"].startswith(f"http://localhost:{port}/results/")


def test_recorded_requests_contain_what_was_sent(v1, make_png):
    v1.generate()
    content = make_png()
    files = [("images[]", ("one.png", content, "image/png")), ("images[]", ("two.png", content))]
    v1.post_form("img2img", files, model="Flux_2_Klein_4B_BF16", prompt="a", steps="4", seed="1")
    generated, edited = v1.emulator.requests
    assert (generated.method, generated.operation) == ("POST", "txt2img")
    assert generated.path == "/api/v1/client/txt2img"
    assert generated.fields["width"] == 512
    assert generated.headers["content-type"] == "application/json"
    assert generated.status == 200
    assert edited.fields["steps"] == "4"
    first, second = edited.fields["images[]"]
    assert (first.filename, first.content_type, first.size) == (
        "one.png",
        "image/png",
        len(content),
    )
    assert first.sha256 == second.sha256


def test_account_endpoints_have_operation_names(v1):
    v1.emulator.inject_fault(operation="keys/{id}", status=503)
    assert v1.request_v2("GET", "keys").status_code == 200
    assert v1.request_v2("PATCH", "keys/1", {}).status_code == 503
    assert v1.request_v2("GET", "keys/1/usage").status_code == 200
    names = [request.operation for request in v1.emulator.requests]
    assert names == ["keys", "keys/{id}", "keys/{id}/usage"]
