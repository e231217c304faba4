# Each target builds .venv itself when it is missing or older than the lock: on a fresh machine with Python 3.11, pip
# and make, `make test` or `make experiments` is the first command.
.DEFAULT_GOAL := help
.PHONY: help setup test lint experiments studies paper baseline bench clean

ifndef PYTHON
PYTHON := $(shell python3.11 -c 'print("python3.11")' 2>/dev/null || echo python3)
endif
BIN := .venv/bin
READY := .venv/.ready

# Two workers, each with one thread of linear algebra; `make test PYTEST_FLAGS="-n 0 -x -k logistics"` for anything else.
PYTEST_FLAGS ?= -n 2
EXPERIMENTS := experiments/mixes.toml

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## build .venv from requirements.lock (every other target does it when needed)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "villagesim needs Python 3.11 or newer; say make PYTHON=...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

test: $(READY) ## every test, and the examples in the docstrings
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_FLAGS)

lint: $(READY) ## ruff, and the import contracts of pyproject.toml
	$(BIN)/ruff check
	$(BIN)/lint-imports

experiments: $(READY) ## the paper's experiments into results/ (interrupted: the same command goes on)
	$(BIN)/villagesim experiment $(EXPERIMENTS) --out results
	$(BIN)/villagesim variance experiments/variance.toml --out results
	$(BIN)/villagesim discover experiments/futures.toml --out results

studies: $(READY) ## the long ones: every assumption screened, sixteen of them in pairs, a front of mixes
	$(BIN)/villagesim sensitivity experiments/screening.toml --out results
	$(BIN)/villagesim sensitivity experiments/sobol.toml --out results
	$(BIN)/villagesim optimise experiments/front.toml --out results

paper: experiments ## bring the first experiment's figure and table to paper/figures/
	@mkdir -p paper/figures
	@for name in $(notdir $(basename $(EXPERIMENTS))); do \
		find results/$$name -maxdepth 2 -type f \( -name '*.png' -o -name '*.svg' -o -name '*.csv' \) \
			-exec cp {} paper/figures/ \; -print; \
	done

baseline: $(READY) ## accept the numbers of today as the expected ones (and say "Results change" in CHANGELOG.md)
	$(BIN)/python -m pytest tests/test_baseline.py --accept

bench: $(READY) ## household-months a second of both engines, ratios against bench/history.csv, what batching costs
	$(BIN)/python bench/run.py
	$(BIN)/python bench/ratios.py $(BENCH_FLAGS)
	$(BIN)/python bench/phases.py
	$(BIN)/python bench/batching.py
	$(BIN)/python bench/start.py

clean: ## remove .venv, caches and results/
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist results
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
