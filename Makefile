# The same commands for people and for CI. `make help` lists them.
ifneq ($(findstring :,$(CURDIR)),)
$(error The path of this checkout has a colon, which separates folders in PATH and PYTHONPATH. Move it: $(CURDIR))
endif
define LINE_BREAK


endef
ifneq ($(findstring $(LINE_BREAK),$(CURDIR)),)
$(error The path of this checkout has a line break, which the programs of .venv cannot start with. Move it)
endif

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
BUILD := .local/build
CONSTRAINTS := https://raw.githubusercontent.com/apache/airflow
UV = $(shell command -v uv >/dev/null && echo uv || echo .local/tools/bin/uv)
MVN := mvn --batch-mode --no-transfer-progress -Dstyle.color=never

# Settings of the user's own Python, pip and Java do not apply here.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONUSERBASE PIP_TARGET PIP_PREFIX PIP_ROOT
unexport JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS
export PIP_USER := 0
# Maven would end its output with an escape sequence, also where it prints no colour.
export MAVEN_OPTS := $(value MAVEN_OPTS) -Djansi.noreset=true
# Python and Java read the names of files with the locale.
export LC_ALL := C.UTF-8

VENV := .venv/.done
KAFKA_JARS := $(BUILD)/jars/kafka/.done
SPARK_JARS := $(BUILD)/jars/spark/.done
VENVS := .local/venvs
CONNECTOR := $(BUILD)/plugins/s3-landing-connector/.done
KAFKA_CLIENT := $(BUILD)/aws/kafka-rest.zip
KAFKA_CLIENT_JARS := $(BUILD)/jars/kafka_client/.done
KAFKA_CLIENT_SOURCES := $(wildcard aws/modules/kafka_client/*.sh ingestion/*.py ingestion/kafka_rest/*.py) \
  $(addprefix src/pinterest_pipeline/,__init__.py names.py errors.py)
CLI := $(BUILD)/databricks/databricks
TOXIPROXY := $(BUILD)/toxiproxy/toxiproxy
CLI_VERSION = $(shell awk '$$1 == "github.com/databricks/cli" {print substr($$2, 2)}' tools/databricks/go.mod)
CONNECTOR_SOURCES := $(shell find ingestion/s3_landing_connector -path '*/target' -prune -o -type f -print)

# make demo SOURCE=<SQLAlchemy URL> ROWS=<number of posts>
SOURCE ?=
ROWS ?=
# make airflow AIRFLOW=<version>: the two newest versions that MWAA has images for
AIRFLOW_VERSIONS := $(sort $(patsubst requirements/airflow-%.txt,%,$(wildcard requirements/airflow-*.txt)))
AIRFLOW ?= $(lastword $(AIRFLOW_VERSIONS))
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable
TEST_VENVS := $(AIRFLOW_VERSIONS:%=$(VENVS)/airflow-%/.done) $(VENVS)/databricks-connect/.done $(VENVS)/checkov/.done
# make stream RATE=<posts per second>
RATE ?=
# make chaos MINUTES=<length> SEED=<number> DISKS=no CLOCKS=no
MINUTES ?=
SEED ?=
DISKS ?= yes
CLOCKS ?= yes
ifneq ($(and $(filter chaos,$(MAKECMDGOALS)),$(filter-out yes no,$(DISKS) $(CLOCKS))),)
$(error Expected yes or no; got DISKS=$(DISKS) CLOCKS=$(CLOCKS))
endif
# make size POSTS_PER_SECOND=<posts per second> POST_BYTES=<bytes of a post's three records>
POSTS_PER_SECOND ?=
POST_BYTES ?=
# In the environment, because a database URL may hold a password and command lines are visible to all.
# Unexpanded, because a password may hold a $.
ifneq ($(value SOURCE),)
demo: export PINTEREST_SOURCE := $(value SOURCE)
unexport SOURCE
endif

.PHONY: help install demo up down status notebook workspace databricks-env stream bundle databricks-cli airflow api-key test test-fast test-java \
  test-aws test-python test-databricks coverage lint format lock bench chaos size clean aws-artifacts java browser databases faketime terraform test-tools

help: ## Show this list
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run the pipeline
demo: install ## Run the whole pipeline; SOURCE=<SQLAlchemy URL> and ROWS=<n> use other rows
	@$(PYTHON) -m local.demo $(if $(ROWS),--rows $(ROWS))

stream: up ## Post to the streams and clean them with a live view; RATE=<posts per second>
	@$(PYTHON) -m local.stream $(if $(RATE),--rate $(RATE))

notebook: up ## Open JupyterLab on the running stack
	@$(PYTHON) -m local.notebook jupyter

workspace: up ## Start the local Databricks workspace; print its URL and variables
	@$(PYTHON) -m local.services workspace

databricks-env: $(VENV) ## Print the variables that lead Databricks' tools to the workspace
	@$(PYTHON) -m local.services databricks-env

bundle: up databricks-cli ## Deploy the bundle to the local workspace and run it, with the Databricks CLI
	@eval "$$($(MAKE) --no-print-directory -s databricks-env)" && $(PYTHON) -m local.bundle run

airflow: up $(VENVS)/airflow-$(AIRFLOW)/.done ## Run Airflow with the DAG on loopback; AIRFLOW=<version>
	@$(PYTHON) -m local.airflow --version $(AIRFLOW)

##@ Control the stack
up: install ## Start all services, or restart stopped and broken ones
	@$(PYTHON) -m local.services up

down: $(VENV) ## Stop all services
	@$(PYTHON) -m local.services down

status: $(VENV) ## Show the address, pid, health and log of each service
	@$(PYTHON) -m local.services status

api-key: $(VENV) ## Print the API key of the local stack
	@$(PYTHON) -m local.services api-key

##@ Develop
test-fast: $(VENV) ## Run the unit tests; needs only Python
	$(PYTHON) -m pytest tests/unit -n logical

test: lint test-java test-python ## Run every check and every test

test-java: java $(VENV)
	$(MVN) -f ingestion/s3_landing_connector/pom.xml verify

test-aws: terraform $(VENV) $(VENVS)/checkov/.done ## Check the Terraform files; create the core in a local AWS
	$(PYTHON) -m pytest tests/unit/aws tests/contract/aws

# Two workers, each with its own services. One of them runs all tests that need Spark.
test-python: test-tools
	$(PYTHON) -m pytest -n 2

# At the same time: one downloads while another compiles.
test-tools:
	@$(MAKE) --no-print-directory browser databases faketime terraform
	@$(MAKE) --no-print-directory --jobs=3 install databricks-cli aws-artifacts $(TOXIPROXY) $(TEST_VENVS)

test-databricks: install $(VENVS)/databricks-connect/.done ## Run the library's tests through databricks-connect
	@$(PYTHON) -m tests.support.databricks_connect

coverage: test-tools ## Run the Python tests and report line and branch coverage
	$(PYTHON) -m pytest -n 2 --cov --cov-report=term --cov-report=html:.local/coverage

lint: $(VENV) ## Check style, types and dependency rules; needs only Python
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

format: $(VENV) ## Format the code
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: install databricks-cli $(VENVS)/airflow-$(AIRFLOW)/.done ## Run the benchmarks of docs/benchmarks.md
	@$(PYTHON) -m benchmarks

chaos: install $(TOXIPROXY) $(if $(filter no,$(CLOCKS)),,faketime) ## Inject random faults under load, and check every record; MINUTES=<n> SEED=<n> DISKS=no CLOCKS=no
	@$(PYTHON) -m tests.chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(filter no,$(DISKS)),--no-disks) $(if $(filter no,$(CLOCKS)),--no-clocks)

