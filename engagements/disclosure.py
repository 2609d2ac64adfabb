"""What may be public. Pure functions: a snapshot and the protections in, public data out.

A snapshot is the private, frozen record (see `engagements.snapshot`). `disclose()` turns it
into what the public side may hold. Whatever is not copied here by name does not leave.

The rules, in the order in which they win:

1. An actor under protection is named nowhere.
2. Under the Chatham House Rule neither the identity nor the affiliation of a participant is
   revealed (Chatham House, 1927, as amended 2002); organisers, hosts and funders who announced
   the meeting may be named. The others are counted by kind, in cells of at least five.
3. A person is named only with a basis of consent, and only after an individual review.
4. Otherwise a participation says of itself whether it is named, shown by kind, or withheld.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from milidip.codebook.choices import (
    UNKNOWN,
    ConductStatus,
    ConsentBasis,
    Independence,
    Marking,
    ParticipantDisclosure,
    PlacePrecision,
    PublicDisclosure,
    ReviewKind,
    SourceIndependence,
    SourceKind,
    Status,
    WithheldRule,
)
from milidip.codebook.dates import bounds
from milidip.codebook.folding import folded

SCHEMA = 1
SMALLEST_CELL = 5
PERSON = "person"
ANNOUNCING_ROLES = {"organiser", "host", "funder"}
EXPIRING = {Status.PLANNED, Status.ONGOING, Status.POSTPONED}

Snapshot = dict[str, Any]
Protections = Mapping[str, list[str]]  # actor reference -> every name that must not appear


@dataclass
class Disclosed:
    """Everything the public side may hold of one record."""

    document: dict[str, Any]
    actors: dict[str, dict[str, Any]]
    withheld: list[str]
    withheld_names: list[tuple[str, list[str]]] = field(repr=False, default_factory=list)


def disclose(snapshot: Snapshot, protections: Protections) -> Disclosed:
    """Return what may be public of ``snapshot`` while ``protections`` are promised."""
    rules: set[str] = set()
    participants, actors = _participants(snapshot, protections, rules)
    sources = _sources(snapshot, rules)
    shown = {source["reference"] for source in sources}
    for participant in participants:
        participant["sources"] = [ref for ref in participant["sources"] if ref in shown]
    document = {
        "reference": snapshot["reference"],
        "title": snapshot["title"],
        "title_supplied": snapshot["title_supplied"],
        "series": snapshot["series"],
        "edition": snapshot["edition"],
        "summary": snapshot["summary"],
        "narrative": snapshot["narrative"],
        "lessons": snapshot["lessons"],
        "track": snapshot["track"] or UNKNOWN,
        "track_basis": snapshot["track_basis"],
        "track_note": snapshot["track_note"],
        "touches": sorted({*snapshot["touches"], snapshot["track"] or UNKNOWN} - {UNKNOWN}),
        "track3_link": snapshot["track3_links"],
        "military_role": snapshot["military_roles"],
        "initiated_by": _initiated_by(snapshot, participants),
        "family": snapshot["family"],
        "activity": snapshot["activity"],
        "objectives": snapshot["objectives"],
        "themes": snapshot["themes"],
        "status": snapshot["status"],
        "start": snapshot["start"],
        "end": snapshot["end"],
        "places": _places(snapshot, rules),
        "participants": participants,
        "people": _people(snapshot, participants, rules),
        "sources": sources,
        "outcomes": [
            {
                "kind": outcome["kind"],
                "statement": outcome["statement"],
                "date": outcome["date"],
                "reported_by": outcome["reported_by"],
                "source": outcome["source"] if outcome["source"] in shown else None,
            }
            for outcome in snapshot["outcomes"]
        ],
        "marking": snapshot["marking"],
        "claim_status": snapshot["claim_status"],
        "source_independence": _independence(snapshot["sources"]),
        "conduct": _conduct(snapshot),
        "review": _review(snapshot),
        "licence": snapshot["content_licence"],
        "dataset": snapshot["source_dataset"],
        "dataset_id": snapshot["source_id"],
    }
    document["withheld"] = sorted(rules)
    return Disclosed(
        document=document,
        actors=actors,
        withheld=sorted(rules),
        withheld_names=_withheld_names(snapshot, actors, protections),
    )


def material_digest(disclosed: Disclosed) -> str:
    """Return the digest of what a clearance covers.

    It leaves out how actors are spelled, so that renaming an alliance lapses nothing, and the
    review itself, which comes after.
    """
    material = {key: value for key, value in disclosed.document.items() if key != "review"}
    material["participants"] = [
        {key: value for key, value in participant.items() if key != "name"}
        for participant in material["participants"]
    ]
    return digest_of(material)


def digest_of(data: Any) -> str:
    """Return a SHA-256 over the canonical JSON of ``data``."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def leaves_on(document: dict[str, Any]) -> date | None:
    """Return the day on which the record leaves the public side, if its clearance ends.

    What is over stays; what is planned or under way leaves the day after its last valid day.
    """
    until = document["review"]["until"]
    if not until or document["status"] not in EXPIRING:
        return None
    return date.fromisoformat(until) + timedelta(days=1)


