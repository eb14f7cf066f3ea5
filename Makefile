# The commands of the README. Each sets up everything that it needs; `make help` lists them.
SHELL := /bin/bash
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := .venv/bin/uv
# Bytecode is compiled once here: each of the many processes would otherwise compile all that it imports,
# every time where PYTHONDONTWRITEBYTECODE is set, as it is in many images.
UV_INSTALL := UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 $(UV) pip install --quiet --require-hashes
SCALE ?= 0.01
SEED ?= 20200701
SERVE ?= 1
export BRAIN_HOME ?= $(CURDIR)/data
export DAGSTER_HOME := $(CURDIR)

.PHONY: help demo test test-fast test-spark lint format bench bench-houses bench-identity bench-stream bench-ingest setup setup-dev setup-superset setup-spark lock stop clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: setup setup-superset ## set everything up, run the whole pipeline, serve the dashboard (SERVE=0: end without servers)
	.venv/bin/brain demo --scale $(SCALE) --seed $(SEED) $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: setup-dev setup-superset ## set up what tests need and run every test
	.venv/bin/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder -m "not spark"

test-fast: setup-dev ## the tests that start no servers
	.venv/bin/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder -m "not end_to_end and not browser and not spark"

test-spark: setup-dev setup-spark ## a small city built by both engines, compared row by row
	.venv/bin/python -m pytest -m spark tests/spark

lint: setup-dev ## check style, layers, types and names
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/lint-imports && .venv/bin/mypy
	.venv/bin/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests

format: setup-dev ## rewrite the code in the project's style
	.venv/bin/ruff check --fix . && .venv/bin/ruff format .

bench: setup ## run the pipeline at scale 0.1 and compare each stage with a bare DuckDB COPY
	.venv/bin/python -m benchmarks.pipeline

bench-identity: setup-dev ## persons against the truth on fresh cities, beside plain Splink (SCALE=0.01 SEEDS="71003 52817")
	.venv/bin/python -m benchmarks.identity $(if $(SCALE),--scale $(SCALE)) $(if $(SEEDS),--seeds $(SEEDS))

bench-houses: setup-dev ## records against the houses that they mean, on fresh cities
	.venv/bin/python -m benchmarks.houses

bench-ingest: setup-dev ## rows per second of each transport beside a bare DuckDB COPY (ROWS=1000000 REPEATS=3)
	.venv/bin/python -m benchmarks.ingest

bench-stream: setup-dev ## a real Mosquitto at ten times the city's rate: latency, kills, readers (about 12 minutes)
	.venv/bin/python -m benchmarks.stream

stop: ## stop every server that the demo started
	.venv/bin/brain stop

clean: stop ## forget all data of the demo (asks first)
	@read -p "Delete $(BRAIN_HOME)? [y/N] " answer && [ "$$answer" = y ] && rm -rf "$(BRAIN_HOME)"

setup: .venv/.platform ## the platform's environment from its lock
setup-dev: .venv/.dev ## the platform's environment with test tools, and the browser for tests
setup-superset: .venv-superset/.superset ## Superset's own environment from its lock
setup-spark: .venv-spark/.spark ## Spark's own environment from its lock, and Java where it is missing

$(UV): requirements/bootstrap.txt tools/system-packages
	tools/system-packages venv
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	touch $@

.venv/.platform: $(UV) requirements/platform.txt pyproject.toml
	$(UV_INSTALL) --python .venv/bin/python -r requirements/platform.txt
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: .venv/.platform requirements/dev.txt tools/system-packages
	$(UV_INSTALL) --python .venv/bin/python -r requirements/dev.txt
	tools/system-packages tests
	touch $@

.venv-superset/.superset: $(UV) requirements/superset.txt
	test -x .venv-superset/bin/python || $(UV) venv --quiet --python .venv/bin/python .venv-superset
	$(UV_INSTALL) --python .venv-superset/bin/python -r requirements/superset.txt
	touch $@

.venv-spark/.spark: $(UV) requirements/spark.txt tools/system-packages
	tools/system-packages spark
	test -x .venv-spark/bin/python || $(UV) venv --quiet --python .venv/bin/python .venv-spark
	$(UV_INSTALL) --python .venv-spark/bin/python -r requirements/spark.txt
	touch $@

lock: $(UV) ## renew the locks from requirements/*.in
	cd requirements && for name in bootstrap platform dev superset spark; do \
		UV_CUSTOM_COMPILE_COMMAND="make lock" ../$(UV) pip compile --quiet --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-emit-find-links $$name.in --output-file $$name.txt || exit 1; done