size: $(VENV) ## Size the pipeline for POSTS_PER_SECOND=<n>; POST_BYTES=<bytes of a post>
	@$(PYTHON) -m benchmarks.size $(POSTS_PER_SECOND) $(if $(POST_BYTES),--post-bytes $(POST_BYTES))

# The versions for Airflow are those of its constraints, which MWAA's images have, too. They are downloaded
# from raw.githubusercontent.com; the other versions come from the package index of uv.
lock: $(VENV) ## Upgrade the hashed requirement files
	mkdir -p $(BUILD)
	for version in $(AIRFLOW_VERSIONS); do constraints=$(BUILD)/airflow-$$version-constraints.txt; \
	  curl --fail --silent --show-error --output $$constraints $(CONSTRAINTS)/constraints-$$version/constraints-3.12.txt; \
	  $(UV) pip compile requirements/airflow.in --upgrade --python-version 3.12 --universal \
	  --constraint $$constraints --constraint <(echo apache-airflow==$$version) \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements/airflow-$$version.txt; done
	for name in uv main databricks-connect kafka-client checkov; do $(UV) pip compile requirements/$$name.in --upgrade --python-version 3.12 --universal \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements/$$name.txt; done

##@ Deploy to AWS
aws-artifacts: $(KAFKA_CLIENT) $(CONNECTOR) ## Build what Terraform uploads

