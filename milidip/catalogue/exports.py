"""The same filter as the pages, streamed as CSV: PostgreSQL writes it, the view passes it on.

Count and rows are read in one REPEATABLE READ transaction on a connection of their own. When
something fails half-way, the exception goes up to the server, which breaks the connection: a
reader never gets a short file that looks whole.
"""

# SQL is put together here: names of tables, and SQL that the ORM compiled; values are parameters.
# ruff: noqa: S608

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from milidip.catalogue import columns
from milidip.catalogue.addresses import Pairs, pairs_of, without
from milidip.catalogue.columns import Column, Cut
from milidip.catalogue.filters import EntryFilterSet, filtered, unrecognised
from milidip.catalogue.middleware import etag
from milidip.catalogue.models import Entry, Participation, Register, Source
from milidip.catalogue.parameters import BadParameters
from milidip.roles import export_connection

CHUNK = 64 * 1024
Statement = tuple[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Grain:
    """What one row of a file is."""

    name: str
    label: Any
    description: Any
    columns: list[Column]
    model: type[Model]

    def rows(self, filterset: EntryFilterSet) -> QuerySet[Any]:
        """Return what the filter finds, in the order of the register."""
        if self.model is Entry:
            return filterset.qs.order_by("ordinal")
        entries = filterset.qs.order_by().values("ordinal")
        lines: QuerySet[Any] = self.model._default_manager.all()
        return lines.filter(entry__in=entries).order_by("entry_id", "line")


ENGAGEMENTS = Grain(
    "engagements",
    _("Engagements"),
    _("One row is one engagement."),
    columns.ENGAGEMENTS,
    Entry,
)
PARTICIPATIONS = Grain(
    "participations",
    _("Participations"),
    _("One row is one actor in one role in one engagement."),
    columns.PARTICIPATIONS,
    Participation,
)
SOURCES = Grain(
    "sources", _("Sources"), _("One row is one source of one engagement."), columns.SOURCES, Source
)
GRAINS = (ENGAGEMENTS, PARTICIPATIONS, SOURCES)


class CsvStream:
    """Chunks of CSV from one COPY. Closes its connection whatever happens, read or not."""

    def __init__(self, connection: psycopg.Connection, grain: Grain, copy: Statement | None):
        self.connection = connection
        self._chunks = self._read(grain, copy)
        # Read ahead, so that an error of the statement is an error page and not a broken file.
        self._ahead = next(self._chunks)

    def _read(self, grain: Grain, statement: Statement | None) -> Iterator[bytes]:
        buffer = bytearray(header(grain))
        if statement is not None:
            query, params = statement
            with psycopg.ClientCursor(self.connection).copy(query, params) as copy:
                for row in copy:
                    buffer += row
                    if len(buffer) >= CHUNK:
                        yield bytes(buffer)
                        buffer.clear()
        self.close()
        yield bytes(buffer)

    def __iter__(self) -> Iterator[bytes]:
        yield self._ahead
        yield from self._chunks

    def close(self) -> None:
        """Hang up, also in the middle: the server then ends the statement."""
        self.connection.close()


def header(grain: Grain) -> bytes:
    return (",".join(column.name for column in grain.columns) + "\n").encode()


def copy_statement(rows: QuerySet[Any], grain: Grain, cut: Cut) -> Statement | None:
    """Return COPY of the allow-listed columns; None when nothing can be found."""
    cells = [column.expression(cut) for column in grain.columns]
    try:
        query, params = rows.values_list(*cells).query.sql_with_params()
    except EmptyResultSet:
        return None
    return f"COPY ({query}) TO STDOUT (FORMAT csv)", params


def count_statement(rows: QuerySet[Any]) -> Statement | None:
    try:
        query, params = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return None
    return f"SELECT count(*) FROM ({query}) AS counted", params


def export(request: HttpRequest, grain: Grain) -> HttpResponseBase:
    """Answer with the rows of ``grain`` for the filter of the request, or 400 and why."""
    try:
        if unknown := unrecognised(request.GET):
            raise BadParameters(str(name) for name in unknown)
        filterset = filtered(request.GET)
    except BadParameters as error:
        text = "\n".join(error.messages)
        return HttpResponse(f"{text}\n", status=400, content_type="text/plain; charset=utf-8")
    rows = grain.rows(filterset)
    connection = export_connection()
    try:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        revision = _value(connection, (f"SELECT revision FROM {Register._meta.db_table}", ()))
        counting = count_statement(rows)
        total = _value(connection, counting) if counting else 0
        today = datetime.now(UTC).date()
        body: CsvStream | list[bytes] = []
        if request.method == "HEAD":
            connection.close()
        else:
            cut = Cut(base_url(request), revision)
            body = CsvStream(connection, grain, copy_statement(rows, grain, cut))
    except BaseException:
        connection.close()
        raise
    response = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8; header=present")
    name = file_name(grain, today, pairs_of(request.GET), revision)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Total-Count"] = str(total)
    response["ETag"] = etag(request, revision, today)
    return response


def _value(connection: psycopg.Connection, statement: Statement) -> int:
    query, params = statement
    with psycopg.ClientCursor(connection) as cursor:
        row = cursor.execute(query, params).fetchone()
    return row[0] if row else 0


def base_url(request: HttpRequest) -> str:
    """Return the address of this site, without a slash at the end."""
    base: str = settings.PUBLIC_BASE_URL or f"{request.scheme}://{request.get_host()}"
    return base.rstrip("/")


def file_name(grain: Grain, day: date, pairs: Pairs, revision: int) -> str:
    """Return a name that says register, grain, day, filter and revision."""
    return f"milidip-{grain.name}-{day}-{filter_digest(pairs)}-r{revision}.csv"


def filter_digest(pairs: Pairs) -> str:
    """Return eight digits that are the same for the same filter, in any order of parameters."""
    kept = sorted({(name, value.strip()) for name, value in without(pairs, "sort", "page")})
    return hashlib.sha256(repr(kept).encode()).hexdigest()[:8]


@csrf_exempt
@require_safe
def engagements_csv(request: HttpRequest) -> HttpResponseBase:
    return export(request, ENGAGEMENTS)


@csrf_exempt
@require_safe
def participations_csv(request: HttpRequest) -> HttpResponseBase:
    return export(request, PARTICIPATIONS)


@csrf_exempt
@require_safe
def sources_csv(request: HttpRequest) -> HttpResponseBase:
    return export(request, SOURCES)
