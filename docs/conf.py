"""How Sphinx builds the documentation: `make docs`, then open build/docs/index.html."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from deapi import __version__, types

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# Load what is loaded when it is used: autodoc would import it under TYPE_CHECKING, which pydantic
# does not survive.
for _name in types.__all__:
    getattr(types, _name)

project = "deapi"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns: list[str] = []
html_theme = "furo"
html_title = f"deapi {release}"
html_show_copyright = False
html_copy_source = False

default_role = "code"
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# A resource is generic in what its methods return; a reader of the synchronous form wants the names
# of what comes back. Both Job classes are spelled out, so that each links to its own page.
_RETURNS = {
    "JobT": "~deapi.Job",
    "PriceT": "~deapi.types.PriceResult",
    "PageT": "~deapi.types.ModelsResponse",
    "BillingT": "~deapi.types.Billing",
    "PaymentsT": "~deapi.types.PaymentsPage",
    "UsageT": "~deapi.types.Usage",
    "KeyT": "~deapi.types.ApiKey",
    "NewKeyT": "~deapi.types.NewApiKey",
    "KeysT": "~deapi.types.KeysPage",
    "NothingT": "None",
    "ModelT": "~deapi.types.ModelInfo",
    "PromptT": "~deapi.types.EnhancePromptResult",
    "SpeechPromptT": "~deapi.types.EnhanceSpeechPromptResult",
    "SampleT": "~deapi.types.SamplePromptResult",
    "ResultT": "~deapi.JobResult",
    "AnswerT": "bool",
    "PathT": "~pathlib.Path",
    "Job": "~deapi.Job",
}
_EMULATED = {"Job": "~deapi.emulator.Job", "Delivery": "~deapi.emulator.Delivery"}
# Defaults by the names that the source gives them, as long as they are in no caller's reach.
_DEFAULTS = {"LARGEST_PAGE": "50"}
_ALIASES = {"Date": "date | None", "UtcDatetime": "datetime | None"}
# Clients have the resources, and calls give the rest: their constructors are not for callers.
_MADE_FOR_CALLERS = ("deapi.resources", "deapi.types", "deapi._jobs", "deapi.emulator.jobs")


def show_what_callers_see(
    _app: Sphinx,
    what: str,
    name: str,
    subject: object,
    _options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Name real return types, and hide constructors that are not for callers."""
    if what == "class" and getattr(subject, "__module__", "").startswith(_MADE_FOR_CALLERS):
        return "", None
    names = _EMULATED if name.startswith("deapi.emulator") else _RETURNS
    if returns:
        returns = re.sub(
            r"~?[\w.]+", lambda word: names.get(word[0].rpartition(".")[2], word[0]), returns
        )
    if signature:
        kind = "httpx.AsyncClient" if "Async" in name else "httpx.Client"
        signature = signature.replace("HttpClientT", kind)
        for written, meant in _DEFAULTS.items():
            signature = signature.replace(written, meant)
    return signature, returns


def mark_versions(
    _app: Sphinx, _what: str, _name: str, _subject: object, _options: Any, lines: list[str]
) -> None:
    """What only one version of the API has shall be seen, and lead to the page about versions."""
    marked = re.sub(r"\bAPI\s+(v\d)\s+only\b", r":doc:`API \1 only </versions>`", "\n".join(lines))
    lines[:] = marked.split("\n")


def mark_code(
    _app: Sphinx, _what: str, _name: str, _subject: object, _options: Any, lines: list[str]
) -> None:
    """An indented block that follows a blank line is code, though no `::` says so."""
    for index in range(len(lines) - 1, 1, -1):
        begins = lines[index].startswith("    ") and not lines[index - 1]
        if begins and lines[index - 2] and not lines[index - 2].startswith(" "):
            lines[index:index] = ["::", ""]


def bare_types(
    _app: Sphinx, _what: str, _name: str, _subject: object, _options: Any, lines: list[str]
) -> None:
    """Of `Annotated[str | None, Lenient]`, a reader wants `str | None`."""
    for index, line in enumerate(lines):
        field, found, annotation = line.partition(": Annotated[")
        if found and field.startswith(":vartype "):
            parsed = ast.parse(f"Annotated[{annotation}", mode="eval").body
            if isinstance(parsed, ast.Subscript) and isinstance(parsed.slice, ast.Tuple):
                lines[index] = f"{field}: {ast.unparse(parsed.slice.elts[0])}"
        elif field.startswith(":vartype "):
            name, _, alias = line.rpartition(" ")
            lines[index] = f"{name} {_ALIASES.get(alias, alias)}".replace("deapi._rate_limits.", "")


def setup(app: Sphinx) -> None:
    """Connect the hooks around Napoleon (500), which reads the sections of docstrings."""
    app.connect("autodoc-process-signature", show_what_callers_see)
    app.connect("autodoc-process-docstring", mark_versions, priority=400)
    app.connect("autodoc-process-docstring", mark_code, priority=400)
    app.connect("autodoc-process-docstring", bare_types, priority=600)
