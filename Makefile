PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help env dev run test test-browser test-slow interop check format clean

help:  ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/.runtime: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -e .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -e '.[dev]'
	@touch $@

env: $(VENV)/.runtime  ## make .venv with the platform in it, and nothing else

dev: $(VENV)/.dev  ## env plus the test and lint tools

run: env  ## start everything, take the bundled works through the loop, keep serving
	$(BIN)/aixiv up --demo

test: dev  ## the test suite (real Postgres, real S3; no network)
	$(BIN)/pytest -q -n 2 --dist worksteal

test-browser: dev  ## portal tests in Debian's chromium
	$(BIN)/pytest -q -m browser

test-slow: dev  ## kill -9 soak and other long proofs
	$(BIN)/pytest -q -m slow --timeout 900

interop: dev  ## the official MCP conformance suite and other people's clients (needs npm and the network)
	$(BIN)/python -m tests.interop.run

check: dev  ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment and the data folder
	rm -rf $(VENV) .aixiv
