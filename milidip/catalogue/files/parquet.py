"""Parquet: typed columns, written a group of rows at a time."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from milidip.catalogue.columns import Column
from milidip.catalogue.exports.extracts import Extract, cells_statement, fetched

ROWS_IN_A_GROUP = 20_000
TYPES: dict[str, Any] = {
    "list": pa.list_(pa.string()),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "string": pa.string(),
}


def write_parquet(connection: psycopg.Connection, extract: Extract, path: Path) -> None:
    """Write the rows of an extract, holding one group of them; nothing is guarded or joined."""
    cells = [column.content.value(extract.cut) for column in extract.columns]
    schema = schema_of(extract.columns)
    statement = cells_statement(extract, extract.grain, cells)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in fetched(connection, statement, ROWS_IN_A_GROUP):
            arrays = [
                pa.array(
                    list(map(_plain, values)) if field.type == TYPES["decimal"] else values,
                    field.type,
                )
                for field, values in zip(schema, zip(*rows, strict=True), strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    return pa.schema(
        [
            pa.field(
                column.name,
                TYPES[column.kind],
                # An empty list is a list.
                nullable=column.null and column.kind != "list",
                metadata={"definition": str(column.definition)},
            )
            for column in columns
        ]
    )


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
