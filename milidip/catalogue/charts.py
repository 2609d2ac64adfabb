"""How many by year? A bar chart in SVG that says in words what it shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from milidip.codebook.choices import UNKNOWN

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


def year_chart(counts: Mapping[str, int], address: Callable[[int, int], str]) -> YearChart | None:
    """Return the chart of the facet ``year``; ``address`` gives the list from year to year.

    None when nothing has a date.
    """
    known = {int(year): count for year, count in counts.items() if year != UNKNOWN}
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
        undated=counts.get(UNKNOWN, 0),
    )
