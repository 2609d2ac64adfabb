"""The time line: what began when, stacked by kind of activity, and which sources cover which years.

A record is counted where its first day is known to lie. A year-only date has no month: in a
chart of months it gets a column of its own after December, never January. Where no dataset
covers a year, the ground is grey: few records there say something about the sources.
"""

# SQL is put together here: the name of a table comes from the model; values are parameters.
# ruff: noqa: S608

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.db.models.functions import ExtractMonth, ExtractYear, Length
from django.utils.dates import MONTHS_3
from django.utils.translation import gettext as _

from milidip.catalogue import labels
from milidip.catalogue.models import Entry
from milidip.catalogue.periods import Bound
from milidip.codebook.choices import UNKNOWN
from milidip.codebook.coverage import Coverage, coverages

SHOWN_APART = 6
"""So many kinds of activity have a colour; the rest is one more."""
REST = "rest"
ANY = ""
"""The one kind of a chart that does not tell kinds apart."""
MONTHS_UP_TO = 3
"""A period of so many years or fewer is shown by months."""
SLOTS = 13
"""Columns of a year by months: twelve, and one for what has no month."""
HEIGHT = 100

Years = dict[int, Counter[str]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a column: one kind of activity."""

    tone: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """What began in one year or month; ``vague`` says that the month is not known."""

    x: int
    label: str
    count: int
    parts: list[Part]
    counts: Mapping[str, int]
    url: str = ""
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of activity in the legend and the table."""

    code: str
    label: str
    tone: int
    count: int


@dataclass(frozen=True, slots=True)
class Lane:
    """The years in which datasets cover one kind of activity, and which datasets these are."""

    label: str
    spans: list[tuple[int, int]]
    """First column and number of columns of each."""
    datasets: list[Coverage]


@dataclass(slots=True)
class Chart:
    """What `catalogue/_timeline.html` draws: columns on a ground of ``width`` by 100 units."""

    width: int
    columns: list[Column]
    ticks: list[str]
    kinds: list[Kind]
    highest: int
    total: int
    by_month: bool = False
    gaps: list[tuple[int, int]] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    first: int = 0
    last: int = 0

    @property
    def busiest(self) -> Column | None:
        return max(self.columns, key=lambda column: column.count, default=None)

    @property
    def outline(self) -> str:
        """All columns as the one path that a small chart without words needs."""
        return "".join(
            f"M{column.x}.08 {part.y}h.84v{part.height}h-.84z"
            for column in self.columns
            for part in column.parts
        )

    @property
    def rows(self) -> list[Column]:
        """The columns that hold anything: the table that says the same."""
        return [column for column in self.columns if column.count]


def tally(entries: QuerySet[Entry]) -> tuple[Years, int]:
    """Return how many of ``entries`` began in each year, by kind; and how many have no start."""
    years: Years = defaultdict(Counter)
    undated = 0
    rows = (
        entries.order_by()
        .annotate(year=ExtractYear("start_earliest"))
        .values_list("year", "family")
        .annotate(n=Count("pk"))
    )
    for year, family, count in rows:
        if year is None:
            undated += count
        else:
            years[year][family] += count
    return dict(years), undated


def years_of(counts: Mapping[str, int]) -> Years:
    """Return the counts of the facet ``year``, kinds not told apart."""
    return {int(year): Counter({ANY: n}) for year, n in counts.items() if year != UNKNOWN and n}


def tally_months(entries: QuerySet[Entry]) -> dict[tuple[int, int], Counter[str]]:
    """Return how many began in each (year, month), by kind; month 13 is “not known”."""
    months: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    month = Case(
        When(start_length__gt=4, then=ExtractMonth("start_earliest")),
        default=Value(SLOTS),
        output_field=IntegerField(),
    )
    rows = (
        entries.order_by()
        .filter(start_earliest__isnull=False)
        .annotate(start_length=Length("date_start"))
        .annotate(year=ExtractYear("start_earliest"), month=month)
        .values_list("year", "month", "family")
        .annotate(n=Count("pk"))
    )
    for year, number, family, count in rows:
        months[year, number][family] += count
    return dict(months)


def years_asked(start: Bound | None, end: Bound | None) -> tuple[int, int] | None:
    """Return first and last year of a closed period that was asked for."""
    if start and start.first and end and end.last:
        return start.first.year, end.last.year
    return None


def chart_of_years(
    years: Mapping[int, Counter[str]],
    address: Callable[[str], str] | None = None,
    families: Iterable[str] = (),
    asked: tuple[int, int] | None = None,
    datasets: Iterable[str] = (),
) -> Chart:
    """Return the chart by year, over whole decades so that its marks stand evenly."""
    inside = {y: n for y, n in years.items() if not asked or asked[0] <= y <= asked[1]}
    present = [coverage for coverage in coverages() if coverage.dataset in set(datasets)]
    first = min([*inside, *([asked[0]] if asked else [])], default=2000) // 10 * 10
    last = max([*inside, *([asked[1]] if asked else [])], default=2029) // 10 * 10 + 9
    kinds = _kinds(inside.values())
    highest = max((counts.total() for counts in inside.values()), default=0)
    columns = [
        _column(
            year - first, str(year), inside[year], kinds, highest, address and address(str(year))
        )
        for year in range(first, last + 1)
        if year in inside
    ]
    lanes = _lanes(present, set(families), first, last)
    covered = {
        x for lane in lanes for start, width in lane.spans for x in range(start, start + width)
    }
    gaps = _runs(x for x in range(last - first + 1) if x not in covered)
    return Chart(
        last - first + 1,
        columns,
        [str(decade) for decade in range(first, last, 10)],
        kinds,
        highest,
        sum(counts.total() for counts in inside.values()),
        gaps=gaps if lanes else [],
        lanes=lanes,
        first=first,
        last=last,
    )


def chart_of_months(
    months: Mapping[tuple[int, int], Counter[str]],
    asked: tuple[int, int],
    address: Callable[[str], str] | None = None,
) -> Chart:
    """Return the chart by month of the years ``asked``, with a place for what has no month."""
    inside = {key: n for key, n in months.items() if asked[0] <= key[0] <= asked[1]}
    kinds = _kinds(inside.values())
    highest = max((counts.total() for counts in inside.values()), default=0)
    columns = []
    for (year, month), counts in sorted(inside.items()):
        vague = month == SLOTS
        label = (
            _("%(year)s, month not known") % {"year": year}
            if vague
            else f"{MONTHS_3[month]} {year}".capitalize()
        )
        said = str(year) if vague else f"{year}-{month:02}"
        x = (year - asked[0]) * SLOTS + month - 1
        columns.append(_column(x, label, counts, kinds, highest, address and address(said), vague))
    return Chart(
        (asked[1] - asked[0] + 1) * SLOTS,
        columns,
        [str(year) for year in range(asked[0], asked[1] + 1)],
        kinds,
        highest,
        sum(counts.total() for counts in inside.values()),
        by_month=True,
        first=asked[0],
        last=asked[1],
    )


def cells_of(column: Column, chart: Chart) -> list[int]:
    """Return the counts of one column of the chart, in the order of the legend."""
    apart = {kind.code for kind in chart.kinds}
    return [_count(column.counts, kind, apart) for kind in chart.kinds]


def _count(counts: Mapping[str, int], kind: Kind, apart: set[str]) -> int:
    if kind.code == REST:
        return sum(count for code, count in counts.items() if code not in apart)
    return counts.get(kind.code, 0)


def present_datasets() -> list[str]:
    """Return the datasets that have public records: one look into an index for each known one."""
    names = [coverage.dataset for coverage in coverages()]
    table = Entry._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name"
            f" WHERE EXISTS (SELECT FROM {table} WHERE source_dataset = name)",
            [names],
        )
        return [name for (name,) in cursor]


