# The one door: the same commands for people and for CI.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
BUILD := .local/build
UV = $(shell command -v uv || echo .local/tools/bin/uv)
MVN := mvn --quiet --batch-mode --no-transfer-progress -Dstyle.color=never

VENV := .venv/.done
KAFKA_JARS := $(BUILD)/jars/kafka/.done
SPARK_JARS := $(BUILD)/jars/spark/.done
CONNECTOR := $(BUILD)/plugins/s3-landing-connector/.done
CONNECTOR_SOURCES := $(shell find ingestion/s3_landing_connector -path '*/target' -prune -o -type f -print)

# make demo SOURCE=<SQLAlchemy URL> ROWS=<number of posts>
SOURCE ?=
ROWS ?=
# make stream RATE=<posts per second>
RATE ?=
# By the environment: a database's URL may hold a password, and everyone sees command lines.
ifneq ($(SOURCE),)
demo: export PINTEREST_SOURCE := $(SOURCE)
endif

.PHONY: help install demo up down status notebook stream api-key test test-java test-python lint format lock bench clean

help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV) $(KAFKA_JARS) $(SPARK_JARS) $(CONNECTOR) ## Bring everything that the rest needs

demo: install ## Run the whole pipeline; SOURCE=<SQLAlchemy URL> and ROWS=<n> run it on other rows
	@$(PYTHON) -m local.demo $(if $(ROWS),--rows $(ROWS))

up: install ## Start the stack, or what has ended of it
	@$(PYTHON) -m local.services up

down: $(VENV) ## Stop the stack
	@$(PYTHON) -m local.services down

status: $(VENV) ## Show each service: address, pid, health, log
	@$(PYTHON) -m local.services status

notebook: up ## Explore in JupyterLab, on the running stack
	@$(PYTHON) -m local.notebook jupyter

stream: up ## Post to the streams and clean them, with a live view, until Ctrl-C; RATE=<posts per second>
	@$(PYTHON) -m local.stream $(if $(RATE),--rate $(RATE))

api-key: $(VENV) ## Print the API key of the local stack
	@$(PYTHON) -m local.services api-key

test: lint test-java test-python ## Run every test

test-java: $(VENV)
	mvn --batch-mode --no-transfer-progress -Dstyle.color=never -f ingestion/s3_landing_connector/pom.xml verify

test-python: install
	$(PYTHON) -m pytest

lint: $(VENV) ## Check style and types
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

format: $(VENV) ## Put the style right
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lock: $(VENV) ## Compile the hashed requirement files anew
	for name in uv main; do $(UV) pip compile requirements/$$name.in --upgrade --python-version 3.12 --universal \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements/$$name.txt; done

bench: install ## Measure the figures of the README
	@$(PYTHON) -m benchmarks

clean: ## Back to a fresh clone
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local.services down; fi
	rm -rf .local .venv .mypy_cache .ruff_cache .pytest_cache ingestion/s3_landing_connector/target

$(VENV): requirements/main.txt requirements/uv.txt pyproject.toml
	@java=$$(java -version 2>&1 | grep ' version "' || true); major=$$(sed 's/.* version "\([0-9]*\).*/\1/' <<<"$$java"); \
	  [[ "$${major:-0}" -ge 17 ]] && command -v mvn >/dev/null || { echo "JDK 17 or later and mvn (Maven) are needed;" \
	  "java is $${java:-not there}, mvn is $$(command -v mvn || echo not there); install them and try again" >&2; exit 1; }
	@command -v uv >/dev/null || { python3 -m venv .local/tools && \
	  .local/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt; }
	@echo "Once: the Python environment …"
	@$(UV) venv --quiet --clear --python 3.12 .venv
	@$(UV) pip sync --quiet --compile-bytecode --python $(PYTHON) --require-hashes requirements/main.txt
	@$(UV) pip install --quiet --python $(PYTHON) --no-deps --no-build-isolation --editable .
	@touch $@

# Each begins with an empty folder: all jars in it are on the class path, those of an old version too.
$(KAFKA_JARS): local/kafka/pom.xml
	@echo "Once: Kafka and Kafka Connect …"
	@rm -rf $(@D)
	@$(MVN) -f $< dependency:copy-dependencies
	@touch $@

$(SPARK_JARS): local/spark/pom.xml
	@echo "Once: Delta Lake and Spark's S3 client …"
	@rm -rf $(@D)
	@$(MVN) -f $< dependency:copy-dependencies
	@touch $@

$(CONNECTOR): $(CONNECTOR_SOURCES)
	@echo "Once: the S3 landing connector …"
	@rm -rf $(@D)
	@$(MVN) -f ingestion/s3_landing_connector/pom.xml -DskipTests package
	@touch $@
