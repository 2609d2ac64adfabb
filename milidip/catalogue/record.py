"""What the page of one record says: codes in words, each linked to the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import FETCH_RAISE, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue import labels
from milidip.catalogue.addresses import catalogue_url, path_of
from milidip.catalogue.listing import Link
from milidip.catalogue.models import Actor, Entry, Relation, Version
from milidip.catalogue.words import honest_date
from milidip.codebook.choices import UNKNOWN, Marking, ReviewKind, TrackBasis

Document = dict[str, Any]

# Key of the document, vocabulary, filter (empty: there is none), name of the field.
FACTS = (
    ("track", "track", "track", gettext_lazy("Track")),
    ("touches", "track", "touches", gettext_lazy("Touches")),
    ("track3_link", "track3_link", "", gettext_lazy("How it reaches Track III")),
    ("military_role", "military_role", "military_role", gettext_lazy("What the military did")),
    ("initiated_by", "actor_type", "", gettext_lazy("Convened by")),
    ("family", "family", "family", gettext_lazy("Kind of activity")),
    ("activity", "activity", "activity", gettext_lazy("Activity, in detail")),
    ("series", "", "series", gettext_lazy("Series")),
    ("objectives", "objective", "objective", gettext_lazy("Objectives")),
    ("themes", "theme", "theme", gettext_lazy("Themes")),
    ("status", "status", "status", gettext_lazy("Status")),
)
RELATIONS = {
    "follows": (gettext_lazy("Follows"), gettext_lazy("Followed by")),
    "part_of": (gettext_lazy("Part of"), gettext_lazy("Has part")),
    "response_to": (gettext_lazy("Response to"), gettext_lazy("Answered by")),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of a record with its values; one that is not known says so."""

    name: str
    label: Any
    values: list[Link]
    title: str = ""


def value_link(vocabulary: str, code: str, parameter: str = "") -> Link:
    """Return a code in words, linked to all records that have it."""
    url = catalogue_url(**{parameter: code}) if parameter else ""
    return Link(
        labels.label(vocabulary, code), url, title=labels.definition(vocabulary, code), code=code
    )


def facts(doc: Document) -> list[Fact]:
    return [
        Fact(parameter or key, label, _values(doc, key, vocabulary, parameter))
        for key, vocabulary, parameter, label in FACTS
        if doc.get(key) or key not in ("series", "themes", "track3_link")
    ]


def _values(doc: Document, key: str, vocabulary: str, parameter: str) -> list[Link]:
    value = doc.get(key)
    if key == "series" and value:
        return [Link(value["name"], catalogue_url(series=value["code"]), code=value["code"])]
    codes = value if isinstance(value, list) else [value]
    return [
        value_link(vocabulary, code, parameter) for code in [c for c in codes if c] or [UNKNOWN]
    ]


def places(doc: Document) -> list[dict[str, Any]]:
    return [
        {
            "name": place["name"],
            "country": _country(place["country"], "place"),
            "country_derived": place["country_derived"],
            "area": value_link("region", place["region"], "region") if place["region"] else None,
            "precision": labels.label("place_precision", place["precision"]),
            "latitude": place["latitude"],
            "longitude": place["longitude"],
        }
        for place in doc["places"]
    ]


def _country(code: str, parameter: str) -> Link | None:
    return value_link("country", code, parameter) if code and code != UNKNOWN else None


def people(least: int | None, most: int | None) -> str:
    """Return a head count in words, as far as it is known."""
    if least and most:
        if least == most:
            return f"{least:,}"
        return _("%(least)s to %(most)s") % {"least": f"{least:,}", "most": f"{most:,}"}
    if least:
        return _("at least %(least)s") % {"least": f"{least:,}"}
    return _("at most %(most)s") % {"most": f"{most:,}"} if most else ""


def public_actors(doc: Document) -> dict[str, Actor]:
    """Return the actors of a document and their parents that have a page, by one query."""
    references = {line["reference"] for line in doc["participants"] if line["reference"]}
    if not references:
        return {}
    parents = Actor.objects.filter(pk__in=references).values("parent_reference")
    found = Actor.objects.filter(Q(pk__in=references) | Q(pk__in=parents))
    found = found.only("name", "parent_reference").fetch_mode(FETCH_RAISE)
    return {actor.reference: actor for actor in found}


def participants(doc: Document, numbers: dict[str, int]) -> list[dict[str, Any]]:
    """Return who took part, by role; ``numbers`` are those of the sources on the page."""
    actors = public_actors(doc)
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in doc["participants"]:
        groups.setdefault(line["role"] or UNKNOWN, []).append(_line(line, actors, numbers))
    order = {code: place for place, code in enumerate(labels.vocabulary("role"))}
    return [
        {"role": value_link("role", role, "role"), "lines": groups[role]}
        for role in sorted(groups, key=lambda role: order.get(role, len(order)))
    ]


