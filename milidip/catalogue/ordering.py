"""Which records stand on a page of the list? Found by bits, and put in order as few as possible.

By date: the counts by year say in which years the page lies, so that only records of those are
looked at. Of a year with very many, records are gone through in their order until there are
enough. So a page costs about the same however many records there are, and whatever is filtered.
"""

# SQL is put together here from fixed parts; values are parameters.
# ruff: noqa: S608

from collections.abc import Iterable

from django.db import connection

from milidip.catalogue.bits import BLOCKS, Tables
from milidip.catalogue.counting import Counted, Counts
from milidip.catalogue.filters import EntryFilterSet
from milidip.catalogue.models import Entry
from milidip.codebook.choices import UNKNOWN

# As in `EntryFilterSet.ordered`. Each has an index.
ORDERS = {
    "newest": "start_earliest DESC NULLS LAST, ordinal DESC",
    "oldest": "start_earliest ASC NULLS LAST, ordinal ASC",
    "title": "sort_key ASC, ordinal ASC",
}
# So many are put in order sooner than an index is gone through.
SORTED_AT_MOST = 2_000
ENTRIES = Entry._meta.db_table

# Word by word, so that only those are taken apart in which a bit is set.
ORDINALS_OF_BITS = f"""
SELECT first + bit
FROM (
    SELECT block * 30000 + 60 * word AS first, substring(bits from 60 * word + 1 for 60) AS digits
    FROM ({{bits}}) AS chosen, generate_series(0, 499) AS word OFFSET 0
) AS words, generate_series(0, 59) AS bit
WHERE digits <> B'{"0" * 60}' AND get_bit(digits, bit) = 1"""


def ordinals(filterset: EntryFilterSet, counted: Counted, offset: int, size: int) -> list[int]:
    """Return the ordinals of the records on a page, in the order that is asked for."""
    if not counted.total:
        return []
    tables = Tables(filterset)
    found = tables.given(filterset.found) if filterset.found else tables.found(())
    sort = filterset.sort_for(counted.total)
    if not found or sort not in ORDERS:
        keys = filterset.ordered(counted.total).values_list("pk", flat=True)
        return list(keys[offset : offset + size])
    upto = offset + size
    if sort == "title":
        if counted.total <= SORTED_AT_MOST:
            rows = _some(f"SELECT block, bits FROM {found}")
        else:
            rows = _in_order(found, "true", sort, upto)
    else:
        before, last = _years(counted.years, upto, newest=sort == "newest")
        if last is not None and counted.years[last] > SORTED_AT_MOST:
            within = _within(last)
            rows = f"{_of_years(tables, found, before)} UNION ALL {_in_order(found, within, sort, upto)}"
        else:
            rows = _of_years(tables, found, [*before, last] if last is not None else before)
    select = (
        f"SELECT ordinal FROM ({rows}) AS chosen ORDER BY {ORDERS[sort]}"
        f" LIMIT {tables.param(size)} OFFSET {tables.param(offset)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(*tables.statement(select))
        return [ordinal for (ordinal,) in cursor]


def _years(years: Counts, upto: int, *, newest: bool) -> tuple[list[str], str | None]:
    """Return the years before the one in which record number ``upto`` stands, and that one."""
    known = sorted((year for year in years if year != UNKNOWN), key=int, reverse=newest)
    before: list[str] = []
    seen = 0
    for year in [*known, *(year for year in years if year == UNKNOWN)]:
        seen += years[year]
        if seen >= upto:
            return before, year
        before.append(year)
    return before, None


def _within(year: str) -> str:
    if year == UNKNOWN:
        return "start_earliest IS NULL"
    return f"start_earliest BETWEEN '{int(year):04d}-01-01' AND '{int(year):04d}-12-31'"


def _of_years(tables: Tables, found: str, years: Iterable[str]) -> str:
    """Return the SELECT of everything found of some years."""
    return _some(
        f"SELECT block, f.bits & y.bits AS bits FROM {found} AS f JOIN ("
        f"SELECT block, bit_or(bits) AS bits FROM {BLOCKS}"
        f" WHERE facet = 'year' AND value = ANY({tables.param(list(years))}) GROUP BY 1"
        ") AS y USING (block)"
    )


def _some(bits: str) -> str:
    ordinals = ORDINALS_OF_BITS.format(bits=bits)
    return (
        f"SELECT ordinal, start_earliest, sort_key FROM {ENTRIES}"
        f" WHERE ordinal = ANY (ARRAY({ordinals}))"
    )


def _in_order(found: str, condition: str, sort: str, upto: int) -> str:
    """Return the SELECT of the first of what is found, by going through an index."""
    # Not a join: that would be put before the order, and read every record.
    bits = f"SELECT bits FROM {found} WHERE block = ordinal / 30000"
    return (
        f"(SELECT ordinal, start_earliest, sort_key FROM {ENTRIES} WHERE {condition}"
        f" AND get_bit(({bits}), mod(ordinal, 30000)) = 1 ORDER BY {ORDERS[sort]}"
        f" LIMIT {int(upto)})"
    )
