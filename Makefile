# make demo        Take the guided tour on the local SES emulator. Needs Python 3.11 or later, git and make.
# make test        Run the tests.
# make lint        Run ruff and mypy.
# make format      Format the code and apply ruff's fixes.
# make fuzz        Run the property tests with 20 times as many examples, and all hostile inputs of tests/fuzz
#                  (SEED=2 for other inputs, PYTEST_ARGS=tests/mail for some of the tests).
# make bench       Run the benchmarks. benchmarks/bulk_million.py runs by itself.
# make torture     Kill a bulk send 500 times and check every recipient (KILLS=50 for fewer).
# make docs        Regenerate the generated pages and recordings in docs/.
# make completions Regenerate the scripts in completions/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo test fuzz lint format bench torture docs completions clean

demo: $(VENV)/.run
	@$(BIN)/sescli demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto $(PYTEST_ARGS)

fuzz: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto -m 'hypothesis or fuzz' --hypothesis-profile=fuzz --fuzz-seed $(or $(SEED),1) $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/emulator_throughput.py
	$(BIN)/python benchmarks/dns_check.py
	$(BIN)/python benchmarks/emulator_conformance.py
	$(BIN)/python benchmarks/bulk_send.py

torture: $(VENV)/.dev
	$(BIN)/python tests/groups/bulk/torture.py --kills $(or $(KILLS),500)

docs: $(VENV)/.dev
	$(BIN)/python docs/guide-map/build.py
	$(BIN)/python docs/emulator_table.py
	$(BIN)/python docs/record_domain_setup.py

completions: $(VENV)/.run
	$(BIN)/sescli completion show bash > completions/sescli.bash
	$(BIN)/sescli completion show zsh > completions/_sescli
	$(BIN)/sescli completion show fish > completions/sescli.fish
	$(BIN)/sescli completion show powershell > completions/sescli.ps1

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sescli needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	$(PIP) install --editable '.[local]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(PIP) install --editable '.[local]' --group dev
	@touch $@ $(VENV)/.run
