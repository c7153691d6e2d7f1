# Everything happens in a venv of the project's own, .venv/<version of PYTHON>:
#     make test PYTHON=python3.13
PYTHON ?= $(shell command -v python3 || command -v python || echo python3)
N ?=#                   make demo N=20000: smaller than the command's own default
ARGS ?=#                make test ARGS='tests/test_task.py -x'
EAGERLY_BUILD ?= try#   try, require, debug or pure: see setup.py
export EAGERLY_BUILD

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d%s" % (sys.version_info[:2] + (getattr(sys, "abiflags", ""),)))' 2>/dev/null)
WHO := $(shell $(PYTHON) -c 'import sys; print(sys.version.split()[0], sys.base_prefix)' 2>/dev/null) $(CURDIR)
VENV := .venv/$(VERSION)
PY := $(VENV)/bin/python
PIP := $(PY) -m pip -qq --disable-pip-version-check
ENGINE := setup.py $(wildcard src/eagerly/engine/*.p* src/eagerly/groups/*.p* src/eagerly/lab/profile/*.pxd src/eagerly/lab/profile/steps.py)
NATIVE := env -u EAGERLY_PURE $(PY) -c 'import eagerly, sys; sys.exit(not eagerly.native)'

define both_engines
	EAGERLY_PURE=1 $(PY) $(1)
	@if [ $(EAGERLY_BUILD) = require ] || $(NATIVE); then \
	    echo EAGERLY_PURE=0 $(PY) $(1); EAGERLY_PURE=0 $(PY) $(1); \
	else echo "eagerly: there is no native engine here, so only the interpreted one was tested"; fi
endef

help:            ## these words
	@awk -F ':.*##' '/^[a-z]+:.*##/ {printf "make %-11s %s\n", $$1, $$2}' Makefile

demo: build      ## the chapter's programs on asyncio and on eagerly, timed (N=20000 for a short run)
	@$(PY) -m eagerly bench chapter $(if $(N),--n $(N))

build: $(VENV)/built-$(EAGERLY_BUILD)  ## compile the engine beside its sources

test: build $(VENV)/test  ## the tests, on the interpreted engine and on the native one
	$(call both_engines,-m pytest $(ARGS))

libraries: build $(VENV)/libraries  ## tests with real libraries and servers, which it installs
	$(call both_engines,-m pytest tests/libraries $(ARGS))

conformance: build  ## asyncio's own tests, of this interpreter, with our classes in place
	$(call both_engines,tests/conformance)

check: lint types coverage  ## lint, format, types, and the coverage of the interpreted engine

lint: $(VENV)/dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(VENV)/dev build
	$(PY) -m mypy
	$(PY) -m pyright
	EAGERLY_PURE=1 $(PY) -m mypy.stubtest eagerly --concise --mypy-config-file pyproject.toml \
	    --allowlist tests/house/typing/stubtest_allowlist.txt

coverage: $(VENV)/dev build
	$(PY) -m coverage erase
	EAGERLY_PURE=1 $(PY) -m coverage run -m pytest -q $(ARGS)
	$(PY) -m coverage combine -q
	$(PY) -m coverage report

sanitize: build $(VENV)/test  ## the tests on engines whose memory is watched, compiled in build/sanitize
	tests/sanitize/run $(abspath $(PY)) $(ARGS)

# Without -q, with which mkdocs counts no warnings.
docs: $(VENV)/docs  ## docs/ as a site, in build/site; a warning is an error
	PATH="$(abspath $(VENV))/bin:$$PATH" COLUMNS=80 NO_COLOR=1 NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict

count: build     ## instructions a task, counted by valgrind; a rise of 5 % fails, ARGS=--record keeps them
	EAGERLY_PURE=0 $(PY) tests/count $(ARGS)

nightly:         ## the slow tests too, those with real libraries, and the chapter at full size
	$(MAKE) test ARGS="-m ''"
	$(MAKE) libraries ARGS="-m ''"
	$(MAKE) demo N=1000000

performance: build $(VENV)/test  ## every shape at every size, which takes hours, and docs/performance.md
	$(PY) -m eagerly bench --all --sweep --json build/performance.json $(ARGS)
	$(PY) -m eagerly.lab.performance build/performance.json docs

record: build $(VENV)/test  ## on CPython 3.15: record what asyncio does, for tests/differential
	$(PY) tests/differential/record.py $(ARGS)

annotate:        ## build/c-*/**/*.html: yellow lines are Python, white lines are C
	$(MAKE) build EAGERLY_BUILD=debug

clean:           ## remove what was built and downloaded
	rm -rf .venv build dist src/*.egg-info src/eagerly/*/*.so .coverage .*_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +

# ------------------------------------------------------------------ set-up, once and quickly

# A venv belongs to one interpreter and one folder; found with another, it is made anew.
# The recipe always runs and rarely touches the file, so what depends on it rarely runs.
$(VENV)/venv: FORCE
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "eagerly: '$(PYTHON)' is not a CPython 3.11 or newer; name one: make PYTHON=python3.13" >&2; exit 1; }
	@if [ "$$(cat $@ 2>/dev/null)" != "$(WHO)" ] || ! $(PY) -c 'import pip' 2>/dev/null; then \
	    rm -rf $(VENV); \
	    $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
	        echo "eagerly: '$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	    echo "$(WHO)" >$@; \
	fi

# The package, editable, and what builds it.
$(VENV)/package: $(VENV)/venv setup.py pyproject.toml
	@echo "eagerly: setting up $(VENV)"
	@$(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' >$(VENV)/requires
	@$(PIP) install -r $(VENV)/requires
	@EAGERLY_BUILD=pure $(PIP) install --no-build-isolation -e '.[lab]'
	@rm -f $(VENV)/built-* && touch $@

# Without a compiler there is no stamp: the next run tries again, and says so again.  Without a
# stamp all is compiled: with other flags or for another interpreter of this name, perhaps.
$(VENV)/built-$(EAGERLY_BUILD): $(VENV)/package $(ENGINE)
	@echo "eagerly: building the engine for $(VERSION) (EAGERLY_BUILD=$(EAGERLY_BUILD))"
	@[ -e $@ ] || force=--force; rm -f $(VENV)/built-* && touch $(VENV)/begun && \
	    $(PY) setup.py -q build_ext --inplace $$force
	@if [ $(EAGERLY_BUILD) = pure ] || $(NATIVE); then mv $(VENV)/begun $@; else [ $(EAGERLY_BUILD) = try ]; fi

$(VENV)/test $(VENV)/dev $(VENV)/docs $(VENV)/libraries: $(VENV)/package
	@EAGERLY_BUILD=pure $(PIP) install --no-build-isolation -e '.[$(@F)]'
	@touch $@

FORCE:
.PHONY: help demo build test libraries sanitize conformance count check lint types coverage docs nightly performance annotate record clean FORCE