def _kinds(counts: Iterable[Counter[str]]) -> list[Kind]:
    """Return the most frequent kinds, in the order of the codebook, and the rest as one."""
    totals: Counter[str] = Counter()
    for one in counts:
        totals.update(one)
    often = {code for code, _n in totals.most_common(SHOWN_APART)}
    if len(totals) == SHOWN_APART + 1:
        often = set(totals)
    order = [ANY, *labels.vocabulary("family"), UNKNOWN]
    tones = {code: max(number, 1) for number, code in enumerate(order)}
    kinds = [
        Kind(code, labels.label("family", code), tones[code], totals[code])
        for code in order
        if code in often
    ]
    if rest := totals.total() - sum(kind.count for kind in kinds):
        kinds.append(Kind(REST, _("All other kinds"), 0, rest))
    return kinds


def _column(
    x: int,
    label: str,
    counts: Counter[str],
    kinds: list[Kind],
    highest: int,
    url: str | None,
    vague: bool = False,
) -> Column:
    apart = {kind.code for kind in kinds}
    parts, top = [], float(HEIGHT)
    for kind in kinds:
        if count := _count(counts, kind, apart):
            height = count * HEIGHT / highest
            top -= height
            parts.append(Part(kind.tone, round(top, 2), round(height, 2)))
    return Column(x, label, counts.total(), parts, counts, url or "", vague)


def _lanes(present: Iterable[Coverage], families: set[str], first: int, last: int) -> list[Lane]:
    by_family: dict[str, list[Coverage]] = defaultdict(list)
    for coverage in present:
        for family in coverage.families:
            if not families or family in families:
                by_family[family].append(coverage)
    lanes = []
    for family in labels.vocabulary("family"):
        if family in by_family:
            years = {
                year - first
                for coverage in by_family[family]
                for year in range(max(first, coverage.first), min(last, coverage.last) + 1)
            }
            lanes.append(Lane(labels.label("family", family), _runs(years), by_family[family]))
    return lanes


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return numbers as runs of neighbours: the first of each, and how many there are."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and sum(runs[-1]) == number:
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    return [(first, length) for first, length in runs]
