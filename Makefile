# `make demo` and `make test` each work as the first command in a fresh clone: they make .venv and install into it.
PYTHON ?= python3.11
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.PHONY: demo test check serve clean fuzz-documents crash schemathesis soak load

demo: .venv/installed
	$(BIN)/liuwei demo

test: .venv/installed-dev
	$(BIN)/python -m pytest

# 10,000 damaged documents through every reader; a few hundred are in `make test`.
fuzz-documents: .venv/installed-dev
	$(BIN)/python -m tests.bench.fuzz_documents --count 10000 --seed 1

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Kill -9 at 200 seeded moments of adding, removing, tagging, training, labelling, jobs and backups; minutes.
crash: .venv/installed-dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.service.crash_loop --kills 200 --seed 1

# Every path of the OpenAPI document, tried by schemathesis; then embeddings by OpenAI's own client. Minutes.
schemathesis: .venv/installed-dev .venv-contract/installed
	$(BIN)/python -m tests.contract.try_schemathesis --schemathesis .venv-contract/bin/schemathesis
	$(BIN)/python -m tests.contract.try_openai --python .venv-contract/bin/python

# Fifty searching clients and one writer, for two minutes.
soak: .venv/installed-dev
	$(BIN)/python -m tests.bench.bench_soak

# Requests a second and waits of one client and of many.
load: .venv/installed-dev
	$(BIN)/python -m tests.bench.bench_load

serve: .venv/installed
	$(BIN)/liuwei serve

clean:
	rm -rf .venv .venv-contract build dist *.egg-info

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable .
	touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable '.[dev]'
	touch $@ .venv/installed

# Kept apart: both bring a web client and more of their own, and schemathesis would hook into every test run.
.venv-contract/installed: constraints.txt
	$(PYTHON) -m venv .venv-contract
	.venv-contract/bin/python -m pip install --quiet --constraint constraints.txt schemathesis openai
	touch $@
