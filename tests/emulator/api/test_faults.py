"""Fault injection."""

from __future__ import annotations

import time

import httpx
import pytest

from support.operations import OPERATIONS


def test_an_injected_status_is_sent_once_and_the_request_is_not_processed(v1):
    v1.emulator.inject_fault(operation="txt2img", status=503, headers={"Retry-After": "2"})
    rejected = v1.generate()
    assert rejected.status_code == 503
    assert rejected.headers["retry-after"] == "2"
    assert not v1.emulator.jobs
    assert v1.generate().status_code == 200
    assert [request.status for request in v1.emulator.requests] == [503, 200]


def test_an_injected_body_is_sent_unchanged_or_as_json(v1):
    v1.emulator.inject_fault(
        status=502, body="<html>Bad gateway</html>", headers={"Content-Type": "text/html"}
    )
    page = v1.get("balance")
    assert page.text == "<html>Bad gateway</html>"
    assert page.headers["content-type"] == "text/html"
    v1.emulator.inject_fault(status=200, body={"data": []})
    assert v1.get("balance").json() == {"data": []}
    v1.emulator.inject_fault(status=520)
    assert v1.get("balance").status_code == 520
    v1.emulator.inject_fault(body="garbage")
    garbage = v1.get("balance")
    assert (garbage.status_code, garbage.text) == (200, "garbage")


def test_injected_headers_without_a_status_are_added_to_the_normal_response(v1):
    v1.emulator.inject_fault(headers={"X-Request-Id": "abc", "Retry-After": 1})
    response = v1.get("balance")
    assert response.json() == {"data": {"balance": 100.0}}
    assert (response.headers["x-request-id"], response.headers["retry-after"]) == ("abc", "1")


@pytest.mark.parametrize("status", [204, 304])
def test_an_injected_status_that_has_no_body_leaves_the_connection_usable(v1, status):
    v1.emulator.inject_fault(status=status)
    assert v1.get("balance").content == b""
    assert v1.get("balance").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"status": 99}, "status must be between 200 and 599, not 99"),
        ({"status": 600}, "status must be between 200 and 599, not 600"),
        ({"status": 204, "body": {}}, "a response with status 204 has no body"),
        ({"delay": -1}, "delay must be .*, not -1"),
        ({"delay": float("inf")}, "delay must be .*, not inf"),
        ({"after_bytes": 7}, "after_bytes requires drop=True"),
        ({"times": 0}, "times must be at least 1, not 0"),
        ({"edge": "timeout", "status": 500}, "edge has its own status and body"),
        ({"edge": "timeout", "body": "x"}, "edge has its own status and body"),
    ],
)
def test_a_fault_that_cannot_take_effect_is_a_value_error(v1, arguments, message):
    with pytest.raises(ValueError, match=message):
        v1.emulator.inject_fault(**arguments)
    assert v1.get("balance").status_code == 200


def test_a_body_that_is_not_json_is_a_type_error(v1):
    with pytest.raises(TypeError, match="JSON"):
        v1.emulator.inject_fault(body={1, 2})


def test_a_fault_affects_only_its_operation_and_the_number_of_times(v1):
    v1.emulator.inject_fault(operation="balance", status=500, times=2)
    assert v1.get("models").status_code == 200
    assert [v1.get("balance").status_code for _ in range(3)] == [500, 500, 200]


@pytest.mark.parametrize(
    ("operation", "path"),
    [("txt2img.price", "txt2img/price-calculation"), ("request-status", "request-status/x")],
)
def test_prices_and_status_requests_have_their_own_names(v1, operation, path):
    v1.emulator.inject_fault(operation=operation, status=599)
    method = "POST" if "price" in path else "GET"
    assert v1.http.request(method, path).status_code == 599


def test_an_accepted_fault_replaces_the_response_of_a_processed_request(v1):
    v1.emulator.inject_fault(operation="txt2img", status=504, accepted=True)
    assert v1.generate().status_code == 504
    assert len(v1.emulator.jobs) == 1
    assert v1.emulator.balance < 100


def test_a_drop_closes_the_connection_without_a_response(v1):
    v1.emulator.inject_fault(operation="txt2img", drop=True)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        v1.generate()
    assert not v1.emulator.jobs
    assert v1.emulator.requests[0].status is None
    assert v1.generate().status_code == 200


def test_an_accepted_drop_creates_a_job(v1):
    v1.emulator.inject_fault(operation="txt2img", drop=True, accepted=True)
    with pytest.raises(httpx.RemoteProtocolError):
        v1.generate()
    assert len(v1.emulator.jobs) == 1


def test_a_response_can_be_truncated(v1):
    v1.emulator.inject_fault(operation="balance", drop=True, after_bytes=7)
    with pytest.raises(httpx.RemoteProtocolError, match="received 7 bytes"):
        v1.get("balance")


