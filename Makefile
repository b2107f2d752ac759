# Two commands do everything on a bare Debian 12: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: demo test lint bench widget

$(VENV)/.ready: pyproject.toml requirements.txt
	@PYTHON="$(PYTHON)" sh scripts/setup.sh "$(VENV)"
	@touch $@

demo: $(VENV)/.ready
	@$(RUN)/python -m sandbox demo $(if $(ONCE),--once)

test: $(VENV)/.ready
	@$(RUN)/python -m pytest $(TESTS)
	$(if $(TESTS),,@$(RUN)/python -m pytest --postgres 15 tests/desk tests/test_migrations.py)

lint: $(VENV)/.ready
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy

bench: $(VENV)/.ready
	@$(RUN)/python -m bench

widget:
	@echo "widget: there is no widget in this version yet; popups are read at GET /api/popups (README)" >&2; exit 1
