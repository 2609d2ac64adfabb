"""Datasette with the same public rows: in an environment of its own, with all that makes it fast.

It gets an index on every facet column and on the sort order, full text over the same texts, time
limits that let it finish, and no suggestions of facets, which would cost it more.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.databases import PLACE, ROOT, say
from bench.servers import free_port, running

VERSION = "0.65.5"
ENVIRONMENT = PLACE / "datasette"
ARRAYS = (
    "touches",
    "track3_link",
    "military_role",
    "objectives",
    "themes",
    "place_countries",
    "place_areas",
    "regions",
    "region_codes",
    "participant_countries",
    "actors",
    "actor_types",
    "roles",
    "outcome_kinds",
    "outcome_reported_by",
    "withheld",
)
INDEXED = ("track", "activity", "family", "year", "status", "series", "start_earliest")
NOT_TAKEN = {"ordinal", "digest", "sort_key", "overlap_from", "overlap_to", "leaves_on"}


def installed() -> Path:
    """Return the command, installed when it is missing."""
    command = ENVIRONMENT / "bin" / "datasette"
    if command.exists():
        return command
    say(f"Installing Datasette {VERSION}")
    uv = shutil.which("uv") or str(ROOT / "var" / "uv" / "bin" / "uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT], check=True)
    python = str(ENVIRONMENT / "bin" / "python")
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, f"datasette=={VERSION}"]
        + ["setuptools<81"],
        check=True,
    )
    return command


def filled(url: str, size: int) -> Path:
    """Return a SQLite file with the public rows of a database; made when missing."""
    path = PLACE / f"register-{size}.db"
    if path.exists():
        return path
    say(f"Filling SQLite with {size:,} records")
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with psycopg.connect(url) as source, sqlite3.connect(unfinished) as target:
        target.execute("PRAGMA journal_mode = off")
        target.execute("PRAGMA synchronous = off")
        _copy(source, target)
        for column in INDEXED:
            target.execute(f"CREATE INDEX entries_{column} ON entries ({column})")
        # Datasette finds the index of a table by this very spelling, with double quotes.
        target.execute(
            "CREATE VIRTUAL TABLE entries_fts USING fts5 (title, series_name, names, summary,"
            """ narrative, content="entries", tokenize='porter unicode61')"""
        )
        target.execute("INSERT INTO entries_fts (entries_fts) VALUES ('rebuild')")
        target.execute("ANALYZE")
    target.close()
    unfinished.rename(path)
    return path


def _copy(source: psycopg.Connection, target: sqlite3.Connection) -> None:
    select = """
        SELECT e.*, extract(year FROM e.start_earliest)::integer AS year, d.title, d.series_name,
            d.edition, d.summary, d.place_names, d.data ->> 'narrative' AS narrative,
            (SELECT string_agg(p.actor_name, ' . ') FROM catalogue_participation p
             WHERE p.entry_id = e.ordinal) AS names
        FROM catalogue_entry e JOIN catalogue_document d ON d.entry_id = e.ordinal
        ORDER BY e.ordinal"""
    with source.cursor("rows") as cursor:
        cursor.itersize = 5000
        cursor.execute(select)
        names = [column.name for column in cursor.description or ()]
        taken = [(at, name) for at, name in enumerate(names) if name not in NOT_TAKEN]
        columns = ", ".join(
            f"{name} TEXT PRIMARY KEY" if name == "reference" else name for _at, name in taken
        )
        target.execute(f"CREATE TABLE entries ({columns})")
        marks = ", ".join("?" * len(taken))
        target.executemany(
            f"INSERT INTO entries VALUES ({marks})",
            ([_cell(row[at]) for at, _name in taken] for row in cursor),
        )


def _cell(value):
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, (int, str)):
        return value
    return str(value)


@contextmanager
def serving(path: Path) -> Iterator[tuple[str, int]]:
    """Serve a file; the table is at ``/register/entries``."""
    port = free_port()
    database = PLACE / "register.db"
    database.unlink(missing_ok=True)
    database.symlink_to(path)
    limits = {
        "facet_time_limit_ms": 120_000,
        "sql_time_limit_ms": 120_000,
        "suggest_facets": "off",
        "max_csv_mb": 0,
        "default_page_size": 25,
        "cache_size_kb": 100_000,
    }
    command = [str(installed()), "serve", "--immutable", str(database), "--port", str(port)]
    for name, value in limits.items():
        command += ["--setting", name, str(value)]
    with running(command, port, "/-/versions.json") as server:
        yield server
