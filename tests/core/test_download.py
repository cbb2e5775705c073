"""Saving a result to a file: atomic, resumed after a failure, and renewing an expired link."""

import gzip
import io
import math

import pytest

from deapi import DeapiError, InvalidResponseError, JobFailedError, NetworkError, ServerError
from deapi._core.download import ResultDownload
from deapi._core.polling import JobState
from deapi._response import Response
from deapi.events import DownloadFinished
from deapi.types import JobResult
from support.fake_driver import FakeDriver, job_status, network_failure, response
from support.operations import status_request

CONTENT = bytes(range(256)) * 40
LINK = "https://results.example/1/a.png?signature=1"


def done(**fields) -> JobResult:
    return JobResult.model_validate({"status": "done", "result_url": LINK, **fields})


def deliver(step, head, *chunks, delimited=False):
    """Do what a driver does with a response."""
    transfer = step.transfer
    if transfer.begin(head, delimited=delimited):
        for chunk in chunks:
            accepted = transfer.receive(chunk)
            if accepted is None:
                break
            transfer.write(accepted)
            transfer.exclude_pause()


def serve(status=200, start=0, stop=None, *, then=None, content_range=None, **headers):
    """Respond to a download with a part of the content. `then` is the outcome if it is not None."""

    def outcome(driver, step):
        fields = {"etag": '"v1"'}
        if status == 200:
            fields["content-length"] = str(len(CONTENT))
        if status == 206:
            end = len(CONTENT) - 1
            fields["content-range"] = content_range or f"bytes {start}-{end}/{len(CONTENT)}"
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        head = Response(status, {name: value for name, value in fields.items() if value}, b"")
        deliver(step, head, CONTENT[start:stop])
        return then or head

    return outcome


def finished(result):
    """Return a flow that waits for nothing."""
    yield from ()
    return result


def wanted(driver, result=None, *, image_format=None, max_time=math.inf):
    state = JobState("job-1", status_request("job-1"))
    return ResultDownload(driver.context, state, finished(result or done()), image_format, max_time)


def run(driver, path, result=None, **options):
    """Save a result to a path."""
    assert driver.run(wanted(driver, result, **options).save_to_path(str(path))) == path
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fox.png"


def is_only_file(path):
    """Return whether the directory contains this file and no temporary one."""
    return list(path.parent.iterdir()) == [path]


def test_the_content_is_saved(path):
    driver = FakeDriver([serve()])
    assert run(driver, path) == path
    assert path.read_bytes() == CONTENT
    assert is_only_file(path)
    assert driver.sent[0].url == LINK


def test_an_existing_file_is_kept_if_the_download_fails(path):
    path.write_bytes(b"old")
    with pytest.raises(NetworkError, match="Call save"):
        run(FakeDriver([serve(stop=10, then=network_failure())] + [network_failure()] * 4), path)
    assert path.read_bytes() == b"old"
    assert is_only_file(path)