def _line(line: Document, actors: dict[str, Actor], numbers: dict[str, int]) -> dict[str, Any]:
    actor = actors.get(line["reference"])
    parent = actors.get(actor.parent_reference) if actor else None
    country = _country(line["country"], "participant_country")
    capacity, level = line["capacity"], line["level"]
    return {
        "name": line["name"],
        "url": actor.get_absolute_url() if actor else "",
        "type": labels.label("actor_type", line["type"]),
        "country": country,
        "parent": Link(parent.name, parent.get_absolute_url()) if parent else None,
        "capacity": labels.label("capacity", capacity) if capacity != UNKNOWN else "",
        "level": labels.label("level", level) if level != UNKNOWN else "",
        "side": labels.label("side", line["side"]),
        "people": people(line["people_min"], line["people_max"]),
        "women": people(line["women_min"], None),
        "disclosure": line["disclosure"],
        "rule": labels.definition("withheld_rule", line["rule"]),
        "sources": [numbers[reference] for reference in line["sources"] if reference in numbers],
    }


def source_numbers(doc: Document) -> dict[str, int]:
    return {source["reference"]: number for number, source in enumerate(doc["sources"], 1)}


def sources(doc: Document) -> list[dict[str, Any]]:
    return [
        {
            **source,
            "number": number,
            "kind": labels.label("source_kind", source["kind"]),
            "independence": labels.label("independence", source["independence"]),
            "locator": _locator(source),
            "supports": [_column(name) for name in source["supports"]],
            "rule": labels.definition("withheld_rule", source["rule"]),
        }
        for number, source in enumerate(doc["sources"], 1)
    ]


def _locator(source: Document) -> str:
    kind = labels.label("locator_type", source["locator_type"])
    return f"{kind} {source['locator']}".strip() if source["locator"] else ""


def _column(name: str) -> str:
    return name.replace("_", " ")


def outcomes(doc: Document, numbers: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "kind": labels.label("outcome_kind", outcome["kind"]),
            "statement": outcome["statement"],
            "date": outcome["date"],
            "reported_by": labels.label("reported_by", outcome["reported_by"]),
            "source": numbers.get(outcome["source"] or ""),
        }
        for outcome in doc["outcomes"]
    ]


def review(doc: Document) -> dict[str, Any]:
    found = doc["review"]
    return {
        **found,
        "decision": labels.label("review_decision", found["decision"]),
        "kind": labels.label("review_kind", found["kind"]),
        "individual": found["kind"] == ReviewKind.INDIVIDUAL,
    }


def conduct(doc: Document) -> dict[str, Any]:
    found = doc["conduct"]
    return {
        "status": found["status"],
        "label": labels.label("conduct_status", found["status"]),
        "on": found["on"],
        "findings": [
            {
                "criterion": labels.label("criterion", finding["criterion"]),
                "title": labels.definition("criterion", finding["criterion"]),
                "rating": labels.label("rating", finding["rating"]),
                "note": finding["note"],
            }
            for finding in found["findings"]
        ],
    }


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


def record_context(
    entry: Entry, doc: Document, version: Version, versions: Iterable[Version], base: str
) -> dict[str, Any]:
    """Return everything the page of a record shows, of one version of it."""
    numbers = source_numbers(doc)
    current = version.number == entry.version
    path = entry.get_absolute_url() if current else version_path(entry, version)
    marking = None
    if doc["marking"] != Marking.OPEN:
        marking = value_link("marking", doc["marking"])
    return {
        "entry": entry,
        "doc": doc,
        "facts": facts(doc),
        "places": places(doc),
        "regions": [
            value_link("region", code, "region")
            for code in (entry.regions if current else [])
            if code != UNKNOWN
        ],
        "people": people(doc["people"]["min"], doc["people"]["max"]),
        "participants": participants(doc, numbers),
        "sources": sources(doc),
        "outcomes": outcomes(doc, numbers),
        "relations": relations(entry),
        "review": review(doc),
        "conduct": conduct(doc),
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
        "citation": citation(entry, doc, version, base),
    }


def version_path(entry: Entry, version: Version) -> str:
    return path_of("version", entry.reference, version.number)


def _version(entry: Entry, version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "published_at": version.published_at,
        "change_note": version.change_note,
        "is_current": version.number == entry.version,
        "url": version_path(entry, version),
    }


def citation(entry: Entry, doc: Document, version: Version, base: str) -> str:
    """Return how to cite this version, with its permanent address."""
    return _(
        "“%(title)s”. milidip, the open register of military diplomacy, %(reference)s, "
        "version %(number)s, %(day)s. %(url)s"
    ) % {
        "title": doc["title"],
        "reference": entry.reference,
        "number": version.number,
        "day": honest_date(version.published_at),
        "url": f"{base}{version_path(entry, version)}",
    }