# --- who took part ---------------------------------------------------------------------------


def _participants(
    snapshot: Snapshot, protections: Protections, rules: set[str]
) -> tuple[list[dict], dict[str, dict]]:
    lines: list[dict] = []
    actors: dict[str, dict] = {}
    under_rule: list[dict] = []
    for row in snapshot["participations"]:
        actor = row["actor"]
        if _under_chatham_house(snapshot["marking"], row):
            under_rule.append(row)
            continue
        how, rule = _how_shown(row, snapshot["review"]["kind"], protections)
        if rule:
            rules.add(rule)
        if how == ParticipantDisclosure.WITHHELD:
            continue
        named = how == ParticipantDisclosure.NAMED
        if named:
            actors[actor["reference"]] = _actor(actor)
        lines.append(
            {
                "reference": actor["reference"] if named else "",
                "name": actor["name"] if named else "",
                "type": actor["type"] if actor else row["actor_type"],
                "level": actor["level"] if named else "",
                "country": (actor["country"] or "") if named else "",
                "role": row["role"],
                "capacity": row["capacity"],
                "side": row["side"],
                "people_min": row["people_min"],
                "people_max": row["people_max"],
                "women_min": row["women_min"],
                "disclosure": PublicDisclosure.NAMED if named else PublicDisclosure.TYPE_ONLY,
                "rule": rule,
                "sources": row["sources"],
            }
        )
    if under_rule:
        rules.add(WithheldRule.CHATHAM_HOUSE)
        lines.extend(_cells(under_rule, protections, rules))
    return lines, actors


def _under_chatham_house(marking: str, row: dict) -> bool:
    """Organisers, hosts and funders who announced the meeting stand outside the Rule."""
    if marking == Marking.CHATHAM_HOUSE:
        return not (row["announced"] and row["role"] in ANNOUNCING_ROLES)
    if marking == Marking.CHATHAM_HOUSE_PART:
        return row["under_rule"] and not (row["announced"] and row["role"] in ANNOUNCING_ROLES)
    return False


def _how_shown(row: dict, review_kind: str, protections: Protections) -> tuple[str, str]:
    """Return how a participation is shown, and the rule when it is not named."""
    actor, wish = row["actor"], row["disclosure"]
    if actor is None:
        return ParticipantDisclosure.TYPE_ONLY, ""
    person = actor["type"] == PERSON
    withheld = WithheldRule.PERSON_WITHHELD if person else WithheldRule.PARTICIPANT_WITHHELD
    # A protected actor looks like any other that is withheld: the reason is not public.
    if actor["reference"] in protections or wish == ParticipantDisclosure.WITHHELD:
        return ParticipantDisclosure.WITHHELD, withheld
    if wish == ParticipantDisclosure.TYPE_ONLY:
        return ParticipantDisclosure.TYPE_ONLY, WithheldRule.TYPE_ONLY
    if person and row["consent_basis"] == ConsentBasis.NONE:
        return ParticipantDisclosure.WITHHELD, withheld
    if person and review_kind != ReviewKind.INDIVIDUAL:
        return ParticipantDisclosure.WITHHELD, WithheldRule.BULK_REVIEW
    return ParticipantDisclosure.NAMED, ""


def _cells(rows: list[dict], protections: Protections, rules: set[str]) -> list[dict]:
    """Count those under the Rule by kind of actor, in cells of at least five.

    Smaller cells are merged, with the next larger one if need be, so that none can be told
    from the rest; when all together are fewer than five, only "some" is said.
    """
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        actor = row["actor"]
        if actor and actor["reference"] in protections:
            continue
        kind = actor["type"] if actor else row["actor_type"]
        counts[kind] += row["people_min"] or row["people_max"] or 1
    sizes = sorted(counts.items(), key=lambda item: (item[1], item[0]))
    merged = 0
    while sizes and (sizes[0][1] < SMALLEST_CELL or 0 < merged < SMALLEST_CELL):
        merged += sizes.pop(0)[1]
    lines = [_cell(kind, size, PublicDisclosure.TYPE_ONLY) for kind, size in sorted(sizes)]
    if merged:
        rules.add(WithheldRule.SMALL_CELLS_MERGED)
        known = merged if merged >= SMALLEST_CELL else None
        lines.append(_cell(UNKNOWN, known, PublicDisclosure.MERGED))
    return lines


