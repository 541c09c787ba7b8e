# Each target sets up what it needs in .venv and does its job, from a fresh clone.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow test-browser lint audit fuzz bench clean

FUZZ_SECONDS ?= 60

demo: .venv/.installed
	$(BIN)/python run.py --steps 1 2 3 4

test: .venv/.developer
	$(BIN)/python -m pytest -m "not slow and not browser" --numprocesses auto --dist loadfile

test-slow: .venv/.developer
	$(BIN)/python -m pytest -m "slow and not browser"

# In a real Chromium: Debian's package chromium, or the program that CHROMIUM names.
test-browser: .venv/.developer
	$(BIN)/python -m pytest -m browser --numprocesses auto --dist load

lint: .venv/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	-$(MAKE) --no-print-directory audit

# Known holes in what is installed. A new one must not stop work that has nothing to do with it, so
# for `lint` it is a warning; and a registry that does not answer is one, too.
audit: .venv/.developer
	$(BIN)/pip-audit --local --progress-spinner off

fuzz: .venv/.developer
	for harness in tests/fuzz/fuzz_*.py; do \
		$(BIN)/python -W ignore -m tests.fuzz.$$(basename $$harness .py) -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

bench: .venv/.developer
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.installed: pyproject.toml setup.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/.developer: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@
