"""CSV, JSON Lines and GeoJSON: PostgreSQL writes them, this passes them on."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg

from milidip.catalogue.exports.extracts import (
    Extract,
    copied,
    copy_statement,
    feature_statement,
    json_statement,
)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
COVERAGE = (
    "Only records with a disclosed point have a geometry. A null geometry means that the place "
    "is coarser than a town, withheld, one of several, or not known."
)


def csv_chunks(connection: psycopg.Connection, extract: Extract) -> Iterator[bytes]:
    start = BYTE_ORDER_MARK if extract.bom else b""
    yield start + (",".join(column.name for column in extract.columns) + "\n").encode()
    yield from copied(connection, copy_statement(extract))


def jsonl_chunks(connection: psycopg.Connection, extract: Extract) -> Iterator[bytes]:
    """One object a line. Raw: nothing is guarded against spreadsheets."""
    for chunk in copied(connection, json_statement(extract)):
        yield _unescaped(chunk)


def geojson_chunks(connection: psycopg.Connection, extract: Extract) -> Iterator[bytes]:
    """One collection (RFC 7946) that says first how many records have a point at all."""
    head = {
        "type": "FeatureCollection",
        "register": "milidip",
        "register_revision": extract.cut.revision,
        "filter": extract.words,
        "coverage": {
            "records": extract.totals["engagements"],
            "with_point": extract.totals["with_point"],
            "note": COVERAGE,
        },
    }
    yield f'{_dumped(head)[:-1]}, "features": [\n'.encode()
    between = b""
    for chunk in copied(connection, feature_statement(extract)):
        yield between + _unescaped(chunk).rstrip(b"\n").replace(b"\n", b",\n")
        between = b",\n"
    yield b"\n]}\n"


def _unescaped(chunk: bytes) -> bytes:
    """Undo the escaping of COPY: of what it escapes, JSON in one line has only backslashes."""
    return chunk.replace(b"\\\\", b"\\")


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
