"""The API versions: their paths, and what each version supports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """One version of the API, as data. The paths of its operations are in `Operation`.

    Attributes:
        name: "v1" or "v2".
        prefix: Prefix of all its paths.
        status_path: Path of a job's status, without the ID.
        balance_path: Path of the balance.
        legacy_prompts: Names of its removed prompt endpoints, below the path `prompt`. A version
            that has some also has `prompts/samples`.
        full_status: Whether a status response has every field, including those that are null.
        enhancement_path: Path of prompt enhancement.
        estimated_prices: Operations whose price responses report whether the price is an
            estimate.
        full_models: Whether models have tags and a status, and their list can be sorted, and
            filtered by tags.
        checks_min_file_size: Whether files have a minimum size.
        has_key_roles: Whether keys have roles. Such a version has the endpoints of the account
            and its keys, and requires an ADMIN key for the balance.
    """

    name: str
    prefix: str
    status_path: str
    balance_path: str
    legacy_prompts: tuple[str, ...] = ()
    full_status: bool = False
    enhancement_path: str | None = None
    estimated_prices: tuple[str, ...] = ()
    full_models: bool = False
    checks_min_file_size: bool = True
    has_key_roles: bool = False


V1 = Version(
    name="v1",
    prefix="/api/v1/client",
    status_path="request-status",
    balance_path="balance",
    legacy_prompts=("image", "video", "speech", "image2image"),
    checks_min_file_size=False,
)

V2 = Version(
    name="v2",
    prefix="/api/v2",
    status_path="jobs",
    balance_path="account/balance",
    has_key_roles=True,
    full_models=True,
    full_status=True,
    enhancement_path="prompts/enhancements",
    estimated_prices=("txt2img", "img2img"),
)

VERSIONS = (V1, V2)
