"""The drawn world: an outline or a point for every country, ready to be put into a page."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("world.json")


@dataclass(frozen=True, slots=True)
class Land:
    """A country on the map; ``code`` is empty for land that the register ascribes to nobody.

    ``outline`` is SVG path data and may be empty; ``point`` is the middle of a country that is
    too small to be seen or hit otherwise.
    """

    code: str
    outline: str
    point: tuple[float, float] | None


@cache
def lands() -> tuple[Land, ...]:
    """Return every land of the map, those with an outline first."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    outlines, points = data["outlines"], data["points"]
    codes = [*outlines, *(code for code in points if code not in outlines)]
    return tuple(
        Land(code, outlines.get(code, ""), tuple(points[code]) if code in points else None)
        for code in codes
    )
