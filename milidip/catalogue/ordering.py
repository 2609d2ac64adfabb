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
KEYS = {"newest": "start_earliest", "oldest": "start_earliest", "title": "sort_key"}
# So many are put in order sooner than an index is gone through.
SORTED_AT_MOST = 2_000
ENTRIES = Entry._meta.db_table

# Between two bits that are set lie so many zeros: cut there, and count how far one has come.
ORDINALS_OF_BITS = """
SELECT block * 30000 + at::integer
FROM ({bits}) AS chosen, LATERAL (
    SELECT sum(length(zeros)) OVER (ORDER BY number) + number - 1 AS at
    FROM string_to_table(bits::text, '1') WITH ORDINALITY AS between (zeros, number)
) AS ones
WHERE at < 30000"""


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
            rows = _some(f"SELECT block, bits FROM {found}", sort)
        else:
            rows = _in_order(tables, found, "true", sort, upto)
    else:
        before, last = _years(counted.years, upto, newest=sort == "newest")
        parts = []
        if last is not None and counted.years[last] > SORTED_AT_MOST:
            parts.append(_in_order(tables, found, _within(last), sort, upto))
        elif last is not None:
            before = [*before, last]
        if before:
            parts.append(_of_years(tables, found, before, sort))
        rows = " UNION ALL ".join(parts)
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


def _of_years(tables: Tables, found: str, years: Iterable[str], sort: str) -> str:
    """Return the SELECT of everything found of some years."""
    return _some(
        f"SELECT block, f.bits & y.bits AS bits FROM {found} AS f JOIN ("
        f"SELECT block, bit_or(bits) AS bits FROM {BLOCKS}"
        f" WHERE facet = 'year' AND value = ANY({tables.param(list(years))}) GROUP BY 1"
        ") AS y USING (block)",
        sort,
    )


def _some(bits: str, sort: str) -> str:
    ordinals = ORDINALS_OF_BITS.format(bits=bits)
    return f"SELECT ordinal, {KEYS[sort]} FROM {ENTRIES} WHERE ordinal = ANY (ARRAY({ordinals}))"


def _in_order(tables: Tables, found: str, condition: str, sort: str, upto: int) -> str:
    """Return the SELECT of the first of what is found, by going through an index."""
    # Not a join: that would be put before the order, and read every record.
    bits = f"(SELECT bits FROM {tables.in_order(found)})[ordinal / 30000 + 1]"
    return (
        f"(SELECT ordinal, {KEYS[sort]} FROM {ENTRIES} WHERE {condition}"
        f" AND get_bit({bits}, mod(ordinal, 30000)) = 1 ORDER BY {ORDERS[sort]}"
        f" LIMIT {int(upto)})"
    )