def test_a_short_response_is_truncated_before_its_last_byte(v1):
    v1.emulator.inject_fault(operation="balance", drop=True, after_bytes=10_000)
    with pytest.raises(httpx.RemoteProtocolError, match="received 25 bytes, expected 26"):
        v1.get("balance")


@pytest.mark.parametrize("length", [0, 1, 70_000, 10**9])
def test_a_truncated_download_can_be_resumed(v1, length):
    url = v1.get_job(v1.generate(width=2048, height=2048))["result_url"]
    whole = httpx.get(url).content
    assert len(whole) > 70_000
    v1.emulator.inject_fault(operation="result", drop=True, after_bytes=length)
    received = bytearray()

    def download():
        with httpx.stream("GET", url) as response:
            assert response.headers["content-length"] == str(len(whole))
            for chunk in response.iter_raw():
                received.extend(chunk)

    with pytest.raises(httpx.RemoteProtocolError):
        download()
    assert len(received) == min(length, len(whole) - 1)
    rest = httpx.get(url, headers={"Range": f"bytes={len(received)}-"}).content
    assert received + rest == whole


def test_a_delay_alone_delays_the_normal_response(v1):
    v1.emulator.inject_fault(operation="balance", delay=0.3)
    started = time.monotonic()
    assert v1.get("balance").json() == {"data": {"balance": 100.0}}
    assert time.monotonic() - started >= 0.3


def test_a_client_timeout_during_a_delayed_drop_creates_no_job(v1):
    v1.emulator.inject_fault(operation="txt2img", delay=60, drop=True)
    with pytest.raises(httpx.ReadTimeout):
        v1.post("txt2img", {}, timeout=0.1)
    assert not v1.emulator.jobs


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("images/generations", "txt2img"),
        ("/api/v2/images/edits/price", "img2img.price"),
        ("txt2img/price-calculation", "txt2img.price"),
        ("jobs", "request-status"),
        ("account/balance", "balance"),
        ("prompts/enhancements/price", "prompts/enhancements.price"),
        ("videos/replace/price", "videos/replace.price"),
    ],
)
def test_a_path_instead_of_an_operation_is_a_value_error_with_the_name(v1, path, name):
    with pytest.raises(ValueError, match=f"'{path}' is a path; .* '{name}'"):
        v1.emulator.inject_fault(operation=path, status=500)
    v1.emulator.inject_fault(operation=name, status=500)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("txt2image", "txt2img"), ("image.generate", "images.generate"), ("balace", "balance")],
)
def test_an_unknown_operation_is_a_value_error_with_the_nearest_names(v1, name, nearest):
    with pytest.raises(ValueError, match=f"unknown operation '{name}'; did you mean .*'{nearest}'"):
        v1.emulator.inject_fault(operation=name, status=500)


def test_an_operation_without_a_similar_name_is_a_value_error_with_all_names(v1):
    with pytest.raises(ValueError, match=r"the operations are: .*images.generate.*, txt2img"):
        v1.emulator.inject_fault(operation="", status=500)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_fault_takes_the_name_of_an_sdk_method(start_emulator, version):
    api = start_emulator(version)
    api.emulator.inject_fault(operation="images.generate", status=503)
    assert api.get("models").status_code == 200
    assert api.generate().status_code == 503
    assert [request.sdk_operation for request in api.emulator.requests] == [
        "models.list",
        "images.generate",
    ]


def test_sdk_methods_with_one_path_are_distinguished_by_their_http_method(v2):
    v2.emulator.inject_fault(operation="keys.create", status=503)
    assert v2.get("keys").status_code == 200
    assert v2.post("keys", {"name": "a"}).status_code == 503


def test_a_fault_can_be_injected_into_every_operation_of_the_sdk(v1):
    for name in OPERATIONS:
        v1.emulator.inject_fault(operation=name, status=503)


@pytest.mark.parametrize(
    ("page", "status", "text"),
    [
        ("blocked", 403, "1010"),
        ("challenge", 403, "Just a moment..."),
        ("bad_gateway", 502, "Bad gateway"),
        ("unavailable", 521, "down"),
        ("timeout", 524, "timeout"),
    ],
)
def test_a_page_of_the_network_edge_can_be_injected(v1, page, status, text):
    v1.emulator.inject_fault(edge=page)
    response = v1.get("balance")
    assert response.status_code == status
    assert text in response.text
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["server"] == "cloudflare"
    assert "x-ratelimit-limit" not in response.headers


def test_an_unknown_page_is_a_value_error(v1):
    with pytest.raises(ValueError, match=r"blocked.*, not 'none'"):
        v1.emulator.inject_fault(edge="none")


def test_faults_can_be_cleared(v1):
    v1.emulator.inject_fault(status=500, times=100)
    assert v1.get("balance").status_code == 500
    v1.emulator.clear_faults()
    assert v1.get("balance").status_code == 200


def test_a_fault_without_an_operation_affects_unknown_paths_as_well(v1):
    v1.emulator.inject_fault(status=418)
    assert httpx.get(f"{v1.emulator.url}/whatever").status_code == 418
