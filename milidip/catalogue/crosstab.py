"""Two questions asked of the same records at once: how many, by this and by that.

Counted as whole records: PostgreSQL groups what is filtered by the two columns as they are, with
all the codes of a record together, and the codes are told apart here. So a record that belongs in
several rows is in each of them and still once in every total. Alias regions, which overlap, are
never a row or a column.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractYear
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue import labels
from milidip.catalogue.addresses import Pairs
from milidip.catalogue.models import Entry
from milidip.catalogue.shades import Shades
from milidip.codebook.choices import UNKNOWN, RegionKind

CONTINENTS = ("002", "019", "142", "150", "009", "010", "001")
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A question: the column it reads, its vocabulary, and the filter that a value leads to."""

    name: str
    label: Promise | str
    column: str
    vocabulary: str
    parameter: str = ""
    many: bool = False
    codes: Callable[[Any], Iterable[str]] | None = None

    def of(self, value: Any) -> list[str]:
        """Return the codes, at least one, that a value of the column stands for."""
        if self.codes:
            return list(self.codes(value))
        if self.many:
            return list(value) or [UNKNOWN]
        return [value or UNKNOWN]

    def order(self, codes: Iterable[str]) -> list[str]:
        """Return ``codes`` in the order of the codebook, what is not known last."""
        found = set(codes)
        if not self.vocabulary:
            return [*sorted(found - {UNKNOWN}), *([UNKNOWN] if UNKNOWN in found else [])]
        last = [code for code in (ELSEWHERE, UNKNOWN) if code in found]
        known = labels.vocabulary(self.vocabulary)
        inside = [code for code in known if code in found and code not in last]
        rest = sorted(found - set(inside) - set(last))
        return [*inside, *rest, *last]

    def label_of(self, code: str) -> str:
        if code == ELSEWHERE:
            return _("At sea or in another area")
        if code == UNKNOWN or self.vocabulary:
            return labels.label(self.vocabulary, code)
        return _("%(decade)ss") % {"decade": code} if self.name == "decade" else code


def _continents(value: Sequence[str]) -> list[str]:
    found = [code for code in CONTINENTS if code in value]
    if found:
        return found
    return [UNKNOWN] if UNKNOWN in value or not value else [ELSEWHERE]


def _subregions(value: Sequence[str]) -> list[str]:
    regions = labels.vocabulary("region")
    found = [c for c in value if c in regions and regions[c].kind == RegionKind.M49]
    if found:
        return found
    return [UNKNOWN] if UNKNOWN in value or not value else [ELSEWHERE]


def _year(value: int | None) -> list[str]:
    return [UNKNOWN if value is None else str(value)]


