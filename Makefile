# The developers' manual: `make help` lists every target.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install test check lint types layers docs slow minimal bench demo screenshot clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

install: $(BIN)/.ready ## Make .venv with the package and what developers need

$(BIN)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

test: install ## The test suite (README's command), under 5 minutes on two cores
	$(BIN)/python -m pytest -n 2 -q

check: lint types layers docs ## Everything that reads code without running it

lint: install ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## mypy, strict
	$(BIN)/mypy

layers: install ## import-linter: who may know whom (DESIGN section 2)
	$(BIN)/lint-imports

docs: install ## Generated pages are current, every public thing has its heading
	$(BIN)/python scripts/cli_reference.py --check
	$(BIN)/python -m pytest -q tests/test_documentation.py

slow: install minimal ## Simulations, fuzz, kills, scale, browser; before an issue is closed
	scripts/install_chromium.sh
	$(BIN)/python -m pytest -q tests/slow tests/browser --timeout 1800 -o addopts="--import-mode=importlib --strict-markers -rfE"

minimal: ## The suite without figures or any other extra: every part says what it lacks, none fails
	$(PYTHON) -m venv .venv-minimal
	.venv-minimal/bin/python -m pip install --quiet --disable-pip-version-check '.[test]'
	.venv-minimal/bin/python -m pytest -n 2 -q -m 'not figures'

bench: install ## Side by side with the peers; each prints a ratio
	scripts/install_r.sh
	for file in benchmarks/*.py; do $(BIN)/python $$file; done

demo: install ## Run the simulated laboratory into demo/
	$(BIN)/secretome demo -o demo

screenshot: install ## Picture of the demo's dossier for the README
	scripts/screenshot.sh demo/index.html docs/images/dossier.png

clean: ## Remove what the targets made
	rm -rf $(VENV) demo demo.cache demo.study .mypy_cache .ruff_cache .pytest_cache
