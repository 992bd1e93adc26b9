# `make demo` and `make test` each work as the first command in a fresh clone: they make .venv and install into it.
PYTHON ?= python3.11
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.PHONY: demo test check serve clean fuzz-documents crash

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

serve: .venv/installed
	$(BIN)/liuwei serve

clean:
	rm -rf .venv build dist *.egg-info

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable .
	touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable '.[dev]'
	touch $@ .venv/installed
