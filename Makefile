# Two commands do everything on a bare Debian 12: `make demo` and `make test`. While you work: `make check`.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
BACKEND ?= $(PUBLIC_URL)
WORKERS ?= 2
# node and npm come with the virtual environment
NODE := PATH="$(CURDIR)/$(RUN):$$PATH"

# what needs no database, no Asterisk and no browser
PURE := tests/rules tests/tracker tests/amocrm tests/test_boundaries.py tests/test_dialling.py tests/test_display.py \
	tests/test_docs.py tests/test_phones.py

.PHONY: demo check test drills lint bench widget

$(VENV)/.ready: pyproject.toml requirements.txt
	@PYTHON="$(PYTHON)" sh scripts/setup.sh "$(VENV)"
	@touch $@

widget/node_modules/.ready: widget/package-lock.json $(VENV)/.ready
	@echo "widget: its tools into widget/node_modules (seconds)"
	@cd widget && $(NODE) npm ci --silent
	@touch $@

demo: widget/node_modules/.ready
	@$(RUN)/python -m sandbox demo $(if $(ONCE),--once)

check: lint widget/node_modules/.ready
	@$(RUN)/python -m pytest -q -n $(WORKERS) --dist loadgroup $(PURE)
	@cd widget && $(NODE) node --test --test-reporter=dot tests/*.test.mjs

test: widget/node_modules/.ready
	@sh scripts/tools.sh
	@$(RUN)/python -m pytest -n $(WORKERS) --dist loadgroup --max-worker-restart 0 $(TESTS)
	$(if $(TESTS),,@$(RUN)/python -m pytest -n $(WORKERS) --dist loadgroup --max-worker-restart 0 --postgres 15 tests/desk tests/test_migrations.py)

drills: widget/node_modules/.ready
	@sh scripts/tools.sh
	@$(RUN)/python -m pytest -m drill -v --timeout=1800 $(TESTS)

lint: widget/node_modules/.ready
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@cd widget && $(NODE) npm run --silent lint

bench: $(VENV)/.ready
	@$(RUN)/python -m bench

# make widget BACKEND=https://station.example.com
widget: widget/node_modules/.ready
	@test -n "$(BACKEND)" || { echo "widget: say where the service is: make widget BACKEND=https://station.example.com" >&2; exit 1; }
	@$(NODE) node widget/tools/build.mjs --backend "$(BACKEND)" --out widget.zip
	@$(NODE) node widget/tools/lint.mjs widget.zip
