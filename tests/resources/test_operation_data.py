"""The data above each method agrees with the method."""

import inspect
import re

import pytest

from deapi import DeapiClient, NotGiven, types
from deapi._config import API_PREFIXES
from deapi._core.operation import Operation, Route, find_by_path
from support.operations import OPERATIONS

CLIENT_ATTRIBUTES = [
    name for name in vars(DeapiClient) if hasattr(getattr(DeapiClient, name), "_call")
]
OTHERS = {"balance", "jobs.status"}
# Also called `model_slug`; the method replaces the one by the other.
OTHER_NAMES = {"model_slug": "model"}
OPTIONAL_IN_THE_SIGNATURE = {("prompts.enhance", "model"), ("prompts.enhance_price", "model")}


def method_of(operation):
    resource, _, method = operation.name.rpartition(".")
    return getattr(getattr(DeapiClient, resource), method)


def parameters_of(operation):
    parameters = inspect.signature(method_of(operation), eval_str=True).parameters
    return {name: parameter for name, parameter in parameters.items() if name != "self"}


IN_RESOURCES = [
    pytest.param(operation, id=name) for name, operation in OPERATIONS.items() if name not in OTHERS
]


def test_every_resource_declares_its_operations_under_its_own_name():
    assert {name.rpartition(".")[0] for name in OPERATIONS} - {"", "jobs"} == set(CLIENT_ATTRIBUTES)


@pytest.mark.parametrize("operation", IN_RESOURCES)
def test_an_operation_stands_in_the_class_of_its_method(operation):
    resource_class = getattr(DeapiClient, operation.name.rpartition(".")[0])
    declared = [
        value
        for base in resource_class.__mro__
        for value in vars(base).values()
        if isinstance(value, Operation)
    ]
    assert operation in declared


@pytest.mark.parametrize("operation", IN_RESOURCES)
def test_the_required_arguments_are_those_without_a_default(operation):
    required = {
        name
        for name, parameter in parameters_of(operation).items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    }
    more = {
        name
        for operation_name, name in OPTIONAL_IN_THE_SIGNATURE
        if operation_name == operation.name
    }
    assert set(operation.required) == required | more


@pytest.mark.parametrize("operation", IN_RESOURCES)
def test_no_boolean_is_missing(operation):
    booleans = {
        name
        for name, parameter in parameters_of(operation).items()
        if parameter.annotation in (bool, bool | None, bool | NotGiven)
    }
    # A price operation inherits the booleans of its operation, and may not take all of them.
    inherited = set(operation.booleans) if operation.name.endswith("_price") else set()
    assert booleans <= set(operation.booleans) <= booleans | inherited


@pytest.mark.parametrize("operation", IN_RESOURCES)
def test_no_secret_is_missing(operation):
    secrets = {name for name in parameters_of(operation) if "secret" in name or "token" in name}
    assert secrets <= set(operation.secrets)


@pytest.mark.parametrize("operation", IN_RESOURCES)
def test_the_fields_of_a_route_are_arguments(operation):
    taken = {OTHER_NAMES.get(name, name) for name in parameters_of(operation)}
    twin = OPERATIONS.get(operation.name.removesuffix("_price"), operation)
    known = taken | {OTHER_NAMES.get(name, name) for name in parameters_of(twin)} | {"type"}
    for route in operation.routes.values():
        for names in (route.adds, route.requires, route.drops, route.sends_null, route.renames):
            assert set(names) <= known


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_the_result_type_exists_in_every_version(operation):
    assert operation.routes
    for version in operation.routes:
        name = operation.result_type(version)
        assert name is None or issubclass(getattr(types, name), types.Model)


@pytest.mark.parametrize("operation", IN_RESOURCES)
def test_what_costs_money_is_billable_and_has_a_price(operation):
    billable = operation.side_effect == "billable"
    assert billable is (f"{operation.name}_price" in OPERATIONS)
    assert not (billable and operation.name.endswith("_price"))


def test_the_price_of_an_operation_stands_at_its_path_unless_it_is_declared_elsewhere():
    operation = Operation(
        "tests.bake", v1=Route("bake", adds=("crust",)), v2=Route("bakery/loaves")
    )
    try:
        price = operation.price(required=("flour",), multipart=True, drops=("seed",))
        assert (price.v1.path, price.v1.multipart) == ("bake/price-calculation", False)
        assert (price.v2.path, price.v2.multipart) == ("bakery/loaves/price", True)
        assert (price.v1.adds, price.v1.drops, price.required) == (
            ("crust",),
            ("seed",),
            ("flour",),
        )
        assert (price.name, price.returns, price.side_effect) == (
            "tests.bake_price",
            "PriceResult",
            None,
        )
        elsewhere = operation.price(required=(), v1=Route("quotes/bread"))
        assert (elsewhere.v1.path, elsewhere.v2.path) == ("quotes/bread", "bakery/loaves/price")
    finally:
        for name in [name for name in OPERATIONS if name.startswith("tests.")]:
            del OPERATIONS[name]


def test_a_result_type_may_differ_by_version():
    operation = Operation(
        "tests.look",
        v1=Route("look", "GET"),
        v2=Route("views", "GET", returns="Usage"),
        returns="Balance",
    )
    del OPERATIONS["tests.look"]
    assert (operation.result_type("v1"), operation.result_type("v2")) == ("Balance", "Usage")


def test_an_endpoint_is_found_by_its_path():
    version, operation = find_by_path("/api/v2/prompts/enhancements")
    assert (version, operation.name) == ("v2", "prompts.enhance")
    assert find_by_path("/api/v9/wonders") is None


@pytest.mark.parametrize("operation", IN_RESOURCES)
def test_a_docstring_marks_what_only_some_versions_have(operation):
    text = inspect.getdoc(method_of(operation))
    (version,) = operation.routes if len(operation.routes) == 1 else (None,)
    if version is not None:
        assert f"API {version} only" in " ".join(text.split())
        return
    for version in API_PREFIXES:
        for name in operation.routes[version].adds:
            if name in parameters_of(operation):
                line = re.search(rf"^    {name}: ((?:.|\n        )*)", text, re.MULTILINE)
                assert f"API {version} only" in " ".join(line[1].split())
