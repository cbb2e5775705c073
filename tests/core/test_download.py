"""Saving a result to a file: atomic, resumed after a failure, and renewing an expired link."""

import os

import pytest

from deapi import DeapiError, InvalidResponseError, JobFailedError, NetworkError, ServerError
from deapi._core.download import PartialDownload, save, validate_target
from deapi._core.polling import JobState
from deapi._response import Response
from deapi.types import JobResult
from support.fake_driver import FakeDriver, job_status, network_failure, response
from support.operations import status_request

CONTENT = bytes(range(256)) * 40
LINK = "https://results.example/1/a.png?signature=1"


def done(**fields) -> JobResult:
    return JobResult.model_validate({"status": "done", "result_url": LINK, **fields})


def serve(status=200, start=0, stop=None, *, etag='"v1"', then=None, content_range=None):
    """Respond to a download with a part of the content. `then` is the outcome if it is not None."""

    def outcome(driver, step):
        headers = {"etag": etag}
        if status == 200:
            headers["content-length"] = str(len(CONTENT))
        if status == 206:
            end = len(CONTENT) - 1
            headers["content-range"] = content_range or f"bytes {start}-{end}/{len(CONTENT)}"
        headers_only = Response(status, headers, b"")
        if step.begin(headers_only):
            step.write(CONTENT[start:stop])
        return then or headers_only

    return outcome


def run(driver, path, result=None):
    driver.run(
        save(driver.context, JobState("job-1", status_request("job-1")), result or done(), path)
    )
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fox.png"


def is_only_file(path):
    """Return whether the folder contains this file and no temporary one."""
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


def test_an_empty_result_is_an_empty_file(path):
    def empty(driver, step):
        assert step.begin(Response(200, {"content-length": "0"}, b""))
        return Response(200, {}, b"")

    run(FakeDriver([empty]), path)
    assert path.read_bytes() == b""


def test_a_server_error_after_a_part_is_retried(path):
    driver = FakeDriver([serve(stop=1000, then=network_failure()), response(503), serve(206, 1000)])
    run(driver, path)
    assert path.read_bytes() == CONTENT


