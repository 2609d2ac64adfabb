"""What the page of one record says, put together from its parts."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import FETCH_RAISE, F, Q
from django.utils.translation import gettext_lazy

from milidip.catalogue import citing, evidence, facts, labels, linked_data, reviewed, taking_part
from milidip.catalogue.addresses import address, path_of
from milidip.catalogue.citing import Citation
from milidip.catalogue.details import details
from milidip.catalogue.exports import GRAINS
from milidip.catalogue.facts import Document, country_link, people, value_link
from milidip.catalogue.listing import Link
from milidip.catalogue.locator import LocatorMap, locator
from milidip.catalogue.models import Entry, Relation, Version
from milidip.codebook.choices import UNKNOWN, Marking, TrackBasis
from milidip.languages import in_language

RELATIONS = {
    "follows": (gettext_lazy("Follows"), gettext_lazy("Followed by")),
    "part_of": (gettext_lazy("Part of"), gettext_lazy("Has part")),
    "response_to": (gettext_lazy("Response to"), gettext_lazy("Answered by")),
}


def places(doc: Document) -> list[dict[str, Any]]:
    return [
        {
            "name": place["name"],
            "country": country_link(place["country"], "place"),
            "country_derived": place["country_derived"],
            "area": value_link("region", place["region"], "region") if place["region"] else None,
            "precision": labels.label("place_precision", place["precision"]),
            "latitude": place["latitude"],
            "longitude": place["longitude"],
        }
        for place in doc["places"]
    ]


def place_map(doc: Document) -> LocatorMap | None:
    """Return a small map of the places; a point only where the document has coordinates."""
    found = doc["places"]
    return locator(
        {place["country"] for place in found if place["country"]},
        [
            (place["latitude"], place["longitude"], place["name"])
            for place in found
            if place["latitude"] is not None and place["longitude"] is not None
        ],
    )


def relations(entry: Entry) -> list[dict[str, Any]]:
    """Return the public records it is linked to, from either side, by one query."""
    rows = Relation.objects.filter(Q(entry=entry) | Q(target=entry)).select_related(
        "entry__document", "target__document"
    )
    found = []
    rows = rows.defer("entry__document__data", "target__document__data")
    for row in rows.fetch_mode(FETCH_RAISE):
        outgoing = row.entry_id == entry.pk
        labels_of_kind = RELATIONS.get(row.kind, (row.kind, row.kind))
        other = row.target if outgoing else row.entry
        found.append({"kind": labels_of_kind[0 if outgoing else 1], "entry": other})
    return found


def neighbours(entry: Entry) -> dict[str, Entry | None]:
    """Return the engagements before and after this one in its series, by first known day.

    One without a date has no place in the order, and so no neighbours.
    """
    if entry.series == UNKNOWN or entry.start_earliest is None:
        return {"previous": None, "next": None}
    day, ordinal = entry.start_earliest, entry.ordinal
    series = Entry.objects.filter(series=entry.series, start_earliest__isnull=False)
    series = series.select_related("document").defer("document__data").fetch_mode(FETCH_RAISE)
    # The first half of each says nothing new: it lets the index begin at the day.
    earlier = Q(start_earliest__lte=day) & (Q(start_earliest__lt=day) | Q(ordinal__lt=ordinal))
    later = Q(start_earliest__gte=day) & (Q(start_earliest__gt=day) | Q(ordinal__gt=ordinal))
    return {
        "previous": series.filter(earlier)
        .order_by(F("start_earliest").desc(), F("ordinal").desc())
        .first(),
        "next": series.filter(later).order_by("start_earliest", "ordinal").first(),
    }


def record_context(
    entry: Entry, doc: Document, version: Version, versions: Iterable[Version], base: str
) -> dict[str, Any]:
    """Return everything the page of a record shows, of one version of it."""
    numbers = evidence.source_numbers(doc)
    current = version.number == entry.version
    path = entry.get_absolute_url() if current else version_path(entry, version)
    marking = None
    if doc["marking"] != Marking.OPEN:
        marking = value_link("marking", doc["marking"])
    cited = cited_as(entry, doc, version, base)
    return {
        "entry": entry,
        "doc": doc,
        "glance": facts.facts(doc, facts.GLANCE),
        "purpose": facts.facts(doc, facts.PURPOSE),
        "details": details(doc),
        "places": places(doc),
        "map": place_map(doc),
        "regions": [
            value_link("region", code, "region")
            for code in (entry.regions if current else [])
            if code != UNKNOWN
        ],
        "people": people(doc["people"]["min"], doc["people"]["max"]),
        "participants": taking_part.participants(doc, numbers),
        "sources": evidence.sources(doc),
        "claims": evidence.sources_by_claim(doc),
        "outcomes": evidence.outcomes(doc, numbers),
        "narrative": evidence.with_citations(doc["narrative"], doc),
        "relations": relations(entry),
        "series": neighbours(entry) if doc["series"] else None,
        "review": reviewed.review(doc),
        "conduct": reviewed.conduct(doc),
        "marking": marking,
        "claim_status": value_link("claim_status", doc["claim_status"]),
        "source_independence": value_link("source_independence", doc["source_independence"]),
        "track_basis": value_link("track_basis", doc["track_basis"]),
        "guessed": doc["track_basis"] == TrackBasis.DATASET_GUESS and doc["track"] != UNKNOWN,
        "withheld": [value_link("withheld_rule", code) for code in doc["withheld"]],
        "version": _version(entry, version),
        "versions": [_version(entry, one) for one in versions],
        "current_url": entry.get_absolute_url(),
        "permalink": f"{base}{path}",
        "linked_data": linked_data.as_script_data(linked_data.record(doc, cited, base)),
        "citation": citing.as_text(cited),
        "citation_files": [
            Link(form.label, citation_path(entry, version, form.extension), code=form.extension)
            for form in citing.FORMATS.values()
        ],
        "downloads": [
            Link(
                grain.label,
                address(path_of(f"{grain.name}_csv"), [("reference", entry.reference)]),
                title=grain.description,
                code=grain.name,
            )
            for grain in GRAINS
        ],
    }


def version_path(entry: Entry, version: Version) -> str:
    """Return the path of one version, which stays when newer ones come."""
    return path_of("version", entry.reference, version.number)


def citation_path(entry: Entry, version: Version, extension: str) -> str:
    """Return where the citation of this version is, as a file for reference managers."""
    if version.number == entry.version:
        return path_of("citation", entry.reference, extension)
    return path_of("citation_of_version", entry.reference, version.number, extension)


def cited_as(entry: Entry, doc: Document, version: Version, base: str) -> Citation:
    """Return this version as it is cited: with its permanent address, whatever the language."""
    path = in_language(version_path(entry, version), settings.LANGUAGE_CODE)
    return Citation(
        reference=entry.reference,
        title=doc["title"],
        version=version.number,
        published=version.published_at.date(),
        url=f"{base}{path}",
    )


def _version(entry: Entry, version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "published_at": version.published_at,
        "change_note": version.change_note,
        "is_current": version.number == entry.version,
        "url": version_path(entry, version),
    }
