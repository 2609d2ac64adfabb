"""One file to be written: which rows, which columns, and the SQL that gives them.

Everything of a file is read on one connection in one REPEATABLE READ transaction, which the
caller opens: its number, its rows and the revision that it states belong together.
"""

# SQL is put together here: names of tables, and SQL that the ORM compiled; values are parameters.
# ruff: noqa: S608

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q, QuerySet
from psycopg.client_cursor import ClientCursorMixin

from milidip.catalogue.columns import Column, Cut
from milidip.catalogue.exports.grains import ENGAGEMENTS, Grain
from milidip.catalogue.models import Entry, Register
from milidip.catalogue.nested import quoted_names
from milidip.roles import export_connection

CHUNK = 64 * 1024
ROWS_AT_ONCE = 1000
Statement = tuple[str, Sequence[Any]]
WITH_POINT = Q(latitude__isnull=False, longitude__isnull=False)


class RowsCursor(ClientCursorMixin, psycopg.ServerCursor):
    """Rows as they are needed, of a statement whose parameters are already in its text."""


@dataclass(frozen=True, slots=True)
class Extract:
    """Which rows and columns of the register a file holds, and what it says of itself."""

    grain: Grain
    columns: Sequence[Column]
    entries: QuerySet[Entry]
    cut: Cut
    day: date
    totals: Mapping[str, int]
    words: str = ""
    address: str = ""
    bom: bool = False

    @property
    def rows(self) -> QuerySet[Any]:
        return self.grain.rows(self.entries)

    @property
    def total(self) -> int:
        return self.totals[self.grain.name]


def reading_connection() -> psycopg.Connection:
    """Open a connection on which all that is read is of one moment. The caller closes it."""
    connection = export_connection()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


def register_of(connection: psycopg.Connection) -> Register:
    """Return the register as the transaction of ``connection`` sees it."""
    fields = [str(field.column) for field in Register._meta.concrete_fields]
    query = f"SELECT {', '.join(fields)} FROM {Register._meta.db_table}"
    with psycopg.ClientCursor(connection) as cursor:
        row = cursor.execute(query).fetchone()
    assert row is not None, "migrations make the register's row"
    return Register.from_db(DEFAULT_DB_ALIAS, fields, row)


def count(connection: psycopg.Connection, rows: QuerySet[Any]) -> int:
    statement = count_statement(rows)
    if statement is None:
        return 0
    query, params = statement
    with psycopg.ClientCursor(connection) as cursor:
        row = cursor.execute(query, params).fetchone()
    return row[0] if row else 0


def count_statement(rows: QuerySet[Any]) -> Statement | None:
    try:
        query, params = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return None
    return f"SELECT count(*) FROM ({query}) AS counted", params


def cells_statement(extract: Extract, grain: Grain, cells: Sequence[Any]) -> Statement | None:
    """Return the SELECT of these cells; None when nothing can be found."""
    try:
        query, params = grain.rows(extract.entries).values_list(*cells).query.sql_with_params()
    except EmptyResultSet:
        return None
    return query, params


def copy_statement(extract: Extract) -> Statement | None:
    """Return the COPY that gives the allow-listed columns as CSV."""
    cells = [column.content.text(extract.cut) for column in extract.columns]
    statement = cells_statement(extract, extract.grain, cells)
    if statement is None:
        return None
    query, params = statement
    return f"COPY ({query}) TO STDOUT (FORMAT csv)", params


def json_select(rows: QuerySet[Any], columns: Sequence[Column], cut: Cut) -> Statement | None:
    """Return the SELECT of one JSON object for each row, with its names in this order."""
    cells = [column.content.value(cut) for column in columns]
    try:
        query, params = rows.values_list(*cells).query.sql_with_params()
    except EmptyResultSet:
        return None
    return (
        f"SELECT row_to_json(row_)::text FROM ({query}) AS row_({quoted_names(columns)})",
        params,
    )


def json_statement(extract: Extract) -> Statement | None:
    """Return the COPY that gives one JSON object a line."""
    statement = json_select(extract.rows, extract.columns, extract.cut)
    return _copy_of(statement)


def feature_statement(extract: Extract) -> Statement | None:
    """Return the COPY that gives one GeoJSON feature a line; no point: a null geometry."""
    cells = [column.content.value(extract.cut) for column in extract.columns]
    point = ["reference", "latitude", "longitude"]
    statement = cells_statement(extract, ENGAGEMENTS, [*point, *cells])
    if statement is None:
        return None
    query, params = statement
    names = quoted_names(extract.columns)
    select = (
        "SELECT json_build_object('type', 'Feature', 'id', id_, 'geometry',"
        " CASE WHEN latitude_ IS NULL OR longitude_ IS NULL THEN NULL ELSE json_build_object("
        "'type', 'Point', 'coordinates', json_build_array(trim_scale(longitude_),"
        " trim_scale(latitude_))) END,"
        f" 'properties', (SELECT row_to_json(own) FROM (SELECT {names}) AS own))::text"
        f" FROM ({query}) AS row_(id_, latitude_, longitude_, {names})"
    )
    return _copy_of((select, params))


def _copy_of(statement: Statement | None) -> Statement | None:
    if statement is None:
        return None
    query, params = statement
    return f"COPY ({query}) TO STDOUT (FORMAT text)", params


def copied(connection: psycopg.Connection, statement: Statement | None) -> Iterator[bytes]:
    """Yield what PostgreSQL writes, whole rows in chunks of about 64 kB."""
    if statement is None:
        return
    query, params = statement
    buffer = bytearray()
    with psycopg.ClientCursor(connection).copy(query, params) as copy:
        for row in copy:
            buffer += row
            if len(buffer) >= CHUNK:
                yield bytes(buffer)
                buffer.clear()
    if buffer:
        yield bytes(buffer)


def fetched(
    connection: psycopg.Connection, statement: Statement | None, at_once: int = ROWS_AT_ONCE
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows by ``at_once``; no more of them are held."""
    if statement is None:
        return
    with closing(RowsCursor(connection, "rows")) as cursor:
        cursor.execute(*statement)
        while rows := cursor.fetchmany(at_once):
            yield rows
