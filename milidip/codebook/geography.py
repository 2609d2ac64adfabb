"""Where is that, by which code, and in which regions?

The vocabularies are small: they are read into an ``Atlas`` once per request and asked there,
so that the gate can place a million records without a query for each.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from django.core.signals import request_started
from django.db.models.signals import m2m_changed, post_delete, post_save

from milidip.codebook.boundaries import country_at
from milidip.codebook.choices import CountryKind, RegionKind
from milidip.codebook.models import Country, CountryNumber, Region

__all__ = ["Atlas", "atlas", "country_at", "country_number", "regions_of", "state_of_the_day"]


@dataclass(frozen=True, slots=True)
class Span:
    """The days, both ends included, in which something stood; None is open."""

    first: date | None
    last: date | None

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (
            self.last is None or day <= self.last
        )


@dataclass(frozen=True, slots=True)
class CountryFacts:
    """What the atlas knows of one country."""

    kind: str
    region: str | None
    span: Span
    aliases: frozenset[str] = frozenset()
    predecessors: frozenset[str] = frozenset()
    numbers: tuple[tuple[str, int, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class Atlas:
    """Countries and regions in memory; pure, so that disclosure may use it."""

    countries: Mapping[str, CountryFacts]
    parents: Mapping[str, str | None]
    synonyms: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def from_database(cls) -> "Atlas":
        """Read countries, regions and numbers, in six queries."""
        regions = list(Region.objects.values_list("code", "kind", "parent_id", "synonym_of_id"))
        synonyms = defaultdict(set)
        for code, _kind, _parent, synonym_of in regions:
            if synonym_of:
                synonyms[synonym_of].add(code)
        aliases = defaultdict(set)
        for region, country in Region.countries.through.objects.filter(
            region__kind=RegionKind.ALIAS, region__from_countries=True
        ).values_list("region_id", "country_id"):
            aliases[country].add(region)
        predecessors = defaultdict(set)
        for earlier, later in Country.successors.through.objects.values_list(
            "from_country_id", "to_country_id"
        ):
            predecessors[later].add(earlier)
        numbers = defaultdict(list)
        for number in CountryNumber.objects.all():
            span = Span(number.valid_from, number.valid_to)
            numbers[number.country_id].append((number.system, number.number, span))
        countries = {
            country.code: CountryFacts(
                kind=country.kind,
                region=country.region_id,
                span=Span(country.valid_from, country.valid_to),
                aliases=frozenset(aliases[country.code]),
                predecessors=frozenset(predecessors[country.code]),
                numbers=tuple(numbers[country.code]),
            )
            for country in Country.objects.all()
        }
        return cls(
            countries=countries,
            parents={code: parent for code, _kind, parent, _synonym in regions},
            synonyms={code: frozenset(names) for code, names in synonyms.items()},
        )

    def regions_of(
        self, country_codes: Iterable[str], region_codes: Iterable[str] = ()
    ) -> tuple[list[str], list[str]]:
        """Return the most detailed region codes, and all that a filter should find.

        The first list has the regions of the countries and those set directly, without any
        that contains another one of the list. The second has these, every M49 region above
        them and the alias regions of the countries; ``001`` only when it was set directly.
        Both are sorted. Raise KeyError for a code that the codebook does not have.
        """
        countries = [self.countries[code] for code in country_codes]
        found = {facts.region for facts in countries if facts.region}
        for code in region_codes:
            if code not in self.parents:
                raise KeyError(code)
            found.add(code)
        above = {upper for code in found for upper in self._above(code)}
        everything = found | above | {alias for facts in countries for alias in facts.aliases}
        everything |= {name for code in everything for name in self.synonyms.get(code, ())}
        return sorted(found - above), sorted(everything)

    def _above(self, code: str) -> Iterable[str]:
        while parent := self.parents[code]:
            yield parent
            code = parent

    def members(self, expression: Iterable[str]) -> set[str]:
        """Return the countries that a list of codes means, such as ``015;145;IRN;-TUR``.

        A region stands for all countries in it; a minus takes a country out again. A state
        that has ended is in when all its successors are. Raise KeyError for an unknown code.
        """
        found: set[str] = set()
        for item in expression:
            code = item.removeprefix("-")
            if code in self.parents:
                codes = {name for name in self.countries if code in self.regions_of([name])[1]}
            else:
                self.countries[code]
                codes = {code}
            found = found - codes if item.startswith("-") else found | codes
        successors = defaultdict(set)
        for code, facts in self.countries.items():
            for earlier in facts.predecessors:
                successors[earlier].add(code)
        while ended := {
            code for code, after in successors.items() if code not in found and after <= found
        }:
            found |= ended
        return found

    def state_of_the_day(self, code: str, day: date) -> str:
        """Return the code of the state that stood where ``code`` stands, on ``day``.

        ``RUS`` on a day of 1985 is ``SUN``; ``DEU`` stays ``DEU``, since the list of Gleditsch
        and Ward counts one German state through. A code is replaced only when no list has it
        on that day and exactly one state before it had; else the source's word stands, and so
        does every code that is not in ISO 3166-1 (Kosovo, states that have ended).
        """
        facts = self.countries[code]
        if facts.kind != CountryKind.ISO or self._stood(facts, day):
            return code
        earlier = [name for name in facts.predecessors if day in self.countries[name].span]
        return earlier[0] if len(earlier) == 1 else code

    @staticmethod
    def _stood(facts: CountryFacts, day: date) -> bool:
        if facts.span.first is not None and day in facts.span:
            return True
        return any(day in span for _system, _number, span in facts.numbers)

    def country_number(self, code: str, system: str, day: date) -> int | None:
        """Return the number of a country in ``cow`` or ``gw`` on ``day``, or None."""
        for name, number, span in self.countries[code].numbers:
            if name == system and day in span:
                return number
        return None


@cache
def atlas() -> Atlas:
    """Return the atlas of this request; hold on to it for a bulk run."""
    return Atlas.from_database()


def regions_of(
    country_codes: Iterable[str], region_codes: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Return (most detailed, all) region codes; see ``Atlas.regions_of``."""
    return atlas().regions_of(country_codes, region_codes)


def state_of_the_day(code: str, day: date) -> str:
    """Return the code that stood there on ``day``; see ``Atlas.state_of_the_day``."""
    return atlas().state_of_the_day(code, day)


def country_number(code: str, system: str, day: date) -> int | None:
    """Return the Correlates of War or Gleditsch-Ward number on ``day``, or None."""
    return atlas().country_number(code, system, day)


def forget(**_signal: Any) -> None:
    """Read the codebook afresh when next asked."""
    atlas.cache_clear()


def forget_on_change() -> None:
    """Forget at every request, since another process may have changed a term."""
    request_started.connect(forget)
    for model in (Country, CountryNumber, Region):
        post_save.connect(forget, sender=model)
        post_delete.connect(forget, sender=model)
    for relation in (Country.successors.through, Region.countries.through):
        m2m_changed.connect(forget, sender=relation)
