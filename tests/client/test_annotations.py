"""The annotations of both clients, their resources and jobs resolve, and name what users see."""

import inspect
import typing

import fastapi
import pydantic
import pytest

import deapi
from deapi import AsyncDeapiClient, AsyncJob, DeapiClient, Job, resources, types, webhook
from deapi.types import ApiKey, Balance, JobResult, PriceResult

CLASSES = [
    DeapiClient,
    AsyncDeapiClient,
    Job,
    AsyncJob,
    *(getattr(resources, name) for name in sorted(resources.__all__)),
]


def callables():
    for cls in CLASSES:
        yield pytest.param(cls, id=cls.__name__)
        for name, member in inspect.getmembers(cls):
            if inspect.isfunction(member) and not name.startswith("_"):
                yield pytest.param(member, id=f"{cls.__name__}.{name}")
            elif isinstance(member, property):
                yield pytest.param(member.fget, id=f"{cls.__name__}.{name}")


def names_type_variable(annotation):
    parts = typing.get_args(annotation)
    return isinstance(annotation, typing.TypeVar) or any(map(names_type_variable, parts))


@pytest.mark.parametrize("function", list(callables()))
def test_annotations_resolve_and_name_no_type_variable(function):
    hints = {
        name: hint
        for name, hint in typing.get_type_hints(function).items()
        if not name.startswith("_")
    }
    signature = inspect.signature(function, eval_str=True)
    shown = [*hints.values(), signature.return_annotation]
    shown += [parameter.annotation for parameter in signature.parameters.values()]
    assert not any(map(names_type_variable, shown))
    assert not [annotation for annotation in shown if isinstance(annotation, str)]


@pytest.mark.parametrize(
    ("function", "returned"),
    [
        (DeapiClient.images.generate, Job),
        (AsyncDeapiClient.images.generate, AsyncJob),
        (DeapiClient.video.upscale_price, PriceResult),
        (AsyncDeapiClient.video.upscale_price, PriceResult),
        (DeapiClient.keys.get, ApiKey),
        (AsyncDeapiClient.keys.get, ApiKey),
        (DeapiClient.balance, Balance),
        (AsyncDeapiClient.balance, Balance),
        (Job.wait, JobResult),
        (AsyncJob.wait, JobResult),
    ],
)
def test_a_signature_names_what_a_call_returns(function, returned):
    assert inspect.signature(function, eval_str=True).return_annotation is returned
    assert typing.get_type_hints(function)["return"] is returned


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if "deapi.resources" in cls.__module__])
def test_a_method_belongs_to_the_class_that_users_see(cls):
    for name, member in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("_"):
            assert member.__qualname__ == f"{cls.__name__}.{name}"
            assert inspect.getsource(member).lstrip().startswith("def ")


def other_callables():
    for module in (deapi, types, webhook):
        for name in module.__all__:
            member = getattr(module, name)
            if inspect.isfunction(member):
                yield member
            elif inspect.isclass(member):
                yield member.__init__
                for each in vars(member).values():
                    function = getattr(each, "fget", getattr(each, "__func__", each))
                    if inspect.isfunction(function) and not function.__name__.startswith("_"):
                        yield function


def test_annotations_of_functions_results_and_exceptions_resolve():
    functions = list(other_callables())
    assert webhook.unwrap in functions
    assert types.JobResult.raise_for_error in functions
    for function in functions:
        typing.get_type_hints(function)
        inspect.signature(function, eval_str=True)


@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
@pytest.mark.parametrize("resource", ["images", "audio", "video", "transcription", "keys", "ocr"])
def test_pydantic_and_fastapi_accept_the_methods_of_resources(client_class, resource):
    app = fastapi.FastAPI()
    methods = inspect.getmembers(getattr(client_class(api_key="k"), resource), inspect.ismethod)
    for name, method in methods:
        if not name.startswith("_"):
            assert callable(pydantic.validate_call(method))
            app.post(f"/{name}", response_model=None)(method)
