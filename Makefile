# make demo   a guided tour on the embedded SES: needs Python 3.11 or later, git and make, nothing else
# make test   the tests              make lint   ruff and mypy
# make fuzz   the property tests with 20 times as many examples (PYTEST_ARGS=tests/mail for some of them)
# make bench  the benchmarks (benchmarks/bulk_million.py by itself)   make completions   the scripts in completions/
# make torture  500 kill -9 of a bulk send, and what became of everybody (KILLS=50 for fewer)
# make docs   docs/guide-map.md from its data, the tables of docs/embedded-ses.md from the code, the recordings of docs/domain-setup.md
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
	$(BIN)/python -m pytest --numprocesses auto -m hypothesis --hypothesis-profile=fuzz $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/local_ses.py
	$(BIN)/python benchmarks/dns_check.py
	$(BIN)/python benchmarks/local_conformance.py
	$(BIN)/python benchmarks/bulk_send.py

torture: $(VENV)/.dev
	$(BIN)/python tests/groups/bulk/torture.py --kills $(or $(KILLS),500)

docs: $(VENV)/.dev
	$(BIN)/python docs/guide-map/build.py
	$(BIN)/python docs/embedded_ses_table.py
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
