"""Ways into the register: every series, every region and every country has a page of its own.

Each is the catalogue under one filter, told as a whole: when, what, who, where. Counts come from
the same FilterSet as the lists, so that they cannot differ.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Max, Min
from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _

from milidip.catalogue import charts, labels
from milidip.catalogue.addresses import catalogue_url, path_of
from milidip.catalogue.company import named_most
from milidip.catalogue.facets import Counts, facet_counts
from milidip.catalogue.filters import EntryFilterSet, filtered
from milidip.catalogue.listing import Link, Pager, page_number
from milidip.catalogue.locator import LocatorMap, locator
from milidip.catalogue.models import Document, Entry
from milidip.catalogue.parameters import BadParameters
from milidip.codebook.choices import UNKNOWN, CountryKind, RegionKind

TOP_ACTORS = 12
COUNTED = ("family", "touches", "place", "year")
PER_PAGE = 60
MOST_COUNTRIES = 40


def only(name: str, code: str) -> EntryFilterSet:
    """Return the FilterSet of one value; raise Http404 when it is none that is public."""
    query = QueryDict(mutable=True)
    query[name] = code
    try:
        return filtered(query)
    except BadParameters:
        raise Http404 from None


def context_of(name: str, code: str) -> dict[str, Any]:
    """Return what every such page shows of the records that a filter finds."""
    filterset = only(name, code)
    counts = facet_counts(filterset, COUNTED)
    filters = {name: code}
    return {
        "code": code,
        "total": sum(counts["family"].values()),
        "all_url": catalogue_url(**filters),
        "chart": charts.year_chart(
            counts["year"],
            lambda first, last: catalogue_url(**filters, after=str(first), before=str(last)),
        ),
        "families": _counted("family", "family", counts["family"], filters),
        "touches": _counted("touches", "track", counts["touches"], filters),
        "actors": [
            {
                "actor": actor,
                "count": count,
                "url": catalogue_url(**filters, stakeholder=actor.reference),
            }
            for actor, count in named_most(filterset.qs, TOP_ACTORS)
        ],
        "places": counts["place"],
    }


def _counted(
    name: str, vocabulary: str, counts: Counts, filters: dict[str, str], most: int = 0
) -> list[Link]:
    """Return codes with counts, the most frequent first and unknown last."""
    codes = sorted(counts, key=lambda code: (code == UNKNOWN, -counts[code], code))
    return [
        Link(
            labels.label(vocabulary, code),
            catalogue_url(**filters, **{name: code}),
            counts[code],
            labels.definition(vocabulary, code),
            code,
        )
        for code in (codes[:most] if most else codes)
    ]


def series_context(code: str) -> dict[str, Any]:
    """Return the page of a series: its editions, in their order."""
    if code == UNKNOWN:
        raise Http404
    context = context_of("series", code)
    name = (
        Document.objects.filter(entry__series=code).values_list("series_name", flat=True).first()
    )
    return {
        **context,
        "kind": "series",
        "title": name or code,
        "countries": _counted("place", "country", context["places"], {"series": code}),
        "map": _map(context["places"]),
    }


def region_context(code: str) -> dict[str, Any]:
    """Return the page of a region: M49, one that people look for, or a sea."""
    word = labels.vocabulary("region").get(code)
    if word is None:
        raise Http404
    context = context_of("region", code)
    regions = labels.vocabulary("region")
    return {
        **context,
        "kind": "region",
        "title": word.label,
        "definition": word.definition,
        "is_alias": word.kind == RegionKind.ALIAS,
        "above": _region(word.above) if word.above in regions else None,
        "below": [_region(one.code) for one in regions.values() if one.above == code],
        "countries": _counted(
            "place", "country", context["places"], {"region": code}, MOST_COUNTRIES
        ),
        "map": _map(context["places"]),
    }


def _region(code: str) -> Link:
    return Link(labels.label("region", code), path_of("region", code), code=code)


def country_context(code: str) -> dict[str, Any]:
    """Return the page of a country: what happened there, and how often its own took part."""
    word = labels.vocabulary("country").get(code)
    if word is None:
        raise Http404
    context = context_of("place", code)
    abroad = filtered(QueryDict(f"participant_country={code}")).qs.count()
    return {
        **context,
        "kind": "country",
        "title": word.label,
        "definition": word.definition,
        "above": _region(word.above) if word.above else None,
        "taking_part": Link(
            _("Records in which somebody from there took part, wherever it happened"),
            catalogue_url(participant_country=code),
            abroad,
        ),
        "map": locator([code]),
    }


def _map(places: Counts) -> LocatorMap | None:
    return locator(code for code in places if code != UNKNOWN)


def series_list(request: HttpRequest) -> dict[str, Any]:
    """Return every public series with its span, those with most editions first."""
    number = page_number(request)
    rows = (
        Entry.objects.exclude(series=UNKNOWN)
        .order_by()
        .values("series")
        .annotate(count=Count("pk"), first=Min("start_earliest"), last=Max("start_latest"))
    )
    total = rows.count()
    pager = Pager(number, total, path_of("series_list"), [], PER_PAGE)
    shown = list(rows.order_by("-count", "series")[pager.offset : pager.offset + PER_PAGE])
    names = dict(
        Document.objects.filter(entry__series__in=[row["series"] for row in shown])
        .values_list("entry__series", "series_name")
        .distinct()
    )
    return {
        "series": [
            {
                "name": names.get(row["series"]) or row["series"],
                "url": path_of("series", row["series"]),
                "count": row["count"],
                "first": str(row["first"].year) if row["first"] else "",
                "last": str(row["last"].year) if row["last"] else "",
            }
            for row in shown
        ],
        "total": total,
        "pager": pager,
    }


def region_list() -> dict[str, Any]:
    """Return every region that has records: the UN's tree, then other names, then seas."""
    counts = facet_counts(filtered(QueryDict()), ["region"])["region"]
    regions = labels.vocabulary("region")

    def links(codes: Iterable[str], depth: int = 0) -> list[dict[str, Any]]:
        return [
            {"link": _region(code), "count": counts[code], "depth": depth}
            for code in codes
            if code in counts
        ]

    tree: list[dict[str, Any]] = []

    def grow(above: str, depth: int) -> None:
        for code, word in regions.items():
            if word.kind == RegionKind.M49 and word.above == above:
                tree.extend(links([code], depth))
                grow(code, depth + 1)

    grow("", 0)
    told = {one["link"].label for one in tree}
    groups = [{"label": _("Regions of the United Nations (M49)"), "regions": tree}]
    for kind, label in (
        (RegionKind.ALIAS, _("Regions that people look for; they overlap")),
        (RegionKind.SEA, _("Seas")),
    ):
        some = links(
            code
            for code, word in regions.items()
            # Sub-Saharan Africa is both, and told once.
            if word.kind == kind and word.label not in told
        )
        groups.append({"label": label, "regions": some})
    return {"groups": [group for group in groups if group["regions"]]}


def country_list() -> dict[str, Any]:
    """Return every country in which something happened, by name, with its count."""
    counts = facet_counts(filtered(QueryDict()), ["place"])["place"]
    words = labels.vocabulary("country")
    listed = [
        {
            "link": Link(word.label, path_of("country", code), counts[code], code=code),
            "ended": word.kind == CountryKind.HISTORICAL,
        }
        for code, word in words.items()
        if code in counts
    ]
    return {"countries": listed, "unplaced": counts.get(UNKNOWN, 0)}
