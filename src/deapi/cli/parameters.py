"""Types of the options that several commands have."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from cyclopts import Parameter

Flag: TypeAlias = Annotated[bool, Parameter(negative=(), show_default=False)]
"""An option without a value, which is off by default."""

JsonFlag: TypeAlias = Annotated[bool, Parameter(name="--json", negative=(), show_default=False)]
"""The option ``--json``."""

ApiVersionOption: TypeAlias = Annotated[
    str | None, Parameter(name="--api-version", show_default=False)
]
"""The option ``--api-version``."""
