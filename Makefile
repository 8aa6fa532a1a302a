# Tasks of the project. `make help` lists them; what a task needs and lacks is said in one sentence with the cure.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

UV = $$(scripts/uv)
PYTHON = .venv/bin/python
WEB = services/verification-ui/web
ARGS ?=

.PHONY: help
help: ## list the tasks
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## label 4,200 tweets on this machine, then serve the review page (ARGS="--once --json FILE")
	@scripts/need python node
	@$(UV) sync --locked --no-dev --inexact --quiet
	@scripts/web-build
	@exec .venv/bin/tandem demo $(ARGS)

.PHONY: test
test: env ## every check and test, with a closing summary (ARGS="-k chaos" goes to pytest)
	@exec $(PYTHON) scripts/test.py $(ARGS)

.PHONY: env
env: ## make the Python environment, locked
	@scripts/need python
	@$(UV) sync --locked --quiet

.PHONY: lint
lint: env ## style, import rule, drift of generated files
	@exec $(PYTHON) scripts/test.py --only lint

.PHONY: types
types: env ## mypy, strict
	@exec $(PYTHON) scripts/test.py --only types

.PHONY: fmt
fmt: env ## format the Python code
	@.venv/bin/ruff format && .venv/bin/ruff check --fix

.PHONY: web
web: ## build the page, if its sources changed
	@scripts/need node
	@scripts/web-build

.PHONY: schemas
schemas: env ## write the events' JSON Schemas from the code
	@$(PYTHON) -m tandem.events.json_schemas shared/event-schemas

.PHONY: openapi
openapi: env ## write the OpenAPI documents from the code, and the page's types from them
	@scripts/need node
	@$(PYTHON) -m tandem_api.openapi services/api/openapi.json
	@$(PYTHON) -m tandem_verification_ui.openapi services/verification-ui/openapi.json
	@scripts/web-deps && cd $(WEB) && npm run --silent types

.PHONY: async-client
async-client: env ## write the asynchronous client from the synchronous one
	@$(PYTHON) scripts/async_client.py

.PHONY: bench
bench: env ## measure against a simulated provider
	@for file in bench/[a-z]*.py; do echo "== $$file"; $(PYTHON) "$$file" $(ARGS); done

.PHONY: images
images: env ## build the four images with buildah, start them read-only and not as root, run a job (needs root)
	@exec $(PYTHON) scripts/images.py $(ARGS)

.PHONY: clean
clean: ## remove what the other tasks made, except data directories
	@rm -rf .venv .tandem-tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	@rm -rf $(WEB)/node_modules services/verification-ui/src/tandem_verification_ui/static
	@rm -rf client/src/tandem_client/notebook/static
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
