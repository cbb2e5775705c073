"""The API versions: the paths of every operation, and what each version supports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OperationPaths:
    """The paths of an operation and its price, below the version's prefix."""

    operation: str
    submit: str
    price: str


@dataclass(frozen=True)
class Version:
    """One version of the API, as data.

    Attributes:
        name: "v1" or "v2".
        prefix: Prefix of all its paths.
        operations: Paths of its operations.
        status_path: Path of a job's status, without the ID.
        balance_path: Path of the balance.
        models_path: Path of the model list.
        legacy_prompts: Names of its removed prompt endpoints, below the path `prompt`. A version
            that has some also has `prompts/samples`.
        full_status: Whether a status response has every field, including those that are null.
        enhancement_path: Path of prompt enhancement.
        estimated_prices: Operations whose price responses report whether the price is an
            estimate.
        sorts_models: Whether the model list can be sorted, and filtered by tags.
        checks_min_file_size: Whether files have a minimum size.
        has_key_roles: Whether keys have roles. Such a version has the endpoints of the account
            and its keys, and requires an ADMIN key for the balance.
    """

    name: str
    prefix: str
    operations: tuple[OperationPaths, ...]
    status_path: str
    balance_path: str
    models_path: str
    legacy_prompts: tuple[str, ...] = ()
    full_status: bool = False
    enhancement_path: str | None = None
    estimated_prices: tuple[str, ...] = ()
    sorts_models: bool = False
    checks_min_file_size: bool = True
    has_key_roles: bool = False


def _v1(operation: str, price: str | None = None) -> OperationPaths:
    """The paths of a version 1 operation, whose name is its path."""
    return OperationPaths(operation, operation, price or f"{operation}/price-calculation")


V1 = Version(
    name="v1",
    prefix="/api/v1/client",
    operations=(
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
    status_path="request-status",
    balance_path="balance",
    models_path="models",
    legacy_prompts=("image", "video", "speech", "image2image"),
    checks_min_file_size=False,
)


def _v2(operation: str, path: str) -> OperationPaths:
    """The paths of a version 2 operation, whose price is below its path."""
    return OperationPaths(operation, path, f"{path}/price")


V2 = Version(
    name="v2",
    prefix="/api/v2",
    operations=(
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
    status_path="jobs",
    balance_path="account/balance",
    has_key_roles=True,
    models_path="models",
    sorts_models=True,
    full_status=True,
    enhancement_path="prompts/enhancements",
    estimated_prices=("txt2img", "img2img"),
)

VERSIONS = (V1, V2)
