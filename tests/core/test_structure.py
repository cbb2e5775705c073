"""The structure of the source: decisions without I/O, no import circles, drivers that are twins."""

import ast
from pathlib import Path

import pytest

import deapi

SOURCE = Path(deapi.__file__).parent
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SOURCE.rglob("*.py")
    if path != SOURCE / "__init__.py"
}


def imports(name):
    """Yield what a module imports, also for type checkers: full names of modules."""
    path = MODULES[name]
    package = ["deapi", *name.split(".")]
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
            yield from (n if n.removeprefix("deapi.") in MODULES else module for n in names)


def own_imports(name):
    """Return the modules of the package that a module imports."""
    found = {
        module.removeprefix("deapi.") for module in imports(name) if module.startswith("deapi.")
    }
    return found & set(MODULES) - {name}


NETWORK_AND_TIME = {
    "aiohttp",
    "anyio",
    "asyncio",
    "concurrent",
    "http",
    "httpcore",
    "httpx",
    "httpx2",
    "random",
    "secrets",
    "select",
    "selectors",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "time",
    "urllib.request",
}
DISK = {"io", "os", "pathlib", "shutil", "stat", "tempfile"}


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("_core")])
def test_the_core_imports_nothing_that_performs_io(name):
    imported = {part for module in imports(name) for part in (module, module.partition(".")[0])}
    assert not imported & NETWORK_AND_TIME
    if name not in ("_core.files", "_core.download", "_core.targets"):
        assert not imported & DISK, "only these access files, in functions that drivers run"
    assert not [module for module in own_imports(name) if module.startswith("_http")]


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("_core")])
def test_the_core_calls_no_built_in_that_performs_io(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"open", "input", "print", "exec", "eval", "__import__"}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"now", "utcnow", "today", "import_module"}


@pytest.mark.parametrize(
    "name", [name for name in MODULES if not name.startswith(("_http", "realtime"))]
)
def test_only_the_drivers_and_the_client_know_the_http_directory(name):
    known = [module for module in own_imports(name) if module.startswith("_http")]
    if name == "cli.doctor.environment":
        known.remove("_http.proxies")  # shows which proxy is used
    assert not known or name == "_client"


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("resources")])
def test_resources_import_no_http_library(name):
    assert not set(imports(name)) & {"httpx", "httpx2", "httpcore"}


def circles():
    """Return the groups of modules that import each other; the models count as one module."""

    def node(name):
        return name.partition(".")[0] if name.startswith(("types", "resources")) else name

    graph = {}
    for name in MODULES:
        edges = graph.setdefault(node(name), set())
        edges |= {node(module) for module in own_imports(name)} - {node(name)}
    reachable = {}
    for start in graph:
        seen, waiting = set(), [start]
        while waiting:
            for following in graph[waiting.pop()] - seen:
                seen.add(following)
                waiting.append(following)
        reachable[start] = seen
    return {
        frozenset(other for other in reachable[start] if start in reachable[other])
        for start in graph
        if start in reachable[start]
    }


def test_only_exceptions_and_the_results_that_raise_them_import_each_other():
    assert circles() == {frozenset({"_exceptions", "types"})}


def parameters(arguments):
    """Return the names of parameters, and their default values."""
    names = [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
    defaults = [
        node and ast.unparse(node) for node in (*arguments.defaults, *arguments.kw_defaults)
    ]
    return names + defaults


def definitions(name):
    """Return the classes and functions of a module in order, without the prefix of the driver."""
    found = []
    for node in ast.parse(MODULES[name].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found.append(node.name.removeprefix("Async").removeprefix("Sync"))
            found += [
                (function.name, parameters(function.args))
                for function in node.body
                if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
            ]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(node.name)
    return found


def test_the_two_drivers_define_the_same_things_in_the_same_order():
    # Event loops, cancellation, and a time limit over awaited calls exist in one of them only.
    names = ("_reset_pools", "_forget_closed_loops", "warm_up")
    methods = [(name, ["self"]) for name in names]
    only_async = ("_running_loop", "_settle", "_response_scope", *methods)
    only_async += ("_with_pauses", "_within", "_write", "_write_all")
    both = [item for item in definitions("_http.aio") if item not in only_async]
    assert definitions("_http.sync") == both


def test_the_emulator_shares_no_code_with_the_client_but_the_version():
    for path in (SOURCE / "emulator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                shared = node.module == "deapi" or node.module.startswith("deapi.")
                if shared and not node.module.startswith("deapi.emulator"):
                    allowed = {"__version__", "DeapiClient", "AsyncDeapiClient"}
                    assert {alias.name for alias in node.names} <= allowed, path