def _decade(value: int | None) -> list[str]:
    return [UNKNOWN if value is None else str(value // 10 * 10)]


DIMENSIONS = {
    dimension.name: dimension
    for dimension in (
        Dimension("track", gettext_lazy("Track"), "track", "track", "track"),
        Dimension(
            "touches", gettext_lazy("Track it touches"), "touches", "track", "touches", many=True
        ),
        Dimension(
            "region",
            gettext_lazy("World region"),
            "region_codes",
            "region",
            "region",
            many=True,
            codes=_continents,
        ),
        Dimension(
            "subregion",
            gettext_lazy("Region, in detail"),
            "regions",
            "region",
            "region",
            many=True,
            codes=_subregions,
        ),
        Dimension("family", gettext_lazy("Kind of activity"), "family", "family", "family"),
        Dimension(
            "activity", gettext_lazy("Activity, in detail"), "activity", "activity", "activity"
        ),
        Dimension("decade", gettext_lazy("Decade it began"), "year", "", codes=_decade),
        Dimension("year", gettext_lazy("Year it began"), "year", "", codes=_year),
        Dimension(
            "actor_type",
            gettext_lazy("Who took part, by kind"),
            "actor_types",
            "actor_type",
            many=True,
        ),
        Dimension(
            "military_role",
            gettext_lazy("What the military did"),
            "military_role",
            "military_role",
            "military_role",
            many=True,
        ),
        Dimension(
            "objective",
            gettext_lazy("Objective"),
            "objectives",
            "objective",
            "objective",
            many=True,
        ),
        Dimension("status", gettext_lazy("Status"), "status", "status", "status"),
        Dimension(
            "conduct", gettext_lazy("Ethics: conduct"), "conduct_assessment", "conduct_status"
        ),
        Dimension(
            "clearance", gettext_lazy("Ethics: how it was cleared"), "review_kind", "review_kind"
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Cell:
    count: int
    shade: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A row or a column: its total counts each record once."""

    code: str
    label: str
    total: int
    url: str = ""
    width: float = 0


@dataclass(slots=True)
class CrossTab:
    """The table as `catalogue/reports.html` shows it."""

    rows: Dimension
    columns: Dimension
    row_heads: list[Heading]
    column_heads: list[Heading]
    lines: list[tuple[Heading, list[Cell]]]
    total: int
    shades: Shades
    many: list[Dimension] = field(default_factory=list)
    """The dimensions of which a record can have several values here, so that totals differ."""


def cross_tab(
    entries: QuerySet[Entry],
    rows: Dimension,
    columns: Dimension,
    address: Callable[[Pairs], str],
    given: Pairs,
) -> CrossTab:
    """Return how many of ``entries`` have each pair of values.

    ``address`` says where a filter by pairs leads; ``given`` is what is filtered by already.
    """
    cells: Counter[tuple[str, str]] = Counter()
    row_totals: Counter[str] = Counter()
    column_totals: Counter[str] = Counter()
    total = 0
    several: set[str] = set()
    for one, other, count in _grouped(entries, rows, columns):
        row_codes, column_codes = rows.of(one), columns.of(other)
        total += count
        several |= {rows.name} if len(row_codes) > 1 else set()
        several |= {columns.name} if len(column_codes) > 1 else set()
        for code in row_codes:
            row_totals[code] += count
        for code in column_codes:
            column_totals[code] += count
        for row in row_codes:
            for column in column_codes:
                cells[row, column] += count
    shades = Shades.up_to(max(cells.values(), default=0))
    widest = max(row_totals.values(), default=1)

    def url(*asked: tuple[Dimension, str]) -> str:
        """Return where values lead; nothing where no filter finds just what is counted.

        Several values of one parameter mean any of them. So it cannot be asked for two at once,
        nor for one beside those that are given, unless a record has no more than one.
        """
        values: dict[str, str] = {}
        for dimension, code in asked:
            name = dimension.parameter
            before = {value for other, value in given if other == name}
            if not name or code == ELSEWHERE or values.get(name, code) != code:
                return ""
            if dimension.many and before and before != {code}:
                return ""
            values[name] = code
        return address(list(values.items()))

    def heads(dimension: Dimension, totals: Counter[str]) -> list[Heading]:
        return [
            Heading(
                code,
                dimension.label_of(code),
                totals[code],
                url((dimension, code)),
                round(totals[code] * 100 / widest, 1),
            )
            for code in dimension.order(totals)
        ]

    row_heads, column_heads = heads(rows, row_totals), heads(columns, column_totals)
    lines = [
        (
            row,
            [
                Cell(
                    count := cells[row.code, column.code],
                    shades.of(count),
                    url((rows, row.code), (columns, column.code)) if count else "",
                )
                for column in column_heads
            ],
        )
        for row in row_heads
    ]
    many = [dimension for dimension in (rows, columns) if dimension.name in several]
    return CrossTab(rows, columns, row_heads, column_heads, lines, total, shades, many)


def _grouped(entries: QuerySet[Entry], rows: Dimension, columns: Dimension) -> Iterable[Any]:
    names = [rows.column, columns.column]
    if "year" in names:
        entries = entries.annotate(year=ExtractYear("start_earliest"))
    if names[0] == names[1]:
        counted = entries.order_by().values_list(names[0]).annotate(n=Count("pk"))
        return ((value, value, count) for value, count in counted)
    return entries.order_by().values_list(*names).annotate(n=Count("pk"))


def as_csv(table: CrossTab) -> str:
    """Return the table as CSV: a row and its total, a column and its total, codes and labels."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            f"{table.rows.name}_code",
            table.rows.name,
            *(h.code for h in table.column_heads),
            "total",
        ]
    )
    for row, cells in table.lines:
        writer.writerow(
            [row.code, _guarded(row.label), *(cell.count for cell in cells), row.total]
        )
    writer.writerow(["total", "", *(head.total for head in table.column_heads), table.total])
    return text.getvalue()


def _guarded(label: str) -> str:
    """A spreadsheet would run what starts like a formula (as `columns.Text` does in SQL)."""
    return f"'{label}" if label[:1] in tuple("=+-@\t\r") else label
