# `make demo` runs the demo, `make test` runs every check.
# Both create their own environment. Requirements: make, and Python 3.10 or later.

PYTHON ?= python3
OLDEST_PYTHON ?= 3.10
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint types tests docs site package lowest release benchmarks soak clean

demo: $(VENV)/.demo
	$(BIN)/python examples/demo.py

test: lint types tests docs package

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

# Many tests use real sockets, processes and threads, which a busy machine delays. A failed test runs
# again, as in CPython's own test runner, and the summary lists it as RERUN.
tests: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal --reruns 2 $(TESTS)

# -E reads all pages again, because Sphinx repeats no warning about an unchanged page.
docs: $(VENV)/.dev
	rm -rf build/docs docs/reference/classes
	$(BIN)/sphinx-build -q -W -E -b html docs build/docs
	DEAPI_SITE=build/docs $(BIN)/python -m pytest -q tests/docs/test_browser.py

# The documentation of this commit and of earlier releases, as it is published.
site: $(VENV)/.dev
	$(BIN)/python tools/site.py

# Builds the sdist, and the wheel from it. Installs the wheel into an empty environment, without
# extras, and collects the tests of the sdist.
package: $(VENV)/.dev
	rm -rf dist build/package
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*
	$(PYTHON) -m venv build/package/env
	build/package/env/bin/pip install --quiet --disable-pip-version-check dist/*.whl
	cd build/package && env/bin/python ../../tests/wheel_smoke.py
	tar -xzf dist/*.tar.gz -C build/package
	cd build/package/deapi_python_sdk-* && \
		PYTHONPATH=src $(abspath $(BIN))/python -m pytest --collect-only -q > ../tests.txt

# The tests with the lowest version of every runtime dependency and extra, on the oldest Python.
# Only these are constrained: the newest versions of what they require need not suit the group dev.
# The newest anyio for these is older than pytest 9.2, and its plugin warns there.
lowest: $(VENV)/.dev
	rm -rf build/lowest
	$(BIN)/uv venv --quiet --python $(OLDEST_PYTHON) build/lowest/env
	$(BIN)/uv pip compile --quiet --python build/lowest/env --resolution lowest \
		--no-deps --all-extras pyproject.toml --output-file build/lowest/constraints.txt
	$(BIN)/uv pip install --quiet --python build/lowest/env --editable . --group dev 'pytest<9.2' \
		--all-extras --requirements pyproject.toml --constraints build/lowest/constraints.txt
	build/lowest/env/bin/python -m pytest -n auto --dist worksteal --reruns 2 $(TESTS)

# Checks and builds a release. Pushing the tag starts the workflow that uploads it to PyPI.
release: $(VENV)/.dev
	$(BIN)/python tools/release.py
	$(MAKE) package
	@echo "Publish dist/ with: git push origin $$(git describe --exact-match)"

benchmarks: $(VENV)/.dev
	$(BIN)/python -m benchmarks

soak: $(VENV)/.dev
	$(BIN)/python tests/soak.py

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