def test_an_interrupted_download_is_resumed(path):
    driver = FakeDriver(
        [
            serve(stop=1000, then=network_failure()),
            serve(206, 1000, 5000, then=network_failure()),
            serve(206, 5000),
        ]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert [step.headers.get("range") for step in driver.sent] == [
        None,
        "bytes=1000-",
        "bytes=5000-",
    ]
    assert driver.sent[1].headers["if-range"] == '"v1"'


@pytest.mark.parametrize("first", [serve(stop=1000, then=network_failure()), serve(stop=1000)])
def test_a_response_that_ends_too_early_is_resumed(path, first):
    driver = FakeDriver([first, serve(206, 1000, 5000), serve(206, 5000)])
    run(driver, path)
    assert path.read_bytes() == CONTENT


def test_a_server_error_after_a_part_is_retried(path):
    driver = FakeDriver([serve(stop=1000, then=network_failure()), response(503), serve(206, 1000)])
    run(driver, path)
    assert path.read_bytes() == CONTENT


def test_the_permissions_of_a_replaced_file_are_kept(path):
    path.write_bytes(b"old")
    path.chmod(0o600)
    run(FakeDriver([serve()]), path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_changed_file_is_downloaded_from_the_start(path):
    run(FakeDriver([serve(stop=1000, then=network_failure()), serve(200)]), path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "content_range",
    [
        "bytes 7-9/10",
        "items 1-2",
        "",
        "bytes 1000-10239/99",
        "bytes 1000-/10240",
        "bytes 0-10239/10240",
        "bytes 1000-10239/20000",
        "bytes 1000-10240/10240",
        "bytes 1000-999/10240",
    ],
)
def test_a_range_that_was_not_requested_is_not_written(path, content_range):
    unrequested = serve(206, 0, content_range=content_range or "none")
    driver = FakeDriver([serve(stop=1000, then=network_failure()), unrequested, serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert "range" not in driver.sent[2].headers


def test_a_range_of_a_file_of_unknown_length_is_written(path):
    rest = serve(206, 1000, content_range="bytes 1000-10239/*")
    driver = FakeDriver([serve(stop=1000, then=network_failure()), rest])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert len(driver.sent) == 2


def stream(content, *, then=None, **headers):
    """Respond with a whole file, with exactly these headers."""

    def outcome(driver, step):
        headers_only = Response(
            200, {name.replace("_", "-"): value for name, value in headers.items()}, b""
        )
        deliver(step, headers_only, content, delimited="content-length" not in headers_only.headers)
        return then or headers_only

    return outcome


def test_a_file_that_cannot_be_identified_is_downloaded_from_the_start(path):
    driver = FakeDriver(
        [stream(CONTENT[:1000], then=network_failure()), serve(503), stream(CONTENT)]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert [step.headers for step in driver.sent] == [{}, {}, {}]


@pytest.mark.parametrize("headers", [{}, {"content_length": "7"}])
def test_a_file_that_became_shorter_is_saved_as_it_is_now(path, headers):
    driver = FakeDriver([serve(stop=1000, then=network_failure()), stream(b"shorter", **headers)])
    run(driver, path)
    assert path.read_bytes() == b"shorter"


def test_a_range_of_unknown_length_is_not_joined_if_that_of_the_file_is_unknown_too(path):
    driver = FakeDriver(
        [
            stream(CONTENT[:1000], etag='"v1"', then=network_failure()),
            serve(206, 1000, content_range="bytes 1000-10239/*"),
            serve(),
        ]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert "range" not in driver.sent[2].headers


def test_a_file_that_was_downloaded_from_the_start_again_is_resumed(path):
    interrupted = serve(stop=1000, then=network_failure())
    driver = FakeDriver([interrupted, serve(416), interrupted, serve(206, 1000)])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[3].headers["range"] == "bytes=1000-"


def test_an_unsatisfiable_range_is_downloaded_from_the_start(path):
    driver = FakeDriver([serve(stop=1000, then=network_failure()), serve(416), serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert "range" not in driver.sent[2].headers


def test_an_expired_link_is_renewed_by_polling_the_job(path):
    fresh = LINK.replace("signature=1", "signature=2")
    driver = FakeDriver([serve(403), job_status("done", result_url=fresh), serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[1].url.endswith("request-status/job-1")
    assert driver.sent[2].url == fresh


def test_a_renewed_link_that_is_rejected_too_is_an_error(path):
    driver = FakeDriver([serve(403), job_status("done", result_url=LINK), serve(403)])
    with pytest.raises(DeapiError, match="HTTP 403") as caught:
        run(driver, path)
    assert type(caught.value) is DeapiError
    assert caught.value.status_code == 403
    assert list(path.parent.iterdir()) == []


def test_a_renewed_link_has_the_format_of_the_path(tmp_path):
    formats = {"jpg": "https://r.example/a.jpg?signature=2"}
    renewal = job_status("done", result_url=LINK, results_alt_formats=formats)
    driver = FakeDriver([response(403), renewal, serve()])
    run(driver, tmp_path / "fox.jpg", done(results_alt_formats={"jpg": "https://r.example/a.jpg"}))
    assert driver.sent[2].url == formats["jpg"]


def test_max_retry_wait_limits_the_delay_between_downloads(path):
    driver = FakeDriver(
        [network_failure(), response(503, headers={"retry-after": "3600"}), serve()],
        {"max_retry_wait": 0.5},
    )
    run(driver, path)
    assert driver.slept == [0.5, 0.5]


def test_an_unavailable_host_is_retried_and_then_reported(path):
    driver = FakeDriver([serve(500)] * 4)
    with pytest.raises(ServerError, match="paid for") as caught:
        run(driver, path)
    assert driver.slept == [1, 2, 4]
    assert caught.value.response.status_code == 500


def test_an_inline_text_is_saved_unchanged(tmp_path):
    path = tmp_path / "page.txt"
    run(FakeDriver(), path, done(result_url=None, result="Zeile 1\nÄ"))
    assert path.read_bytes() == "Zeile 1\nÄ".encode()


def test_a_failed_job_raises_job_failed_error(path):
    failed = JobResult(status="error", error_code="WORKER_ERROR")
    with pytest.raises(JobFailedError, match="WORKER_ERROR"):
        run(FakeDriver(), path, failed)


@pytest.mark.parametrize(
    "link",
    [
        "file:///etc/passwd",
        "ftp://x/y",
        "/relative",
        "javascript:1",
        "https://",
        "https:///1.png",
        "http://127.0.0.1:99999/1.png",
        "http://127.0.0.1:x/1.png",
        "http://[::1/1.png",
    ],
)
def test_a_link_that_is_not_http_is_not_followed(path, link):
    with pytest.raises(InvalidResponseError, match=r"not an http\(s\) URL"):
        run(FakeDriver(), path, done(result_url=link))


def test_the_scheme_of_a_link_may_be_in_upper_case(path):
    run(FakeDriver([serve()]), path, done(result_url="HTTPS://r.example/a.png"))
    assert path.read_bytes() == CONTENT


def test_a_download_that_failed_before_its_first_byte_is_requested_as_a_whole(path):
    driver = FakeDriver([serve(stop=0, then=network_failure()), serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[1].headers == {}


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_link_to_a_missing_file_is_renewed_once(path, status):
    driver = FakeDriver([response(status), job_status("done", result_url=LINK), serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "content_range",
    ["bytes 1000-" + "9" * 5000 + "/10240", "bytes " + "9" * 5000 + "-1/1", "bytes \xb2-3/4"],
)
def test_an_invalid_content_range_restarts_the_download(path, content_range):
    driver = FakeDriver(
        [
            serve(stop=1000, then=network_failure()),
            serve(206, 1000, content_range=content_range),
            serve(),
        ]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT


# -- which pieces belong together ----------------------------------------------------------------

OLD = {"last_modified": "Mon, 02 Nov 2026 10:00:00 GMT", "date": "Mon, 02 Nov 2026 12:00:00 GMT"}
RECENT = {**OLD, "date": "Mon, 02 Nov 2026 10:00:01 GMT"}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"etag": 'W/"v1"'}, id="weak ETag"),
        pytest.param({"etag": "v1"}, id="ETag without quotes"),
        pytest.param({"etag": ""}, id="no validator"),
        pytest.param({"etag": 'W/"v1"', **OLD}, id="weak ETag and a date"),
        pytest.param({"etag": "", **RECENT}, id="a date that is too recent"),
        pytest.param({"etag": "", "last_modified": "yesterday"}, id="invalid date"),
        pytest.param({"etag": "", **OLD, "date": OLD["date"][:-3] + "-0000"}, id="no time zone"),
        pytest.param(
            {"etag": "", **OLD, "date": OLD["date"][:-3] + "+" + "9" * 20}, id="invalid time zone"
        ),
    ],
)
def test_a_download_without_a_strong_validator_starts_again(path, headers):
    driver = FakeDriver([serve(stop=1000, then=network_failure(), **headers), serve(**headers)])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[1].headers == {}


def test_a_modification_date_identifies_a_file_without_an_etag(path):
    driver = FakeDriver(
        [
            serve(stop=1000, then=network_failure(), etag="", **OLD),
            serve(206, 1000, etag="", **OLD),
        ]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[1].headers == {"range": "bytes=1000-", "if-range": OLD["last_modified"]}


@pytest.mark.parametrize("headers", [{"etag": '"v2"'}, {"etag": ""}, {"etag": 'W/"v1"'}])
def test_a_piece_with_another_etag_is_not_joined(path, headers):
    other = serve(206, 1000, **headers)
    driver = FakeDriver([serve(stop=1000, then=network_failure()), other, serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[2].headers == {}


@pytest.mark.parametrize("headers", [{"content_encoding": "gzip"}, {"content_type": "text/html"}])
def test_a_piece_in_another_form_is_not_joined(path, headers):
    other = serve(206, 1000, 5000, then=network_failure(), **headers)
    driver = FakeDriver([serve(stop=1000, then=network_failure()), other, serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[2].headers == {}


def test_a_piece_with_another_modification_date_is_not_joined(path):
    changed = {**OLD, "last_modified": "Mon, 02 Nov 2026 10:30:00 GMT"}
    driver = FakeDriver(
        [
            serve(stop=1000, then=network_failure(), etag="", **OLD),
            serve(206, 1000, etag="", **changed),
            serve(etag="", **changed),
        ]
    )
    run(driver, path)
    assert driver.sent[2].headers == {}


@pytest.mark.parametrize(
    "renewed", ["https://results.example/1/b.png", "https://r.example/1/a.png"]
)
def test_pieces_of_two_links_are_not_joined(path, renewed):
    driver = FakeDriver(
        [
            serve(stop=1000, then=network_failure()),
            serve(403),
            job_status("done", result_url=renewed),
            serve(),
        ]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[3].headers == {}


# -- hosts that send something else --------------------------------------------------------------


def save_from(responses, path, **options):
    """Return the error of a save from a host that repeats these responses."""
    driver = FakeDriver(responses)
    with pytest.raises(DeapiError, match=r"job job-1 .*paid for") as caught:
        run(driver, path, **options)
    assert list(path.parent.iterdir()) == []
    return caught.value, driver


def test_a_range_that_was_not_requested_is_not_accepted_indefinitely(path):
    error, driver = save_from([serve(206, content_range="bytes 0-10239/10240")] * 9, path)
    assert "a range that was not requested" in str(error)
    assert len(driver.sent) == 4


@pytest.mark.parametrize(
    "longer",
    [
        stream(CONTENT + b"x", content_length=str(len(CONTENT))),
        stream(CONTENT, content_length="10"),
    ],
)
def test_more_bytes_than_announced_end_the_download_at_once(path, longer):
    error, driver = save_from([longer], path)
    assert "more bytes than it announced" in str(error)
    assert isinstance(error, InvalidResponseError)
    assert driver.slept == []


def test_a_range_that_is_longer_than_announced_ends_the_download_at_once(path):
    longer = serve(206, 1000, content_range="bytes 1000-1009/10240")
    error, _ = save_from([serve(stop=1000, then=network_failure()), longer], path)
    assert "more bytes than it announced" in str(error)


def test_a_range_that_is_shorter_than_announced_is_not_the_end(path):
    driver = FakeDriver(
        [
            serve(stop=1000, then=network_failure()),
            serve(206, 1000, 2000, content_range="bytes 1000-1999/10240"),
            serve(206, 2000),
        ]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT


def test_a_file_that_shrinks_at_each_attempt_is_given_up(path):
    lengths = range(len(CONTENT), 0, -1)
    shrinking = [serve(stop=length - 1, then=network_failure()) for length in lengths]
    _, driver = save_from([serve(stop=10, then=network_failure()), *shrinking], path)
    assert len(driver.sent) <= 10


def test_one_byte_per_attempt_is_not_progress(path):
    def one_byte(driver, step):
        start = step.transfer.size
        fields = {"etag": '"v1"', "content-length": str(10**9)}
        if start:
            fields["content-range"] = f"bytes {start}-999999999/1000000000"
        deliver(step, Response(206 if start else 200, fields, b""), b"x")
        return network_failure()

    error, driver = save_from([one_byte] * 500, path)
    assert isinstance(error, NetworkError)
    assert len(driver.sent) < 10


def test_progress_resets_the_number_of_retries(path):
    parts = [serve(206, n * 200, (n + 1) * 200, then=network_failure()) for n in range(1, 20)]
    run(FakeDriver([serve(stop=200, then=network_failure()), *parts, serve(206, 4000)]), path)
    assert path.read_bytes() == CONTENT


def test_progress_that_was_lost_is_not_counted_again(path):
    half = serve(stop=5000, etag="", then=network_failure())
    _, driver = save_from([half] * 20, path)
    assert len(driver.sent) == 4, "all but the first attempt received nothing new"


def test_a_link_that_expires_again_after_progress_is_renewed_again(path):
    renewal = job_status("done", result_url=LINK)
    driver = FakeDriver(
        [
            serve(stop=1000, then=network_failure()),
            *(response(403), renewal, serve(206, 1000, 5000, then=network_failure())),
            *(response(403), renewal, serve(206, 5000)),
        ]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT


def test_the_number_of_status_requests_of_a_download_is_limited(path):
    def flapping():
        yield serve(stop=200, then=network_failure())
        for start in range(200, len(CONTENT), 200):
            yield response(403)
            yield job_status("done", result_url=LINK)
            yield serve(206, start, start + 200, then=network_failure())

    error, driver = save_from(flapping(), path)
    assert error.status_code == 403
    assert len([step for step in driver.sent if "request-status" in step.url]) == 5


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "gzip, gzip", "xyz"])
def test_a_coding_that_was_not_requested_is_rejected(path, coding):
    error, driver = save_from([serve(content_encoding=coding)] * 4, path)
    assert "which was not requested" in str(error)
    assert len(driver.sent) == 4


def test_the_identity_coding_is_accepted(path):
    run(FakeDriver([serve(content_encoding="Identity")]), path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "page",
    [
        stream(b"<html><body>Please log in", content_length="25"),
        stream(b"\xef\xbb\xbf\n <!DOCTYPE HTML><p>busy", content_type="image/png"),
        stream(CONTENT, content_type="text/html; charset=utf-8", content_length="10240"),
        stream(CONTENT, content_type="Application/XHTML+XML ; q=1", content_length="10240"),
    ],
)
def test_an_html_page_is_not_a_result(path, page):
    error, _ = save_from([page] * 4, path)
    assert "HTML page" in str(error)


def test_an_html_page_that_arrives_byte_by_byte_is_not_a_result(path):
    page = b"<!doctype html>"

    def outcome(driver, step):
        head = Response(200, {}, b"")
        deliver(step, head, *(page[n : n + 1] for n in range(len(page))), delimited=True)
        return head

    assert "HTML page" in str(save_from([outcome] * 4, path)[0])


def test_a_text_may_begin_like_an_html_page(tmp_path):
    text = stream(b"<html> is a tag", content_type="text/plain")
    path = run(FakeDriver([text]), tmp_path / "a.txt", done(result_url="https://r.example/a.txt"))
    assert path.read_bytes() == b"<html> is a tag"


def test_an_empty_file_is_not_a_result(path):
    error, _ = save_from([stream(b"", content_length="0")] * 4, path)
    assert "an empty file" in str(error)


def test_a_text_may_be_empty(tmp_path):
    empty = stream(b"", content_length="0")
    path = run(FakeDriver([empty]), tmp_path / "a.txt", done(result_url="https://r.example/a.txt"))
    assert path.read_bytes() == b""


@pytest.mark.parametrize("length", ["", "abc", "-1", "9" * 5000, "\xb2", "1e3", "0x10"])
def test_a_file_whose_end_cannot_be_recognized_is_not_a_result(path, length):
    error, _ = save_from([serve(content_length=length)] * 4, path)
    assert "does not announce the length" in str(error)


def test_the_error_of_a_download_is_that_of_its_last_attempt(path):
    error, _ = save_from([stream(b"<html>", content_length="6"), *[response(503)] * 3], path)
    assert isinstance(error, ServerError)
    assert "HTML" not in str(error)


def test_a_response_that_becomes_a_file_is_saved(path):
    page = stream(b"<html>busy</html>", content_length="17")
    run(FakeDriver([page, serve()]), path)
    assert path.read_bytes() == CONTENT


def test_a_file_that_is_too_large_is_rejected(path, monkeypatch):
    monkeypatch.setattr("deapi._core.download._MAX_FILE_SIZE", 1000)
    announced, _ = save_from([serve(stop=10, then=network_failure())], path)
    assert "larger than 1000 bytes" in str(announced)
    endless, _ = save_from([stream(CONTENT[:1001])], path)
    assert "larger than 1000 bytes" in str(endless)
    run(FakeDriver([stream(CONTENT[:1000])]), path)
    assert path.read_bytes() == CONTENT[:1000]


def test_the_bytes_of_all_attempts_are_limited(path, monkeypatch):
    monkeypatch.setattr("deapi._core.download._MAX_FILE_SIZE", len(CONTENT))
    restarted = serve(stop=-1, etag="", then=network_failure())
    error, driver = save_from([restarted] * 10, path)
    assert "larger than" in str(error)
    assert len(driver.sent) == 3


# -- time ----------------------------------------------------------------------------------------


def trickle(interval, size=1, chunks=10**6):
    """Respond with a piece of the content at each interval."""

    def outcome(driver, step):
        head = Response(200, {"content-length": str(10**8)}, b"")
        assert step.transfer.begin(head, delimited=False)
        for _ in range(chunks):
            driver.time += interval
            accepted = step.transfer.receive(b"x" * size)
            if accepted is None:
                break
            step.transfer.write(accepted)
            step.transfer.exclude_pause()
        return head

    return outcome


def test_a_download_slower_than_the_minimum_rate_ends(path):
    driver = FakeDriver([trickle(0.5)] * 4)
    with pytest.raises(DeapiError, match="less than 1000 bytes per second"):
        run(driver, path)
    assert driver.time - 1000 < 300


def test_a_download_at_the_minimum_rate_continues(path):
    driver = FakeDriver([trickle(0.5, size=500, chunks=1000), serve()])
    run(driver, path)
    assert driver.time - 1000 > 400


def test_a_pause_shorter_than_a_minute_does_not_end_a_download(path):
    def outcome(driver, step):
        head = Response(200, {"content-length": str(len(CONTENT))}, b"")
        assert step.transfer.begin(head, delimited=False)
        driver.time += 55
        step.transfer.write(step.transfer.receive(CONTENT))
        return head

    run(FakeDriver([outcome]), path)
    assert path.read_bytes() == CONTENT


def test_a_file_of_unknown_length_is_not_complete_at_max_download_time(path):
    def outcome(driver, step):
        head = Response(200, {}, b"")
        assert step.transfer.begin(head, delimited=True)
        driver.time += 5
        step.transfer.write(step.transfer.receive(CONTENT))
        driver.time += 5.5
        assert step.transfer.receive(CONTENT) is None
        return head

    error, _ = save_from([outcome], path, max_time=10)
    assert "max_download_time expired" in str(error)


def test_max_download_time_ends_a_download(path):
    driver = FakeDriver([trickle(1, size=5000)])
    with pytest.raises(NetworkError, match="max_download_time expired"):
        run(driver, path, max_time=90)
    assert driver.time == 1090


def test_an_expired_link_is_not_renewed_after_max_download_time(path):
    def expired(driver, _step):
        driver.time += 11
        return response(403)

    error, _ = save_from([expired], path, max_time=10)
    assert "max_download_time expired" in str(error)


def test_the_event_of_a_download_has_its_duration_and_size(path):
    driver = FakeDriver([network_failure(), serve()])
    seen = []
    driver.context.on_event = seen.append
    run(driver, path)
    assert seen == [DownloadFinished("job-1", 1, len(CONTENT), None, 2)]


def test_max_download_time_includes_retries(path):
    driver = FakeDriver([network_failure()] * 9, {"max_retries": 9})
    with pytest.raises(NetworkError, match="max_download_time expired"):
        run(driver, path, max_time=6)
    assert sum(driver.slept) == 6


def test_the_time_that_the_consumer_needs_is_not_counted(path):
    def outcome(driver, step):
        head = Response(200, {"content-length": str(len(CONTENT))}, b"")
        assert step.transfer.begin(head, delimited=False)
        for n in range(10):
            driver.time += 1
            step.transfer.write(step.transfer.receive(CONTENT[n * 1024 : (n + 1) * 1024]))
            driver.time += 1000
            step.transfer.exclude_pause()
        return head

    run(FakeDriver([outcome]), path, max_time=20)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("seconds", [0, -1, math.nan])
def test_an_invalid_max_download_time_is_rejected(seconds):
    with pytest.raises(ValueError, match="max_download_time"):
        wanted(FakeDriver(), max_time=seconds)


# -- targets without rewinding -------------------------------------------------------------------


class Pipe:
    """A file object that cannot be rewound."""

    def __init__(self):
        self.content = b""

    def write(self, data):
        self.content += data


def test_a_pipe_receives_each_byte_once_although_the_host_starts_again():
    driver, pipe = FakeDriver([serve(stop=1000, then=network_failure()), serve()]), Pipe()
    assert driver.run(wanted(driver).save_to_file(pipe)) is None
    assert pipe.content == CONTENT


def test_a_pipe_receives_each_byte_once_although_the_host_repeats_them_in_small_pieces():
    def pieces(driver, step):
        head = Response(200, {"etag": '"v1"', "content-length": str(len(CONTENT))}, b"")
        deliver(step, head, *(CONTENT[n : n + 300] for n in range(0, len(CONTENT), 300)))
        return head

    driver, pipe = FakeDriver([serve(stop=1000, then=network_failure()), pieces]), Pipe()
    driver.run(wanted(driver).save_to_file(pipe))
    assert pipe.content == CONTENT


def test_a_pipe_receives_each_byte_once_although_the_host_rejects_the_rest():
    driver = FakeDriver([serve(stop=1000, then=network_failure()), serve(416), serve()])
    pipe = Pipe()
    driver.run(wanted(driver).save_to_file(pipe))
    assert pipe.content == CONTENT
    assert driver.sent[2].headers == {}


def test_a_pipe_does_not_receive_pieces_of_two_links():
    driver = FakeDriver(
        [
            serve(stop=1000, then=network_failure()),
            serve(403),
            job_status("done", result_url="https://results.example/1/b.png"),
            serve(),
        ]
    )
    driver.run(wanted(driver).save_to_file(Pipe()))
    assert driver.sent[3].headers == {}


def test_a_pipe_is_not_complete_if_the_host_repeats_less_than_before():
    shorter = stream(CONTENT[:500], etag='"v1"')
    driver = FakeDriver([serve(stop=1000, then=network_failure()), *[shorter] * 3])
    with pytest.raises(DeapiError, match="ended too early"):
        driver.run(wanted(driver).save_to_file(Pipe()))


@pytest.mark.parametrize(("etag", "other"), [('"v1"', '"v2"'), ("", ""), ("", '"v1"')])
def test_a_pipe_does_not_receive_pieces_that_may_be_of_two_files(etag, other):
    driver = FakeDriver([serve(stop=1000, etag=etag, then=network_failure()), serve(etag=other)])
    pipe = Pipe()
    with pytest.raises(DeapiError, match="cannot be resumed"):
        driver.run(wanted(driver).save_to_file(pipe))
    assert pipe.content == CONTENT[:1000]


def test_a_seekable_file_receives_the_new_version_of_a_file_from_the_start():
    output = io.BytesIO(b"header")
    output.seek(6)
    driver = FakeDriver([serve(stop=1000, then=network_failure()), serve(etag='"v2"')])
    driver.run(wanted(driver).save_to_file(output))
    assert output.getvalue() == b"header" + CONTENT


def test_a_buffered_file_is_flushed_at_the_end(path):
    driver = FakeDriver([serve()])
    with path.open("wb", buffering=1_000_000) as output:
        driver.run(wanted(driver).save_to_file(output))
        assert path.read_bytes() == CONTENT


def test_a_gzip_file_which_cannot_be_truncated_receives_a_result(path):
    driver = FakeDriver([serve()])
    with gzip.open(path, "wb") as output:
        driver.run(wanted(driver).save_to_file(output))
    assert gzip.decompress(path.read_bytes()) == CONTENT


def test_reading_starts_again_without_the_first_attempt():
    driver = FakeDriver([serve(stop=1000, etag="", then=network_failure()), serve()])
    assert driver.run(wanted(driver).read()) == CONTENT


def test_reading_is_limited(monkeypatch):
    monkeypatch.setattr("deapi._core.download._MAX_MEMORY_SIZE", 1000)
    driver = FakeDriver([serve()])
    with pytest.raises(DeapiError, match="larger than 1000 bytes"):
        driver.run(wanted(driver).read())


# -- formats and names ---------------------------------------------------------------------------

FORMATS = {"jpg": "https://r.example/a.jpg", "webp": "https://r.example/a.webp"}


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("fox.jpg", FORMATS["jpg"]),
        ("fox.JPEG", FORMATS["jpg"]),
        ("fox.webp", FORMATS["webp"]),
        ("fox.png", LINK),
        ("fox", LINK),
        ("fox.bin", LINK),
        ("fox.v1.2", LINK),
    ],
)
def test_the_suffix_of_the_path_selects_the_format(tmp_path, name, url):
    driver = FakeDriver([serve()])
    run(driver, tmp_path / name, done(results_alt_formats=FORMATS))
    assert driver.sent[0].url == url


@pytest.mark.parametrize("image_format", ["webp", ".webp", "WEBP"])
def test_the_argument_format_selects_the_format(tmp_path, image_format):
    driver = FakeDriver([serve()])
    run(driver, tmp_path / "fox", done(results_alt_formats=FORMATS), image_format=image_format)
    assert driver.sent[0].url == FORMATS["webp"]


def test_a_format_that_contradicts_the_path_is_rejected(tmp_path):
    driver = FakeDriver()
    with pytest.raises(ValueError, match="format is 'webp', but the suffix of the path is 'jpg'"):
        run(driver, tmp_path / "fox.jpg", image_format="webp")


@pytest.mark.parametrize("name", ["fox.gif", "fox.mp4", "fox.srt"])
def test_a_format_that_the_result_does_not_have_is_an_error_with_those_that_it_has(tmp_path, name):
    driver = FakeDriver()
    with pytest.raises(DeapiError, match="available as: 'png', 'jpg', 'webp'"):
        run(driver, tmp_path / name, done(results_alt_formats=FORMATS))
    assert driver.sent == []
    assert list(tmp_path.iterdir()) == []


def save_transcript(path, content, *, operation=None, **fields):
    """Save a text result, which is downloaded unless it is inline."""
    head = Response(200, {"content-length": str(len(content))}, b"")

    def outcome(_driver, step):
        deliver(step, head, content)
        return head

    driver = FakeDriver([outcome])
    download = wanted(driver, done(**fields))
    download.job.operation = operation
    driver.run(download.save_to_path(str(path)))
    return path.read_text()


TIMED = b"[0:00:01 - 0:00:02.5] Hello"
SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello\n"
TEXT_LINK = "https://r.example/a.txt"


@pytest.mark.parametrize("operation", ["transcription.create", None])
@pytest.mark.parametrize("link", [TEXT_LINK, "https://r.example/a"])
def test_subtitles_are_made_from_a_downloaded_transcript(tmp_path, operation, link):
    saved = save_transcript(tmp_path / "a.srt", TIMED, operation=operation, result_url=link)
    assert saved.strip() == SRT.strip()


def test_subtitles_are_made_from_an_inline_transcript_without_a_download(tmp_path):
    content = "[0:00:01 - 0:00:02.5] Inline"
    saved = save_transcript(tmp_path / "a.vtt", TIMED, result=content, result_url=TEXT_LINK)
    assert saved.startswith("WEBVTT\n")
    assert "Inline" in saved


def test_subtitles_that_the_service_made_are_not_converted(tmp_path):
    link = "https://r.example/a.srt"
    assert save_transcript(tmp_path / "a.srt", b"made elsewhere", result_url=link) == (
        "made elsewhere"
    )


@pytest.mark.parametrize(
    ("operation", "link"),
    [("ocr.extract", TEXT_LINK), ("images.generate", LINK), (None, LINK)],
)
def test_a_result_that_is_not_a_transcript_has_no_subtitles(tmp_path, operation, link):
    driver = FakeDriver()
    download = wanted(driver, done(result_url=link))
    download.job.operation = operation
    with pytest.raises(DeapiError, match=r"Nothing was downloaded.*available as: '(txt|png)'\."):
        driver.run(download.save_to_path(str(tmp_path / "a.srt")))
    assert driver.sent == []
    assert list(tmp_path.iterdir()) == []


def test_a_transcript_without_timestamps_has_no_subtitles_but_stays_available(tmp_path):
    with pytest.raises(DeapiError, match=r"include_ts=True.*paid for.*job\.text\(\)"):
        save_transcript(tmp_path / "a.srt", b"Hello", result_url=TEXT_LINK)
    assert list(tmp_path.iterdir()) == []
    assert save_transcript(tmp_path / "a.txt", b"Hello", result_url=TEXT_LINK) == "Hello"


def test_a_recording_without_speech_has_empty_subtitles(tmp_path):
    assert save_transcript(tmp_path / "a.srt", b"", result_url=TEXT_LINK) == ""


def test_the_link_of_a_transcript_is_renewed(tmp_path):
    def outcome(_driver, step):
        head = Response(200, {"content-length": str(len(TIMED))}, b"")
        deliver(step, head, TIMED)
        return head

    renewed = job_status("done", result_url=f"{TEXT_LINK}?signature=2")
    driver = FakeDriver([response(403, {}), renewed, outcome])
    path = tmp_path / "a.srt"
    driver.run(wanted(driver, done(result_url=TEXT_LINK)).save_to_path(str(path)))
    assert path.read_text().strip() == SRT.strip()


@pytest.mark.parametrize("formats", [None, [], {}, {"jpg": None}, "nonsense"])
def test_a_result_without_other_formats_has_one(tmp_path, formats):
    with pytest.raises(DeapiError, match="available as: 'png'"):
        run(FakeDriver(), tmp_path / "fox.jpg", done(results_alt_formats=formats))


def test_a_link_without_a_suffix_is_saved_under_any_name(tmp_path):
    run(FakeDriver([serve()]), tmp_path / "fox.jpg", done(result_url="https://r.example/a"))
    assert (tmp_path / "fox.jpg").read_bytes() == CONTENT


def test_a_directory_receives_a_file_named_after_the_job(tmp_path):
    driver = FakeDriver([serve()])
    saved = driver.run(wanted(driver).save_to_path(str(tmp_path)))
    assert saved == tmp_path / "job-1.png"
    assert saved.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("request_id", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd.png"),
        ("a b\x00c", "a_b_c.png"),
        ("...", "result.png"),
        ("x" * 500, "x" * 100 + ".png"),
    ],
)
def test_the_file_of_a_job_stays_in_the_directory(tmp_path, request_id, name):
    driver = FakeDriver([serve()])
    state = JobState(request_id, status_request("job-1"))
    flow = ResultDownload(driver.context, state, finished(done()), None, math.inf)
    assert driver.run(flow.save_to_path(str(tmp_path))) == tmp_path / name


def test_an_inline_text_with_a_lone_surrogate_is_saved(tmp_path):
    inline = done(result_url=None, result="half \ud800 a pair")
    path = run(FakeDriver(), tmp_path / "page.txt", inline)
    assert path.read_bytes() == b"half ? a pair"


def test_a_job_without_a_result_raises_job_failed_error(path):
    with pytest.raises(JobFailedError, match="has no result") as caught:
        run(FakeDriver(), path, done(result_url=None))
    assert caught.value.request_id == "job-1"
