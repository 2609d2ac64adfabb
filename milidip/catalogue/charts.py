"""How many by year? A bar chart in SVG that says in words what it shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractYear

from milidip.catalogue.models import Entry

WIDTH, HEIGHT = 640, 120
# More years than this are told by decade.
MOST_BARS = 90


@dataclass(frozen=True, slots=True)
class Bar:
    """A year, or a decade, with its count; ``url`` leads to the records, or is empty."""

    label: str
    count: int
    url: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class YearChart:
    """Bars in a frame of ``width`` by ``height`` units; years without a record have none."""

    bars: list[Bar]
    first: str
    last: str
    most: int
    by_decade: bool
    undated: int
    width: int = WIDTH
    height: int = HEIGHT


def by_year(entries: QuerySet[Entry]) -> dict[int | None, int]:
    """Return how many began in each year as known, by one query; None: without a date."""
    years = entries.order_by().annotate(year=ExtractYear("start_earliest"))
    return dict(years.values_list("year").annotate(Count("pk")))


def year_chart(
    counts: Mapping[int | None, int], address: Callable[[int, int], str]
) -> YearChart | None:
    """Return the chart of ``counts``; ``address`` gives the list from one year to another.

    None when nothing has a date.
    """
    known = {year: count for year, count in counts.items() if year is not None}
    if not known:
        return None
    first, last = min(known), max(known)
    step = 10 if last - first + 1 > MOST_BARS else 1
    slots: dict[int, int] = {}
    for year, count in known.items():
        slots[year - year % step] = slots.get(year - year % step, 0) + count
    start = first - first % step
    number = (last - start) // step + 1
    room = WIDTH / number
    # A single year is a bar and not a wall.
    width = min(room * 0.8, 28.0)
    most = max(slots.values())
    bars = []
    for slot in sorted(slots):
        height = max(slots[slot] / most * HEIGHT, 2.0)
        end = min(slot + step - 1, last)
        bars.append(
            Bar(
                label=f"{slot}" if end == slot else f"{slot}\N{EN DASH}{end}",
                count=slots[slot],
                url=address(slot, end),
                x=round(((slot - start) / step + 0.5) * room - width / 2, 1),
                y=round(HEIGHT - height, 1),
                width=round(width, 1),
                height=round(height, 1),
            )
        )
    return YearChart(
        bars=bars,
        first=str(first),
        last=str(last),
        most=most,
        by_decade=step > 1,
        undated=counts.get(None, 0),
    )
