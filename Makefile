# `make demo` and `make test` are the two that matter. Each makes what it needs first:
# an environment in .venv, with the versions that are pinned in the constraint files.

.PHONY: help demo test test-endurance test-numpy2 test-terratorch check package notebooks bench docs
.DELETE_ON_ERROR:

# The first Python that can make an environment; 3.11 is what the pins are tested on.
PYTHON = $(shell for python in python3.11 python3.12 python3 python; do \
	if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1; then echo "$$python"; break; fi; done)
ARGS =
# Whatever computes a score or reads a file that another version of numpy, pyarrow or
# zarr has written.
NUMPY2_TESTS = tests/data tests/embeddings tests/evaluation tests/probes tests/scoring \
	tests/tasks tests/leaderboard tests/server/boards tests/server/dispatch \
	tests/server/submissions

help:
	@echo "make demo            a sample world, encoded, scored and ranked, in demo/"
	@echo "make test            every test                (make test ARGS='-k board')"
	@echo "make test-endurance  the server killed twenty times, probed a thousand times, ..."
	@echo "make check           format, lint, types, import contracts"
	@echo "make test-numpy2     reading and scoring, on the second set of pinned versions"
	@echo "make test-terratorch TerraTorch's backbones and ours, in an environment of its own"
	@echo "make package         build wheel and sdist; install and try each"
	@echo "make notebooks       run the notebooks of the documentation"
	@echo "make bench           the benchmarks, against their competitors"
	@echo "make docs            the documentation as a website, in site/"

demo: .venv/.base
	@.venv/bin/python -m neucobench demo demo $(ARGS)

# A process for each core, each with one OpenMP thread; the tests of one file stay
# together.
test: .venv/.dev
	@OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n logical --maxprocesses 8 --dist loadfile $(ARGS)

test-endurance: .venv/.dev
	@.venv/bin/python -m pytest -m endurance $(ARGS)

test-numpy2: .venv-numpy2/.dev
	@.venv-numpy2/bin/python -m pytest $(NUMPY2_TESTS) $(ARGS)

# TerraTorch cannot share an environment with CompressAI.
test-terratorch: .venv-terratorch/.dev
	@.venv-terratorch/bin/python -m pytest tests/codecs/terratorch \
	tests/encoders/pretrained/test_terratorch_backbones.py \
	tests/encoders/pretrained/test_terratorch_generic.py $(ARGS)

check: .venv/.dev
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

package: .venv/.dev
	@.ci/package .venv/bin/python

notebooks: .venv/.dev
	@.venv/bin/python -m pytest --nbmake docs/notebooks $(ARGS)

bench: .venv/.dev
	@for file in tests/benchmarks/bench_*.py; do \
		echo "== $$file"; .venv/bin/python "$$file" || exit 1; done

docs: .venv/.docs
	@.venv/bin/zensical build --clean

# Stamps: an environment is brought up to date when a file on the right has changed.
.venv/.dev: pyproject.toml constraints.txt
	$(call install,.venv,constraints.txt,.[dev$(comma)codecs])

.venv/.docs: .venv/.dev
	$(call install,.venv,constraints.txt,.[dev$(comma)codecs$(comma)docs])

.venv-numpy2/.dev: pyproject.toml constraints-numpy2.txt
	$(call install,.venv-numpy2,constraints-numpy2.txt,.[dev])

.venv-terratorch/.dev: pyproject.toml constraints-numpy2.txt
	$(call install,.venv-terratorch,constraints-numpy2.txt,.[dev$(comma)terratorch])

# The demo needs less than the tests, so it takes the tests' environment as it is. Its
# codec is built on CompressAI, which decides the set of versions.
.venv/.base: pyproject.toml constraints.txt
	@if [ -e .venv/.dev ]; then $(MAKE) -s .venv/.dev; fi
	$(if $(wildcard .venv/.dev),,$(call install,.venv,constraints.txt,.[codecs]))
	@touch $@

comma := ,
define install
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 that can make an \
	environment was found. Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Installing into $(1): some minutes the first time; log in $(1)/install.log" >&2
	@$(1)/bin/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv $(1)
	@$(1)/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	-c $(2) -e '$(3)' >$(1)/install.log 2>&1 </dev/null \
	|| { cat $(1)/install.log >&2; exit 1; }
	@touch $@
endef