##@ Install and remove
install: java $(VENV) $(KAFKA_JARS) $(SPARK_JARS) $(CONNECTOR) ## Install everything that the commands need

clean: ## Go back to a fresh clone
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local.services down; fi
	rm -rf .local .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage ingestion/s3_landing_connector/target

# The command prints the path of a suitable CLI, or the path of the one to build.
databricks-cli: $(VENV)
	@$(MAKE) --no-print-directory -s "$$($(PYTHON) -m local.bundle cli)"

# Containers of CI run as root and may lack a browser.
browser:
	@for name in $(BROWSERS); do ! command -v $$name >/dev/null || exit 0; done; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium for the tests of pages …"; apt-get update -qq && apt-get install -qq --yes chromium >/dev/null; \
	  else echo "The tests of pages need one of $(BROWSERS); install one, for example with: sudo apt-get install chromium" >&2; exit 1; fi

# The packages of MariaDB start no server; Debian keeps the programs of PostgreSQL off the PATH.
databases:
	@missing=; { command -v mariadbd && command -v my_print_defaults; } >/dev/null || missing="mariadb-server-core mariadb-client-core"; \
	  [ -n "$$(command -v postgres || ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null)" ] || missing="$$missing postgresql"; \
	  if [ -z "$$missing" ]; then exit 0; fi; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "Installing $$missing for the tests of sources …"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $$missing >/dev/null; \
	  else echo "The tests of sources need mariadbd and postgres; install them, for example with: sudo apt-get install $$missing" >&2; exit 1; fi

faketime:
	@for library in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib*/faketime/libfaketimeMT.so.1; do [ ! -e $$library ] || exit 0; done; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "Installing libfaketime for the tests of clocks …"; \
	    apt-get update -qq && apt-get install -qq --yes libfaketime >/dev/null; \
	  else echo "The tests of clocks need libfaketime; install it, for example with: sudo apt-get install libfaketime" >&2; exit 1; fi

terraform:
	@command -v terraform >/dev/null || { echo "The tests of aws/ need Terraform 1.11 or later; see" \
	  "https://developer.hashicorp.com/terraform/install" >&2; exit 1; }

java:
	@java=$$(java -version 2>&1 | grep ' version "' || true); major=$$(sed 's/.* version "\([0-9]*\).*/\1/' <<<"$$java"); \
	  [[ "$${major:-0}" -ge 17 ]] && command -v mvn >/dev/null || { echo "JDK 17 or later and mvn (Maven) are required;" \
	  "java is $${java:-not found}, mvn is $$(command -v mvn || echo not found). Install them and try again." >&2; exit 1; }

# Options replace the folders that a pip.conf names. Its package index applies.
$(VENV): requirements/main.txt requirements/uv.txt pyproject.toml
	@command -v uv >/dev/null || { python3 -m venv .local/tools && \
	  .local/tools/bin/python -m pip install --quiet --disable-pip-version-check --target= --root=/ --prefix="$$PWD/.local/tools" \
	  --require-hashes -r requirements/uv.txt; }
	@echo "Installing the Python environment (first run only) …"
	@$(UV) venv --quiet --clear --python 3.12 .venv
	@$(UV) pip sync --quiet --compile-bytecode --python $(PYTHON) --require-hashes requirements/main.txt
	@$(UV) pip install --quiet --python $(PYTHON) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENVS)/%/.done: requirements/%.txt | $(VENV)
	@echo "Installing the environment $* (first run only) …"
	@$(UV) venv --quiet --clear --python 3.12 $(@D)
	@$(UV) pip sync --quiet --compile-bytecode --python $(@D)/bin/python --require-hashes $<
	@touch $@

# Fails unless the folder of the target has exactly the jars of $(1)/jars.sha256.
define check_jars
@diff $(1)/jars.sha256 <(cd $(@D) && ls | grep '\.jar$$' | grep -v '^s3-landing-connector-' | LC_ALL=C sort | xargs -r sha256sum) >&2 || \
  { echo "The jars in $(@D) are not those of $(1)/jars.sha256 (<: expected, >: got)." \
  "After a change of pom.xml, write the new checksums into that file. Otherwise, remove the jar from ~/.m2 and try again." >&2; exit 1; }
