# The commands of this project; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST_ARGS ?=
PORT ?= 3000

.DEFAULT_GOAL := help
.PHONY: help setup demo study ui test lint bench

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## install into .venv and nothing else

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, found $$($(BIN)/python --version)"; exit 1; }
	@$(BIN)/uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --python $(BIN)/python --quiet --constraint constraints.txt --editable '.[dev,s3]'
	@touch $@

demo: setup ## materialise everything on the sample world and print the results
	@$(BIN)/locsens demo

study: setup ## train everything with three seeds and test the paper's claims; SEEDS=1 for a first look
	@$(BIN)/locsens study $(if $(SEEDS),--seeds $(SEEDS))

ui: setup ## open the Dagster UI on this collection's runs and assets; PORT=3001 for another port
	@home="$$($(BIN)/locsens home)" && DAGSTER_HOME="$$home" $(BIN)/dagster dev -w workspace.yaml -p $(PORT)

test: setup ## run the tests; SLOW=1 for the slow ones too
	@$(BIN)/python -m pytest $(if $(SLOW),,-m "not slow") $(PYTEST_ARGS)

lint: setup ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup ## measure speed and memory against their targets; BENCH="ingestion" for one
	@$(BIN)/python -m benchmarks $(BENCH)
