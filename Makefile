# Two commands for everybody: `make grade` (a student) and `make test` (whoever changes the kit).
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: grade app test test-slow test-browser test-postgres test-load mutants evidence check format clean

grade: $(VENV)/.installed          ## the state of your exercises
	@$(BIN)/anndl grade || test $$? -eq 1   # 1 = not everything is right yet, which is no error of make's

app: $(VENV)/.installed            ## drills, exams and progress in the browser
	@$(BIN)/streamlit run app.py

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (a few minutes, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) torch && $(PIP) -e .
	@touch $@

$(VENV)/.developer: $(VENV)/.installed
	@$(PIP) -e '.[dev]'
	@touch $@

test: $(VENV)/.developer           ## lint, types, all quick tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests -q -m 'not slow and not browser and not postgres and not evidence and not load'

test-slow: $(VENV)/.developer
	$(BIN)/python -m pytest tests -q -m slow

test-browser: $(VENV)/.developer   ## needs Debian's chromium
	$(BIN)/python -m pytest tests -q -m browser

test-postgres: $(VENV)/.developer  ## needs PostgreSQL's initdb
	$(BIN)/python -m pytest tests -q -m postgres

test-load: $(VENV)/.developer
	$(BIN)/python -m pytest tests -q -m load

mutants: $(VENV)/.developer        ## changes each solution in every small way and shows what the suites miss
	$(BIN)/python -m tests.mutants

evidence: $(VENV)/.developer       ## trains every reference system to its target and rewrites docs/evidence.md
	$(BIN)/anndl evidence

format: $(VENV)/.developer
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
