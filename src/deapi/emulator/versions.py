"""The API versions: which path leads to which operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deapi.emulator.fields import Field


@dataclass(frozen=True)
class Path:
    """Where an operation and its price are found, below the version's prefix."""

    operation: str
    submit: str
    price: str


@dataclass(frozen=True)
class Version:
    """One version of the API, as data.

    Attributes:
        name: "v1" or "v2".
        prefix: What all its paths begin with.
        paths: Its operations.
        job: Path of a job's status, up to the id.
        balance: Path of the balance.
        models: Path of the model list.
        boosters: What its removed prompt boosters boost, below the path `prompt`; where there
            are some, `prompts/samples` is there, too.
        extra_fields: Fields that operations accept in this version beyond the common ones.
        full_status: Whether every field of a job's status is sent, also where it is null.
    """

    name: str
    prefix: str
    paths: tuple[Path, ...]
    job: str
    balance: str
    models: str
    boosters: tuple[str, ...] = ()
    extra_fields: Mapping[str, tuple[Field, ...]] = field(
        default_factory=dict[str, tuple["Field", ...]]
    )
    full_status: bool = False


def _v1(operation: str, price: str | None = None) -> Path:
    """A path of version 1, where operations are their own paths."""
    return Path(operation, operation, price or f"{operation}/price-calculation")


V1 = Version(
    name="v1",
    prefix="/api/v1/client",
    paths=(
        _v1("txt2img"),
        _v1("img2img"),
        _v1("img-upscale"),
        _v1("img-rmbg"),
        _v1("img2txt"),
        _v1("txt2video"),
        _v1("img2video"),
        _v1("aud2video"),
        _v1("videos/replace", price="videos/replace/price"),
        _v1("vid-upscale"),
        _v1("vid-rmbg"),
        _v1("txt2audio"),
        _v1("txt2music"),
        _v1("transcribe"),
        _v1("vid2txt"),
        _v1("aud2txt"),
        _v1("audiofile2txt"),
        _v1("videofile2txt"),
        _v1("txt2embedding"),
    ),
    job="request-status",
    balance="balance",
    models="models",
    boosters=("image", "video", "speech", "image2image"),
)

VERSIONS = (V1,)
