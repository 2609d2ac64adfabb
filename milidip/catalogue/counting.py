"""How many records, in all and by the values of each facet? One statement, by bits.

Every filter becomes a row of bits for each block of 30,000 ordinals. A facet that is filtered
by has its bits in `FacetBlock` already; what a search or a period finds is made into bits. Then
a count is the number of bits that the filter and a value have in common: no record is read again.

A facet without blocks, and the role of actors that are selected, are counted by reading records.
Nothing else is: on one block, the size of a small register, both ways take some milliseconds, and
on a large one reading is quicker only for a few hundred hits.
"""

# SQL is put together here: names of columns come from the FilterSet; values are parameters.
# ruff: noqa: S608

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from milidip.catalogue.filters import CodesFilter, EntryFilterSet, SearchFilter
from milidip.catalogue.kept import kept
from milidip.catalogue.models import Entry, FacetBlock, Participation, Search
from milidip.codebook.choices import UNKNOWN

# What the triggers of migrations 0005 and 0006 keep blocks of.
IN_BLOCKS = {
    "track",
    "touches",
    "region",
    "place",
    "family",
    "activity",
    "military_role",
    "role",
    "objective",
    "theme",
    "status",
    "participant_country",
    "exercise_form",
    "exercise_environment",
    "exercise_focus",
    "mandating_body",
    "dialogue_format",
    "year",
}
# What is a facet, and what selects from it when that is not a parameter of the same name.
SELECTED_BY = {"year": ("after", "before", "dates")}
BLOCKS = FacetBlock._meta.db_table
TOTAL = ""

# The same as in the trigger: words of 60 bits, written as 15 hexadecimal digits.
BITS_OF_HITS = """
SELECT block, ('x' || repeat('0', 15 * min(word)) || string_agg(
    lpad(to_hex(digits), 15, '0') || repeat('0', 15 * (next - word - 1)), '' ORDER BY word
))::bit varying AS bits
FROM (
    SELECT *, lead(word, 1, 500) OVER (PARTITION BY block ORDER BY word) AS next
    FROM (
        SELECT ordinal / 30000 AS block, mod(ordinal, 30000) / 60 AS word,
            bit_or(1::bigint << (59 - mod(ordinal, 60))) AS digits
        FROM ({hits}) AS hits (ordinal) GROUP BY 1, 2
    ) AS words
) AS spread
GROUP BY 1"""

# Word by word, so that only those are taken apart in which a bit is set.
ORDINALS_OF_BITS = f"""
SELECT first + bit
FROM (
    SELECT block * 30000 + 60 * word AS first, substring(bits from 60 * word + 1 for 60) AS digits
    FROM {{}}, generate_series(0, 499) AS word OFFSET 0
) AS words, generate_series(0, 59) AS bit
WHERE digits <> B'{"0" * 60}' AND get_bit(digits, bit) = 1"""
# As in `EntryFilterSet.ordered`. Each has an index.
ORDERS = {
    "newest": "e.start_earliest DESC NULLS LAST, e.ordinal DESC",
    "oldest": "e.start_earliest ASC NULLS LAST, e.ordinal ASC",
    "title": "e.sort_key ASC, e.ordinal ASC",
}
# With a million records, from some 5,000 found it is quicker to go through them in order.
MANY = 1_000_000

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """The number of records found, and of each facet the number by code."""

    total: int
    facets: dict[str, Counts]


def count(filterset: EntryFilterSet, names: Iterable[str] = ()) -> Counted:
    """Count what a filter finds; each facet without its own selection. One query.

    What was counted before, for this request or for this revision, is not counted again.
    """
    names = tuple(names)
    if names not in filterset.counted:
        chosen = sorted((name, value) for name, value in filterset.form.cleaned_data.items())
        key = ("count", chosen, names)
        filterset.counted[names] = Counted(*kept(key, lambda: _count(filterset, names)))
    return filterset.counted[names]


