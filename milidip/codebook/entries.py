"""The terms of each vocabulary as the public reads them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from milidip.codebook.models import (
    ActivityType,
    ActorType,
    Coded,
    Country,
    FixedTerm,
    Region,
    Theme,
    Track,
)

Extra = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One term as the public reads it: ``extra`` are pairs of a name and a text, ``depth`` is
    how far it stands below the head of its tree."""

    code: str
    label: str
    definition: str
    source: str
    extra: Extra
    depth: int = 0


def _extra(*pairs: tuple[str, Any]) -> Extra:
    return [(name, str(value)) for name, value in pairs if value not in (None, "")]


def _term(term: Any, *pairs: tuple[str, Any]) -> Entry:
    return Entry(term.code, str(term), term.said("definition"), term.source, _extra(*pairs))


def plain(model: type[Coded]) -> Callable[[], Iterator[Entry]]:
    return lambda: (_term(term) for term in model._default_manager.all())


def tracks() -> Iterator[Entry]:
    for term in Track.objects.all():
        yield _term(term, (_("Caveat"), term.said("caveat")))


def activity_types() -> Iterator[Entry]:
    for term in ActivityType.objects.select_related("family"):
        yield _term(
            term,
            (_("Family"), term.family),
            (_("DAC purpose code"), term.dac_code),
            (_("PLOVER event type"), term.plover_code),
        )


def themes() -> Iterator[Entry]:
    for term in Theme.objects.all():
        yield _term(term, (_("Group"), term.get_group_display()))


def actor_types() -> Iterator[Entry]:
    for term in ActorType.objects.all():
        yield _term(
            term,
            (_("PLOVER sector"), term.plover),
            (_("IATI organisation type"), term.iati),
        )


def regions(kind: str) -> Callable[[], Iterator[Entry]]:
    def read() -> Iterator[Entry]:
        depths: dict[str | None, int] = {None: -1}
        for region in Region.objects.filter(kind=kind).prefetch_related("countries"):
            depths[region.code] = depth = depths.get(region.parent_id, -1) + 1
            members = "; ".join(
                f"{country} ({country.code})" for country in region.countries.all()
            )
            yield Entry(
                region.code,
                str(region),
                region.said("rule"),
                region.source,
                _extra(
                    (_("Part of"), region.parent_id),
                    (_("Another name of"), region.synonym_of_id),
                    (_("Members"), members),
                    (_("As of"), region.as_of and date_format(region.as_of, "j F Y")),
                    (_("Checked"), _checked(region)),
                ),
                depth,
            )

    return read


def _checked(region: Region) -> str:
    if region.checked:
        return region.said("check_note")
    return _("Not yet checked against the source. %(note)s") % {"note": region.said("check_note")}


def countries(*kinds: str) -> Callable[[], Iterator[Entry]]:
    def read() -> Iterator[Entry]:
        countries = Country.objects.filter(kind__in=kinds).select_related("region")
        for country in countries.prefetch_related("successors", "numbers"):
            numbers = "; ".join(
                f"{number} ({_period(number.valid_from, number.valid_to)})"
                for number in country.numbers.all()
            )
            yield Entry(
                country.code,
                str(country),
                country.said("note"),
                country.source,
                _extra(
                    (_("Formal name"), country.formal_name),
                    (_("Other names and codes"), country.other_names),
                    (_("Existed"), _period(country.valid_from, country.valid_to)),
                    (_("Successors"), "; ".join(map(str, country.successors.all()))),
                    (_("Region"), _region_of(country)),
                    (_("Numbers in state systems"), numbers),
                ),
            )

    return read


def _region_of(country: Country) -> str:
    if country.region is None:
        return ""
    if country.region_assigned:
        return _("%(region)s (assigned by the register)") % {"region": country.region}
    return str(country.region)


def _period(first: Any, last: Any) -> str:
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s") % {"first": first}
    return _("to %(last)s") % {"last": last} if last else ""


def fixed(code: str) -> Callable[[], Iterator[Entry]]:
    return lambda: (_term(term) for term in FixedTerm.objects.filter(vocabulary=code))
