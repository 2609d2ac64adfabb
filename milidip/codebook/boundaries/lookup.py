"""In which country is a point? Asked of the 50m boundaries that ship with the register."""

import json
from functools import cache, lru_cache
from pathlib import Path

from shapely import Point, STRtree
from shapely.geometry import shape

BOUNDARIES = Path(__file__).with_name("countries-50m.geojson")


@cache
def _tree() -> tuple[STRtree, list[str]]:
    features = json.loads(BOUNDARIES.read_text(encoding="utf-8"))["features"]
    return (
        STRtree([shape(feature["geometry"]) for feature in features]),
        [feature["properties"]["code"] for feature in features],
    )


@lru_cache(maxsize=10_000)
def country_at(lat: float, lon: float) -> str | None:
    """Return the code of the country at a point in degrees, or None.

    None means at sea, off the drawn coast, or in a territory that the register leaves open
    (see README.md beside this file): a person decides then, nothing is guessed.
    """
    tree, codes = _tree()
    hits = {codes[index] for index in tree.query(Point(lon, lat), predicate="intersects")}
    return hits.pop() or None if len(hits) == 1 else None
