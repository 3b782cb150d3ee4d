# One command each. A bare `make` lists them.
VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.installed
DEVSTAMP := $(VENV)/.installed-dev
ARGS   ?=
# Files of tests are spread over so many processes, each with an engine of its own. 0: none but pytest's own.
JOBS   ?= 2

.DEFAULT_GOAL := help
.PHONY: help run demo test check fmt bench soak ui levels lock clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@bash tools/venv.sh $(VENV) requirements.lock
	@touch $@

$(DEVSTAMP): requirements-dev.lock pyproject.toml
	@bash tools/venv.sh $(VENV) requirements-dev.lock
	@touch $@ $(STAMP)

run: $(STAMP) ## install into .venv and start Prologue on this machine (make run ARGS="--config prologue.yaml")
	@exec $(VENV)/bin/prologue up $(ARGS)

demo: $(STAMP) ## send a small simulated estate to the running Prologue
	@exec $(VENV)/bin/prologue demo $(ARGS)

test: $(DEVSTAMP) ## run the whole test suite
	@bash tools/test-tools.sh
	$(PY) -m pytest -n $(JOBS) --dist loadfile $(ARGS)

check: $(DEVSTAMP) ## ruff, mypy --strict, import-linter
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache

fmt: $(DEVSTAMP) ## format and sort imports
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(DEVSTAMP) ## measure: rows/s, MB per CPU-second, disk, memory
	$(PY) -m bench $(ARGS)

soak: $(DEVSTAMP) ## the long tests; they write the table of docs/reliability.md
	@bash tools/test-tools.sh
	SOAK_REPORT=docs/reliability.md $(PY) -m pytest -m soak -o timeout=7200 $(ARGS)

ui: ## bundle the web UI from ui/ into the package (needs Node; users do not)
	cd ui && npm ci --no-audit --no-fund && npm run build

levels: ## compile levels.c into the package (needs clang and lld; users do not)
	bash tools/levels.sh src/prologue/parse/levels/levels.wasm

lock: $(DEVSTAMP) ## resolve and pin every dependency again
	bash tools/lock.sh

clean: ## remove what the other commands made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis ui/node_modules
