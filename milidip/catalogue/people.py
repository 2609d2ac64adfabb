"""Actors that are public: lists of them, the page of one, and suggestions while typing."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.db.models import (
    Case,
    Count,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from milidip.catalogue import charts, labels
from milidip.catalogue.addresses import Pairs, catalogue_url, pairs_of, path_of
from milidip.catalogue.company import named_most
from milidip.catalogue.facets import facet_counts
from milidip.catalogue.facts import Fact, value_link
from milidip.catalogue.filters import filtered
from milidip.catalogue.listing import Link, Pager, page_number
from milidip.catalogue.models import Actor, Entry, Participation
from milidip.catalogue.parameters import BadParameters, printable
from milidip.codebook.choices import UNKNOWN, IdentifierScheme
from milidip.codebook.folding import folded

PER_PAGE = 50
LONGEST = 100
MOST_MEMBERS = 60
MOST_COMPANIONS = 10
LIST_FILTERS = ("q", "type", "country")
ADDRESSES = {
    IdentifierScheme.WIKIDATA: "https://www.wikidata.org/wiki/",
    IdentifierScheme.ROR: "https://ror.org/",
}


class FoldedNames(Func):
    """All other names of an actor in one text, without case and accents."""

    template = "lower(unaccent(array_to_string(%(expressions)s, ' | ')))"
    output_field = TextField()


def named(text: str) -> QuerySet[Actor]:
    """Return the actors whose name or other name has ``text``, those that begin with it first."""
    wanted = folded(text)
    begins = When(sort_key__startswith=wanted, then=Value(0))
    return (
        Actor.objects.annotate(names=FoldedNames(F("other_names")))
        .filter(Q(sort_key__contains=wanted) | Q(names__contains=wanted))
        .order_by(
            Case(begins, default=Value(1), output_field=IntegerField()), "sort_key", "reference"
        )
    )


def typed(request: HttpRequest) -> str:
    """Return what was typed; raise BadParameters when it cannot be a name."""
    text = request.GET.get("q", "").strip()
    if "\x00" in text or len(text) > LONGEST:
        raise BadParameters([_("q: “%(value)s” is not a name.") % {"value": printable(text[:40])}])
    return text


def list_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the list of actors shows."""
    text = typed(request)
    kind = _code(request, "type", "actor_type")
    country = _code(request, "country", "country")
    number = page_number(request)
    found = named(text) if text else Actor.objects.order_by("sort_key", "reference")
    # Each choice is counted without its own selection, so that the others stay visible.
    rows = found.order_by().values_list("type", "country").annotate(Count("pk"))
    types: Counter[str] = Counter()
    countries: Counter[str] = Counter()
    total = 0
    for one_type, one_country, count in rows:
        if country in ("", one_country):
            types[one_type] += count
        if kind in ("", one_type):
            countries[one_country] += count
        if country in ("", one_country) and kind in ("", one_type):
            total += count
    if kind:
        found = found.filter(type=kind)
    if country:
        found = found.filter(country=country)
    pairs: Pairs = [pair for pair in pairs_of(request.GET) if pair[0] in LIST_FILTERS]
    pager = Pager(number, total, path_of("actors"), pairs, PER_PAGE)
    actors = list(found[pager.offset : pager.offset + PER_PAGE])
    _count_entries(actors)
    return {
        "q": text,
        "types": [
            Link(label, count=types[code], code=code, selected=code == kind)
            for code, label in _choices("actor_type", types, kind)
        ],
        "countries": [
            Link(label, count=countries[code], code=code, selected=code == country)
            for code, label in _choices("country", countries, country)
        ],
        "actors": actors,
        "total": total,
        "pager": pager,
        "notices": [
            _("“%(name)s” is not a filter.") % {"name": printable(name[:40])}
            for name in request.GET
            if name not in (*LIST_FILTERS, "page")
        ],
    }


