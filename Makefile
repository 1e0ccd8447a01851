# make serve: set up what is missing and serve on http://127.0.0.1:9380 (PORT=, DATA=, ENGINE=)     make test: set up and run every check
# make elasticsearch: start one for development, for `make serve ENGINE=elasticsearch`     make lint: flake8, mypy, import-linter
# make bench: measure, beside the goals (ENGINE=)     make lock: pin the newest versions     make clean: forget what was set up, keep data

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip
SDKS := 0.17.2 0.19.0 0.20.5
MODELS := $(CURDIR)/.tools/models

# A stamp is named by the digest of what it was made from, so that nothing runs twice and a change runs again.
digest = $(shell cat $(1) | sha256sum | cut -c 1-16)
READY := $(VENV)/ready-$(call digest,requirements.lock setup.cfg pyproject.toml)
READY_DEV := $(VENV)/ready-dev-$(call digest,requirements.lock requirements-dev.lock setup.cfg pyproject.toml)
MODEL := $(MODELS)/ready-$(call digest,search/embedding/prepare.py)
SDK_FOLDERS := $(SDKS:%=.tools/ragflow-sdk-%/ready)
NODE_CLIENT := .tools/openai-node/ready-7.57.0
TORCH := $(shell grep '^torch==' requirements.lock | cut -d ' ' -f 1)

ifdef PORT
export DOVETAIL_HTTP__PORT := $(PORT)
endif
ifdef DATA
export DOVETAIL_DATA__FOLDER := $(DATA)
endif

ifdef ENGINE
serve: export DOVETAIL_SEARCH__ENGINE := $(ENGINE)
endif

# What `make test` runs a second time, through gunicorn behind nginx.
BEHIND := tests/contract tests/legacy $(addprefix tests/api/v1/test_,$(addsuffix .py,datasets documents chunks retrieval chats sessions completions))

.PHONY: serve elasticsearch test lint bench lock clean setup setup-dev servers
.NOTPARALLEL:

serve: $(READY)
	@exec $(BIN)/dovetail serve

# Its port and folder are options of the module: ARGS='--port 9201'.
elasticsearch:
	@exec $(PYTHON) -m tests.elastic $(ARGS)

# Two processes of tests, each with servers of its own.
test: setup-dev lint
	$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),--numprocesses 2 --dist loadfile)
	$(if $(ARGS),,$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --behind-nginx $(BEHIND))

lint: setup-dev
	$(BIN)/flake8 app.py api bench conf ingest legacy models search services tests
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-dev
	$(BIN)/python -m bench $(if $(ENGINE),--engine $(ENGINE)) $(ARGS)

setup: $(READY)

setup-dev: $(READY) $(READY_DEV) $(MODEL) $(SDK_FOLDERS) $(NODE_CLIENT) servers

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Dovetail needs Python 3.11 or later; name one with PYTHON=")'
	$(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# The CPU build of torch is a twentieth of the size; where it cannot be reached, the package index's own does as well.
$(READY): | $(BIN)/uv
	UV_HTTP_TIMEOUT=10 UV_HTTP_RETRIES=0 VIRTUAL_ENV=$(VENV) $(UV) install --quiet --torch-backend=cpu $(TORCH) 2>/dev/null \
	  || echo "The CPU build of torch cannot be reached; taking the package index's own, which is large."
	VIRTUAL_ENV=$(VENV) $(UV) install --quiet -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(UV) install --quiet --no-deps --editable .
	@rm -f $(VENV)/ready-* && touch $@

$(READY_DEV): $(READY)
	VIRTUAL_ENV=$(VENV) $(UV) install --quiet -r requirements-dev.lock
	@touch $@

$(MODEL): $(READY)
	$(BIN)/python -m search.embedding.prepare --folder $(MODELS)
	@mkdir -p $(MODELS) && rm -f $(MODELS)/ready-* && touch $@

# Clients as their users have them, each beside its own requirements.
.tools/ragflow-sdk-%/ready: | $(BIN)/uv
	$(UV) install --quiet --python $(BIN)/python --target $(@D) ragflow-sdk==$*
	@touch $@

$(NODE_CLIENT):
	@command -v npm > /dev/null || echo "To run all tests, install Node.js 20 or later with npm."
	! command -v npm > /dev/null || npm install --silent --no-audit --no-fund --prefix $(@D) openai@$(@F:ready-%=%)
	@mkdir -p $(@D); ! command -v npm > /dev/null || touch $@

# Real servers that the tests put beside and before ours, and the program that opens old office files. RUNLEVEL=1 keeps Debian from starting them.
APT := DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq
PACKAGES := $(shell PATH="$$PATH:/usr/sbin:$$(echo /usr/lib/postgresql/*/bin | tr ' ' :)"; command -v nginx > /dev/null || echo nginx; command -v initdb > /dev/null || echo postgresql; command -v soffice > /dev/null || echo libreoffice-writer-nogui libreoffice-impress-nogui; ls /usr/share/fonts/truetype/wqy/*.ttc > /dev/null 2>&1 || echo fonts-wqy-microhei)
servers:
	@[ -z "$(PACKAGES)" ] \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && $(APT) update && $(APT) install -y --no-install-recommends $(PACKAGES) > /dev/null; } \
	  || echo "To run all tests, install your system's packages $(PACKAGES)."

# CUDA comes with torch where torch wants it, at the versions that torch names; naming it here would force it on the CPU build.
lock: | $(BIN)/uv
	$(UV) compile --quiet --universal --upgrade --no-header --no-annotate --python-version 3.11 requirements.in -o requirements.lock
	sed -i -E '/^(nvidia-|cuda-|triton)/d' requirements.lock
	$(UV) compile --quiet --universal --upgrade --no-header --no-annotate --python-version 3.11 -c requirements.lock requirements-dev.in -o requirements-dev.lock
	sed -i -E '/^(nvidia-|cuda-|triton)/d' requirements-dev.lock

clean:
	rm -rf $(VENV) .tools build *.egg-info
