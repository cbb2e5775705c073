# `make demo` runs the demo, `make test` runs every check.
# Both create their own environment. Requirements: make, and Python 3.10 or later.

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

# Many tests use real sockets, processes and threads, which a busy machine delays. A failed test runs
# again, as in CPython's own test runner, and the summary lists it as RERUN.
tests: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal --reruns 2

# -E reads all pages again, because Sphinx repeats no warning about an unchanged page.
docs: $(VENV)/.dev
	$(BIN)/sphinx-build -q -W -E -b html docs build/docs

# Installs the wheel into an empty environment, without extras.
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
	$(BIN)/pip install --quiet --disable-pip-version-check 'pip>=25.1'  # the first with --group
	$(BIN)/pip install --quiet --editable '.[cli,emulator]' --group dev
	touch $@