def _cell(kind: str, size: int | None, disclosure: str) -> dict:
    return {
        "reference": "",
        "name": "",
        "type": kind,
        "level": "",
        "country": "",
        "role": "participant",
        "capacity": UNKNOWN,
        "side": "",
        "people_min": size,
        "people_max": None,
        "women_min": None,
        "disclosure": disclosure,
        "rule": WithheldRule.CHATHAM_HOUSE,
        "sources": [],
    }


def _actor(actor: dict) -> dict[str, Any]:
    """The public facts of an actor that is named; its parent is shown only if public too."""
    return {
        "reference": actor["reference"],
        "name": actor["name"],
        "type": actor["type"],
        "level": actor["level"],
        "country": actor["country"] or UNKNOWN,
        "parent": actor["parent"] or "",
        "other_names": actor["other_names"],
        "identifiers": actor["identifiers"],
    }


def _initiated_by(snapshot: Snapshot, participants: list[dict]) -> str:
    """Under the Rule the kind of the convener is told only if an announced one has it."""
    kind = snapshot["initiated_by"] or UNKNOWN
    if snapshot["marking"] in (Marking.CHATHAM_HOUSE, Marking.CHATHAM_HOUSE_PART):
        announced = {
            line["type"] for line in participants if line["disclosure"] == PublicDisclosure.NAMED
        }
        return kind if kind in announced else UNKNOWN
    return kind


def _people(snapshot: Snapshot, lines: list[dict], rules: set[str]) -> dict[str, int | None]:
    """Add up head counts, unless a total would tell what a merged or withheld line holds."""
    counted = [line for line in lines if line["people_min"] or line["people_max"]]
    if not counted or rules & {
        WithheldRule.SMALL_CELLS_MERGED,
        WithheldRule.CHATHAM_HOUSE,
        WithheldRule.PERSON_WITHHELD,
        WithheldRule.PARTICIPANT_WITHHELD,
        WithheldRule.BULK_REVIEW,
    }:
        return {"min": None, "max": None}
    least = sum(line["people_min"] or 0 for line in counted)
    whole = len(counted) == len(lines) and all(line["people_max"] for line in lines)
    return {
        "min": least or None,
        "max": sum(line["people_max"] for line in lines) if whole else None,
    }


# --- where, by whose word, and what was decided -----------------------------------------------


def _places(snapshot: Snapshot, rules: set[str]) -> list[dict]:
    shown = []
    for place in snapshot["places"]:
        if place["precision"] == PlacePrecision.WITHHELD:
            rules.add(WithheldRule.PLACE_WITHHELD)
            continue
        precise = place["precision"] in (PlacePrecision.EXACT, PlacePrecision.PLACE)
        shown.append(
            {
                "name": place["name"],
                "country": place["country"] or "",
                "country_derived": place["country_derived"],
                "region": place["region"] or "",
                "precision": place["precision"],
                "latitude": place["latitude"] if precise else None,
                "longitude": place["longitude"] if precise else None,
            }
        )
    return shown


def _sources(snapshot: Snapshot, rules: set[str]) -> list[dict]:
    chatham = snapshot["marking"] in (Marking.CHATHAM_HOUSE, Marking.CHATHAM_HOUSE_PART)
    shown = []
    for source in snapshot["sources"]:
        rule = ""
        if source["withheld"]:
            rule = WithheldRule.SOURCE_WITHHELD
        elif chatham and not source["chatham_safe"]:
            rule = WithheldRule.CHATHAM_HOUSE
        if rule:
            rules.add(WithheldRule.SOURCE_WITHHELD)
        text = {
            name: "" if rule else source[name]
            for name in (
                "title",
                "author",
                "publisher",
                "url",
                "archive_url",
                "published",
                "locator_type",
                "locator",
                "language",
            )
        }
        shown.append(
            {
                "reference": source["reference"],
                "kind": source["kind"],
                "independence": source["independence"],
                **text,
                "accessed": None if rule else source["accessed"],
                "supports": source["supports"],
                "rule": rule,
            }
        )
    return shown


def _independence(sources: Iterable[dict]) -> str:
    """Tell on whose word the record stands, without grading anybody."""
    sources = list(sources)
    if all(source["kind"] == SourceKind.OWN_REPORT for source in sources):
        return SourceIndependence.OWN_REPORT_ONLY
    if any(source["independence"] == Independence.INDEPENDENT for source in sources):
        return SourceIndependence.INDEPENDENT
    return SourceIndependence.PARTY_ONLY


