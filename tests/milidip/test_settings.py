"""One settings file, two lives: nothing to set at home, nothing forgotten in production."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from milidip import embedded
from milidip.settings import database, private_secret, public_cache

PRODUCTION = {
    "MILIDIP_PRODUCTION": "1",
    "SECRET_KEY": "a-key-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDE",
    "ALLOWED_HOSTS": "register.example",
    "DATABASE_URL": "postgresql://nobody@localhost/none",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=kept | environment,
        capture_output=True,
        text=True,
    )


def value_of(expression: str, **environment: str) -> str:
    code = f"from django.conf import settings as s; print({expression})"
    shell = manage("shell", "--no-imports", "-c", code, **environment)
    assert shell.returncode == 0, shell.stderr
    return shell.stdout.strip()


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_production_does_not_start_without(name: str) -> None:
    done = manage("check", **{key: PRODUCTION[key] for key in PRODUCTION if key != name})
    assert done.returncode
    assert f"Set the environment variable {name}" in done.stderr


def test_production_passes_the_deploy_check(django_db_setup: None) -> None:
    """Some checks of models ask the database for its version."""
    address = os.environ.get("DATABASE_URL") or embedded.project.url()
    production = PRODUCTION | {"DATABASE_URL": address}
    done = manage("check", "--deploy", "--fail-level", "WARNING", **production)
    assert done.returncode == 0, done.stderr


def test_production_is_never_in_debug() -> None:
    assert value_of("s.DEBUG", DEBUG="1", **PRODUCTION) == "False"


def test_a_public_process_has_no_admin_and_only_the_public_role() -> None:
    expression = (
        "s.DATABASE_ROLE, [str(p.pattern) for p in __import__('django.urls')"
        ".urls.get_resolver().url_patterns if 'admin' in str(p.pattern)]"
    )
    assert value_of(expression, MILIDIP_SIDE="public", **PRODUCTION) == "milidip_public []"


def test_at_home_only_this_machine_is_served(client: Client) -> None:
    assert settings.DEBUG is False
    assert value_of("s.ALLOWED_HOSTS") == "['localhost', '127.0.0.1', '[::1]']"


def test_a_database_address_is_read_as_it_is_written() -> None:
    assert database("postgresql://me%40here:p%2Fw@db.example:5433/register?sslmode=require") == {
        "NAME": "register",
        "USER": "me@here",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_address_may_name_a_socket() -> None:
    read = database("postgresql://owner@/register?host=/run/postgresql&port=5433")
    assert (read["HOST"], read["PORT"], read["OPTIONS"]) == ("/run/postgresql", "5433", {})


@pytest.mark.parametrize("url", ["sqlite:///x", "postgresql://host/", "register"])
def test_another_engine_or_half_an_address_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        database(url)


def test_every_environment_variable_is_documented() -> None:
    reading = re.compile(
        r"""(?:flag|switch|listed|required|environ\.get|environ)[(\[]"([A-Z_]+)\""""
    )
    files = [*(settings.BASE_DIR / "milidip").rglob("*.py"), settings.BASE_DIR / "manage.py"]
    used = {name for path in files for name in reading.findall(path.read_text())}
    documented = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    ours = used - {"PATH", "DJANGO_SETTINGS_MODULE", "MILIDIP_BIND"}
    assert "DATABASE_URL" in ours
    assert {name for name in ours if f"`{name}`" not in documented} == set()


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    secret = private_secret(path)
    assert len(secret) > 50
    assert private_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_cookies_never_reach_the_public_side() -> None:
    assert settings.SESSION_COOKIE_PATH == settings.CSRF_COOKIE_PATH == "/admin/"
    assert "session" in settings.MESSAGE_STORAGE


def test_the_admin_answers_with_every_security_header(client: Client, db: None) -> None:
    headers = client.get("/admin/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_public_pages_are_kept_by_each_process_or_where_the_address_says() -> None:
    assert public_cache("")["BACKEND"].endswith("LocMemCache")
    shared = public_cache("valkey://cache:6379/0")
    assert shared["BACKEND"].endswith("RedisCache")
    assert shared["LOCATION"] == "redis://cache:6379/0"
    for wrong in ("cache:6379", "http://cache", "redis://"):
        with pytest.raises(ImproperlyConfigured, match="CACHE_URL"):
            public_cache(wrong)
