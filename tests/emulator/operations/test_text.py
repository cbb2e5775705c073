"""OCR and embeddings."""

from __future__ import annotations

import json

import pytest

from support.emulator_api import errors_of


def test_embeddings_are_reproducible_unit_vectors(v1):
    def vectors(texts):
        fields = {"input": texts, "model": "Bge_M3_FP16", "return_result_in_response": True}
        submission = v1.post("txt2embedding", fields)
        inline = json.loads(v1.get_job(submission)["result"])
        assert inline == v1.download_result(submission).json()
        return inline

    first, second = vectors(["a fern", "a robot"])
    assert len(first) == 1024
    assert sum(value * value for value in first) == pytest.approx(1)
    assert first != second
    assert vectors("a fern") == [first]


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ([], "input"),
        ("", "input"),
        (["a"] * 2049, "input"),
        (["fine", "x" * 40_000], "input.1"),
        (["x" * 32_000] * 40, "input"),
        (["fine", 5], "input.1"),
    ],
)
def test_inputs_of_an_embedding_are_limited(v1, texts, field):
    response = v1.post("txt2embedding", {"input": texts, "model": "Bge_M3_FP16"})
    assert list(errors_of(response)) == [field]


def test_ocr_returns_text_or_json(v1, make_png):
    files = {"image": ("a.png", make_png())}
    fields = {"model": "Nanonets_Ocr_S_F16", "return_result_in_response": "1"}
    plain = v1.post_form("img2txt", files, **fields)
    assert v1.get_job(plain)["result"] == v1.download_result(plain).text
    structured = v1.post_form("img2txt", files, **fields, format="json")
    download = v1.download_result(structured)
    assert download.headers["content-type"] == "application/json"
    assert download.json()
    rejected = v1.post_form("img2txt", files, **fields, format="pdf")
    assert errors_of(rejected) == {"format": ["The selected format is invalid."]}
