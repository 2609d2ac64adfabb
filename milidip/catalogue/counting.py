"""How many records, in all and by the values of each facet? One statement, by bits.

A count is the number of bits that a filter and a value have in common. A facet without blocks, and
the role of actors that are selected, are counted by reading records. Nothing else is: on one
block, the size of a small register, both ways take some milliseconds, and on a large one reading
is quicker for a few hundred hits only.
"""

# SQL is put together here: names of columns come from the FilterSet; values are parameters.
# ruff: noqa: S608

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection

from milidip.catalogue.bits import BLOCKS, IN_BLOCKS, Tables
from milidip.catalogue.filters import CodesFilter, EntryFilterSet
from milidip.catalogue.kept import kept
from milidip.catalogue.models import Participation
from milidip.codebook.choices import UNKNOWN

# What selects from a facet when that is not a parameter of the same name.
SELECTED_BY = {"year": ("after", "before", "dates")}
FOUND, BITS = "", "bits"

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a filter finds: the number by year of start, and by facet the number by code."""

    years: Counts
    facets: Mapping[str, Counts]

    @property
    def total(self) -> int:
        return sum(self.years.values())


def count(filterset: EntryFilterSet, names: Iterable[str] = ()) -> Counted:
    """Count what a filter finds; each facet without its own selection. One query.

    What was counted before, for this request or for this revision, is not counted again.
    """
    names = tuple(names)
    if names not in filterset.counted:
        key = ("count", filterset.chosen, names)
        filterset.counted[names] = Counted(*kept(key, lambda: _count(filterset, names)))
    return filterset.counted[names]


def _count(filterset: EntryFilterSet, names: Iterable[str]) -> tuple[Counts, dict[str, Counts]]:
    tables = Tables(filterset)
    found = tables.found(())
    together: dict[str, list[str]] = {found: [FOUND]}
    selects = []
    if filterset.values("q"):
        # A search is dear: what it finds is kept for the page of the list.
        selects.append(f"SELECT '{BITS}', bits::text, block::bigint FROM {found}")
    for name in names:
        if name not in IN_BLOCKS or (name == "role" and filterset.values("stakeholder")):
            with suppress(EmptyResultSet):
                selects.append(_by_reading(tables, name))
            continue
        own = SELECTED_BY.get(name, (name,))
        left_out = tuple(one for one in own if filterset.form.cleaned_data.get(one))
        together.setdefault(tables.found(left_out), []).append(name)
    for table, facets in together.items():
        selects += _by_bits(tables, table, facets)
    counted: dict[str, dict[str, int]] = {name: {} for name in (FOUND, *names)}
    with connection.cursor() as cursor:
        cursor.execute(*tables.statement(" UNION ALL ".join(selects)))
        for name, code, number in cursor:
            if name == BITS:
                filterset.found[number] = code
            else:
                counted[name][code] = number
    if "year" in together[found]:
        counted[FOUND] = counted["year"]
    return counted.pop(FOUND), counted


def _by_bits(tables: Tables, found: str, names: list[str]) -> Iterable[str]:
    """Yield the SELECTs that count facets which leave out the same selection."""
    in_order = tables.in_order(found)
    if FOUND in names and "year" not in names:
        yield _counted(in_order, f"'{FOUND}'", "facet = 'year'")
    if facets := [name for name in names if name != FOUND]:
        yield _counted(in_order, "facet", f"facet = ANY({tables.param(facets)})")


def _counted(in_order: str, name: str, condition: str) -> str:
    if not in_order:
        return (
            f"SELECT {name}, value, sum(n)::bigint FROM {BLOCKS} WHERE {condition} GROUP BY 1, 2"
        )
    return (
        f"SELECT * FROM (SELECT {name}, value, sum(bit_count(b.bits & f.bits[block + 1]))::bigint"
        f" AS n FROM {BLOCKS} AS b, {in_order} AS f"
        f" WHERE {condition} GROUP BY 1, 2) AS counted WHERE n > 0"
    )


def _by_reading(tables: Tables, name: str) -> str:
    """Return the SELECT that counts one facet from the records themselves."""
    filterset = tables.filterset
    chosen: CodesFilter = filterset.filters[name]
    column = chosen.field_name
    entries = filterset.without(name).order_by().values("ordinal", "actors", column)
    hits = f"hits_{name}"
    tables.tables[hits] = f"MATERIALIZED ({tables.compiled(entries)})"
    actors = filterset.values("stakeholder")
    if name == "role" and any(code != UNKNOWN for code in actors):
        # With actors selected a role is a role of theirs, as the filter takes it.
        theirs = (
            f"SELECT coalesce(nullif(role, ''), '{UNKNOWN}') AS code, entry_id"
            f" FROM {Participation._meta.db_table}"
            f" WHERE actor_reference = ANY({tables.param(list(actors))})"
            f" AND entry_id IN (SELECT ordinal FROM {hits})"
        )
        if UNKNOWN in actors:
            theirs += f" UNION ALL SELECT unnest(roles), ordinal FROM {hits} WHERE actors = '{{}}'"
        return f"SELECT 'role', code, count(DISTINCT entry_id) FROM ({theirs}) AS acts GROUP BY 2"
    value = f'unnest("{column}")' if chosen.many else f'"{column}"'
    return (
        f"SELECT '{name}', code, count(*) FROM"
        f" (SELECT {value} AS code FROM {hits}) AS {name}_codes GROUP BY 2"
    )
