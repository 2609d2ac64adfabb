"""Where it happened: coordinates as written, and names of countries and seas in a text.

A place is what the source says. A country is taken from the text when it is named there
plainly, else from the coordinates, and then marked as derived. Where text and coordinates
contradict each other nothing is guessed.
"""

import re
from collections.abc import Sequence
from datetime import date

from engagements.importing.coordinates import Point, written
from engagements.importing.dates import is_missing
from engagements.importing.gazetteer import PARTS, Gazetteer, plain
from engagements.importing.records import NAME_LENGTH, Where, cut, squeezed
from milidip.codebook.choices import WORLD, PlacePrecision
from milidip.codebook.folding import folded

VIRTUAL = {"virtual", "online", "by telephone", "by phone", "videoconference"}

# A US state too: the word alone says nothing where the coordinates are in the United States.
ALSO_A_US_STATE = {"GEO"}
ABOUT_WATER = re.compile(
    r"\b(in|the|of|on|at|off|and|between|around|near|its|waters?|international|area|part|region|"
    r"sea|ocean|mid|middle|central|adjacent|approaches|n/a|"
    r"(north|south)?-?(north|south|east|west)?(ern)?)\b"
)


def said_to_be_virtual(*cells: str) -> bool:
    return any(cell.strip().casefold() in VIRTUAL for cell in cells)


def country_only(code: str, name: str = "") -> Where:
    """A place of which nothing but the country is known."""
    return Where(name=name, country=code, precision=PlacePrecision.COUNTRY)


def virtual_place(text: str = "") -> Where:
    return Where(name=text or "Online", region=WORLD, precision=PlacePrecision.VIRTUAL)


def place_of(
    text: str,
    point: Point | None,
    gazetteer: Gazetteer,
    days: tuple[date, date] | None,
    involved: Sequence[str],
    notes: list[str],
) -> tuple[Where, ...]:
    """Return the places that a free text and a point come to.

    ``involved`` are the countries of the row: where text and point contradict each other, a
    country named in the text stands if it is one of them, and the point is left out.
    """
    text = "" if is_missing(text) or text.strip() == "0" else squeezed(text)
    if said_to_be_virtual(text):
        return (virtual_place(),)
    if region := gazetteer.region_in(text):
        return (Where(name=text, region=region, precision=PlacePrecision.REGION),)
    named = [gazetteer.standing(code, days) for code in gazetteer.countries_in(text)]
    seas = gazetteer.seas_in(text)
    whole = gazetteer.whole_country(point) if point else None
    pinned = whole or (gazetteer.country_of(point) if point else None)
    if pinned == "USA" and set(named) <= ALSO_A_US_STATE:
        named = []
    if not named and seas and (not pinned or _is_only_seas(text, gazetteer)):
        return _at_sea(text, seas, None if pinned else point)
    if pinned and named and not _agree(named, pinned, gazetteer, days):
        contradiction = (
            f"The text “{text}” and the coordinates {written(point)} "
            f"({gazetteer.labels[pinned]}) contradict each other"
        )
        if set(named) & _wide(involved, gazetteer):
            notes.append(f"{contradiction}: the text is kept, the coordinates are left out.")
            point = pinned = whole = None
        else:
            notes.append(f"{contradiction}: the coordinates are kept.")
            named = []
    return _on_land(text, point, named, pinned, whole, seas, gazetteer, days)


def _is_only_seas(text: str, gazetteer: Gazetteer) -> bool:
    """Tell whether the text is about water and says nothing of a town or a coast."""
    rest = folded(text)
    for pattern, _code in gazetteer.seas:
        rest = pattern.sub("", rest)
    return not re.search(r"\w", ABOUT_WATER.sub("", rest))


def _at_sea(text: str, seas: Sequence[str], point: Point | None) -> tuple[Where, ...]:
    """One place for each sea named; the point belongs to one only where one is named."""
    spot = point if len(seas) == 1 else None
    first = Where(
        name=cut(text, NAME_LENGTH),
        region=seas[0] or None,
        precision=PlacePrecision.REGION,
        latitude=spot.latitude if spot else None,
        longitude=spot.longitude if spot else None,
    )
    return (first, *_further_seas(seas[1:]))


def _further_seas(seas: Sequence[str]) -> list[Where]:
    return [Where(region=sea, precision=PlacePrecision.REGION) for sea in seas if sea]


def _agree(
    named: Sequence[str], pinned: str, gazetteer: Gazetteer, days: tuple[date, date] | None
) -> bool:
    """Tell whether the country of the point is one that the text names, or stands for it."""
    if pinned in named or gazetteer.state_of(pinned, days) in named:
        return True
    return bool(gazetteer.atlas.countries[pinned].predecessors & set(named))


def _wide(codes: Sequence[str], gazetteer: Gazetteer) -> set[str]:
    """The codes with the states before them: Russia involved is the Soviet Union involved."""
    return set(codes).union(*(gazetteer.atlas.countries[code].predecessors for code in codes))


def _on_land(
    text: str,
    point: Point | None,
    named: Sequence[str],
    pinned: str | None,
    whole: str | None,
    seas: Sequence[str],
    gazetteer: Gazetteer,
    days: tuple[date, date] | None,
) -> tuple[Where, ...]:
    """One place for the text and the point, and one for each further country or sea named."""
    if pinned:
        agreeing = [code for code in named if _agree([code], pinned, gazetteer, days)]
        country, derived = (agreeing or [pinned])[0], not agreeing
    else:
        country, derived = (named[0] if named else None), False
    country = gazetteer.state_of(country, days) if country else None
    if not (text or country):
        return ()
    others = dict.fromkeys(gazetteer.state_of(code, days) for code in named)
    others.pop(country, None)
    if whole or (seas and not pinned):
        point = None  # it stands for a whole country, or for a sea
    if country and (whole or _says_only(text, gazetteer)):
        precision = PlacePrecision.COUNTRY
    elif country or point:
        precision = PlacePrecision.PLACE
    else:
        precision = PlacePrecision.UNKNOWN
    exact = point if precision == PlacePrecision.PLACE else None
    first = Where(
        name=cut(text, NAME_LENGTH),
        country=country,
        country_derived=derived,
        precision=precision,
        latitude=exact.latitude if exact else None,
        longitude=exact.longitude if exact else None,
    )
    return (first, *(country_only(code) for code in others), *_further_seas(seas))


def _says_only(text: str, gazetteer: Gazetteer) -> bool:
    """Tell whether the text is nothing but names of countries."""
    parts = [plain(part) for part in PARTS.split(text)]
    return all(not part or gazetteer.code(part) for part in parts)
