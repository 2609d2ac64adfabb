"""Fast writes: COPY into place, or by way of a temporary table."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from django.db import connection, models
from django.utils import timezone
from psycopg import sql

# More than this of one text is not indexed: a tsvector holds one megabyte at most.
SEARCHED_CHARACTERS = 100_000


def copy_rows(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    """Add ``rows`` (column name -> value, all alike) to the table of ``model``."""
    _copy(sql.Identifier(model._meta.db_table), rows)


def copy_new(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    """Add new rows, with the model's own defaults for what they do not say.

    History is kept by trigger. Its context is that of the transaction: something else than COPY
    has to have been executed in it before, since only then is it told to the database.
    """
    if rows:
        now = timezone.now()
        usual = {
            field.column: now
            if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False)
            else field.get_default()
            for field in _settable(model)
        }
        copy_rows(model, [usual | row for row in rows])


@cache
def _settable(model: type[models.Model]) -> list[models.Field]:
    return [
        field
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.generated)
    ]


def next_ids(model: type[models.Model], number: int) -> list[int]:
    """Return ``number`` fresh primary keys of a table that numbers its rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, number],
        )
        return [pk for (pk,) in cursor.fetchall()]


def upsert_rows(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    """Add ``rows``, or replace those whose primary key is already there."""
    if not rows:
        return
    table = sql.Identifier(model._meta.db_table)
    incoming = sql.Identifier(f"incoming_{model._meta.db_table}")
    key = sql.Identifier(model._meta.pk.column)
    columns = [sql.Identifier(name) for name in rows[0]]
    names = sql.SQL(", ").join(columns)
    with connection.cursor() as cursor:
        _run(
            cursor,
            sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP").format(incoming, table),
        )
        _copy(incoming, rows)
        _run(
            cursor,
            sql.SQL(
                "INSERT INTO {table} ({names}) SELECT {names} FROM {incoming} "
                "ON CONFLICT ({key}) DO UPDATE SET {changes}"
            ).format(
                table=table,
                names=names,
                incoming=incoming,
                key=key,
                changes=sql.SQL(", ").join(
                    sql.SQL("{0} = EXCLUDED.{0}").format(column) for column in columns
                ),
            ),
        )
        _run(cursor, sql.SQL("DROP TABLE {}").format(incoming))


def fill_search(rows: Sequence[dict[str, Any]]) -> None:
    """Compute and store search vectors; a row has ``entry_id`` and texts a to d by weight."""
    if not rows:
        return
    incoming = sql.Identifier("incoming_search")
    with connection.cursor() as cursor:
        _run(
            cursor,
            sql.SQL(
                "CREATE TEMPORARY TABLE {} "
                "(entry_id integer, a text, b text, c text, d text) ON COMMIT DROP"
            ).format(incoming),
        )
        _copy(
            incoming,
            [
                {
                    name: value[:SEARCHED_CHARACTERS] if isinstance(value, str) else value
                    for name, value in row.items()
                }
                for row in rows
            ],
        )
        _run(
            cursor,
            sql.SQL(
                "INSERT INTO catalogue_search (entry_id, vector) SELECT entry_id, "
                "setweight(to_tsvector('public.milidip', a), 'A') || "
                "setweight(to_tsvector('public.milidip', b), 'B') || "
                "setweight(to_tsvector('public.milidip', c), 'C') || "
                "setweight(to_tsvector('public.milidip', d), 'D') FROM {}"
            ).format(incoming),
        )
        _run(cursor, sql.SQL("DROP TABLE {}").format(incoming))


def _run(cursor: Any, statement: sql.Composed) -> None:
    """Execute it as plain text: what watches queries for the history knows nothing else."""
    cursor.execute(statement.as_string())


def _copy(table: sql.Identifier, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in rows[0])
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)) as copy,
    ):
        for row in rows:
            copy.write_row([_array(v) if type(v) is list else v for v in row.values()])


def _array(values: list[Any]) -> Any:
    """Return an array of codes as the database writes it; most rows have the same ones."""
    return _array_of(tuple(values)) if all(type(value) is str for value in values) else values


@lru_cache(maxsize=10_000)
def _array_of(values: tuple[str, ...]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
