# Two commands do everything: `make run` and `make test`. Needs Python 3 and make; the rest is fetched into this folder.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3

PYTHON ?= python3
UV := .uv/bin/uv
# How long stock Rasa is trained for comparison. Its template has 100, which is most of a day on two cores.
STOCK_EPOCHS ?= 3
BIN := .venv/bin

.PHONY: help run test check setup train evaluate bench encoder lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

run: setup train ## set everything up, start the product and print its address
	@$(BIN)/responder serve

test: setup train .make/browser ## set everything up and run all tests
	@$(BIN)/python -m pytest

check: setup ## style, types, import rules, packs: what must be green before a commit
	@echo "Checking style"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "Checking types"; $(BIN)/mypy
	@echo "Checking import rules"; $(BIN)/lint-imports --config pyproject.toml
	@echo "Checking YAML"; $(BIN)/yamllint --strict .
	@echo "Checking packs"; $(BIN)/responder offices check

setup: .make/environment .make/frontend

.make/uv:
	@echo "Setting up (1 of 4): the installer"
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check 'uv>=0.5'
	@mkdir -p .make && touch $@

.make/environment: .make/uv requirements.lock pyproject.toml .python-version
	@echo "Setting up (2 of 4): Python 3.10 and the packages of requirements.lock"
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$(cat .python-version)" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.make/frontend: .make/environment package.json package-lock.json responder/console/assets.py
	@echo "Setting up (3 of 4): style sheets for the pages"
	@$(BIN)/python -m responder.console.assets
	@touch $@

train: setup ## train the model, where it is missing or its data have changed
	@$(BIN)/responder train --if-needed

.make/browser: .make/environment
	@echo "Setting up: a browser for the tests"
	@$(PYTHON) scripts/find_browser.py
	@touch $@

evaluate: setup train ## how well messages are read, beside other ways, as a page under var/reports
	@$(BIN)/python -m bench.evaluate --stock-epochs $(STOCK_EPOCHS)

bench: setup train ## speed and memory, beside stock Rasa in the same run; the desk and practice
	@$(BIN)/python -m bench.bench --stock-epochs $(STOCK_EPOCHS)
	@$(BIN)/python -m bench.desk_pages
	@$(BIN)/python -m bench.desk_load
	@$(BIN)/python -m bench.practice_marking

encoder: setup ## fine-tune the sentence encoder on data/nlu anew (an hour on two cores)
	@$(BIN)/python -m encoder.finetune

lock: .make/uv ## resolve pyproject.toml into requirements.lock anew
	@$(UV) pip compile --quiet --python-version "$$(cat .python-version)" --generate-hashes --no-emit-index-url \
		--no-header --extra dev pyproject.toml --output-file requirements.lock

clean: ## remove what set-up and training made; your data in var/ stay
	@rm -rf .make .uv .venv node_modules var/models models .pytest_cache .mypy_cache .ruff_cache .hypothesis
