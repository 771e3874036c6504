# Two commands for everybody: `make grade` (a student) and `make test` (whoever changes the kit).
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
TORCH  ?= auto
# auto: the CPU build on Linux where no NVIDIA driver answers. `make grade TORCH=gpu` and TORCH=cpu exchange it by hand.
INSTALLER ?= pip
# or uv, if you have it: `make grade INSTALLER=uv`
INSTALL := $(PYTHON) tools/install.py --venv $(VENV) --installer $(INSTALLER) --torch $(TORCH)
READY  := $(VENV)/.installed$(patsubst %,-%,$(filter-out auto,$(TORCH)))
# Two processes suit a small machine; more only help where the memory for a torch each is there: `make test WORKERS=8`.
WORKERS ?= 2
QUICK  := not slow and not browser and not postgres and not evidence and not load

.PHONY: grade app test test-slow test-browser test-postgres test-load proof evidence lock format clean

grade: $(READY)          ## the state of your exercises
	@$(BIN)/anndl grade || test $$? -eq 1   # 1 = not everything is right yet, which is no error of make's

app: $(READY)            ## drills, exams and progress in the browser
	@$(BIN)/streamlit run app.py

$(READY): pyproject.toml constraints.txt constraints-cpu.txt tools/install.py
	@echo "Setting up $(VENV) (a few minutes, once) ..."
	@$(INSTALL)
	@rm -f $(VENV)/.installed-* && touch $(VENV)/.installed $@

$(VENV)/.developer: $(READY)
	@$(INSTALL) --extra dev
	@touch $@

test: $(VENV)/.developer           ## lint, types, all quick tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests -q -n $(WORKERS) -m '$(QUICK)'

test-slow: $(VENV)/.developer
	$(BIN)/python -m pytest tests -q -m slow

test-browser: $(VENV)/.developer   ## needs Debian's chromium
	$(BIN)/python -m pytest tests -q -m browser

test-postgres: $(VENV)/.developer  ## needs PostgreSQL's initdb
	$(BIN)/python -m pytest tests -q -m postgres

test-load: $(VENV)/.developer
	$(BIN)/python -m pytest tests -q -m load

proof: $(VENV)/.developer          ## judges every exercise, and proves anew what is out of date: minutes each
	$(BIN)/anndl author check

evidence: $(VENV)/.developer       ## trains every reference system to its target and rewrites docs/evidence.md
	$(BIN)/anndl evidence

lock: $(VENV)/.developer          ## pins everything that pyproject.toml asks for, on every platform; UPGRADE=1 takes the newest
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-annotate --quiet \
	  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --output-file constraints.txt

format: $(VENV)/.developer
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
