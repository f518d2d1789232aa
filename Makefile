# Everything happens inside this folder: .tools holds uv, .venv the project, .data what `make up` keeps.
PORT ?= 8000
DATA ?= .data
ARGS ?=
CANDIDATES = $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3)

MAKEFLAGS += --no-print-directory
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Compiled modules are kept: a run starts some dozens of Pythons, and each would compile everything anew.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.PHONY: help setup up demo test faults fuzz bench lint contracts docs clean

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name what; do printf '  make %-9s %s\n' "$$name" "$$what"; done

up: setup ## Run BuurtThuis here (PORT=8000 DATA=.data)
	@exec .venv/bin/buurtthuis up --port "$(PORT)" --data "$(DATA)"

demo: setup ## Watch one house go from a first idea to a held session
	@exec .venv/bin/buurtthuis demo

test: setup ## Run the tests (ARGS="-k journal" for some of them)
	@.venv/bin/pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

faults: setup ## Kill, flush and poison things for a long time
	@.venv/bin/pytest tests/faults --long $(ARGS)

fuzz: setup ## Make up thousands of requests, names and orders of events that nobody thought of
	@.venv/bin/pytest -n 2 -m hypothesis --long $(ARGS)

bench: setup ## Measure, and print a table
	@.venv/bin/python -m benchmarks $(ARGS)

lint: setup ## Check style, types, the walls between the rooms and the rules of the API
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy .
	@.venv/bin/lint-imports
	@.venv/bin/python -m tests.contracts.api_rules

contracts: setup ## Agree to what was added to the events and reactions (refuses what breaks them)
	@.venv/bin/python -m tests.contracts

docs: setup ## Write docs/events.md and docs/privacy/register.md anew, and the code that other pages show
	@.venv/bin/python -m buurtthuis.eventlog.asyncapi > docs/events.md.new && mv docs/events.md.new docs/events.md
	@.venv/bin/python -m tests.quotes
	@.venv/bin/python -m tests.papers

clean: ## Remove what was installed and cached, but no data
	@rm -rf .tools .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

setup: .venv/.installed

.venv/.installed: .tools/.installed pyproject.toml uv.lock $(wildcard shared/pyproject.toml services/*/pyproject.toml)
	@[ -w "$${HOME:-/nowhere}" ] || export UV_CACHE_DIR="$$PWD/.tools/cache"; \
	.tools/bin/uv sync --quiet --frozen --inexact --python .tools/bin/python
	@touch $@

.tools/.installed:
	@echo "Installing BuurtThuis (first run: about a minute) …"
	@for python in $(CANDIDATES); do \
		"$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "BuurtThuis needs Python 3.11 or newer with pip and venv. Install one (Debian: apt install python3-venv)," >&2; \
		echo "or say where it is: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	"$$python" -m venv --clear .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@touch $@
