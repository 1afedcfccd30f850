# `make demo` shows the round trip, `make test` proves it; both create .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check lock docs clean

demo: $(VENV)/.ready
	$(BIN)/gateway demo

test: $(VENV)/.ready
	$(BIN)/pytest -n auto

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

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
	rm -rf $(VENV) demo
