# Waykeep. `make help` lists what there is.
SHELL := /bin/bash
.DELETE_ON_ERROR:
PY := .venv/bin/python
FOR ?=
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help ready demo test test-units test-doors test-force test-browser test-promises lint format fuzz bench docs prove clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Main
demo: ready ## set up, start the demo fleet, print the address; runs until Ctrl-C
	@$(PY) -m waykeep --home var/demo demo $(if $(FOR),--for $(FOR))

test: ready .venv/.test-tools ## set up and run every part of the tests
	@$(PY) tests/run.py all

ready: .venv/.ready src/waykeep/portal/.built ## set up only: .venv/bin/waykeep works afterwards

##@ Parts of the tests
test-units: .venv/.ready ## pure rooms, store and the house itself
	@$(PY) tests/run.py units
test-doors: .venv/.ready ## real loopback sockets
	@$(PY) tests/run.py doors
test-force: .venv/.ready .venv/.test-tools ## kill -9, power cuts, raw-byte scans
	@$(PY) tests/run.py force
test-browser: ready .venv/.test-tools ## the portal in Chromium
	@$(PY) tests/run.py browser
test-promises: ready ## the clauses proven on throw-away servers, and their sabotage
	@$(PY) tests/run.py promises
fuzz: .venv/.ready ## a million hostile inputs for each decoder; FOR=1h goes on
	@$(PY) tests/protocols/fuzz.py $(if $(FOR),--for $(FOR),--count 1000000)

##@ Quality
lint: .venv/.ready ## ruff, mypy, floors
	@$(PY) tests/run.py lint
format: .venv/.ready ## let ruff format the code
	@.venv/bin/ruff format src tests bench && .venv/bin/ruff check --fix src tests bench
docs: .venv/.ready ## write docs/reference and docs/status.md from the code
	@$(PY) docs/generate.py
bench: ready .venv/.test-tools ## what is timed, as ratios within one run
	@$(PY) bench/run.py
prove: ready ## each clause of the base profile, proven on a throw-away server
	@$(PY) -m waykeep prove --profile base
clean: ## remove everything that was built
	rm -rf .venv var build dist src/waykeep/portal web/node_modules bench/build

# ---------------------------------------------------------------------------------------------------------------------
.venv/.ready: requirements.lock pyproject.toml deploy/setup.sh
	@bash deploy/setup.sh python
	@touch $@
.venv/.test-tools: deploy/setup.sh | .venv/.ready
	@bash deploy/setup.sh tools
	@touch $@
WEB := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
src/waykeep/portal/.built: $(WEB) | .venv/.ready
	@bash deploy/setup.sh portal
	@touch $@
