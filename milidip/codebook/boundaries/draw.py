"""How `world.json`, the outlines that pages draw, was made from the boundary files here.

    python -m milidip.codebook.boundaries.draw

Outlines come from the 110m file, in tenths of a unit of the map (see `projection.py`). A country
that is missing there, or smaller than a finger, is a point: the middle of its largest part in the
50m file.
"""

import json
from pathlib import Path
from typing import Any

from shapely import transform
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from milidip.codebook.boundaries.projection import HEIGHT, WIDTH, project

HERE = Path(__file__).parent

SMALLEST = 9.0
"""Square units of the map under which an outline cannot be seen or hit."""
TOLERANCE = 0.28
LEFT_OUT = "ATA"

UNDRAWN = {
    "GIB": (36.14, -5.35),
    "TUV": (-8.52, 179.2),
    "TKL": (-9.17, -171.83),
    "UMI": (19.3, 166.63),
    "VAT": (41.9, 12.45),
}
"""Where Natural Earth draws nothing, or draws it beside its place: latitude, longitude."""


def drawn(geometry: BaseGeometry) -> BaseGeometry:
    """Return a geometry on the map."""
    return transform(geometry, lambda pairs: [project(lat, lon) for lon, lat in pairs])


def parts(geometry: BaseGeometry) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    return [part for one in getattr(geometry, "geoms", ()) for part in parts(one)]


def number(tenths: int) -> str:
    text = f"{tenths / 10:g}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def outline(geometry: BaseGeometry) -> str:
    """Return path data with relative steps, which is the shortest way to say it."""
    text = []
    for polygon in parts(geometry):
        for ring in (polygon.exterior, *polygon.interiors):
            points = [(round(x * 10), round(y * 10)) for x, y in ring.coords[:-1]]
            points = [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]
            if len(points) < 3:
                continue
            x, y = points[0]
            text.append(f"M{number(x)} {number(y)}l")
            steps = []
            for next_x, next_y in points[1:]:
                steps += [number(next_x - x), number(next_y - y)]
                x, y = next_x, next_y
            text.append(
                "".join(s if s[0] == "-" or n == 0 else f" {s}" for n, s in enumerate(steps))
            )
            text.append("z")
    return "".join(text)


def features(name: str) -> dict[str, BaseGeometry]:
    data = json.loads((HERE / name).read_text(encoding="utf-8"))["features"]
    return {feature["properties"]["code"]: shape(feature["geometry"]) for feature in data}


def main() -> None:
    coarse, fine = features("countries-110m.geojson"), features("countries-50m.geojson")
    outlines: dict[str, str] = {}
    points: dict[str, list[float]] = {}
    for code in sorted(fine.keys() | coarse.keys()):
        if code == LEFT_OUT:
            continue
        if code in coarse:
            flat = drawn(coarse[code])
            kept = [p for p in parts(flat.simplify(TOLERANCE)) if p.bounds[1] < HEIGHT]
            if text := outline(MultiPolygon(kept)):
                outlines[code] = text
        else:
            flat = drawn(fine[code])
        if code and flat.area < SMALLEST:
            largest = max(parts(flat), key=lambda part: part.area)
            middle = largest.representative_point()
            points[code] = [round(middle.x, 1), round(middle.y, 1)]
    for code, (lat, lon) in UNDRAWN.items():
        points[code] = [round(value, 1) for value in project(lat, lon)]
    world: dict[str, Any] = {
        "width": WIDTH,
        "height": HEIGHT,
        "outlines": outlines,
        "points": points,
    }
    text = json.dumps(world, separators=(",", ":"))
    (HERE / "world.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
