"""Names of countries, seas and regions in a text, and what stood where on which day."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from engagements.importing.coordinates import Point
from engagements.importing.dates import is_missing
from engagements.importing.records import RowError, squeezed
from milidip.codebook.boundaries import country_at
from milidip.codebook.choices import RegionKind
from milidip.codebook.folding import folded
from milidip.codebook.geography import Atlas
from milidip.codebook.models import Country, Region

HERE = Path(__file__).parent

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
PARTS = re.compile(r"[,;/()]|\s+-\s+|\band\b|\bas well as\b|&")


@cache
def country_pins() -> dict[str, Point]:
    """Points that geocoders give for a whole country, by country."""
    with (HERE / "country_pins.csv").open(encoding="utf-8", newline="") as rows:
        return {
            row["country"]: Point(Decimal(row["latitude"]), Decimal(row["longitude"]))
            for row in csv.DictReader(rows)
        }


@lru_cache(maxsize=10_000)
def _pinned(point: Point) -> str | None:
    return next((code for code, pin in country_pins().items() if point.near(pin)), None)


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


def plain(text: str) -> str:
    return folded(squeezed(text)).strip(" .'\u2019\"")


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
    any_sea: re.Pattern[str]
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
            any_sea=re.compile("|".join(map(re.escape, seas))),
            atlas=Atlas.from_database(),
        )

    def code(self, name: str) -> str | None:
        """Return the country that ``name`` is a name of, or None."""
        return self.names.get(plain(name)) or self.names.get(plain(name).removeprefix("the "))

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
        bare = plain(part)
        ends = [bare, bare.rpartition(" in ")[2], re.split("['\u2019]s ", bare)[0]]
        for name in ends:
            while name not in self.names and (match := BEFORE_A_NAME.match(name)):
                name = name[match.end() :]
            if name in self.names:
                return self.names[name]
        return None

    def seas_in(self, text: str) -> list[str]:
        """Return the sea areas that the text names, in its order; the longest name counts."""
        bare, found = folded(squeezed(text)), []
        if not self.any_sea.search(bare):
            return []
        for pattern, code in self.seas:
            for match in pattern.finditer(bare):
                found.append((match.start(), code))
            bare = pattern.sub(lambda match: "\0" * len(match[0]), bare)
        return list(dict.fromkeys(code for _at, code in sorted(found)))

    def region_in(self, text: str) -> str | None:
        """Return the region when the whole text is the name of one."""
        bare = plain(text)
        return self.regions.get(bare) or self.regions.get(re.sub("^(in )?(the )?", "", bare))

    def whole_country(self, point: Point) -> str | None:
        """Return the country that a point stands for as a whole, or None."""
        return _pinned(point)

    def standing(self, code: str, days: tuple[date, date] | None) -> str:
        """Return a name of a historical state as its successor when it had ended by then."""
        facts = self.atlas.countries[code]
        if days is None or facts.span.last is None or days[0] <= facts.span.last:
            return code
        heirs = [
            heir for heir, other in self.atlas.countries.items() if code in other.predecessors
        ]
        return heirs[0] if len(heirs) == 1 else code