def _review(snapshot: Snapshot) -> dict:
    review = snapshot["review"]
    return {
        "decision": review["decision"],
        "kind": review["kind"],
        "on": review["decided_on"],
        "until": review["valid_until"],
        "sample_size": review["sample_size"],
        "conditions": review["conditions"],
    }


def _conduct(snapshot: Snapshot) -> dict:
    conduct = snapshot["conduct"]
    if conduct is None:
        asked = snapshot["gives_support"] is not False
        status = ConductStatus.NOT_ASSESSED if asked else ConductStatus.NOT_REQUIRED
        return {"status": status, "on": None, "findings": []}
    return {
        "status": ConductStatus.ASSESSED,
        "on": conduct["assessed_on"],
        "findings": conduct["findings"],
    }


# --- names that must not appear ---------------------------------------------------------------

PUBLIC_TEXTS = ("title", "edition", "summary", "narrative", "lessons", "track_note")
NOT_WORD = re.compile(r"[\W_]+")
UNSPACED = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f]")


def leaks(disclosed: Disclosed) -> list[tuple[str, str]]:
    """Return (field, actor reference) for each public text that holds a withheld name.

    Case, accents and punctuation make no difference, and an address is searched like a text.
    A person's last name alone counts too.
    """
    found = []
    names = [
        (reference, [_spaced(name) for name in spellings if _spaced(name)])
        for reference, spellings in disclosed.withheld_names
    ]
    if not names:
        return []
    for place, text in _public_texts(disclosed.document):
        spaced = f" {_spaced(text)} "
        squashed = spaced.replace(" ", "")
        for reference, spellings in names:
            if any(_holds(spaced, squashed, name, place) for name in spellings):
                found.append((place, reference))
    return found


def _holds(spaced: str, squashed: str, name: str, place: str) -> bool:
    if f" {name} " in spaced:
        return True
    tight = name.replace(" ", "")
    if UNSPACED.search(tight):
        return tight in squashed
    # In an address words run together: jane-doe, but also janedoe.
    return "url" in place and len(tight) >= 8 and tight in squashed


def _public_texts(document: dict) -> Iterable[tuple[str, str]]:
    for name in PUBLIC_TEXTS:
        yield name, document[name]
    if document["series"]:
        yield "series", document["series"]["name"]
    yield "content_licence", document["licence"]
    for number, place in enumerate(document["places"], 1):
        yield f"place {number}", place["name"]
    for number, outcome in enumerate(document["outcomes"], 1):
        yield f"outcome {number}", outcome["statement"]
    for number, source in enumerate(document["sources"], 1):
        for name in ("title", "author", "publisher", "url", "archive_url", "locator"):
            yield f"source {number} {name}", source[name]
    for condition in document["review"]["conditions"]:
        yield "review condition", condition["text"]
    for finding in document["conduct"]["findings"]:
        yield f"conduct note {finding['criterion']}", finding["note"]


def _withheld_names(
    snapshot: Snapshot, named: Mapping[str, dict], protections: Protections
) -> list[tuple[str, list[str]]]:
    """Names of every actor that is not named here, and of everybody under protection.

    The name of a country in which it happened is no disclosure of a delegation from there.
    """
    harmless = {_spaced(place["country_label"]) for place in snapshot["places"]}
    harmless |= {_spaced(actor["name"]) for actor in named.values()}
    withheld: dict[str, list[str]] = {ref: list(names) for ref, names in protections.items()}
    for row in snapshot["participations"]:
        actor = row["actor"]
        if actor is None or actor["reference"] in named:
            continue
        names = [actor["name"], *actor["other_names"]]
        if actor["type"] == PERSON:
            names += [last for name in names if (last := _last_name(name))]
        withheld.setdefault(actor["reference"], []).extend(names)
    return [
        (reference, [name for name in names if _spaced(name) not in harmless])
        for reference, names in withheld.items()
    ]


def _last_name(name: str) -> str:
    """The last word of a person's name, when it is long enough to tell one from another."""
    words = _spaced(name).split()
    return words[-1] if len(words) > 1 and len(words[-1]) >= 4 else ""


def _spaced(text: str) -> str:
    return NOT_WORD.sub(" ", folded(text or "")).strip()


# --- columns of the public tables --------------------------------------------------------------


