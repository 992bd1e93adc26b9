# `make demo` and `make test` each work as the first command in a fresh clone: they make .venv and install into it.
PYTHON ?= python3.11
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.PHONY: demo test check serve clean fuzz-documents fuzz-classify crash faults processes disk backup offline schemathesis soak load

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

# Each of these is part of `make test`, and a command of its own for whoever wants to see just that.
# Lone surrogates, 10 MB, control characters, emoji, right-to-left: into `POST /v1/classify`.
fuzz-classify: .venv/installed-dev
	$(BIN)/python -m pytest tests/service/test_classify_fuzz.py

# Two services and commands of the command line on one data directory at once.
processes: .venv/installed-dev
	$(BIN)/python -m pytest tests/service/test_processes.py

# A full disk and one that is only read, real ones: needs the rights to mount, and is left out without them.
disk: .venv/installed-dev
	$(BIN)/python -m pytest -rs tests/service/test_disk.py

# Backups made while others write, restored on a fresh machine, killed meanwhile.
backup: .venv/installed-dev
	$(BIN)/python -m pytest tests/index/test_backup.py tests/service/test_processes.py

# Everything that writes, while one call of the system's after another fails, once and for good; half an hour.
faults: .venv/installed-dev
	$(BIN)/python -m tests.service.fault_loop
	$(BIN)/python -m tests.service.fault_loop --error ENOSPC --lasting

# No socket beyond loopback.
offline: .venv/installed-dev
	$(BIN)/python -m pytest tests/service/test_offline.py

# Kill -9 at 200 seeded moments of adding, removing, tagging, training, labelling, jobs and backups; minutes.
crash: .venv/installed-dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.service.crash_loop --kills 200 --seed 1

# Every path of the OpenAPI document, tried by schemathesis; then embeddings by OpenAI's own client. Minutes.
schemathesis: .venv/installed-dev .venv-contract/installed
	$(BIN)/python -m tests.contract.try_schemathesis --schemathesis $(BIN)/schemathesis
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

# Kept apart: it brings a web client and more of its own.
.venv-contract/installed: constraints.txt
	$(PYTHON) -m venv .venv-contract
	.venv-contract/bin/python -m pip install --quiet --constraint constraints.txt openai
	touch $@
