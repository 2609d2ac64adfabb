"""Where was it? Places as a person writes them, read by the codebook's own names of places.

A country, a town with its country, a sea, a region or “online”; several are parted by a semicolon
or a line. The names are those that imports know, and the codebook's French ones. Nothing is
guessed: a town without a country stays without one, and what it may be is offered.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from engagements.importing.dates import is_missing
from engagements.importing.gazetteer import Gazetteer, capitals, plain
from engagements.importing.places import NAME_LENGTH, VIRTUAL, place_of, virtual_place
from engagements.importing.records import Where, squeezed
from engagements.models import Place
from milidip.codebook.choices import WORLD, PlacePrecision, RegionKind
from milidip.codebook.folding import folded
from milidip.codebook.models import Country, Region

PARTING = re.compile(r"[;\r\n]+")
MOST = 20
OFFERED = 8
ONLINE = VIRTUAL | {
    "online",
    "on line",
    "virtually",
    "video call",
    "by video",
    "en ligne",
    "a distance",
}
ONLINE |= {"virtuel", "visioconference", "par visioconference", "en visioconference"}
NOT_KNOWN = {"not known", "place unknown", "inconnu", "lieu inconnu", "non connu"}
WORLD_WIDE = {"world-wide", "worldwide", "the whole world", "global", "monde entier", "mondial"}

Days = tuple[date, date] | None


class WhereError(ValueError):
    """Why a text is no place, as a sentence for who wrote it."""


@dataclass(frozen=True, slots=True)
class ReadPlace:
    """One place as it was understood."""

    said: str
    where: Where
    words: str
    """What is shown back: the place, its country, and the region that follows from them."""
    title: str = ""
    """The place as the title of a record without a name says it."""
    offers: tuple[str, ...] = ()
    """What else may be meant, to be written in its place."""


class Geography:
    """The names of places, read from the codebook once for a request."""

    def __init__(self) -> None:
        countries = list(Country.objects.all())
        regions = list(Region.objects.filter(synonym_of=None))
        self.regions = {region.code: region for region in regions}
        self.countries = {country.code: country for country in countries}
        self.gazetteer = _in_french(Gazetteer.from_codebook(), countries, regions)

    def read(self, text: str, days: Days) -> list[ReadPlace]:
        """Return the places that ``text`` names; raise WhereError for what cannot be one."""
        parts = [squeezed(part) for part in PARTING.split(text)]
        parts = [part for part in parts if part]
        if len(parts) > MOST:
            raise WhereError(_("Give at most %(most)d places.") % {"most": MOST})
        for part in parts:
            if len(part) > NAME_LENGTH:
                raise WhereError(_("“%(text)s…” is too long for a place.") % {"text": part[:40]})
        return [place for part in parts for place in self._part(part, days)]

    def _part(self, part: str, days: Days) -> Iterable[ReadPlace]:
        bare = plain(part)
        if is_missing(part) or bare in NOT_KNOWN:
            return
        if bare in ONLINE:
            found: Sequence[Where] = (virtual_place(),)
        elif bare in WORLD_WIDE:
            found = (Where(region=WORLD, precision=PlacePrecision.REGION),)
        elif re.fullmatch(r"[A-Z]{3}", part) and part in self.countries:
            found = (Where(country=part, precision=PlacePrecision.COUNTRY),)
        else:
            found = place_of(part, None, self.gazetteer, days, (), [])
        if not found:
            found = (Where(name=part, precision=PlacePrecision.UNKNOWN),)
        for number, where in enumerate(found):
            where = self._named(where)
            offers = self._offers(part, where) if number == 0 else ()
            yield ReadPlace(part, where, self.words(where), self._title(where), offers)

    def _named(self, where: Where) -> Where:
        """Leave out of the name what the country or the region says already."""
        if where.precision == PlacePrecision.VIRTUAL:
            return where
        if where.precision == PlacePrecision.COUNTRY:
            return replace(where, name="")
        if where.precision == PlacePrecision.REGION and where.region:
            names = {folded(self.regions[where.region].label), *self._french(where.region)}
            return replace(where, name="") if plain(where.name) in names else where
        head, comma, tail = where.name.rpartition(",")
        if comma and where.country and self._stands_for(tail, where.country):
            return replace(where, name=head.strip(), precision=PlacePrecision.PLACE)
        if where.name and not where.country:
            return replace(where, precision=PlacePrecision.PLACE)
        return where

    def _french(self, code: str) -> set[str]:
        return {folded(self.regions[code].label_fr)} - {""}

    def _stands_for(self, text: str, code: str) -> bool:
        """Tell whether ``text`` is a name of the country, or of the state before or after it."""
        named = self.gazetteer.code(text)
        return (
            named == code
            or named in self.gazetteer.atlas.countries[code].predecessors
            or (named is not None and code in self.gazetteer.atlas.countries[named].predecessors)
        )

    def _offers(self, part: str, where: Where) -> tuple[str, ...]:
        """Where nothing but a name is known: a capital, or a place of other records, of that name."""
        if where.country or where.region:
            return ()
        codes = set(
            _places().filter(name__iexact=part).values_list("country", flat=True)[:OFFERED]
        )
        if capital_of := capitals().get(plain(part)):
            codes.add(capital_of)
        return tuple(f"{part}, {label}" for label in sorted(str(self.countries[c]) for c in codes))

    def _title(self, where: Where) -> str:
        """In English, as the register's own texts are, and as coarse as is good for a title."""
        if where.country:
            return self.countries[where.country].label
        if where.precision == PlacePrecision.VIRTUAL:
            return "online"
        return self.regions[where.region].label if where.region else where.name

    def words(self, where: Where) -> str:
        """Return the place in words, with the region that follows from its country."""
        if where.precision == PlacePrecision.VIRTUAL:
            return _("Held online")
        said = [where.name] if where.name else []
        if where.country:
            said.append(str(self.countries[where.country]))
            detailed, _all = self.gazetteer.atlas.regions_of([where.country])
            around = ", ".join(
                str(self.regions[code]) for code in detailed if code in self.regions
            )
            return f"{', '.join(said)} ({around})" if around else ", ".join(said)
        if where.region:
            region = self.regions[where.region]
            sea = region.kind == RegionKind.SEA
            kind = _("sea area") if sea else _("region")
            return f"{', '.join([*said, str(region)])} ({kind})"
        return _("%(place)s, in no country that is known: add one, as in “Nairobi, Kenya”") % {
            "place": where.name
        }

    def like(self, typed: str) -> list[tuple[str, str]]:
        """Return names of places that begin or hold what was typed, each with what it is."""
        key = plain(typed)
        if not key:
            return []
        named = [
            (str(country), str(self.regions.get(country.region_id or "", "")))
            for country in self.countries.values()
        ]
        named += [
            (str(region), str(region.get_kind_display()))
            for region in self.regions.values()
            if region.code != WORLD
        ]
        named += [(_("Online"), _("Held online")), (_("World-wide"), _("region"))]
        named += [
            (f"{capital.title()}, {self.countries[code]}", _("capital"))
            for capital, code in capitals().items()
        ]
        known = _places().filter(name__unaccent__istartswith=typed).values_list("name", "country")
        places = [
            (f"{name}, {self.countries[code]}", _("in other records"))
            for name, code in known.distinct()[:OFFERED]
        ]
        found: dict[str, str] = {}
        for begins in (True, False):
            for name, note in named:
                folded_name = plain(name)
                if folded_name.startswith(key) if begins else f" {key}" in folded_name:
                    found.setdefault(name, note)
            if begins:
                found = {**found, **dict(places)}
        return list(found.items())[:OFFERED]


def _places() -> QuerySet[Place]:
    """Places of other records that have a country and are withheld from nobody."""
    return Place.objects.exclude(precision=PlacePrecision.WITHHELD).filter(country__isnull=False)


def _in_french(
    gazetteer: Gazetteer, countries: Sequence[Country], regions: Sequence[Region]
) -> Gazetteer:
    """Add the codebook's French names; where one is an English name too, that stands."""
    names = {folded(country.label_fr): country.code for country in countries if country.label_fr}
    seas, areas = list(gazetteer.seas), dict(gazetteer.regions)
    for region in regions:
        name = folded(region.label_fr)
        if not name:
            continue
        if region.kind == RegionKind.SEA:
            seas.append((re.compile(rf"\b{re.escape(name)}\b"), region.code))
        else:
            areas.setdefault(name, region.code)
    seas.sort(key=lambda sea: -len(sea[0].pattern))
    any_sea = re.compile("|".join(pattern.pattern for pattern, _code in seas))
    return replace(
        gazetteer, names=names | dict(gazetteer.names), seas=seas, regions=areas, any_sea=any_sea
    )
