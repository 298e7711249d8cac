# Two commands do everything: `make run` (the main job) and `make test`.
# Both create .venv, install exactly what requirements.lock names, and go.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV_VERSION := 0.13.8
export OMP_WAIT_POLICY ?= PASSIVE
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

# pip and uv read different settings: hand on what the user gave to pip.
FIND_LINKS := $(foreach link,$(PIP_FIND_LINKS),--find-links $(link))
INDEXES := $(if $(PIP_INDEX_URL),--index-url $(PIP_INDEX_URL)) $(foreach url,$(PIP_EXTRA_INDEX_URL),--extra-index-url $(url))
# One index more must not hide the versions that the lock pins from the others.
export UV_INDEX_STRATEGY ?= $(if $(strip $(PIP_EXTRA_INDEX_URL)),unsafe-best-match,first-index)
UV := SSL_CERT_FILE="$${SSL_CERT_FILE:-$$PIP_CERT}" $(BIN)/uv
ifeq ($(strip $(SSL_CERT_FILE)$(PIP_CERT)),)
UV := $(BIN)/uv
endif

.PHONY: run test test-all check lint lock clean

run: $(VENV)/.ready
	$(BIN)/lamp run $(ARGS)

test: $(VENV)/.ready check
	$(BIN)/python -m pytest -q -n 2 --dist worksteal $(ARGS)

test-all: $(VENV)/.ready check
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "slow or not slow" --hypothesis-profile thorough $(ARGS)

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Lamplighter needs Python 3.11 or newer; set PYTHON=python3.11")'
	test -x $(BIN)/uv || $(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) pip install --python $(BIN)/python --compile-bytecode $(FIND_LINKS) $(INDEXES) -r requirements.lock
	$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

# After a change of dependencies in pyproject.toml. torch itself pins the CUDA libraries of its CUDA build,
# so only torch is named here: the CPU build needs none of them.
lock: $(VENV)/.ready
	$(UV) pip compile pyproject.toml --extra dev --universal --python-version 3.11 $(FIND_LINKS) --no-header --no-annotate --no-emit-find-links -q \
	| grep -vE '^(torch|triton|nvidia-[a-z0-9-]+|cuda-[a-z]+)==' > requirements.lock.new
	echo 'torch==2.13.0' >> requirements.lock.new
	mv requirements.lock.new requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
