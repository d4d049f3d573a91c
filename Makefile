# make = everything that must be green before a commit.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps
# Each worker takes the next file; those of crawls come first, so that none of the long ones is the last.
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder
# pytest keeps the test modules that it rewrote; else each worker rewrites all of them at each run.
export PYTHONDONTWRITEBYTECODE :=

check: lint test

setup: .venv/installed

.venv/installed: requirements.txt requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(INSTALL) --no-compile --requirement requirements.txt --requirement requirements-dev.txt
	$(INSTALL) --editable .
	@$(BIN)/python -m compileall -q -j 0 .venv/lib || true  # pip would use one core
	@touch $@

# What some tests use besides: a browser's driver, pandas, Polars, Arrow, a validator of Kubernetes.
setup-services: .venv/services

.venv/services: .venv/installed requirements-services.txt
	$(INSTALL) --requirement requirements-services.txt
	@touch $@

# The tests start the project's commands some hundred times; where Python keeps no bytecode, each would compile it.
compiled: setup
	@$(BIN)/python -m compileall -q mainland tests

demo: setup
	$(BIN)/python -m tests.support.demo

crawl: setup
	$(BIN)/scrapy crawl articles

test: compiled
	$(PYTEST) -m 'not services' tests/crawl tests/decisions tests/unit mainland

# Those that start no process and open no connection.
test-unit: compiled
	$(PYTEST) -m 'not services' tests/unit mainland

# Those that need PostgreSQL, Redis, a browser, R, Datasette, or the tools that deploy/ is for; what is missing is skipped.
test-services: setup
	$(PYTEST) -m services tests/services tests/unit

# Every branch of what a crawl decides and of what it stores, but for a twentieth. The module for PostgreSQL is left out:
# only make test-services runs it. --cov is last: a folder behind it would be taken for what is measured, and not be
# tested.
coverage: compiled
	$(BIN)/python -m coverage erase
	$(PYTEST) -m 'not services' tests/decisions $(shell grep -lE 'mainland.(decisions|storage)' tests/unit/*.py) --cov
	$(BIN)/python -m coverage report --include='mainland/decisions/*' --fail-under=95
	$(BIN)/python -m coverage report --include='mainland/storage/*' --omit='*/postgresql.py' --fail-under=95

# The tests that take minutes: fifty kills in a row, times that grow with the length; and all properties at length.
torture: compiled
	TORTURE=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m 'torture or few or hypothesis'

# Crawls of a model newspaper in foul weather, in one process: make simulate CRAWLS=10000 SEED=1
CRAWLS := 10000
SEED := 1
simulate: setup
	$(BIN)/python -m tests.decisions.simulator --crawls $(CRAWLS) --seed $(SEED)

# Ratios measured on this machine; beside other extractors once make bench-peers has installed them.
bench: setup
	$(BIN)/python -m tests.bench

bench-peers: .venv-peers/installed

.venv-peers/installed:
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	.venv-peers/bin/pip install --quiet --disable-pip-version-check trafilatura newspaper4k news-please lxml_html_clean
	@touch $@

# A coverage-guided fuzzer on the extractor, with atheris, which is no dependency: make fuzz RUNS=200000
RUNS := 20000
fuzz: setup
	$(BIN)/pip install --quiet --disable-pip-version-check atheris
	$(BIN)/python -m tests.support.fuzz -runs=$(RUNS) -timeout=1 -max_len=400 -len_control=0

# The current articles in Datasette, for this machine alone: make browse DATA=example PORT=8002
DATA := data
PORT := 8001
BUILT := build/articles.db
browse: .venv-browse/installed
	browse/build $(DATA) $(BUILT)
	.venv-browse/bin/datasette serve --immutable $(BUILT) --host 127.0.0.1 --port $(PORT) \
		--template-dir browse/templates --plugins-dir browse/plugins --static browse:browse/static \
		--metadata browse/datasette.yaml --setting truncate_cells_html 160 --setting suggest_facets off \
		--setting facet_time_limit_ms 2000 --setting sql_time_limit_ms 5000

# Its own environment: Datasette brings 23 packages that a crawl does not need.
.venv-browse/installed: browse/requirements.txt
	$(PYTHON) -m venv .venv-browse
	.venv-browse/bin/pip install --quiet --disable-pip-version-check --requirement browse/requirements.txt
	@touch $@

# What is known against the pinned packages. It asks PyPI's database, which a mirror need not have.
audit: setup
	$(BIN)/pip install --quiet --disable-pip-version-check pip-audit
	@$(BIN)/pip-audit --strict --requirement requirements.txt --requirement requirements-dev.txt --no-deps --disable-pip \
		|| { echo "make audit: a package has a known fault, or the database could not be asked: see above" >&2; exit 1; }

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Moves the pins of the requirements to the newest versions that pyproject.toml allows, for Python 3.11 and later.
# requirements.txt is what the commands need, with all extras but scale; each further file is what it needs besides.
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make update" pyproject.toml
BESIDES := sed -n 's/^\([a-z0-9._-]*\)==[^ ]* \\$$/--no-emit-package \1/p'
update: setup
	$(INSTALL) uv
	$(COMPILE) --extra export --extra report --extra validate --output-file requirements.txt
	$(COMPILE) --all-extras --group dev --constraint requirements.txt \
		$$($(BESIDES) requirements.txt) --output-file requirements-dev.txt
	$(COMPILE) --all-extras --group dev --group services --constraint requirements.txt --constraint requirements-dev.txt \
		$$($(BESIDES) requirements.txt requirements-dev.txt) --output-file requirements-services.txt

clean:
	rm -rf .venv .venv-browse .venv-peers build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: check setup setup-services compiled demo crawl browse test test-unit test-services coverage torture simulate bench bench-peers fuzz audit lint format update clean
