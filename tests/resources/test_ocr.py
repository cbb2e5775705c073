"""``client.ocr``: text recognition in images."""

import io

import pytest

IMAGE = {"model": "m", "image": b"image"}


def closed_file():
    file = io.BytesIO(b"x")
    file.close()
    return file


INVALID_ARGUMENTS = [
    *(
        ("ocr.extract_price", {"model": "m", **source}, ValueError, "image.*width.* and .*height")
        for source in (
            {},
            {"width": 5},
            {"height": 5},
            {"image": b"x", "width": 5, "height": 5},
        )
    ),
    ("ocr.extract", {**IMAGE, "image": 5}, TypeError, "image must be a path, bytes"),
    ("ocr.extract", {**IMAGE, "image": closed_file()}, ValueError, "image is a closed"),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    for version in ("v1", "v2"):
        api.assert_rejected(version, operation, arguments, error, message)
