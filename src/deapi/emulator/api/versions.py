"""The API versions: which path leads to which operation."""

from __future__ import annotations

from dataclasses import dataclass


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
        full_status: Whether every field of a job's status is sent, also where it is null.
        enhancements: Path of the prompt booster.
        estimates: Operations whose price answers say whether the price is an estimate.
        sorts_models: Whether the model list can be sorted, and filtered by tags.
        least_sizes: Whether files may be too small.
        key_roles: Whether it tells the roles of keys apart: it has the endpoints of the account
            and its keys, and shows the balance to ADMIN keys only.
    """

    name: str
    prefix: str
    paths: tuple[Path, ...]
    job: str
    balance: str
    models: str
    boosters: tuple[str, ...] = ()
    full_status: bool = False
    enhancements: str | None = None
    estimates: tuple[str, ...] = ()
    sorts_models: bool = False
    least_sizes: bool = True
    key_roles: bool = False


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
    least_sizes=False,
)


def _v2(operation: str, path: str) -> Path:
    """A path of version 2, where a price is found below its operation."""
    return Path(operation, path, f"{path}/price")


V2 = Version(
    name="v2",
    prefix="/api/v2",
    paths=(
        _v2("txt2img", "images/generations"),
        _v2("img2img", "images/edits"),
        _v2("img-upscale", "images/upscales"),
        _v2("img-rmbg", "images/background-removals"),
        _v2("img2txt", "images/ocr"),
        _v2("txt2video", "videos/generations"),
        _v2("img2video", "videos/animations"),
        _v2("aud2video", "videos/audio-syncs"),
        _v2("videos/replace", "videos/replacements"),
        _v2("vid-upscale", "videos/upscales"),
        _v2("vid-rmbg", "videos/background-removals"),
        _v2("videos/descriptions", "videos/descriptions"),
        _v2("txt2audio", "audio/speech"),
        _v2("txt2music", "audio/music"),
        _v2("transcribe", "audio/transcriptions"),
        _v2("txt2embedding", "embeddings"),
    ),
    job="jobs",
    balance="account/balance",
    key_roles=True,
    models="models",
    sorts_models=True,
    full_status=True,
    enhancements="prompts/enhancements",
    estimates=("txt2img", "img2img"),
)

VERSIONS = (V1, V2)
