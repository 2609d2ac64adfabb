"""Databases of the bench's own, on the server that the project uses: made once, filled once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "var" / "bench"


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def address(name: str) -> str:
    """Return the address of a database on the project's server."""
    given = os.environ.get("DATABASE_URL")
    if not given:
        manage("embedded", "start", url=None)
        given = manage("embedded", "url", url=None).strip()
    parts = urlsplit(given)
    return urlunsplit(parts._replace(path=f"/{name}"))


def environment(url: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if url is None:
        return dict(os.environ)
    return kept | {"DATABASE_URL": url, "STATIC_ROOT": str(PLACE / "static")}


def manage(*arguments: str, url: str | None) -> str:
    """Run a command of the project to its end and return what it printed."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(
        command, env=environment(url), stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    return done.stdout


def prepared(name: str, like: str | None = None, *, afresh: bool = False) -> str:
    """Return the address of a database with all tables and the codebook; made when missing.

    A new one starts as a copy of the database ``like``, so that a larger register grows out of a
    smaller one.
    """
    url = address(name)
    with psycopg.connect(address("postgres"), autocommit=True) as connection:
        if afresh:
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not there.fetchone():
            template = f" TEMPLATE {like}" if like else ""
            connection.execute(f"CREATE DATABASE {name}{template}")
    manage("migrate", "--no-input", "--verbosity=0", url=url)
    manage("load_codebook", "--verbosity=0", url=url)
    return url


def number(url: str, select: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(select).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def publishing(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def as_just_published(connection: psycopg.Connection) -> None:
    """Raise the revision, as a publication does: nothing that was kept is good any more."""
    connection.execute("UPDATE catalogue_register SET revision = revision + 1, changed_at = now()")


def copy_query(base: str) -> str:
    """Return the very query that the export runs, with its values, as ``\\copy`` takes it."""
    from django.test import Client
    from psycopg import ClientCursor, Cursor

    statements: list[str] = []

    def recording(of):
        original = of.copy

        def copy(cursor, statement, params=None, **options):
            text = ClientCursor(cursor.connection).mogrify(statement, params)
            statements.append(text)
            return original(cursor, statement, params, **options)

        return original, copy

    originals = []
    for kind in (Cursor, ClientCursor):
        if "copy" in vars(kind) or kind is Cursor:
            original, replacement = recording(kind)
            originals.append((kind, original))
            kind.copy = replacement
    try:
        response = Client().get(base, headers={"host": "127.0.0.1"})
        next(iter(response.streaming_content))
        response.close()
    finally:
        for kind, original in originals:
            kind.copy = original
    query = next(text for text in statements if text.startswith("COPY ("))
    return query.removeprefix("COPY (").rsplit(") TO STDOUT", 1)[0]
