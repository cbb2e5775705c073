"""Bodies of responses: limits of size, content codings and decompression."""

import gzip
import zlib

import pytest

from deapi._core.response_body import MAX_ERROR_SIZE, CorruptBodyError, ResponseBody

DATA = b'{"balance": 1.5}' * 1000


def read(data, *, status=200, max_size=100_000, chunk_size=1000, **headers):
    """Return the response whose body arrives in chunks."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    body = ResponseBody(status, names, max_size)
    for start in range(0, len(data), chunk_size):
        if not body.needs_more():
            break
        for _ in body.add(data[start : start + chunk_size]):
            pass
    return body.finish()


@pytest.mark.parametrize("chunk_size", [1, 7, 1000, 100_000])
@pytest.mark.parametrize(
    ("coding", "encoded"),
    [
        ("", DATA),
        ("identity", DATA),
        ("gzip", gzip.compress(DATA)),
        ("GZip", gzip.compress(DATA)),
        ("x-gzip", gzip.compress(DATA)),
        ("deflate", zlib.compress(DATA)),
        ("gzip", gzip.compress(DATA[:5000]) + gzip.compress(DATA[5000:])),
    ],
    ids=["none", "identity", "gzip", "GZip", "x-gzip", "deflate", "two members"],
)
def test_a_body_is_decoded_from_its_content_coding(coding, encoded, chunk_size):
    response = read(encoded, chunk_size=chunk_size, content_encoding=coding)
    assert (response.content, response.problem) == (DATA, None)


def test_an_empty_body_may_name_a_content_coding():
    assert read(b"", content_encoding="gzip").content == b""


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "gzip, br", "compress", "x" * 9999])
def test_any_other_content_coding_is_rejected_without_reading_the_body(coding):
    body = ResponseBody(200, {"content-encoding": coding}, 1000)
    assert not body.needs_more()
    response = body.finish()
    assert response.content == b""
    assert "is not one of gzip, deflate" in response.problem
    assert coding[:40] in response.problem
    assert len(response.problem) < 200


@pytest.mark.parametrize("end", [1, 10, 40, -8, -1])
def test_compressed_data_that_ends_too_early_is_corrupt(end):
    with pytest.raises(CorruptBodyError, match="incomplete"):
        read(gzip.compress(DATA)[:end], content_encoding="gzip")


@pytest.mark.parametrize(
    "data",
    [b"not compressed", gzip.compress(DATA) + b"more", b"\x1f\x8bno"],
    ids=["text", "text after gzip", "a broken header"],
)
def test_data_that_is_not_compressed_is_corrupt(data):
    with pytest.raises(CorruptBodyError, match="Error -3 while decompressing"):
        read(data, content_encoding="gzip")


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_body_at_the_maximum_is_read_and_a_longer_one_is_not(coding):
    def encode(size):
        return gzip.compress(bytes(size)) if coding else bytes(size)

    assert len(read(encode(100_000), content_encoding=coding).content) == 100_000
    response = read(encode(100_001), content_encoding=coding)
    assert response.content == b""
    assert response.problem == "it is larger than 100,000 bytes"


def test_a_longer_content_length_is_rejected_without_reading_the_body():
    assert not ResponseBody(200, {"content-length": "100001"}, 100_000).needs_more()
    for length in ("100000", "1e9", "-5", "9" * 5000, "²"):
        assert ResponseBody(200, {"content-length": length}, 100_000).needs_more()


def test_compressed_data_counts_before_decompression_also():
    # Empty members of gzip decompress to nothing, so that their size is only in the data.
    empty_members = gzip.compress(b"") * 6000
    assert read(empty_members, content_encoding="gzip").problem == "it is larger than 100,000 bytes"


def test_a_bomb_is_decompressed_in_steps_and_only_to_the_maximum():
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    body = ResponseBody(200, {"content-encoding": "gzip"}, 5 * 1024 * 1024)
    sizes = [body.size for _ in body.add(bomb)]
    assert sizes[:3] == [1024 * 1024, 2 * 1024 * 1024, 3 * 1024 * 1024]
    assert body.size <= 6 * 1024 * 1024
    assert not body.needs_more()
    assert body.finish().problem == "it is larger than 5,242,880 bytes"


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_the_body_of_an_error_is_truncated(coding):
    data = b"x" * 1_000_000
    encoded = gzip.compress(data) if coding else data
    response = read(encoded, status=500, content_encoding=coding, content_length=str(len(encoded)))
    assert response.content == data[:MAX_ERROR_SIZE]
    assert response.problem is None


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_an_error_is_not_read_beyond_the_maximum(coding):
    data = bytes(MAX_ERROR_SIZE + 1)
    body = ResponseBody(500, {"content-encoding": coding}, 1_000_000)
    for _ in body.add(gzip.compress(data) if coding else data):
        pass
    assert not body.needs_more()


def test_a_corrupt_error_is_not_read_further():
    body = ResponseBody(500, {"content-encoding": "gzip"}, 1000)
    for _ in body.add(b"not compressed"):
        pass
    assert not body.needs_more()


def test_an_error_in_an_unsupported_content_coding_has_its_status_and_no_content():
    response = read(b"anything", status=404, content_encoding="br")
    assert (response.status_code, response.content) == (404, b"")


def test_a_corrupt_error_has_its_status_and_the_content_before_the_fault():
    encoded = gzip.compress(b"x" * 1000)
    response = read(encoded[:-8] + b"#" * 8, status=401, content_encoding="gzip")
    assert (response.status_code, response.content) == (401, b"")
    response = read(encoded[:-8], status=401, content_encoding="gzip")
    assert (response.status_code, response.content) == (401, b"x" * 1000)
