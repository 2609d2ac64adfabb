"""The map: countries shaded by how many records happened there, and places known exactly.

A pin that is only a country's middle is not public as coordinates (see the gate), so what is
known of a country and no more is a shade, and never a point.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import ngettext

from milidip.catalogue import labels
from milidip.catalogue.addresses import path_of
from milidip.catalogue.models import Entry
from milidip.catalogue.shades import Shades
from milidip.codebook.boundaries.projection import HEIGHT, WIDTH, project
from milidip.codebook.boundaries.world import lands
from milidip.codebook.choices import UNKNOWN, PlacePrecision

MOST_SPOTS = 400
GRID = 5
"""Spots closer to each other than this, in units of the map, are one symbol."""
EXACT = (PlacePrecision.EXACT, PlacePrecision.PLACE)


@dataclass(frozen=True, slots=True)
class Country:
    """A country on the map and in its table; without a ``url`` nothing is known of it."""

    code: str
    label: str
    count: int
    shade: int
    url: str = ""
    selected: bool = False
    outline: str = ""
    point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """One or more records at a place known as a spot or a town; ``url`` only when it is one."""

    x: float
    y: float
    count: int
    size: int
    label: str
    url: str


@dataclass(slots=True)
class WorldMap:
    """What `catalogue/_map.html` draws; ``countries`` are in the order of the drawing."""

    countries: list[Country]
    shades: Shades
    listed: list[Country]
    """Every country with records, most records first: the table that says the same as the map."""
    spots: list[Spot] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def ground(self) -> str:
        """The outlines of all land that leads nowhere, as one."""
        return "".join(country.outline for country in self.countries if not country.url)

    @property
    def undrawn(self) -> list[Country]:
        """Countries with records that the map cannot show, such as states that have ended."""
        drawn = {country.code for country in self.countries}
        return [country for country in self.listed if country.code not in drawn]


def world_map(
    counts: Mapping[str, int],
    address: Callable[[str], str],
    selected: tuple[str, ...] = (),
    spots: list[Spot] | None = None,
) -> WorldMap:
    """Return the map of ``counts`` by country; ``address`` says where a country leads."""
    known = {code: count for code, count in counts.items() if code != UNKNOWN and count}
    shades = Shades.up_to(max(known.values(), default=0))

    def country(code: str, outline: str = "", point: tuple[float, float] | None = None) -> Country:
        count = known.get(code, 0)
        return Country(
            code,
            labels.label("country", code),
            count,
            shades.of(count),
            address(code) if count or code in selected else "",
            code in selected,
            outline,
            point,
        )

    order = labels.vocabulary("country")
    position = {code: number for number, code in enumerate(order)}
    codes = sorted(known, key=lambda code: (-known[code], position.get(code, len(order)), code))
    return WorldMap(
        [country(land.code, land.outline, land.point) for land in lands()],
        shades,
        [country(code) for code in codes],
        spots or [],
    )


def spots_of(entries: QuerySet[Entry]) -> list[Spot]:
    """Return the places of ``entries`` that are known exactly, neighbours together."""
    rows = (
        entries.order_by()
        .filter(latitude__isnull=False, longitude__isnull=False, place_precision__in=EXACT)
        .values_list("latitude", "longitude")
        .annotate(count=Count("pk"), reference=Min("reference"))
        .order_by("-count", "latitude", "longitude")[:MOST_SPOTS]
    )
    clusters: dict[tuple[int, int], list[tuple[float, float, int, str]]] = {}
    for latitude, longitude, count, reference in rows:
        x, y = project(float(latitude), float(longitude))
        clusters.setdefault((round(x / GRID), round(y / GRID)), []).append(
            (x, y, count, reference)
        )
    return [_spot(cluster) for cluster in clusters.values()]


def _spot(cluster: list[tuple[float, float, int, str]]) -> Spot:
    x, y, _count, reference = cluster[0]
    count = sum(one[2] for one in cluster)
    size = 1 if count == 1 else 2 if count < 10 else 3
    label = ngettext("%(n)s record here", "%(n)s records here", count) % {"n": count}
    url = path_of("record", reference) if count == 1 else ""
    return Spot(round(x, 1), round(y, 1), count, size, label, url)


def placeless(entries: QuerySet[Entry]) -> dict[str, int]:
    """Return how many of ``entries`` no country can be shaded for, by what is known instead."""
    nowhere = Q(place_countries=[UNKNOWN])
    at_sea = nowhere & ~Q(place_areas=[UNKNOWN])
    return entries.order_by().aggregate(
        total=Count("pk", filter=nowhere),
        elsewhere=Count("pk", filter=at_sea),
        virtual=Count("pk", filter=nowhere & ~at_sea & Q(place_precision=PlacePrecision.VIRTUAL)),
        withheld=Count(
            "pk", filter=nowhere & ~at_sea & Q(place_precision=PlacePrecision.WITHHELD)
        ),
        exact=Count("pk", filter=Q(latitude__isnull=False, place_precision__in=EXACT)),
    )
