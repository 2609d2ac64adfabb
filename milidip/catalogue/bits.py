"""Which records does a filter find? Rows of bits, one for each block of 30,000 ordinals.

A facet that is filtered by has its bits in `FacetBlock` already, and whole years of a period and
frequent words of a search have too; what else a search finds is made into bits. Filters are put
together with ``&``. Nothing is read of a record to find out that it is found.
"""

# SQL is put together here: names of columns come from the FilterSet; values are parameters.
# ruff: noqa: S608

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Q, QuerySet

from milidip.catalogue import frequent
from milidip.catalogue.filters import EntryFilterSet, SearchFilter, Step
from milidip.catalogue.models import Entry, FacetBlock, Search
from milidip.catalogue.periods import Bound

# What the triggers of migration 0012 keep blocks of.
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
BLOCKS = FacetBlock._meta.db_table
# The facet of the blocks of frequent words, which no page offers.
WORD = "word"

# The same as in the trigger: words of 60 bits, written as 15 hexadecimal digits.
BITS_OF_HITS = """
SELECT block, ('x' || repeat('0', 15 * min(word)) || string_agg(
    lpad(to_hex(digits), 15, '0') || repeat('0', 15 * (next - word - 1)), '' ORDER BY word
))::bit varying AS bits
FROM (
    SELECT at / 500 AS block, mod(at, 500) AS word, digits,
        lead(mod(at, 500), 1, 500) OVER (PARTITION BY at / 500 ORDER BY at) AS next
    FROM (
        SELECT ordinal / 60 AS at, bit_or(1::bigint << (59 - mod(ordinal, 60))) AS digits
        FROM ({hits}) AS hits (ordinal) GROUP BY 1
    ) AS words
) AS spread
GROUP BY 1"""


def _is_year(comparison: str) -> str:
    """Return SQL that compares the value of a block when that is a year."""
    return f"(CASE WHEN value ~ '^[0-9]+$' THEN value::integer {comparison} END)"


