# Needs make, a shell and Python 3.11 or newer; everything else is fetched into .venv and .local.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo run test coverage rivals bench faults fuzz check lock format shell stop clean

# The first Python that is new enough; another one: make setup PYTHON=/path/to/python3
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
PORT ?= 8000
SERVE ?= 1
ARGS ?=

VENV_PYTHON := .venv/bin/python
CATALOGUES := $(wildcard locale/*/LC_MESSAGES/django.po)
READY := .venv/.installed $(if $(CATALOGUES),.venv/.messages)

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup: $(READY) ## Install everything into .venv (again only when requirements change)

.venv/.installed: requirements/dev.txt requirements/uv.txt scripts/setup.py
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 or newer found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer. Name another: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" scripts/setup.py
	@touch $@

.venv/.messages: .venv/.installed $(CATALOGUES)
	@$(VENV_PYTHON) manage.py messages --compile
	@touch $@

demo: setup ## Tell the whole story on invented data, then serve it (SERVE=0: only tell; PORT=8000)
	@[ "$(SERVE)" = 0 ] || $(VENV_PYTHON) scripts/serve.py --port $(PORT) --only-check-port
	@$(VENV_PYTHON) manage.py check_servers
	@$(VENV_PYTHON) manage.py migrate --verbosity 0
	@$(if $(filter-out 8000,$(PORT)),SITE_URL=$${SITE_URL:-http://127.0.0.1:$(PORT)} )$(VENV_PYTHON) manage.py demo --no-serve
	@[ "$(SERVE)" = 0 ] || exec $(VENV_PYTHON) scripts/serve.py --port $(PORT)

run: setup ## Migrate, then serve web, worker and schedule on 127.0.0.1 (PORT=8000)
	@$(VENV_PYTHON) scripts/serve.py --port $(PORT) --only-check-port
	@$(VENV_PYTHON) manage.py check_servers
	@$(VENV_PYTHON) manage.py migrate --verbosity 0
	@$(VENV_PYTHON) manage.py load_places --verbosity 0
	@exec $(VENV_PYTHON) scripts/serve.py --port $(PORT) --reload

test: setup ## Run the tests (ARGS="tests/matching -k engine" for a part)
	$(VENV_PYTHON) -m pytest $(if $(ARGS),$(ARGS),-n auto)

coverage: setup ## Run the tests and count the lines they reach; takes twice as long
	$(VENV_PYTHON) -m pytest -n auto --cov --cov-report=term

rivals: setup ## Let twenty therapists accept at once, two hundred times (real connections)
	RIVAL_ROUNDS=200 $(VENV_PYTHON) -m pytest tests/matching/test_rivals.py

bench: setup ## Measure the product beside its rivals (ONLY=matching for a part, SIZE=small|mid|full for one size)
	@$(VENV_PYTHON) scripts/setup.py --bench
	@$(VENV_PYTHON) -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(SIZE),--size $(SIZE))

faults: setup ## Kill, cut and repeat on purpose, count what is lost or doubled (ONLY=F1 CONTROL=1 SEED=7 SCALE=0.1)
	@$(VENV_PYTHON) -m faults $(foreach kind,$(ONLY),--only $(kind)) $(if $(CONTROL),--control) \
		$(if $(SEED),--seed $(SEED)) $(if $(SCALE),--scale $(SCALE))

fuzz: setup ## Ask every operation of the interface what nobody would ask (CASES=10 each)
	@$(VENV_PYTHON) scripts/fuzz.py $(if $(CASES),--cases $(CASES))

check: setup ## Run every check that is not a test and sum up
	@$(VENV_PYTHON) scripts/check.py

format: setup ## Bring Python and templates into shape
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) -m djlint --reformat --quiet templates

lock: setup ## Pin the newest fitting versions with hashes in requirements/*.txt
	@$(VENV_PYTHON) scripts/lock.py

shell: setup ## Open a Python shell with the models loaded
	@$(VENV_PYTHON) manage.py shell

stop: ## End the embedded PostgreSQL and Redis
	@if [ -x $(VENV_PYTHON) ]; then $(VENV_PYTHON) -m config.devservices stop; else echo "Nothing is set up."; fi

clean: stop ## Remove .venv, .local (with the data of demo and development) and caches
	rm -rf .venv .local .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov staticfiles
