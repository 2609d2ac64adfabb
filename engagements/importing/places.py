"""Where it happened: coordinates as written, and names of countries and seas in a text.

A place is what the source says. A country is taken from the text when it is named there
plainly, else from the coordinates, and then marked as derived. Where text and coordinates
contradict each other nothing is guessed.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from engagements.importing.dates import is_missing
from engagements.importing.records import NAME_LENGTH, RowError, Where, cut, squeezed
from milidip.codebook.boundaries import country_at
from milidip.codebook.choices import PlacePrecision, RegionKind
from milidip.codebook.folding import folded
from milidip.codebook.geography import Atlas
from milidip.codebook.models import Country, Region

HERE = Path(__file__).parent
NEAR_PIN = Decimal("0.05")
WORLD = "001"
VIRTUAL = {"virtual", "online", "by telephone", "by phone", "videoconference"}

# A US state too: the word alone says nothing where the coordinates are in the United States.
ALSO_A_US_STATE = {"GEO"}

BEFORE_A_NAME = re.compile(
    r"^(?:in|at|on|over|across|throughout|inside|within|the|both|airspace of|skies over|"
    r"territory of|territories of|territorial waters of|parts of|republic of|kingdom of|"
    r"(?:north|south|east|west)(?:ern)?|central|northeast(?:ern)?|northwest(?:ern)?|"
    r"southeast(?:ern)?|southwest(?:ern)?|mainland|continental|peninsular|peninsula)\s+"
)
NOT_THE_WATER = r"(?!['\u2019]?s? (?:states?|countries|republics?|fleet|initiative|dialogue)\b)"
ELSEWHERE = re.compile(
    r"\b(?:between|bordering|borders?|near|close to|off|north of|south of|east of|west of)\b"
    r"[^,;/()]*",
    re.IGNORECASE,
)
ABOUT_WATER = re.compile(
    r"\b(in|the|of|on|at|off|and|between|around|near|its|waters?|international|area|part|region|"
    r"sea|ocean|mid|middle|central|adjacent|approaches|n/a|"
    r"(north|south)?-?(north|south|east|west)?(ern)?)\b"
)
PARTS = re.compile(r"[,;/()]|\s+-\s+|\band\b|\bas well as\b|&")


@dataclass(frozen=True, slots=True)
class Point:
    """Coordinates in degrees, to the five decimals that the register keeps."""

    latitude: Decimal
    longitude: Decimal

    def near(self, other: "Point") -> bool:
        return (
            abs(self.latitude - other.latitude) <= NEAR_PIN
            and abs(self.longitude - other.longitude) <= NEAR_PIN
        )


def read_point(latitude: str, longitude: str) -> Point | None:
    """Return the coordinates of a row, or None when it has none.

    A decimal comma is read as what it is. What cannot be on the Earth is refused.
    """
    latitude, longitude = latitude.strip(), longitude.strip()
    if is_missing(latitude) and is_missing(longitude):
        return None
    if is_missing(latitude) or is_missing(longitude):
        raise RowError("one of lat and lon is empty: give both or neither.")
    north, east = _degrees("lat", latitude), _degrees("lon", longitude)
    if not -90 <= north <= 90:
        hint = " Perhaps lat and lon are swapped." if -90 <= east <= 90 else ""
        raise RowError(f"lat “{latitude}” is not between -90 and 90.{hint}")
    if not -180 <= east <= 180:
        raise RowError(f"lon “{longitude}” is not between -180 and 180.")
    return Point(north, east)


def _degrees(column: str, text: str) -> Decimal:
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise RowError(f"{column} “{text}” is not a number of degrees.")
    return value.quantize(Decimal("0.00001"))


def said_to_be_virtual(*cells: str) -> bool:
    return any(cell.strip().casefold() in VIRTUAL for cell in cells)


@cache
def country_pins() -> dict[str, Point]:
    """Points that geocoders give for a whole country, by country."""
    with (HERE / "country_pins.csv").open(encoding="utf-8", newline="") as rows:
        return {
            row["country"]: Point(Decimal(row["latitude"]), Decimal(row["longitude"]))
            for row in csv.DictReader(rows)
        }


@cache
def place_names() -> list[dict[str, str]]:
    """Names in real files that the codebook does not list, with what they mean."""
    with (HERE / "place_names.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


@cache
def capitals() -> dict[str, str]:
    """Folded name of a capital -> country."""
    with (HERE / "capitals.csv").open(encoding="utf-8", newline="") as rows:
        return {folded(row["capital"]): row["country"] for row in csv.DictReader(rows)}


@dataclass(slots=True)
class Gazetteer:
    """Names of countries, seas and regions, and what stood where on which day."""

    labels: Mapping[str, str]
    names: Mapping[str, str]
    seas: Sequence[tuple[re.Pattern[str], str]]
    regions: Mapping[str, str]
    areas: Mapping[str, str]
    waters: frozenset[str]
    atlas: Atlas
    country_at: Callable[[float, float], str | None] = field(default=country_at)

    @classmethod
    def from_codebook(cls) -> "Gazetteer":
        """Read the names of the codebook and those of `place_names.csv`."""
        labels, names = {}, {}
        for country in Country.objects.all():
            labels[country.code] = country.label
            for name in [country.label, country.formal_name, *country.other_names.split(";")]:
                if len(name.strip()) > 4 and name.strip() != "America":
                    names.setdefault(folded(name), country.code)
                elif name.strip() == country.label:
                    names[folded(name)] = country.code
        regions, seas, areas = {}, {}, {}
        for region in Region.objects.filter(synonym_of=None):
            target = seas if region.kind == RegionKind.SEA else regions
            target[folded(region.label)] = region.code
            areas[region.code] = region.label
        known = {"country": labels, "region": set(regions.values()), "sea": set(seas.values())}
        for row in place_names():
            target = {"country": names, "region": regions, "sea": seas}[row["kind"]]
            if row["code"] in known[row["kind"]] or not row["code"]:
                target[folded(row["name"])] = row["code"]
        patterns = [
            (re.compile(rf"\b{re.escape(name)}\b{NOT_THE_WATER}"), seas[name])
            for name in sorted(seas, key=lambda name: -len(name))
        ]
        return cls(
            labels=labels,
            names=names,
            seas=patterns,
            regions=regions,
            areas=areas,
            waters=frozenset(seas.values()),
            atlas=Atlas.from_database(),
        )

    def code(self, name: str) -> str | None:
        """Return the country that ``name`` is a name of, or None."""
        return self.names.get(_plain(name)) or self.names.get(_plain(name).removeprefix("the "))

    def known(self, codes: Iterable[str]) -> list[str]:
        """Return the codes once each, and refuse one that the codebook does not have."""
        found = list(dict.fromkeys(code.strip() for code in codes if not is_missing(code)))
        for code in found:
            if code not in self.labels:
                raise RowError(
                    f"countries has “{code}”, which is no country code of the codebook: "
                    "use ISO 3166-1 alpha-3, joined with “;”."
                )
        return found

    def country_of(self, point: Point) -> str | None:
        """Return the country in whose boundaries a point lies."""
        return self.country_at(float(point.latitude), float(point.longitude))

    def state_of(self, code: str, days: tuple[date, date] | None) -> str:
        """Return the state that stood there then; the code itself when the days differ on it."""
        if days is None:
            return code
        first, last = (self.atlas.state_of_the_day(code, day) for day in days)
        return first if first == last else code

    def countries_in(self, text: str) -> list[str]:
        """Return the countries that parts of the text are plain names of, in order.

        What something is near, off or between is not where it is.
        """
        parts = PARTS.split(ELSEWHERE.sub(" ", text))
        return list(dict.fromkeys(filter(None, map(self._country_in, parts))))

    def _country_in(self, part: str) -> str | None:
        plain = _plain(part)
        ends = [plain, plain.rpartition(" in ")[2], re.split("['\u2019]s ", plain)[0]]
        for name in ends:
            while name not in self.names and (match := BEFORE_A_NAME.match(name)):
                name = name[match.end() :]
            if name in self.names:
                return self.names[name]
        return None

    def seas_in(self, text: str) -> list[str]:
        """Return the sea areas that the text names, in its order; the longest name counts."""
        plain, found = folded(squeezed(text)), []
        for pattern, code in self.seas:
            for match in pattern.finditer(plain):
                found.append((match.start(), code))
            plain = pattern.sub(lambda match: "\0" * len(match[0]), plain)
        return list(dict.fromkeys(code for _at, code in sorted(found)))

    def region_in(self, text: str) -> str | None:
        """Return the region when the whole text is the name of one."""
        plain = _plain(text)
        return self.regions.get(plain) or self.regions.get(re.sub("^(in )?(the )?", "", plain))

    def whole_country(self, point: Point) -> str | None:
        """Return the country that a point stands for as a whole, or None."""
        return next((code for code, pin in country_pins().items() if point.near(pin)), None)

    def standing(self, code: str, days: tuple[date, date] | None) -> str:
        """Return a name of a historical state as its successor when it had ended by then."""
        facts = self.atlas.countries[code]
        if days is None or facts.span.last is None or days[0] <= facts.span.last:
            return code
        heirs = [
            heir for heir, other in self.atlas.countries.items() if code in other.predecessors
        ]
        return heirs[0] if len(heirs) == 1 else code


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
    parts = [_plain(part) for part in PARTS.split(text)]
    return all(not part or gazetteer.code(part) for part in parts)


def _plain(text: str) -> str:
    return folded(squeezed(text)).strip(" .'\u2019\"")


def written(point: Point | None) -> str:
    return f"{point.latitude.normalize():f}, {point.longitude.normalize():f}" if point else ""