def entry_values(disclosed: Disclosed) -> dict[str, Any]:
    """Return the narrow row for filters and counts; what is missing is ``unknown``."""
    document = disclosed.document
    places, lines = document["places"], document["participants"]
    named = [line for line in lines if line["disclosure"] == PublicDisclosure.NAMED]
    precision = PlacePrecision.coarsest(PlacePrecision(place["precision"]) for place in places)
    if not places and WithheldRule.PLACE_WITHHELD in disclosed.withheld:
        precision = PlacePrecision.WITHHELD
    point = places[0] if len(places) == 1 else {"latitude": None, "longitude": None}
    conduct = document["conduct"]
    ratings = {finding["criterion"]: finding["rating"] for finding in conduct["findings"]}
    return {
        "reference": document["reference"],
        "sort_key": folded(document["title"]),
        "title_supplied": document["title_supplied"],
        "series": document["series"]["code"] if document["series"] else UNKNOWN,
        "track": document["track"],
        "track_basis": document["track_basis"],
        "touches": document["touches"] or [UNKNOWN],
        "track3_link": document["track3_link"] or [UNKNOWN],
        "military_role": document["military_role"] or [UNKNOWN],
        "initiated_by": document["initiated_by"],
        "family": document["family"],
        "activity": document["activity"],
        "objectives": document["objectives"] or [UNKNOWN],
        "themes": document["themes"] or [UNKNOWN],
        "status": document["status"],
        **_date_values(document),
        "place_countries": _distinct(place["country"] for place in places),
        "place_areas": _distinct(place["region"] for place in places),
        "place_precision": precision,
        "latitude": point["latitude"],
        "longitude": point["longitude"],
        "participant_countries": _distinct(line["country"] for line in named),
        "actors": sorted({line["reference"] for line in named}),
        "actor_types": _distinct(line["type"] for line in lines),
        "roles": _distinct(line["role"] for line in lines if line["role"]),
        "actor_count": len({line["reference"] for line in named if line["type"] != PERSON}),
        "people_min": document["people"]["min"],
        "people_max": document["people"]["max"],
        "outcome_kinds": _distinct(outcome["kind"] for outcome in document["outcomes"]),
        "outcome_reported_by": _distinct(
            outcome["reported_by"] for outcome in document["outcomes"]
        ),
        "marking": document["marking"],
        "withheld": disclosed.withheld,
        "source_count": sum(not source["rule"] for source in document["sources"]),
        "source_independence": document["source_independence"],
        "claim_status": document["claim_status"],
        "publication_review": document["review"]["decision"],
        "review_kind": document["review"]["kind"],
        "reviewed_on": document["review"]["on"],
        "review_until": document["review"]["until"],
        "conduct_assessment": conduct["status"],
        **{
            f"rating_{criterion}": ratings.get(criterion, "")
            for criterion in (
                "international_standards",
                "transparency_accountability",
                "human_rights",
                "national_global_balance",
            )
        },
        "conditions_open": sum(
            condition["met"] is None for condition in document["review"]["conditions"]
        ),
        "source_dataset": document["dataset"],
        "source_id": document["dataset_id"],
        "content_licence": document["licence"],
        "leaves_on": leaves_on(document),
    }


def search_texts(disclosed: Disclosed) -> dict[str, str]:
    """Return what search looks through, by weight: A title, B names and places, C and D text."""
    document = disclosed.document
    names = [line["name"] for line in document["participants"]]
    for actor in disclosed.actors.values():
        names += actor["other_names"]
    series = document["series"]["name"] if document["series"] else ""
    texts = [document["narrative"], document["lessons"]]
    texts += [outcome["statement"] for outcome in document["outcomes"]]
    texts += [source["title"] for source in document["sources"]]
    return {
        "a": " ".join([document["title"], series, document["reference"]]),
        "b": " . ".join([*names, *(place["name"] for place in document["places"])]),
        "c": document["summary"],
        "d": " . ".join(texts),
    }


def _date_values(document: dict) -> dict[str, Any]:
    """Earliest and latest days, and the span in which it may have been going on.

    A missing end counts as the end of the start's precision, open only when ongoing. Without
    a start nothing overlaps: such a record matches ``unknown`` only.
    """
    start, end = document["start"], document["end"]
    first, last = bounds(start) if start else (None, None)
    end_first, end_last = bounds(end) if end else (None, None)
    ongoing = document["status"] == Status.ONGOING
    return {
        "date_start": start,
        "date_end": end or (".." if ongoing and start else ""),
        "start_earliest": first,
        "start_latest": last,
        "end_earliest": end_first,
        "end_latest": end_last,
        "overlap_from": first,
        "overlap_to": None if not first else end_last or (None if ongoing else last),
    }


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value}) or [UNKNOWN]