endef

# Each rule starts with an empty folder, because every jar in it is on the class path.
$(KAFKA_JARS): local/kafka/pom.xml local/kafka/jars.sha256 | java
	@echo "Downloading Kafka and Kafka Connect (first run only) …"
	@rm -rf $(@D)
	@$(MVN) --quiet -f $< dependency:copy-dependencies
	$(call check_jars,$(<D))
	@touch $@

$(KAFKA_CLIENT_JARS): aws/modules/kafka_client/pom.xml aws/modules/kafka_client/jars.sha256 | java
	@echo "Downloading Kafka's tools and MSK's sign-in (first run only) …"
	@rm -rf $(@D)
	@$(MVN) --quiet -f $< dependency:copy-dependencies
	$(call check_jars,$(<D))
	@touch $@

# For Amazon Linux 2023 on x86_64, wherever it is built.
$(KAFKA_CLIENT): requirements/kafka-client.txt $(KAFKA_CLIENT_JARS) $(KAFKA_CLIENT_SOURCES) | $(VENV)
	@rm -rf $(@D)/kafka-rest $@ && mkdir -p $(@D)/kafka-rest/{kafka/{bin,libs},python/{ingestion,pinterest_pipeline}}
	@$(UV) pip install --quiet --target $(@D)/kafka-rest/python --python-platform x86_64-manylinux_2_28 --python-version 3.12 \
	  --only-binary :all: --no-deps --require-hashes --link-mode copy -r $<
	@cp -R ingestion/__init__.py ingestion/kafka_rest $(@D)/kafka-rest/python/ingestion/
	@cp $(filter src/%,$(KAFKA_CLIENT_SOURCES)) $(@D)/kafka-rest/python/pinterest_pipeline/
	@cp $(dir $(KAFKA_CLIENT_JARS))*.jar $(@D)/kafka-rest/kafka/libs/
	@cp aws/modules/kafka_client/kafka-topics.sh $(@D)/kafka-rest/kafka/bin/
	@find $(@D)/kafka-rest -name __pycache__ -prune -exec rm -rf {} +
	@# The same files give the same archive: another archive replaces the instance.
	@find $(@D)/kafka-rest -exec touch --date=2024-01-01 {} + && chmod -R u=rwX,go=rX $(@D)/kafka-rest
	@$(PYTHON) -m zipfile -c $@ $(@D)/kafka-rest/kafka $(@D)/kafka-rest/python

$(SPARK_JARS): local/spark/pom.xml local/spark/jars.sha256 | java
	@echo "Downloading Delta Lake and the S3 file system (first run only) …"
	@rm -rf $(@D)
	@$(MVN) --quiet -f $< dependency:copy-dependencies
	$(call check_jars,$(<D))
	@touch $@

$(CONNECTOR): $(CONNECTOR_SOURCES) | java
	@echo "Building the S3 landing connector (first run only) …"
	@rm -rf $(@D)
	@$(MVN) --quiet -f ingestion/s3_landing_connector/pom.xml -DskipTests package
	$(call check_jars,ingestion/s3_landing_connector)
	@touch $@

$(TOXIPROXY): tools/toxiproxy/go.mod tools/toxiproxy/go.sum
	@command -v go >/dev/null || { echo "Go is required to build Toxiproxy. Install it and try again." >&2; exit 1; }
	@mkdir -p $(@D)
	@go -C tools/toxiproxy build -buildvcs=false -trimpath -o "$$PWD/$@" github.com/Shopify/toxiproxy/v2/cmd/server

$(CLI): tools/databricks/go.mod tools/databricks/go.sum
	@command -v go >/dev/null || { echo "A Databricks CLI of version $(CLI_VERSION) or later on the PATH, or Go to build it," \
	  "is required. Install one and try again." >&2; exit 1; }
	@echo "Building the Databricks CLI $(CLI_VERSION) (first run only, about 4 minutes) …"
	@mkdir -p $(@D)
	@go -C tools/databricks build -buildvcs=false -trimpath -o "$$PWD/$@" \
	  -ldflags "-s -w -X github.com/databricks/cli/internal/build.buildVersion=$(CLI_VERSION)" github.com/databricks/cli
	@touch $@