def _count(filterset: EntryFilterSet, names: Iterable[str]) -> tuple[int, dict[str, Counts]]:
    statement = _Statement(filterset)
    statement.count_all()
    for name in names:
        statement.count_facet(name)
    facets: dict[str, dict[str, int]] = {name: {} for name in names}
    total = 0
    with connection.cursor() as cursor:
        cursor.execute(*statement.compiled())
        for name, code, number in cursor:
            if name == TOTAL:
                total = int(number or 0)
            else:
                facets[name][code] = int(number)
    return total, facets


def page(filterset: EntryFilterSet, total: int, offset: int, size: int) -> list[int]:
    """Return the ordinals of some records of a list, in its order.

    ``total`` is what the filter finds. When that is much, records are looked at in the order of
    the list until enough of them have their bit set; otherwise those found are put in order. So
    neither a wide filter nor a narrow one reads more than some thousand records.
    """
    statement = _Statement(filterset)
    table = statement.found(())
    order = ORDERS.get(filterset.sort_for(total))
    if not table or not order:
        found = filterset.ordered(total).values_list("pk", flat=True)
        return list(found[offset : offset + size])
    with connection.cursor() as cursor:
        cursor.execute(*statement.page(table, order, total, offset, size))
        return [ordinal for (ordinal,) in cursor]


