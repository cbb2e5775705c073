from __future__ import annotations

import time

import httpx
import pytest


def test_an_ordered_status_shows_once_and_nothing_is_done(api):
    api.emulator.inject_fault(operation="txt2img", status=503, headers={"Retry-After": "2"})
    refused = api.generate()
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "2"
    assert not api.emulator.jobs
    assert api.generate().status_code == 200
    assert [request.status for request in api.emulator.requests] == [503, 200]


def test_a_body_is_sent_as_it_is_or_as_json(api):
    api.emulator.inject_fault(
        status=502, body="<html>Bad gateway</html>", headers={"Content-Type": "text/html"}
    )
    page = api.get("balance")
    assert page.text == "<html>Bad gateway</html>"
    assert page.headers["content-type"] == "text/html"
    api.emulator.inject_fault(status=200, body={"data": []})
    assert api.get("balance").json() == {"data": []}
    api.emulator.inject_fault(status=520)
    assert api.get("balance").status_code == 520


def test_a_fault_meets_its_operation_only_and_so_often_as_ordered(api):
    api.emulator.inject_fault(operation="balance", status=500, times=2)
    assert api.get("models").status_code == 200
    assert [api.get("balance").status_code for _ in range(3)] == [500, 500, 200]


@pytest.mark.parametrize(
    ("operation", "path"),
    [("txt2img.price", "txt2img/price-calculation"), ("request-status", "request-status/x")],
)
def test_prices_and_status_reads_have_names_of_their_own(api, operation, path):
    api.emulator.inject_fault(operation=operation, status=599)
    method = "POST" if "price" in path else "GET"
    assert api.http.request(method, path).status_code == 599


def test_an_accepted_fault_hides_an_answer_to_work_that_was_done(api):
    api.emulator.inject_fault(operation="txt2img", status=504, accepted=True)
    assert api.generate().status_code == 504
    assert len(api.emulator.jobs) == 1
    assert api.emulator.balance < 100


def test_a_drop_closes_the_connection_without_an_answer(api):
    api.emulator.inject_fault(operation="txt2img", drop=True)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        api.generate()
    assert not api.emulator.jobs
    assert api.emulator.requests[0].status is None
    assert api.generate().status_code == 200


def test_an_accepted_drop_leaves_a_job_behind(api):
    api.emulator.inject_fault(operation="txt2img", drop=True, accepted=True)
    with pytest.raises(httpx.RemoteProtocolError):
        api.generate()
    assert len(api.emulator.jobs) == 1


def test_an_answer_can_be_cut_in_the_middle(api):
    api.emulator.inject_fault(operation="balance", drop=True, after_bytes=7)
    with pytest.raises(httpx.RemoteProtocolError, match="received 7 bytes"):
        api.get("balance")


def test_an_answer_shorter_than_the_cut_lacks_its_last_byte(api):
    api.emulator.inject_fault(operation="balance", drop=True, after_bytes=10_000)
    with pytest.raises(httpx.RemoteProtocolError, match="received 25 bytes, expected 26"):
        api.get("balance")


@pytest.mark.parametrize("length", [0, 1, 70_000, 10**9])
def test_a_download_can_be_cut_and_resumed(api, length):
    url = api.job(api.generate(width=1024, height=1024))["result_url"]
    whole = httpx.get(url).content
    assert len(whole) > 70_000
    api.emulator.inject_fault(operation="result", drop=True, after_bytes=length)
    got = bytearray()

    def download():
        with httpx.stream("GET", url) as response:
            assert response.headers["content-length"] == str(len(whole))
            for chunk in response.iter_raw():
                got.extend(chunk)

    with pytest.raises(httpx.RemoteProtocolError):
        download()
    assert len(got) == min(length, len(whole) - 1)
    rest = httpx.get(url, headers={"Range": f"bytes={len(got)}-"}).content
    assert got + rest == whole


def test_a_delay_alone_holds_the_true_answer_back(api):
    api.emulator.inject_fault(operation="balance", delay=0.3)
    started = time.monotonic()
    assert api.get("balance").json() == {"data": {"balance": 100.0}}
    assert time.monotonic() - started >= 0.3


def test_a_client_that_gives_up_on_a_delay_leaves_nothing_done(api):
    api.emulator.inject_fault(operation="txt2img", delay=0.3, drop=True)
    with pytest.raises(httpx.ReadTimeout):
        api.post("txt2img", {}, timeout=0.1)
    assert not api.emulator.jobs


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
def test_a_fault_for_a_path_is_told_the_operations_name(api, path, name):
    with pytest.raises(ValueError, match=f"'{path}' is a path; .* '{name}'"):
        api.emulator.inject_fault(operation=path, status=500)
    api.emulator.inject_fault(operation=name, status=500)


@pytest.mark.parametrize("name", ["txt2image", "", "v2", "images"])
def test_a_fault_for_no_operation_is_a_value_error_with_all_names(api, name):
    with pytest.raises(
        ValueError, match=f"unknown operation '{name}'; the operations are: .*, txt2img, .*videos/"
    ):
        api.emulator.inject_fault(operation=name, status=500)


def test_ordered_faults_can_be_forgotten(api):
    api.emulator.inject_fault(status=500, times=100)
    assert api.get("balance").status_code == 500
    api.emulator.clear_faults()
    assert api.get("balance").status_code == 200


def test_a_fault_for_anything_meets_unknown_paths_too(api):
    api.emulator.inject_fault(status=418)
    assert httpx.get(f"{api.emulator.url}/whatever").status_code == 418
