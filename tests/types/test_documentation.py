"""The documentation of the fields of models, in help() and in editors."""

import json
import pydoc
import subprocess
import sys

import pytest
from pydantic import BaseModel

from deapi import types
from deapi.types._documentation import field_docstrings

MODELS = [
    model
    for model in (getattr(types, name) for name in types.__all__)
    if isinstance(model, type) and issubclass(model, BaseModel)
]


@pytest.mark.parametrize("model", MODELS)
def test_each_field_is_documented_by_a_sentence(model):
    documented = field_docstrings(model)
    assert set(documented) == set(model.model_fields)
    assert all(text.endswith(".") and "\n" not in text for text in documented.values())


@pytest.mark.parametrize("model", MODELS)
def test_help_lists_the_fields_below_the_description(model):
    text = pydoc.plain(pydoc.render_doc(model))
    for name, documentation in field_docstrings(model).items():
        assert f"{name}: {documentation[:20]}" in text
    assert "Attributes:" in text


def test_a_model_that_a_user_derives_keeps_its_docstring():
    class Mine(types.JobResult):
        """My result."""

    class Plain(types.JobResult):
        pass

    assert Mine.__doc__.startswith("My result.")
    assert "result_url: URL of the result file" in Mine.__doc__
    assert Plain.__doc__ is None


def test_a_docstring_needs_no_source(monkeypatch):
    def fail(_cls):
        raise OSError

    monkeypatch.setattr("inspect.getsource", fail)
    assert types.Voice.__doc__ == "A voice of a speech model."


PROGRAM = """
import jedi, json
from jedi.api.environment import InterpreterEnvironment

code = "from deapi import JobResult\\ndef show(result: JobResult): result.result_url"
script = jedi.Script(code, environment=InterpreterEnvironment())
print(json.dumps([name.docstring() for name in script.help(2, len(code.splitlines()[1]))]))
"""


def test_editors_that_use_jedi_show_the_documentation_of_a_field():
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    (text,) = json.loads(run.stdout)
    assert "URL of the result file" in text
