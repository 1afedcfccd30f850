# `make demo` shows the round trip, `make test` proves it, `make mutation` tries the tests (some hours); all create .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check mutation lock docs clean

demo: $(VENV)/.ready
	$(BIN)/gateway demo

test: $(VENV)/.ready
	$(BIN)/pytest -n auto

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Goes on where it was stopped; CI=true makes the tests draw the same examples each time.
mutation: $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-mutation.txt
	CI=true PATH="$(CURDIR)/$(BIN):$$PATH" mutmut run
	$(BIN)/python -m tests.survivors

docs: $(VENV)/.ready
	$(BIN)/python -m gateway.ops.docs docs

lock: $(VENV)/.ready
	$(BIN)/uv lock

# The locked set where the lock can be used, the ranges of pyproject.toml otherwise.
$(VENV)/.ready: pyproject.toml requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

clean:
	rm -rf $(VENV) demo mutants
