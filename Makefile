# Each target does all of its own set-up. Only make and a Python >= 3.12 have to be there.
.DEFAULT_GOAL := help
.PHONY: help run test check bench fmt lock messages stop

python = .venv/bin/python
bin = .venv/bin
sources = manage.py milidip stakeholders engagements tests $(wildcard bench sample)

help:
	@echo 'make run     the site on http://127.0.0.1:8000, with sample records (PORT=8001 for another port)'
	@echo 'make test    all tests (ARGS="-k filters" for some)'
	@echo 'make check   format, lint, types, templates, import contracts, migrations, deploy check'
	@echo 'make bench   the comparison with other tools'
	@echo 'make fmt     put format and imports right'
	@echo 'make lock    choose the newest packages that pyproject.toml allows'
	@echo 'make messages bring the translations up to date with the texts (needs gettext)'
	@echo 'make stop    stop the development database'

run:
	@.ci/environment run
	@exec $(python) manage.py serve

test:
	@.ci/environment dev
	@exec $(python) -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

check:
	@.ci/environment dev
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	find templates -name '*.html' -exec $(bin)/djade --check --target-version 6.1 {} +
	find $(sources) -name '*.py' -exec $(bin)/django-upgrade --check --target-version 6.1 {} +
	$(bin)/mypy
	$(bin)/lint-imports --no-logo --no-cache
	$(python) manage.py makemigrations --check --dry-run
	@# Like production, on the development database: some checks ask it for its version.
	@echo 'manage.py check --deploy'; \
	url=$${DATABASE_URL:-$$($(python) manage.py embedded url)} && \
	key=$$($(python) -c 'import secrets; print(secrets.token_urlsafe(64))') && \
	MILIDIP_PRODUCTION=1 ALLOWED_HOSTS=register.example DATABASE_URL="$$url" SECRET_KEY="$$key" \
	$(python) manage.py check --deploy --fail-level WARNING

bench:
	@.ci/environment dev
	@if [ -f bench/__main__.py ]; then exec $(python) -m bench $(ARGS); \
	else echo 'The comparison with other tools will live in bench/.'; fi

fmt:
	@.ci/environment dev
	-find $(sources) -name '*.py' -exec $(bin)/django-upgrade --target-version 6.1 {} +
	-find templates -name '*.html' -exec $(bin)/djade --target-version 6.1 {} +
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

# Versions and hashes for every platform; no addresses.
compile = $$(command -v uv || echo var/uv/bin/uv) pip compile --quiet --universal \
	--python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' --upgrade pyproject.toml
lock:
	@.ci/environment run
	$(compile) --output-file requirements.lock
	$(compile) --group dev --constraints requirements.lock --output-file requirements-dev.lock

# No line numbers: a text that moves is not a change.
messages:
	@.ci/environment run
	mkdir -p locale
	$(python) manage.py makemessages --locale fr --no-location --no-obsolete --no-wrap \
		--ignore .venv --ignore var --ignore tests --ignore bench
	$(python) manage.py compilemessages --locale fr --ignore .venv --ignore var

stop:
	@.ci/environment run
	@$(python) manage.py embedded stop
