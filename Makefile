# The commands of this project. `make run` and `make test` work on a fresh machine that has
# Python 3.11 or newer and make; everything else comes from the lock files.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# Tests whose subject is not the storage: pages in a browser, paper, processes, proxies, headers,
# words. All others run on PostgreSQL as well, if they reach a database (decision 37).
ELSEWHERE := tests/browser $(addprefix tests/test_,books.py checking.py late.py logs.py printing.py \
	proxies.py sealing.py serving.py translations.py) $(addprefix tests/web/test_,certificates.py \
	forwarding.py guards.py ink.py print.py templates.py weight.py)
ON_POSTGRESQL := -m "not alone" --numprocesses auto --dist worksteal --engine postgresql
# The faults take minutes: `make faults` strikes with them.
FAULTS := $(addprefix tests/crash/test_,clock.py database.py disk.py network.py processes.py \
	slow_clients.py streams.py)
LOCK_COMMAND := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet

.PHONY: run pades test postgresql faults lint format messages bench screens lock clean

run: $(VENV)/.ready
	$(BIN)/pledge serve --host $(or $(HOST),127.0.0.1) --port $(or $(PORT),8000)

# What seals PDF certificates (PLEDGE_PDF_CERTIFICATE); without it nothing else is missing.
pades: $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-pades.lock

# On all processors at once, then on PostgreSQL what may differ there, then what must be alone;
# `.venv/bin/pytest tests/web` runs a part, `.venv/bin/pytest --engine postgresql tests/web` there.
test: $(VENV)/.ready-dev lint
	sh tests/prerequisites.sh
	$(BIN)/pytest -m "not alone" --numprocesses auto --dist worksteal
	$(BIN)/pytest $(ON_POSTGRESQL) --of-each 2 $(addprefix --ignore=,$(ELSEWHERE))
	$(BIN)/pytest -m alone $(addprefix --ignore=,$(FAULTS))

# The whole on PostgreSQL, with nothing left out but what reaches no database.
postgresql: $(VENV)/.ready-dev
	sh tests/prerequisites.sh
	$(BIN)/pytest $(ON_POSTGRESQL)

# Kills, fills, cuts and stalls everything under a signing hall, N times in a row; see faults.log.
faults: $(VENV)/.ready-dev
	sh tests/prerequisites.sh
	$(BIN)/python -m tests.crash.again $(or $(N),1)

lint: $(VENV)/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Brings the Chinese catalogue up to date with the messages of the code and the templates.
messages: $(VENV)/.ready-dev
	$(BIN)/pybabel -q extract -F pledge/locale/babel.cfg --add-location=file --sort-by-file \
		--no-wrap --omit-header -o .messages.pot .
	$(BIN)/pybabel -q update -l zh_CN -i .messages.pot --no-fuzzy-matching --ignore-obsolete \
		--no-wrap --omit-header -o pledge/locale/zh_CN/LC_MESSAGES/pledge.po
	rm .messages.pot

bench: $(VENV)/.ready-dev
	sh tests/prerequisites.sh
	$(BIN)/python -m bench
	$(BIN)/python -m bench.hall
	$(BIN)/python -m bench.paper
	$(BIN)/python -m bench.certificates
	$(BIN)/python -m bench.register
	$(BIN)/python -m bench.exports

# Takes the pictures in docs/screens anew.
screens: $(VENV)/.ready-dev
	sh tests/prerequisites.sh
	$(BIN)/python -m tests.browser.screens

# Writes the lock files anew from pyproject.toml; needs uv on the machine of whoever updates them.
lock:
	$(LOCK_COMMAND) --extra build -o requirements.lock --upgrade
	$(LOCK_COMMAND) --extra build --extra pades -c requirements.lock -o requirements-pades.lock --upgrade
	$(LOCK_COMMAND) --extra build --extra pades --extra dev -c requirements-pades.lock \
		-o requirements-dev.lock --upgrade

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "pledge needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
