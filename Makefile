# Everything a checkout needs: Python >= 3.11 and make. Each target sets itself up, and is quick the second time.
VENV ?= .venv
DATA ?= ../shared/data/routing
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
IN := $(VENV)/bin/python
PIP := $(IN) -m pip --disable-pip-version-check --no-input
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-config \
	--quiet --custom-compile-command "make lock" --extra build

.DEFAULT_GOAL := help
.PHONY: help demo run test check static format docs faults train bench bench-ledger bench-load bench-routing lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 15

demo: $(VENV)/runtime ## Lucy in a local Slack in your browser: no keys, no Slack, no server
	@$(IN) -m bot demo

run: $(VENV)/runtime ## Lucy in your Slack; reads the environment and .env
	@$(IN) -m bot run

test: $(VENV)/dev ## every test
	$(IN) -m pytest -n 2 $(TESTS)

check: static test ## everything CI holds: format, lint, layers, types, tests

static: $(VENV)/dev ## the same without the tests
	$(IN) -m ruff format --check .
	$(IN) -m ruff check .
	$(VENV)/bin/lint-imports
	$(IN) -m mypy

format: $(VENV)/dev ## put the code in its form
	$(IN) -m ruff format .
	$(IN) -m ruff check --fix .

docs: $(VENV)/dev ## write the generated tables of the README anew
	@$(IN) -m tests.readme

faults: $(VENV)/dev ## kill, freeze and stop Lucy at every step, then three of them under load (KILLS, SEED); 10,000 scenarios for her books
	LUCY_FAULT_ROUNDS=20 $(IN) -m pytest tests/faults
	$(IN) -m tests.faults $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED))
	$(IN) -m tests.completeness

train: $(VENV)/dev ## learn the local scorer anew from DATA (the public part is not in this repository) and from our own messages
	@$(IN) -m tests.routing.train --data $(DATA)

bench: $(VENV)/dev ## measure the figures the README promises
	$(IN) -m tests.bench

bench-ledger: $(VENV)/dev ## reads and room of a ledger of ten million rows; takes long, and some 20 GB for a while
	$(IN) -m tests.bench.ledger

bench-load: $(VENV)/dev ## Lucy under load beside a bare Bolt bot; MENTIONS may say how many
	$(IN) -m tests.bench.load $(MENTIONS)

bench-routing: $(VENV)/dev ## the scorer beside other routers', on DATA; PEERS may name a Python that has uncommon-route
	@$(IN) -m tests.routing.benchmark --data $(DATA) $(if $(PEERS),--uncommon-route $(PEERS))
	@$(IN) -m tests.readme

lock: $(VENV)/bin/python ## newest versions inside the bounds of pyproject.toml, with hashes
	@$(PIP) install -qq uv
	$(VENV)/bin/$(COMPILE) --upgrade --output-file requirements.lock
	$(VENV)/bin/$(COMPILE) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove the virtual environment and every cache; the embedded database in .lucy stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find bot tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Lucy needs Python 3.11 or newer, and there is none on the PATH." \
		"Name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) could not make a virtual environment" \
		"(on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }

$(VENV)/runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(IN) .ci/install.py requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/runtime
	@$(IN) .ci/install.py requirements-dev.lock
	@touch $@
