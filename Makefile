# Everything runs in a virtual environment of the checkout's own; needs Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE_FOLDER := .conformance
NODE_PACKAGES := @supabase/postgres-meta@0.99.0 @supabase/mcp-server-supabase@0.13.0 supabase@3.1.0
# Most tests wait for a process, a server or a deadline, so more of them than cores run well side by side.
PYTEST_WORKERS ?= 4
PYTEST := $(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile
# What takes its time: sabotage and faults, every bad input as a process, changes behind a project's back, the engine.
RELIABILITY := tests/apply tests/reliability tests/cli/bad_input tests/verify tests/rehearse/test_engine.py
# What is known before a push: the catalog and its copies, the platform that is simulated, the rows that are asked.
REHEARSAL := tests/catalog tests/preflight tests/rehearse
# Verbs as processes that rehearse, write and are killed, again and again: minutes of them.
PROCESSES := $(patsubst %,tests/cli/test_%.py,advisors assertions baseline diff doctor fetch mismatch new no_effect pages plan \
	rebase reconcile rehearse repair report seeds squash targets workflow)

.PHONY: demo test processes rehearsal reliability reliability-sample lint docs conformance bench corpus clean

# The main job on the sandbox: show the plan, push, and prove every claim. Run it again: nothing is left to do.
demo: $(VENV)/.ready
	$(BIN)/sbapply push --sandbox --yes
	$(BIN)/sbapply verify --sandbox

test: $(VENV)/.ready lint
	$(PYTEST) -m "not conformance" $(RELIABILITY:%=--ignore=%) $(REHEARSAL:%=--ignore=%) $(PROCESSES:%=--ignore=%)

processes: $(VENV)/.ready
	$(PYTEST) -m "not conformance" $(PROCESSES)

# Everything that PostgreSQL 15 and 18 can hold is rebuilt from the catalog and compared, also by pg_dump.
rehearsal: $(VENV)/.ready
	$(PYTEST) -m "not conformance" $(REHEARSAL) --ignore=tests/rehearse/test_engine.py

# The whole of it takes the better part of an hour; its figures are in docs/reliability.md.
reliability: $(VENV)/.ready
	SBAPPLY_WHOLE=1 $(PYTEST) -m "not conformance" $(RELIABILITY)

# A spread sample of each part, which CI runs.
reliability-sample: $(VENV)/.ready
	$(PYTEST) -m "not conformance" $(RELIABILITY)

# Pages that are made from the program itself; a test holds them equal to it.
docs: $(VENV)/.ready
	$(BIN)/python -m scripts.commands_page

lint: $(VENV)/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Needs Node 20 or newer with npm: the real SQL server behind the endpoint, the official CLI and its MCP server.
# The keyring tests need dbus-daemon and gnome-keyring-daemon too (Debian: dbus, gnome-keyring).
conformance: $(VENV)/.ready $(NODE_FOLDER)/.ready
	SBAPPLY_NODE_MODULES=$(abspath $(NODE_FOLDER)/node_modules) $(BIN)/python -m pytest -m conformance

# BENCH=--write puts the tables into docs/benchmarks.md; about four minutes, on a machine that does nothing else.
bench: $(VENV)/.ready $(NODE_FOLDER)/.ready
	SBAPPLY_NODE_MODULES=$(abspath $(NODE_FOLDER)/node_modules) $(BIN)/python -m scripts.bench $(BENCH)

# Pushes folders of real migrations whole (CORPUS=DIR holds a sub-folder a project) and compares with psql.
corpus: $(VENV)/.ready $(NODE_FOLDER)/.ready
	@test -n '$(CORPUS)' || { echo 'make corpus CORPUS=DIR: DIR holds a folder a project'; exit 1; }
	SBAPPLY_NODE_MODULES=$(abspath $(NODE_FOLDER)/node_modules) $(BIN)/python -m scripts.corpus '$(CORPUS)'

clean:
	rm -rf $(VENV) $(NODE_FOLDER) dist build

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("sbapply needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[local]' --group dev
	touch $@

$(NODE_FOLDER)/.ready: Makefile
	@command -v npm >/dev/null || { echo 'make $(MAKECMDGOALS) needs Node 20 or newer with npm: https://nodejs.org'; exit 1; }
	mkdir -p $(NODE_FOLDER)
	npm install --no-save --no-audit --no-fund --loglevel=error --prefix $(NODE_FOLDER) $(NODE_PACKAGES)
	touch $@
