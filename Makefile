# Each target sets itself up on a fresh machine: only Python 3.11 and make are assumed.
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: setup train test bench check lint types lock

setup: .venv/ready

# Exact versions and hashes come from the lock file; the package itself is installed in place.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

train: setup
	$(BIN)/python vae.py

test: setup
	$(BIN)/python -m pytest -n 2

# Speed beside PyTorch, about 25 minutes: the machine should have nothing else to do. See benchmarks/README.md.
bench: .venv/bench-ready
	$(BIN)/python -m benchmarks

.venv/bench-ready: .venv/ready
	$(BIN)/python -m pip install --quiet --no-build-isolation -e ".[bench]"
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/basedpyright --warnings

check: lint types test

# Writes the lock file anew from pyproject.toml; versions and hashes, no index address.
lock: setup
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --quiet -o requirements.lock
