"""How the boundary files here were made from Natural Earth; run it again for a new edition.

    python milidip/codebook/boundaries/prepare.py FOLDER

FOLDER holds ``countries-50m.geojson`` and ``countries-110m.geojson``, made from the npm package
``world-atlas`` 2 (Natural Earth 4) with an ``iso3`` property. README.md explains the rules.
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from shapely import Polygon, box, make_valid, set_precision
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

OPEN = ""
"""The code of land that the register ascribes to nobody."""

NAMED = {
    "Somaliland": "SOM",
    "N. Cyprus": "CYP",
    "Siachen Glacier": OPEN,
    "Ashmore and Cartier Is.": "AUS",
}
"""What Natural Earth draws apart and ISO 3166-1 does not."""

PARTS = [
    ("FRA", box(-55, 2, -51, 6), "GUF"),
    ("FRA", box(-62, 15.8, -61, 16.6), "GLP"),
    ("FRA", box(-61.3, 14.3, -60.7, 15), "MTQ"),
    ("FRA", box(44.9, -13.1, 45.4, -12.6), "MYT"),
    ("FRA", box(55, -21.5, 56, -20.8), "REU"),
    ("NLD", box(-69, 11, -62, 18), "BES"),
    ("NOR", box(5, 73, 40, 82), "SJM"),
    ("NOR", box(-10, 70, -7, 72), "SJM"),
    ("Indian Ocean Ter.", box(105, -11, 106, -10), "CXR"),
    ("Indian Ocean Ter.", box(96, -13, 97, -11), "CCK"),
    ("RUS", Polygon([(32, 46.3), (32, 44), (36.65, 44), (36.65, 45.6), (35, 46.3)]), "UKR"),
]
"""Islands and peninsulas, as whole polygons, that ISO 3166 gives another code: of, where, code."""

CUTS = [
    ("MAR", box(-18, 20, -8.6668, 27.6667), "ESH"),
    (
        "ISR",
        Polygon(
            [
                (35.62, 33.25),
                (35.66, 33.28),
                (35.8, 33.45),
                (36, 33.45),
                (36, 32.7),
                (35.7, 32.66),
                (35.66, 32.75),
                (35.66, 32.87),
                (35.63, 33),
            ]
        ),
        OPEN,
    ),
    ("SDN", box(27.8333, 9, 29, 10.1667), OPEN),
    ("SSD", box(27.8333, 9.6, 29, 10.1667), OPEN),
]
"""Land cut out of a country: the west of Western Sahara, the Golan Heights, Abyei."""


def polygons(geometry: BaseGeometry) -> Iterator[Polygon]:
    if isinstance(geometry, Polygon):
        yield geometry
    for part in getattr(geometry, "geoms", ()):
        yield from polygons(part)


def prepare(features: list[dict[str, Any]], grid: float) -> dict[str, Any]:
    """Return one feature per code, on a grid of so many degrees."""
    pieces: dict[str, list[BaseGeometry]] = {}
    for feature in features:
        name, iso3 = feature["properties"]["name"], feature["properties"]["iso3"]
        code = iso3 or NAMED.get(name, name)
        for polygon in planar(feature["geometry"]):
            pieces.setdefault(of_part(code, polygon), []).append(polygon)
    for code, area, target in CUTS:
        if code in pieces:
            whole = unary_union(pieces[code])
            if taken := list(polygons(whole.intersection(area))):
                pieces[code] = list(polygons(whole.difference(area)))
                pieces.setdefault(target, []).extend(taken)
    wrong = [code for code in pieces if len(code) not in (0, 3)]
    if wrong:
        raise SystemExit(f"No code for {', '.join(wrong)}: add a rule.")
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"code": code}, "geometry": on_grid(parts, grid)}
            for code, parts in sorted(pieces.items())
        ],
    }


def planar(geometry: dict[str, Any]) -> Iterator[Polygon]:
    """Yield plane polygons: the source is meant for a globe, where a line may cross 180°."""
    several = geometry["type"] == "MultiPolygon"
    for rings in geometry["coordinates"] if several else [geometry["coordinates"]]:
        outer, *inner = [on_plane(ring) for ring in rings]
        at_the_pole = outer.bounds[1] <= -90
        whole = unary_union([outer, *inner]) if at_the_pole else outer - unary_union(inner)
        yield from polygons(whole)


def on_plane(ring: list[list[float]]) -> BaseGeometry:
    """Return a ring's area between 180° west and east, closed over the pole if it goes round."""
    shift, points = 0, [ring[0]]
    for (before, _), (lon, lat) in pairwise(ring):
        shift += 360 * ((lon - before < -180) - (lon - before > 180))
        points.append([lon + shift, lat])
    if shift:
        points += [[points[-1][0], -90], [points[0][0], -90]]
    area = make_valid(Polygon(points))
    return unary_union(
        [
            translate(area.intersection(box(west, -90, west + 360, 90)), -180 - west)
            for west in (-540, -180, 180)
        ]
    )


def of_part(code: str, polygon: Polygon) -> str:
    for owner, area, target in PARTS:
        if code == owner and area.contains(polygon.representative_point()):
            return target
    return code


def on_grid(parts: list[BaseGeometry], grid: float) -> dict[str, Any]:
    whole = set_precision(unary_union(parts), grid)
    geometry = mapping(MultiPolygon(list(polygons(whole))))
    return json.loads(json.dumps(geometry), parse_float=lambda text: round(float(text), 3))


def main(folder: Path) -> None:
    here = Path(__file__).parent
    for name, grid in (("countries-50m.geojson", 0.001), ("countries-110m.geojson", 0.01)):
        features = json.loads((folder / name).read_text(encoding="utf-8"))["features"]
        text = json.dumps(prepare(features, grid), separators=(",", ":"))
        (here / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