def test_the_permissions_of_a_replaced_file_are_kept(path):
    path.write_bytes(b"old")
    path.chmod(0o600)
    run(FakeDriver([serve()]), path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_weak_etag_is_not_used_to_resume(path):
    driver = FakeDriver([serve(stop=10, etag='W/"v1"', then=network_failure()), serve(206, 10)])
    run(driver, path)
    assert "if-range" not in driver.sent[1].headers


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
        assert step.begin(headers_only)
        step.write(content)
        return then or headers_only

    return outcome


@pytest.mark.parametrize("length", ["", "abc", "-1"])
def test_an_invalid_length_is_ignored(path, length):
    run(FakeDriver([stream(CONTENT, content_length=length)]), path)
    assert path.read_bytes() == CONTENT


def test_a_compressed_file_is_saved_although_its_length_differs(path):
    compressed = {"content_encoding": "gzip", "content_length": "99", "etag": '"v1"'}
    driver = FakeDriver(
        [
            stream(CONTENT[:1000], **compressed, then=network_failure()),
            stream(CONTENT, **compressed),
        ]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert "range" not in driver.sent[1].headers, "its bytes are not those of the file"


def test_a_file_that_cannot_be_identified_is_downloaded_from_the_start(path):
    driver = FakeDriver(
        [stream(CONTENT[:1000], then=network_failure()), response(503), stream(CONTENT)]
    )
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert [step.headers for step in driver.sent] == [{}, {}, {}]


@pytest.mark.parametrize("headers", [{}, {"content_length": "7"}])
def test_a_file_that_became_shorter_is_saved_as_it_is_now(path, headers):
    driver = FakeDriver([serve(stop=1000, then=network_failure()), stream(b"shorter", **headers)])
    run(driver, path)
    assert path.read_bytes() == b"shorter"


def test_a_finished_file_is_complete_on_disk(path):
    part = PartialDownload(path)
    part.open()
    part.write(b"content")
    part.finish()
    assert path.read_bytes() == b"content"


def test_the_target_of_a_symbolic_link_is_written(tmp_path):
    link, target = tmp_path / "link.png", tmp_path / "folder" / "fox.png"
    target.parent.mkdir()
    link.symlink_to(target)
    assert validate_target(link) == target.resolve()
    assert list(target.parent.iterdir()) == []


def test_an_unsatisfiable_range_is_downloaded_from_the_start(path):
    driver = FakeDriver([serve(stop=1000, then=network_failure()), serve(416), serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert "range" not in driver.sent[2].headers


def test_progress_resets_the_number_of_retries(path):
    parts = [serve(206, n * 100, (n + 1) * 100, then=network_failure()) for n in range(1, 20)]
    run(FakeDriver([serve(stop=100, then=network_failure()), *parts, serve(206, 2000)]), path)
    assert path.read_bytes() == CONTENT


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
    driver = FakeDriver([serve(503)] * 4)
    with pytest.raises(ServerError, match="paid for"):
        run(driver, path)
    assert driver.slept == [1, 2, 4]


@pytest.mark.parametrize(
    ("suffix", "image_format"), [(".jpg", "jpg"), (".JPEG", "jpg"), (".webp", "webp")]
)
def test_the_suffix_of_the_path_selects_the_format(tmp_path, suffix, image_format):
    formats = {"jpg": "https://r.example/a.jpg", "webp": "https://r.example/a.webp"}
    driver = FakeDriver([serve()])
    run(driver, tmp_path / f"fox{suffix}", done(results_alt_formats=formats))
    assert driver.sent[0].url == f"https://r.example/a.{image_format}"


@pytest.mark.parametrize("formats", [None, [], {}, {"jpg": None}, "nonsense"])
def test_missing_formats_fall_back_to_the_default_link(tmp_path, formats):
    driver = FakeDriver([serve()])
    run(driver, tmp_path / "fox.jpg", done(results_alt_formats=formats))
    assert driver.sent[0].url == LINK


def test_an_inline_text_is_saved_unchanged(tmp_path):
    path = tmp_path / "page.txt"
    run(FakeDriver(), path, done(result_url=None, result="Zeile 1\nÄ"))
    assert path.read_bytes() == "Zeile 1\nÄ".encode()


def test_a_job_without_a_result_raises_job_failed_error(path):
    with pytest.raises(JobFailedError, match="no result to save") as caught:
        run(FakeDriver(), path, done(result_url=None))
    assert caught.value.request_id == "job-1"


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


def test_a_target_in_a_missing_folder_is_rejected(tmp_path):
    with pytest.raises(FileNotFoundError):
        validate_target(tmp_path / "missing" / "fox.png")
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_a_directory_or_a_pipe_is_rejected(tmp_path):
    with pytest.raises(IsADirectoryError):
        validate_target(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="pipe is not a regular file"):
            validate_target(tmp_path / "pipe")


def test_a_download_that_failed_before_its_first_byte_is_requested_as_a_whole(path):
    driver = FakeDriver([serve(stop=0, then=network_failure()), serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT
    assert driver.sent[1].headers == {}


def test_a_full_disk_is_the_callers_oserror(path):
    full = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space left"):
        run(FakeDriver([network_failure().__class__(str(full), sent=True, error=full)]), path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_link_to_a_missing_file_is_renewed_once(path, status):
    driver = FakeDriver([response(status), job_status("done", result_url=LINK), serve()])
    run(driver, path)
    assert path.read_bytes() == CONTENT


def test_an_inline_text_with_a_lone_surrogate_is_saved(path):
    run(FakeDriver(), path, done(result_url=None, result="half \ud800 a pair"))
    assert path.read_bytes() == b"half ? a pair"


@pytest.mark.parametrize("length", ["9" * 5000, "\xb2", "-1", "1e3", "", "0x10"])
def test_an_invalid_content_length_is_ignored(path, length):
    def outcome(_driver, step):
        headers_only = Response(200, {"content-length": length}, b"")
        assert step.begin(headers_only)
        step.write(CONTENT)
        return headers_only

    run(FakeDriver([outcome]), path)
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


def test_a_file_with_the_name_of_the_temporary_one_is_not_overwritten(path, monkeypatch):
    monkeypatch.setattr("deapi._core.download.os.urandom", lambda size: b"0" * size)
    other = PartialDownload(path).path
    other.write_bytes(b"another program's")
    with pytest.raises(FileExistsError):
        run(FakeDriver([serve()]), path)
    assert other.read_bytes() == b"another program's"
    assert not path.exists()


def test_a_file_that_is_created_after_the_cancellation_is_deleted(path):
    part = PartialDownload(path)
    part.discard()
    part.open()
    assert list(path.parent.iterdir()) == []