@dataclass
class Tables:
    """Tables of bits for one statement, each made once, and the parameters of all."""

    filterset: EntryFilterSet
    tables: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)

    def statement(self, select: str) -> tuple[str, dict[str, Any]]:
        """Return ``select`` with the tables before it, and the parameters."""
        tables = ", ".join(f"{name} AS {sql}" for name, sql in self.tables.items())
        return f"{f'WITH {tables} ' if tables else ''}{select}", self.params

    def param(self, value: Any) -> str:
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"

    def compiled(self, query: QuerySet[Any]) -> str:
        """Return the SQL of a query, its parameters by name like all others."""
        sql, values = query.query.sql_with_params()
        return sql.replace("%%", "%%%%") % tuple(self.param(value) for value in values)

    def given(self, bits: Mapping[int, str]) -> str:
        """Return the name of a table of bits that were read before."""
        blocks, texts = self.param(list(bits)), self.param(",".join(bits.values()))
        self.tables["given"] = (
            f"MATERIALIZED (SELECT block, text::bit varying AS bits FROM"
            f" unnest({blocks}::integer[], string_to_array({texts}, ',')) AS given (block, text))"
        )
        return "given"

    def found(self, left_out: tuple[str, ...]) -> str:
        """Return the name of a table of bits of what is found; empty when that is everything."""
        steps = self.filterset.steps(*left_out)
        parts = [self._bits(name, step) for name, step in steps.items()]
        if len(parts) < 2:
            return "".join(parts)
        name = "_and_".join(parts)
        name = f"found_{len(self.tables)}" if len(name) > 55 else name
        if name not in self.tables:
            bits = " & ".join(f"{part}.bits" for part in parts)
            joined = " JOIN ".join([parts[0], *(f"{part} USING (block)" for part in parts[1:])])
            self.tables[name] = f"MATERIALIZED (SELECT block, {bits} AS bits FROM {joined})"
        return name

    def in_order(self, found: str) -> str:
        """Return the name of a table of one row: the bits of ``found`` as an array over blocks.

        Against it all blocks are held in one pass, which a join would look up one by one.
        """
        if not found:
            return ""
        name = f"all_{found}"
        self.tables[name] = (
            "MATERIALIZED (SELECT array_agg(f.bits ORDER BY block) AS bits FROM"
            f" generate_series(0, (SELECT max(block) FROM {found})) AS every (block)"
            f" LEFT JOIN {found} AS f USING (block))"
        )
        return name

    def _bits(self, name: str, step: Step) -> str:
        """Return the name of the table of bits of one restriction."""
        table = f"by_{name}"
        if table in self.tables:
            return table
        if name in IN_BLOCKS:
            codes = self.param(list(self.filterset.values(name)))
            sql = (
                f"SELECT block, bit_or(bits) AS bits FROM {BLOCKS}"
                f" WHERE facet = '{name}' AND value = ANY({codes}) GROUP BY 1"
            )
        elif name in ("after", "before"):
            sql = self._bits_of_period(name, self.filterset.form.cleaned_data[name])
        elif isinstance(self.filterset.filters.get(name), SearchFilter):
            sql = self._bits_of_search(frequent.plan(self.filterset.values(name)))
        else:
            hits = step(Entry.objects.all()).order_by().values("pk")
            try:
                sql = BITS_OF_HITS.format(hits=self.compiled(hits))
            except EmptyResultSet:
                sql = f"SELECT block, bits FROM {BLOCKS} WHERE false"
        self.tables[table] = f"MATERIALIZED ({sql})"
        return table

    def _bits_of_search(self, plan: frequent.Plan) -> str:
        """Put frequent words together from their blocks; look for the rest in the index."""
        parts = []
        for words in plan.bits:
            tables = [
                f"(SELECT block, bit_or(bits) AS bits FROM {BLOCKS} WHERE facet = '{WORD}'"
                f" AND value = ANY({self.param(spellings)}) GROUP BY 1) AS w{number}"
                for number, spellings in enumerate(words)
            ]
            bits = " & ".join(f"w{number}.bits" for number in range(len(words)))
            joined = " JOIN ".join(
                [tables[0], *(f"{table} USING (block)" for table in tables[1:])]
            )
            parts.append(f"SELECT block, {bits} AS bits FROM {joined}")
        if plan.rest:
            # Straight from the index, without a look at the records.
            hits = (
                f"SELECT entry_id FROM {Search._meta.db_table}"
                f" WHERE vector @@ {self.param(plan.rest)}::tsquery"
            )
            parts.append(BITS_OF_HITS.format(hits=hits))
        if not parts:
            return f"SELECT block, bits FROM {BLOCKS} WHERE false"
        either = " UNION ALL ".join(parts)
        return f"SELECT block, bit_or(bits) AS bits FROM ({either}) AS either GROUP BY 1"

    def _bits_of_period(self, name: str, bound: Bound) -> str:
        """Take whole years from their blocks; read the records of the year that is cut only."""
        conditions, parts = [], []
        if bound.unknown:
            conditions.append("facet = 'until' AND value = 'unknown'")
        if name == "after" and (first := bound.first):
            whole = first.year if (first.month, first.day) == (1, 1) else first.year + 1
            conditions.append(f"facet = 'until' AND (value = 'open' OR {_is_year(f'>= {whole}')})")
            if whole > first.year:
                cut = Q(overlap_to__gte=first, overlap_to__lt=date(whole, 1, 1))
                parts.append(Entry.objects.filter(cut))
        if name == "before" and (last := bound.last):
            whole = last.year if (last.month, last.day) == (12, 31) else last.year - 1
            conditions.append(f"facet = 'year' AND {_is_year(f'<= {whole}')}")
            if whole < last.year:
                cut = Q(overlap_from__lte=last, overlap_from__gt=date(whole, 12, 31))
                parts.append(Entry.objects.filter(cut))
        of_years = f"SELECT block, bits FROM {BLOCKS} WHERE " + " OR ".join(
            f"({condition})" for condition in conditions
        )
        of_hits = [
            BITS_OF_HITS.format(hits=self.compiled(part.order_by().values("pk"))) for part in parts
        ]
        either = " UNION ALL ".join([of_years, *of_hits])
        return f"SELECT block, bit_or(bits) AS bits FROM ({either}) AS either GROUP BY 1"
