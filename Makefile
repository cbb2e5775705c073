# The two commands of the README: `make demo` and `make test`.
# Each makes its own environment; nothing but Python 3.10 or later and make has to be there.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint types tests docs wheel benchmarks clean

demo: $(VENV)/.demo
	$(BIN)/python examples/demo.py

test: lint types tests docs wheel

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

tests: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto

# Read afresh each time (-E): a warning about a page that has not changed is one all the same.
docs: $(VENV)/.dev
	$(BIN)/sphinx-build -q -W -E -b html docs build/docs

# The wheel, installed as a stranger would: into an empty environment, without any extra.
wheel: $(VENV)/.dev
	rm -rf build/wheel
	$(BIN)/python -m build --wheel --outdir build/wheel .
	$(PYTHON) -m venv build/wheel/env
	build/wheel/env/bin/pip install --quiet --disable-pip-version-check build/wheel/*.whl
	cd build/wheel && env/bin/python ../../tests/wheel_smoke.py

benchmarks: $(VENV)/.dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .envs build dist .mypy_cache .pytest_cache .ruff_cache

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[emulator]'
	touch $@

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
