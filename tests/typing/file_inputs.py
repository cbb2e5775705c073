"""A program whose files type checkers must accept, or reject where a comment says so."""

import gzip
import io
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO

from fastapi import UploadFile
from PIL import Image

from deapi import DeapiClient, FileInput


def upload(client: DeapiClient, handle: BinaryIO, upload: UploadFile) -> None:
    """Pass every kind of file."""
    inputs: list[FileInput] = [
        "a.png",
        Path("a.png"),
        b"",
        bytearray(),
        memoryview(b""),
        handle,
        io.BytesIO(),
        tempfile.NamedTemporaryFile(),  # noqa: SIM115
        gzip.GzipFile("a.png.gz"),
        zipfile.ZipFile("a.zip").open("a.png"),  # noqa: SIM115
        upload,
        Image.new("RGB", (1, 1)),
        ("a.png", b""),
        ("a.png", handle, "image/png"),
    ]
    for image in inputs:
        client.images.upscale(image=image, model="m")
    client.images.transform(prompt="p", model="m", seed=1, images=inputs)
    client.images.upscale(image=open("a.png"), model="m")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] # noqa: SIM115, PTH123
    client.images.upscale(image=(b"", "a.png"), model="m")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
