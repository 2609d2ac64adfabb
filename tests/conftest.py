"""Fixtures for the whole suite. CONTRIBUTING.md says which to use when.

- `db` (pytest-django): the test runs in a transaction that is rolled back. The first choice.
- `committed_db`: real commits, for what opens its own connection (exports) or another thread.
- `server`: a running site on `committed_db`; `page`: a Chromium tab on it.
- `as_public`: the test's queries run as the public role.

pytest-django's `transactional_db` and `live_server` are not used: they flush the codebook.
"""

import fcntl
import hashlib
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from django.test.testcases import LiveServerThread
from django.test.utils import setup_databases, teardown_databases

from milidip.roles import owner_role, public_role

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# What migrations and load_codebook fill: committed_db leaves it alone.
KEPT_TABLES = ("codebook_", "django_migrations", "django_content_type", "auth_permission")
KEPT_TABLES += ("auth_group", "pghistory_context")


@pytest.fixture(scope="session", autouse=True)
def settings_for_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Static files come from where they lie, without collecting; a password costs no second.

    Data files lie in a folder of the tests: those of a register beside it are left alone.
    Public pages are not kept: tests write public rows directly, at the same revision.
    """
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    nothing_kept = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    with override_settings(
        CACHES={**settings.CACHES, "public": nothing_kept},
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        WHITENOISE_AUTOREFRESH=True,
        WHITENOISE_USE_FINDERS=True,
        DATA_ROOT=tmp_path_factory.mktemp("data"),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """A test database of our own: two test runs at once do not pull it from under each other."""
    with _free_test_database() as name:
        connection.settings_dict["TEST"]["NAME"] = name
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
) -> Iterator[None]:
    """A test database whichever tests run, with the codebook, as every real one has it.

    pytest-django makes one only when a test asks for one of its own fixtures: a run of
    `committed_db` alone would work on the real database, and empty it.
    """
    with django_db_blocker.unblock():
        with _template() as template:
            connection.settings_dict["TEST"]["TEMPLATE"] = template
            made = setup_databases(verbosity=0, interactive=False, keepdb=django_db_keepdb)
        call_command("load_codebook", verbosity=0)
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            _end_other_sessions()
            teardown_databases(made, verbosity=0)


@pytest.fixture
def as_public(db: None) -> Iterator[None]:
    """The test sees what a visitor's queries see."""
    with public_role():
        yield


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """What the test writes is committed; the working and the public tables are emptied after."""
    if "db" in request.fixturenames:
        pytest.fail("committed_db and db exclude each other: db rolls back what is committed.")
    assert connection.settings_dict["NAME"].startswith("test_"), "This is no test database."
    with django_db_blocker.unblock():
        seeds = _seeds()
        try:
            yield
        finally:
            _empty_tables(seeds)


@pytest.fixture
def server(committed_db: None) -> Iterator[str]:
    """The address of a running site, to the last byte as visitors get it."""
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        thread = LiveServerThread("localhost", static_handler=lambda _: WSGIHandler())
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        if thread.error:
            raise thread.error
        try:
            yield f"http://localhost:{thread.port}"
        finally:
            thread.terminate()


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A real Chromium. Without one the test is skipped, except under CI=true."""
    if not CHROMIUM:
        message = "No Chromium: install one, or name it in the environment variable CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code and
    # gives a connection of its own: neither may outlive its side of the loop.
    connection.close()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
        connection.close()


@pytest.fixture
def browser_context(browser: "Browser", server: str) -> "Iterator[BrowserContext]":
    """A fresh profile on the site; relative addresses work. Also gives second tabs and users."""
    context = browser.new_context(base_url=server, locale="en-GB", timezone_id="UTC")
    yield context
    context.close()


@pytest.fixture
def page(browser_context: "BrowserContext") -> "Iterator[Page]":
    """A tab. The test fails if a script broke or the content security policy refused something."""
    problems: list[str] = []
    page = browser_context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield page
    assert problems == []


@contextmanager
def _free_test_database() -> Iterator[str]:
    """The first of test_milidip, test_milidip_2, ... that no other test run holds."""
    base = f"test_{connection.settings_dict['NAME']}"
    for number in itertools.count(1):
        with (settings.VAR / f"test_database_{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield base if number == 1 else f"{base}_{number}"
            return


def _end_other_sessions() -> None:
    """A thread of a server may still be answering what a page asked for as it was closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def _template() -> Iterator[str]:
    """The name of a database with all tables and the codebook, to make test databases from.

    It is made once for one state of the migrations and the codebook, under a lock, and kept: all
    processes of a run, and the next runs, copy it. A copy takes a second, the migrations many.
    """
    of = connection.settings_dict
    usual, of_tests = of["NAME"], of["TEST"]["NAME"]
    name = f"test_template_{_state_of_tables()}"
    with (settings.VAR / "test_template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_template_%'")
            there = {row[0] for row in cursor}
            for old in there - {name}:
                cursor.execute(f'DROP DATABASE IF EXISTS "{old}"')
        if name not in there:
            begun = f"{name}_begun"
            of["TEST"]["NAME"] = begun
            setup_databases(verbosity=0, interactive=False)
            call_command("load_codebook", verbosity=0)
            connection.close()
            of["NAME"], of["TEST"]["NAME"] = usual, of_tests
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'ALTER DATABASE "{begun}" RENAME TO "{name}"')
        yield name


def _state_of_tables() -> str:
    """A digest of everything that a fresh database is made of."""
    root = settings.BASE_DIR
    files = [root / "requirements.lock", *root.glob("*/groups.py"), *root.glob("*/roles.py")]
    files += root.glob("milidip/codebook/**/*.*")
    for package in ("milidip", "engagements", "stakeholders"):
        files += root.glob(f"{package}/**/migrations/*.py")
    digest = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file() and file.suffix != ".pyc"):
        digest.update(f"{file.relative_to(root)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _empty_tables(seeds: dict[str, bytes]) -> None:
    """Everything but the codebook goes, and what migrations had put there comes back."""
    with owner_role(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_emptied_tables())} RESTART IDENTITY")
        for table, rows in seeds.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)


@cache
def _seeds() -> dict[str, bytes]:
    """The rows that migrations put into tables which are emptied, such as the register's own."""
    seeds = {}
    with owner_role(), transaction.atomic(), connection.cursor() as cursor:
        for table in _emptied_tables():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                if rows := b"".join(copy):
                    seeds[table] = rows
    return seeds


def _emptied_tables() -> list[str]:
    tables = connection.introspection.table_names()
    return [f'"{table}"' for table in sorted(tables) if not table.startswith(KEPT_TABLES)]
