# Everything starts from `make run` and `make test`; both set up what they need.
# PYTHON is any Python 3.11+; the environment lives in .venv and is rebuilt when a lock changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two a core: a test mostly waits for PostgreSQL, for programs it started, or for Dagster.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
SECONDS ?= 100
COUNT ?= 1000
TIMES ?= 28

.DEFAULT_GOAL := help
.PHONY: help run test test-external oracle faults figures lint bench bench-large audit sbom docs lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.run ## Set everything up, run the main job and leave the Dagster UI running (ONCE=1: end)
	@$(BIN)/odds up $(if $(ONCE),--once)

test: $(VENV)/.dev lint ## Set everything up and pass the tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-external: $(VENV)/.dev ## Integration tests on ODDS_TEST_DATABASE_URL (and through ODDS_TEST_POOLER)
	@test -n "$$ODDS_TEST_DATABASE_URL" || { echo "✗ set ODDS_TEST_DATABASE_URL" >&2; exit 2; }
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal odds_pipeline_tests/storage odds_pipeline_tests/services \
	    odds_pipeline_tests/cli odds_pipeline_tests/orchestration --ignore odds_pipeline_tests/storage/embedded

oracle: $(VENV)/.dev ## Random histories against naive oracles, over ten thousand: half an hour (TIMES=28)
	ODDS_TEST_TIMES=$(TIMES) $(BIN)/python -m pytest -n $(WORKERS) -m oracle --hypothesis-show-statistics
	$(BIN)/python -m pytest -n 0 -m slow odds_pipeline_tests/services odds_pipeline_tests/storage

faults: $(VENV)/.dev ## 1,000 faults of every class, 1,000 kills at named points: two hours (COUNT=, SECONDS=, SEED=)
	$(BIN)/python -m pytest -n $(WORKERS) -m slow odds_pipeline_tests/faults odds_pipeline_tests/cli
	$(BIN)/python -m odds_pipeline_tests.faults kills --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m odds_pipeline_tests.faults crashes --count $(COUNT) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m odds_pipeline_tests.faults matrix --count $(COUNT) $(if $(SEED),--seed $(SEED))

figures: $(VENV)/.dev ## Import recorded archives whole, compare known figures, 10,000 broken files: minutes
	$(BIN)/python -m pytest -n $(WORKERS) -m slow odds_pipeline_tests/services
	ODDS_FUZZ=10000 $(BIN)/python -m pytest -n $(WORKERS) odds_pipeline_tests/sources/archives/test_any_row.py

lint: $(VENV)/.dev ## ruff, mypy strict, import contracts, Dagster definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## Measure what the notes claim (ratios inside one run)
	$(BIN)/python -m benchmarks

bench-large: $(VENV)/.dev ## Measure on 51 million quotes and write the plans (an hour, 20 GB of disk)
	$(BIN)/python -m benchmarks season_large

audit: $(VENV)/.dev ## Known vulnerabilities of the locked packages (asks PyPI; fails where it cannot)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.lock

sbom: $(VENV)/.dev ## What the platform is made of, with hashes: dist/sbom.json (CycloneDX)
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible \
	    --of JSON -o dist/sbom.json

docs: $(VENV)/.dev ## Write the generated pages of docs/ anew
	$(BIN)/python -m odds_pipeline.cli.docs

lock: $(VENV)/.dev ## Resolve the locks anew (hashes, no index address)
	$(BIN)/uv pip compile -q pyproject.toml --extra run --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-header --no-emit-index-url --no-strip-extras -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra run --extra dev --universal \
	    --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-strip-extras \
	    -c requirements.lock -o requirements-dev.lock

clean: ## Remove the environment and caches (never the data under .odds/)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "✗ Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
