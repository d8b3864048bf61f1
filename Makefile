# Everything here sets up what it needs first. Python 3.11 or later and make are all a machine has to have.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: install demo test test-slow bench lint notebooks lock clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[all,test]"
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/capplan demo --out demo_results --force

# Bytecode is kept, whatever the surroundings say: many tests start capplan as a process of its own.
test: export PYTHONDONTWRITEBYTECODE =
test: $(STAMP)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

test-slow: $(STAMP)
	$(BIN)/python -m pytest -q -m slow

bench: $(STAMP)
	$(BIN)/python tests/benchmarks/condition.py
	$(BIN)/python tests/benchmarks/bench.py
	$(BIN)/python tests/benchmarks/optimiser.py
	$(BIN)/python tests/benchmarks/pupils.py
	$(BIN)/python tests/benchmarks/energy.py
	$(BIN)/python tests/benchmarks/growth.py

lint: $(STAMP)
	$(BIN)/ruff check capplan tests scripts

notebooks: $(STAMP)
	$(BIN)/python -m pytest -q -m 'slow or not slow' tests/test_notebooks.py

# Renew the exact versions in constraints.txt (needs uv): the same commands then give the same result next year.
lock:
	uv pip compile pyproject.toml --extra all --extra test --universal --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url --quiet --output-file constraints.txt

clean:
	rm -rf $(VENV) demo_results .pytest_cache .ruff_cache .hypothesis