@dataclass
class _Statement:
    """Tables of bits, each made once, and the counts that are taken from them."""

    filterset: EntryFilterSet
    tables: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    together: dict[str, list[str]] = field(default_factory=dict)
    counts: list[str] = field(default_factory=list)

    def compiled(self) -> tuple[str, dict[str, Any]]:
        counts = [*self.counts]
        for table, names in self.together.items():
            counts.append(self._by_bits(table, names))
        return self._with_tables(" UNION ALL ".join(counts))

    def page(
        self, table: str, order: str, total: int, offset: int, size: int
    ) -> tuple[str, dict[str, Any]]:
        entries = Entry._meta.db_table
        if total * total > (offset + size) * MANY:
            rows = (
                f"{entries} AS e JOIN {table} AS f ON f.block = e.ordinal / 30000"
                " WHERE get_bit(f.bits, mod(e.ordinal, 30000)) = 1"
            )
        else:
            rows = (
                f"{entries} AS e WHERE e.ordinal = ANY (ARRAY({ORDINALS_OF_BITS.format(table)}))"
            )
        return self._with_tables(
            f"SELECT e.ordinal FROM {rows} ORDER BY {order}"
            f" LIMIT {self._param(size)} OFFSET {self._param(offset)}"
        )

    def _with_tables(self, select: str) -> tuple[str, dict[str, Any]]:
        tables = ", ".join(f"{name} AS {sql}" for name, sql in self.tables.items())
        return f"{f'WITH {tables} ' if tables else ''}{select}", self.params

    def count_all(self) -> None:
        if table := self.found(()):
            number = f"(SELECT sum(bit_count(bits)) FROM {table})"
        else:
            # Every record has one status.
            number = f"(SELECT sum(n) FROM {BLOCKS} WHERE facet = 'status')"
        self.counts.append(f"SELECT '{TOTAL}' AS facet, '' AS value, {number}::bigint AS n")

    def count_facet(self, name: str) -> None:
        actors = self.filterset.values("stakeholder")
        if name not in IN_BLOCKS or (name == "role" and actors):
            self.counts.append(self._by_reading(name))
            return
        own = SELECTED_BY.get(name, (name,))
        left_out = tuple(one for one in own if self.filterset.form.cleaned_data.get(one))
        self.together.setdefault(self.found(left_out), []).append(name)

    def _param(self, value: Any) -> str:
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"

    def _compiled(self, query: QuerySet[Any]) -> str:
        """Return the SQL of a query, its parameters by name like all others."""
        sql, values = query.query.sql_with_params()
        return sql.replace("%%", "%%%%") % tuple(self._param(value) for value in values)

    def found(self, left_out: tuple[str, ...]) -> str:
        """Return the name of a table of bits of what is found; empty when that is everything."""
        steps = self.filterset.steps(*left_out)
        parts = [self._bits(name, step) for name, step in steps.items()]
        if len(parts) < 2:
            return "".join(parts)
        name = "_and_".join(parts)
        name = f"found_{len(self.tables)}" if len(name) > 60 else name
        if name not in self.tables:
            bits = " & ".join(f"{part}.bits" for part in parts)
            joined = " JOIN ".join([parts[0], *(f"{part} USING (block)" for part in parts[1:])])
            self.tables[name] = f"MATERIALIZED (SELECT block, {bits} AS bits FROM {joined})"
        return name

    def _bits(self, name: str, step: Any) -> str:
        """Return the name of the table of bits of one restriction."""
        table = f"by_{name}"
        if table in self.tables:
            return table
        if name in IN_BLOCKS:
            codes = self._param(list(self.filterset.values(name)))
            sql = (
                # The empty bits are added to hold the rest unpacked, and not once for each value.
                f"SELECT block, bit_or(bits || B'') AS bits FROM {BLOCKS}"
                f" WHERE facet = '{name}' AND value = ANY({codes}) GROUP BY 1"
            )
        else:
            chosen = self.filterset.filters.get(name)
            if isinstance(chosen, SearchFilter):
                # Straight from the search, without a look at the records.
                query = chosen.condition(self.filterset.values(name), of="")
                hits: QuerySet[Any] = Search.objects.filter(query).values("pk")
            else:
                hits = step(Entry.objects.all()).order_by().values("pk")
            try:
                sql = BITS_OF_HITS.format(hits=self._compiled(hits))
            except EmptyResultSet:
                sql = f"SELECT block, bits FROM {BLOCKS} WHERE false"
        self.tables[table] = f"MATERIALIZED ({sql})"
        return table

    def _by_bits(self, table: str, names: list[str]) -> str:
        """Return the SELECT that counts facets which leave out the same selection."""
        chosen = self._param(names)
        if not table:
            return (
                f"SELECT facet, value, sum(n)::bigint FROM {BLOCKS}"
                f" WHERE facet = ANY({chosen}) GROUP BY 1, 2"
            )
        return (
            f"SELECT * FROM (SELECT facet, value, sum(bit_count(b.bits & f.bits))::bigint AS n"
            f" FROM {BLOCKS} AS b JOIN {table} AS f USING (block)"
            f" WHERE facet = ANY({chosen}) GROUP BY 1, 2) AS counted WHERE n > 0"
        )

    def _by_reading(self, name: str) -> str:
        """Return the SELECT that counts one facet from the records themselves."""
        filterset = self.filterset
        chosen: CodesFilter = filterset.filters[name]
        column = chosen.field_name
        hits = f"hits_{name}"
        entries = filterset.without(name).order_by().values("ordinal", "actors", column)
        self.tables[hits] = f"MATERIALIZED ({self._compiled(entries)})"
        actors = filterset.values("stakeholder")
        if name == "role" and any(code != UNKNOWN for code in actors):
            # With actors selected a role is a role of theirs, as the filter takes it.
            theirs = (
                f"SELECT coalesce(nullif(role, ''), '{UNKNOWN}') AS code, entry_id"
                f" FROM {Participation._meta.db_table}"
                f" WHERE actor_reference = ANY({self._param(list(actors))})"
                f" AND entry_id IN (SELECT ordinal FROM {hits})"
            )
            if UNKNOWN in actors:
                theirs += (
                    f" UNION ALL SELECT unnest(roles), ordinal FROM {hits} WHERE actors = '{{}}'"
                )
            return (
                f"SELECT 'role', code, count(DISTINCT entry_id) FROM ({theirs}) AS acts GROUP BY 2"
            )
        value = f'unnest("{column}")' if chosen.many else f'"{column}"'
        return (
            f"SELECT '{name}', code, count(*) FROM"
            f" (SELECT {value} AS code FROM {hits}) AS {name}_codes GROUP BY 2"
        )
