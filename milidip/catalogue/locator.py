"""Where in the world is that? A small map, drawn from the boundaries that the register has.

Only what a page says in words is drawn: countries as areas, spots and towns as points. A country's
middle is never a point.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from pathlib import Path

from milidip import codebook

BOUNDARIES = Path(codebook.__file__).with_name("boundaries") / "countries-110m.geojson"
WIDTH, HEIGHT = 320, 200
# Degrees of latitude that a map shows at least, so that there is something to know the place by.
LEAST = 16.0
MARGIN = 1.3
SOUTH, NORTH = -58.0, 80.0

Ring = list[tuple[float, float]]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """A country as far as it lies on the map; ``marked``: it is what the map is about."""

    code: str
    path: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Pin:
    """A point on the map."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class LocatorMap:
    """A map of ``WIDTH`` by ``HEIGHT`` units."""

    areas: list[Area]
    pins: list[Pin]
    width: int = WIDTH
    height: int = HEIGHT


@cache
def _rings() -> dict[str, list[Ring]]:
    """Return the outer rings of each country; those without a code under an empty one."""
    features = json.loads(BOUNDARIES.read_text(encoding="utf-8"))["features"]
    found: dict[str, list[Ring]] = {}
    for feature in features:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"]
        if geometry["type"] == "Polygon":
            polygons = [polygons]
        rings = found.setdefault(feature["properties"]["code"], [])
        rings += [[(lon, lat) for lon, lat in polygon[0]] for polygon in polygons]
    return found


def _box(ring: Ring) -> Box:
    lons, lats = [lon for lon, _lat in ring], [lat for _lon, lat in ring]
    return min(lons), min(lats), max(lons), max(lats)


def _mainland(code: str) -> Box | None:
    """Return the box around the largest part: an island far away makes no map of the world."""
    boxes = [_box(ring) for ring in _rings().get(code, ())]
    return max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=None)


def locator(
    countries: Iterable[str], points: Iterable[tuple[float, float, str]] = ()
) -> LocatorMap | None:
    """Return a map of these countries and points (latitude, longitude, label in degrees).

    None when there is nothing to draw: no point, and no country that is large enough.
    """
    points = list(points)
    marked = {code for code in countries if code in _rings()}
    boxes = [box for code in marked if (box := _mainland(code))]
    if points and len(points) == 1:
        # Around the spot, not the whole of a large country.
        boxes = []
    boxes += [(lon, lat, lon, lat) for lat, lon, _label in points]
    if not boxes:
        return None
    frame = _Frame.around(boxes)
    return LocatorMap(
        areas=list(frame.areas(marked)),
        pins=[Pin(*frame.place(lon, lat), label) for lat, lon, label in points],
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of the world that is drawn; degrees are scaled so that the middle is not bent."""

    west: float
    north: float
    across: float
    down: float

    @classmethod
    def around(cls, boxes: list[Box]) -> "_Frame":
        west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
        east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
        middle = min(max((south + north) / 2, -60.0), 66.0)
        squeeze = cos(radians(middle))
        tall = max((north - south) * MARGIN, LEAST)
        wide = max((east - west) * squeeze * MARGIN, tall * WIDTH / HEIGHT)
        tall = min(wide * HEIGHT / WIDTH, NORTH - SOUTH)
        wide = tall * WIDTH / HEIGHT
        if (degrees := wide / squeeze) > 360:
            squeeze, degrees = wide / 360, 360.0
        top = min((south + north) / 2 + tall / 2, NORTH)
        top = max(top, SOUTH + tall)
        left = min(max((west + east) / 2 - degrees / 2, -180.0), 180.0 - degrees)
        return cls(left, top, WIDTH / degrees, HEIGHT / tall)

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        return round((lon - self.west) * self.across, 1), round((self.north - lat) * self.down, 1)

    def areas(self, marked: set[str]) -> Iterator[Area]:
        for code, rings in _rings().items():
            paths = [path for ring in rings if self._sees(ring) and (path := self._path(ring))]
            if paths:
                yield Area(code, "".join(paths), code in marked)

    def _sees(self, ring: Ring) -> bool:
        west, south, east, north = _box(ring)
        left, top = self.place(west, north)
        right, bottom = self.place(east, south)
        return right > 0 and left < WIDTH and bottom > 0 and top < HEIGHT

    def _path(self, ring: Ring) -> str:
        """Return the outline to whole units: finer is not seen, and costs."""
        steps: list[str] = []
        for lon, lat in ring:
            x, y = self.place(lon, lat)
            # What lies far outside of the frame need not be told apart.
            x, y = min(max(x, -WIDTH), 2 * WIDTH), min(max(y, -HEIGHT), 2 * HEIGHT)
            step = f"{x:.0f} {y:.0f}"
            if not steps or steps[-1] != step:
                steps.append(step)
        return f"M{'L'.join(steps)}Z" if len(steps) > 2 else ""