def _code(request: HttpRequest, name: str, vocabulary: str) -> str:
    """Return the code asked for, or nothing; raise BadParameters when it is none."""
    code = request.GET.get(name, "").strip()
    if code and code != UNKNOWN and code not in labels.vocabulary(vocabulary):
        message = _("%(name)s: “%(value)s” is not in the codebook.")
        raise BadParameters([message % {"name": name, "value": printable(code[:40])}])
    return code


def _choices(vocabulary: str, counts: Counter[str], chosen: str) -> list[tuple[str, str]]:
    known = labels.vocabulary(vocabulary)
    codes = [code for code in known if counts[code] or code == chosen]
    codes += [code for code in (*counts, chosen) if code and code not in known]
    return [(code, labels.label(vocabulary, code)) for code in dict.fromkeys(codes)]


def _count_entries(actors: list[Actor]) -> None:
    """Give each actor its number of records: distinct engagements, never joined rows."""
    rows = Participation.objects.filter(actor_reference__in=[actor.pk for actor in actors])
    counts = dict(
        rows.order_by().values_list("actor_reference").annotate(Count("entry", distinct=True))
    )
    for actor in actors:
        actor.entry_count = counts.get(actor.pk, 0)  # type: ignore[attr-defined]


def actor_context(actor: Actor, entries: QuerySet[Entry]) -> dict[str, Any]:
    """Return what the page of one actor shows besides its latest engagements."""
    reference = actor.reference
    query = QueryDict(mutable=True)
    query["stakeholder"] = reference
    counts = facet_counts(filtered(query), ["track", "year"])
    tracks = counts["track"]
    taken = Participation.objects.filter(actor_reference=reference).order_by()
    roles = dict(taken.values_list("role").annotate(Count("entry", distinct=True)))
    return {
        "actor": actor,
        "facts": [
            Fact("type", _("Kind of actor"), [value_link("actor_type", actor.type)]),
            Fact("level", _("Level"), [value_link("level", actor.level or UNKNOWN)]),
            Fact(
                "country",
                _("Country"),
                [value_link("country", actor.country, "participant_country")],
            ),
        ],
        "parent": Actor.objects.filter(pk=actor.parent_reference).first(),
        "members": list(Actor.objects.filter(parent_reference=reference)[:MOST_MEMBERS]),
        "chart": charts.year_chart(
            counts["year"],
            lambda first, last: catalogue_url(
                stakeholder=reference, after=str(first), before=str(last)
            ),
        ),
        "companions": named_most(entries, MOST_COMPANIONS, leave_out=reference),
        "identifiers": [_identifier(*pair) for pair in actor.identifiers],
        "roles": _counted("role", roles, reference),
        "tracks": _counted("track", tracks, reference),
        "total": sum(tracks.values()),
        "all_url": catalogue_url(stakeholder=reference),
    }


def _counted(name: str, counts: Mapping[str, int], reference: str) -> list[Link]:
    order = [*labels.vocabulary(name), *counts]
    return [
        Link(
            labels.label(name, code or UNKNOWN),
            catalogue_url(stakeholder=reference, **{name: code or UNKNOWN}),
            counts[code],
            code=code,
        )
        for code in sorted(counts, key=order.index)
    ]


def _identifier(scheme: str, value: str) -> dict[str, str]:
    start = ADDRESSES.get(IdentifierScheme(scheme)) if scheme in IdentifierScheme.values else None
    label = IdentifierScheme(scheme).label if scheme in IdentifierScheme.values else scheme
    url = f"{start}{quote(value.rsplit('/', 1)[-1])}" if start else ""
    return {"scheme": str(label), "value": value, "url": url}


def suggestions(request: HttpRequest, most: int) -> list[dict[str, str]]:
    """Return up to ``most`` actors for what was typed so far."""
    text = typed(request)
    if len(text) < 2:
        return []
    return [
        {
            "reference": actor.reference,
            "name": actor.name,
            "type": labels.label("actor_type", actor.type),
            "country": labels.label("country", actor.country) if actor.country != UNKNOWN else "",
            "url": actor.get_absolute_url(),
        }
        for actor in named(text)[:most]
    ]
