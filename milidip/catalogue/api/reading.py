"""Which rows does one page of the API hold? Counted, cut and read as of one moment.

A cursor is the place of the last row in the order of the register. Nothing is skipped or read
twice however deep it goes, and what is published meanwhile comes at the end.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from milidip.catalogue.columns import Column, Cut
from milidip.catalogue.exports.extracts import (
    count,
    json_select,
    reading_connection,
    register_of,
)
from milidip.catalogue.exports.grains import ENGAGEMENTS, Grain
from milidip.catalogue.models import Entry
from milidip.catalogue.parameters import BadParameters, printable

USUAL_SIZE, MOST = 100, 1000
PLACE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one grain, how many there are in all, and the cursor to the next ones, if any."""

    revision: int
    total: int
    rows: list[dict[str, Any]]
    following: str


def page_size(data: QueryDict) -> int:
    """Return how many rows a page has; raise BadParameters when that is not possible."""
    text = data.get("page_size", "").strip()
    if not text:
        return USUAL_SIZE
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        message = _("page_size: “%(value)s” is not a number from 1 to %(most)s.")
        raise BadParameters([message % {"value": printable(text[:40]), "most": MOST}])
    return int(text)


def cursor_place(data: QueryDict, grain: Grain) -> tuple[int, ...] | None:
    """Return the place of the row after which to go on; raise BadParameters when it is none."""
    text = data.get("cursor", "").strip()
    if not text:
        return None
    match = PLACE.fullmatch(text)
    place = tuple(int(number) for number in match.groups() if number) if match else ()
    if len(place) != len(grain.order):
        message = _("cursor: “%(value)s” is not one. Take the address in “next”.")
        raise BadParameters([message % {"value": printable(text[:40])}])
    return place


def after(rows: QuerySet[Any], place: tuple[int, ...]) -> QuerySet[Any]:
    if len(place) == 1:
        return rows.filter(ordinal__gt=place[0])
    entry, line = place
    # The first condition is the one that an index answers.
    return rows.filter(entry_id__gte=entry).filter(
        Q(entry_id__gt=entry) | Q(entry_id=entry, line__gt=line)
    )


def read_page(
    grain: Grain,
    columns: Sequence[Column],
    entries: QuerySet[Entry],
    base: str,
    size: int,
    place: tuple[int, ...] | None,
) -> Page:
    """Return the page of ``size`` rows after ``place``."""
    rows = grain.rows(entries)
    with reading_connection() as connection:
        revision = register_of(connection).revision
        total = count(connection, rows)
        keys = _keys(connection, after(rows, place) if place else rows, grain, size + 1)
        shown = grain.model._default_manager.filter(pk__in=[key for key, *_place in keys[:size]])
        found = read_json(connection, shown.order_by(*grain.order), columns, Cut(base, revision))
    more = len(keys) > size
    following = "-".join(str(part) for part in keys[size - 1][1:]) if more else ""
    return Page(revision, total, found, following)


def read_record(reference: str, columns: Sequence[Column], base: str) -> dict[str, Any] | None:
    """Return one public record, or None."""
    with reading_connection() as connection:
        cut = Cut(base, register_of(connection).revision)
        entries = ENGAGEMENTS.rows(Entry.objects.filter(reference=reference))
        found = read_json(connection, entries, columns, cut)
    return found[0] if found else None


def read_json(
    connection: psycopg.Connection, rows: QuerySet[Any], columns: Sequence[Column], cut: Cut
) -> list[dict[str, Any]]:
    statement = json_select(rows, columns, cut)
    if statement is None:
        return []
    with psycopg.ClientCursor(connection) as cursor:
        return [json.loads(text) for (text,) in cursor.execute(*statement)]


def _keys(
    connection: psycopg.Connection, rows: QuerySet[Any], grain: Grain, most: int
) -> list[tuple[int, ...]]:
    try:
        query, params = rows.values_list("pk", *grain.order)[:most].query.sql_with_params()
    except EmptyResultSet:
        return []
    with psycopg.ClientCursor(connection) as cursor:
        # The key of an engagement is its place: the ORM then gives one column and not two.
        return [(row[0], *row[-len(grain.order) :]) for row in cursor.execute(query, params)]
