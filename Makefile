# make = everything that must be green before a commit.
PYTHON ?= python3
BIN := .venv/bin

check: lint test

setup: .venv/installed

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: setup
	$(BIN)/python -m tests.support.demo

crawl: setup
	$(BIN)/scrapy crawl articles

test: setup
	$(BIN)/python -m pytest -n 3 --dist loadfile

# The tests that take minutes: fifty kills in a row, long properties.
torture: setup
	TORTURE=1 $(BIN)/python -m pytest -m torture

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
	@$(BIN)/pip-audit --strict --requirement requirements.txt --no-deps --disable-pip \
		|| { echo "make audit: a package has a known fault, or the database could not be asked: see above" >&2; exit 1; }

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Moves the pins of requirements.txt to the newest versions that pyproject.toml allows.
update:
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --editable '.[dev]'
	$(BIN)/pip freeze --exclude-editable > requirements.txt
	@touch .venv/installed

clean:
	rm -rf .venv .venv-browse .venv-peers build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: check setup demo crawl browse test torture simulate bench bench-peers fuzz audit lint format update clean
