"""What may be public. Pure functions: a snapshot and the protections in, public data out.

A snapshot is the private, frozen record (see `engagements.snapshot`). `disclose()` turns it
into what the public side may hold. Whatever is not copied here by name does not leave.

The rules, in the order in which they win:

1. An actor under protection is named nowhere; of a record whose names are on hold, nobody is.
2. Under the Chatham House Rule neither the identity nor the affiliation of a participant is
   revealed (Chatham House, 1927, as amended 2002); organisers, hosts and funders who announced
   the meeting may be named. The others are counted by kind, in cells of at least five.
3. A person is named only with a basis of consent, and only after an individual review.
4. Otherwise a participation says of itself whether it is named, shown by kind, or withheld.

`engagements.versions` keeps earlier versions no more open than the newest. The reasons, and the
ways round that are closed, are in docs/decisions/0011-disclosure-rules.md.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from engagements.details import Around, disclosed_details
from engagements.names import spellings
from engagements.texts import BLANK_SOURCE, Withheld, withhold_texts
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

SCHEMA = 2  # 2: with the details of a family; a snapshot of 1 has none
SMALLEST_CELL = 5
PERSON = "person"
ANNOUNCING_ROLES = {"organiser", "host", "funder"}
EXPIRING = {Status.PLANNED, Status.ONGOING, Status.POSTPONED}
# A hundredth of a degree is about a kilometre: a pin in the town, and not the house.
DECIMALS_OF_A_TOWN = 2
# Nobody is put at risk by a text that says the name of a state or of an alliance.
SPARED_ON_HOLD = {"state", "international_organisation"}

Snapshot = dict[str, Any]


@dataclass(frozen=True)
class Protections:
    """What is promised today, beside what each record says of itself."""

    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Actor under protection -> the spellings (`names.spellings`) that must stand nowhere."""
    held: Collection[str] = frozenset()
    """References of records in which nobody is named until somebody has looked at them."""
    persons: Sequence[str] = ()
    """Spellings of every person in the register: what texts of those records must not hold."""
    smallest_cell: int = SMALLEST_CELL

    @cached_property
    def withheld(self) -> list[Withheld]:
        """Everybody under protection; the same in every record, so made once."""
        return [Withheld(ref, sorted(names), everywhere=True) for ref, names in self.names.items()]


NO_PROTECTIONS = Protections()


@dataclass
class Disclosed:
    """Everything the public side may hold of one record."""

    document: dict[str, Any]
    actors: dict[str, dict[str, Any]]
    withheld: list[str]
    withheld_names: list[Withheld] = field(repr=False, default_factory=list)
    names_on_hold: list[str] = field(repr=False, default_factory=list)


def disclose(snapshot: Snapshot, protections: Protections = NO_PROTECTIONS) -> Disclosed:
    """Return what may be public of ``snapshot`` while ``protections`` are promised."""
    rules: set[str] = set()
    taking = _participants(snapshot, protections, rules)
    participants = taking.lines
    sources = _sources(snapshot, rules)
    open_sources = {source["reference"] for source in sources if not source["rule"]}
    for participant in participants:
        participant["sources"] = [ref for ref in participant["sources"] if ref in open_sources]
    dataset, dataset_id = _dataset(snapshot, sources)
    document = {
        "reference": snapshot["reference"],
        "title": snapshot["title"],
        "title_supplied": snapshot["title_supplied"],
        "series": snapshot["series"],
        "edition": snapshot["edition"],
        "summary": snapshot["summary"],
        "narrative": snapshot["narrative"],
        "lessons": snapshot["lessons"],
        # Snapshots from before there were case studies do not have it.
        "case_study": snapshot.get("case_study", False),
        "track": snapshot["track"] or UNKNOWN,
        "track_basis": snapshot["track_basis"],
        "track_note": snapshot["track_note"],
        "touches": sorted({*snapshot["touches"], snapshot["track"] or UNKNOWN} - {UNKNOWN}),
        "track3_link": _track3_links(snapshot, participants),
        "military_role": _military_roles(snapshot, participants),
        "initiated_by": _initiated_by(snapshot, taking),
        "family": snapshot["family"],
        "activity": snapshot["activity"],
        "objectives": snapshot["objectives"],
        "themes": snapshot["themes"],
        "status": snapshot["status"],
        "start": snapshot["start"],
        "end": snapshot["end"],
        "places": _places(snapshot, rules),
        "participants": participants,
        "people": _people(taking, rules),
        "sources": sources,
        "outcomes": [
            {
                "kind": outcome["kind"],
                "statement": outcome["statement"],
                "date": outcome["date"],
                "reported_by": outcome["reported_by"],
                "source": outcome["source"] if outcome["source"] in open_sources else None,
            }
            for outcome in snapshot["outcomes"]
        ],
        "marking": snapshot["marking"],
        "claim_status": snapshot["claim_status"],
        "source_independence": _independence(snapshot["sources"]),
        "conduct": _conduct(snapshot),
        "review": _review(snapshot),
        "licence": snapshot["content_licence"],
        "dataset": dataset,
        "dataset_id": dataset_id,
    }
    if snapshot["lessons"] and snapshot.get("lessons_reported_by"):
        document["lessons_reported_by"] = snapshot["lessons_reported_by"]
    document |= disclosed_details(snapshot, _around(snapshot, taking, rules, protections), rules)
    names_on_hold = _names_on_hold(snapshot, taking, document["places"], protections)
    withhold_texts(document, names_on_hold, rules)
    document["withheld"] = sorted(rules)
    return Disclosed(
        document=document,
        actors=taking.actors,
        withheld=sorted(rules),
        withheld_names=_withheld_names(snapshot, taking, document["places"], protections),
        names_on_hold=names_on_hold,
    )


def material(disclosed: Disclosed) -> dict[str, Any]:
    """Return what a clearance covers.

    It leaves out how actors are spelled, so that renaming an alliance lapses nothing, and the
    review itself, which comes after. That a record is no case study is left out too: clearances
    from before there were any go on.
    """
    covered = {key: value for key, value in disclosed.document.items() if key != "review"}
    if not covered["case_study"]:
        del covered["case_study"]
    covered["participants"] = [
        {key: value for key, value in participant.items() if key != "name"}
        for participant in covered["participants"]
    ]
    return covered


def material_digest(disclosed: Disclosed) -> str:
    """Return the digest of what a clearance covers."""
    return digest_of(material(disclosed))


def digest_of(data: Any) -> str:
    """Return a SHA-256 over the canonical JSON of ``data``."""
    return digest_of_text(canonical(data))


def canonical(data: Any) -> str:
    """Return the one JSON text of ``data``: the same data, the same bytes."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def digest_of_text(text: str) -> str:
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


@dataclass
class _Taking:
    """Who took part, as far as it is told, and what must not be worked out from the rest."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    actors: dict[str, dict[str, Any]] = field(default_factory=dict)
    withheld_kinds: set[str] = field(default_factory=set)
    on_hold: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers_left_out: bool = False


def _participants(snapshot: Snapshot, protections: Protections, rules: set[str]) -> _Taking:
    taking = _Taking()
    named_lines: dict[tuple, dict[str, Any]] = {}
    unnamed, under_rule = [], []
    for row in snapshot["participations"]:
        actor = row["actor"]
        if under_chatham_house(snapshot["marking"], row):
            under_rule.append(row)
            continue
        how, rule = how_shown(row, snapshot["review"]["kind"], protections)
        if actor and snapshot["reference"] in protections.held:
            if how == ParticipantDisclosure.NAMED:
                taking.on_hold[actor["reference"]] = actor
            how, rule = ParticipantDisclosure.WITHHELD, _withheld_rule(actor)
        if rule:
            rules.add(rule)
        if how == ParticipantDisclosure.WITHHELD:
            taking.withheld_kinds.add(actor["type"])
        elif how == ParticipantDisclosure.NAMED:
            taking.actors[actor["reference"]] = _actor(actor)
            line = _line(row, actor)
            key = (line["reference"], line["role"], line["capacity"], line["side"])
            if key in named_lines:  # two entries of one actor, merged since
                _add_to(named_lines[key], line)
            else:
                named_lines[key] = line
        else:
            unnamed.append(_line(row, None, kind=actor["type"] if actor else "", rule=rule))
    # Where an unnamed line stands among the named ones would tell where its name belongs.
    taking.lines = [*named_lines.values(), *sorted(unnamed, key=_by_what_is_shown)]
    if under_rule:
        rules.add(WithheldRule.CHATHAM_HOUSE)
    chatham = snapshot["marking"] != Marking.OPEN
    for line in taking.lines:
        _leave_out_numbers(line, taking, rules, protections.smallest_cell, chatham=chatham)
    taking.lines.extend(_cells(under_rule, protections.smallest_cell, rules))
    return taking


def _line(row: dict, actor: dict | None, *, kind: str = "", rule: str = "") -> dict[str, Any]:
    """Return a line with the name of ``actor``, or with the kind and nothing more."""
    return {
        "reference": actor["reference"] if actor else "",
        "name": actor["name"] if actor else "",
        "type": actor["type"] if actor else kind or row["actor_type"],
        "level": actor["level"] if actor else "",
        "country": (actor["country"] or "") if actor else "",
        "role": row["role"],
        "capacity": row["capacity"],
        "side": row["side"],
        "people_min": row["people_min"],
        "people_max": row["people_max"],
        "women_min": row["women_min"],
        "disclosure": PublicDisclosure.NAMED if actor else PublicDisclosure.TYPE_ONLY,
        "rule": rule,
        # A source that states it would tell who it was.
        "sources": [] if rule else list(row["sources"]),
    }


def _add_to(line: dict[str, Any], other: dict[str, Any]) -> None:
    for name in ("people_min", "people_max", "women_min"):
        if line[name] is None:
            line[name] = other[name]
    line["sources"] += [ref for ref in other["sources"] if ref not in line["sources"]]


def _by_what_is_shown(line: dict[str, Any]) -> tuple:
    return tuple(
        str(line[name] or "")
        for name in ("type", "role", "capacity", "side", "people_min", "people_max", "women_min")
    )


def under_chatham_house(marking: str, row: dict) -> bool:
    """Organisers, hosts and funders who announced the meeting stand outside the Rule."""
    if marking == Marking.OPEN or (row["announced"] and row["role"] in ANNOUNCING_ROLES):
        return False
    return row["under_rule"] or marking != Marking.CHATHAM_HOUSE_PART


def _withheld_rule(actor: dict) -> str:
    """A protected actor looks like any other that is withheld: the reason is not public."""
    if actor["type"] == PERSON:
        return WithheldRule.PERSON_WITHHELD
    return WithheldRule.PARTICIPANT_WITHHELD


def how_shown(row: dict, review_kind: str, protections: Protections) -> tuple[str, str]:
    """Return how a participation is shown outside the Rule, and by which rule if not named."""
    actor, wish = row["actor"], row["disclosure"]
    if actor is None:
        return ParticipantDisclosure.TYPE_ONLY, ""
    person = actor["type"] == PERSON
    if actor["reference"] in protections.names:
        return ParticipantDisclosure.WITHHELD, _withheld_rule(actor)
    if wish == ParticipantDisclosure.TYPE_ONLY:
        return ParticipantDisclosure.TYPE_ONLY, WithheldRule.TYPE_ONLY
    if wish != ParticipantDisclosure.NAMED:  # withheld, or nobody has said
        return ParticipantDisclosure.WITHHELD, _withheld_rule(actor)
    if person and row["consent_basis"] == ConsentBasis.NONE:
        return ParticipantDisclosure.WITHHELD, _withheld_rule(actor)
    if person and review_kind != ReviewKind.INDIVIDUAL:
        return ParticipantDisclosure.WITHHELD, WithheldRule.BULK_REVIEW
    return ParticipantDisclosure.NAMED, ""


def _leave_out_numbers(
    line: dict[str, Any], taking: _Taking, rules: set[str], smallest: int, *, chatham: bool
) -> None:
    """Take out the numbers of a line that are small enough to point at somebody.

    Head counts of somebody who is not named, under the smallest cell; women, or men, that are
    fewer than that wherever somebody is not named; all of an announced body under the Rule,
    since there heads are counted by kind only.
    """
    before = (line["people_min"], line["people_max"], line["women_min"])
    if chatham and line["reference"] and line["role"] in ANNOUNCING_ROLES:
        line["people_min"] = line["people_max"] = line["women_min"] = None
    if line["rule"]:
        for name in ("people_min", "people_max"):
            if line[name] is not None and line[name] < smallest:
                line[name] = None
    women = line["women_min"]
    if women is not None and (rules & NOT_NAMED or not line["reference"]):
        men = (line["people_max"] or line["people_min"] or women + smallest) - women
        if women < smallest or 0 < men < smallest:
            line["women_min"] = None
    if line["rule"] and line["people_min"] is None and line["people_max"] is None:
        line["women_min"] = None
    if before[:2] != (line["people_min"], line["people_max"]):
        taking.numbers_left_out = True
    if before != (line["people_min"], line["people_max"], line["women_min"]):
        rules.add(WithheldRule.SMALL_CELLS_MERGED)


NOT_NAMED = {
    WithheldRule.CHATHAM_HOUSE,
    WithheldRule.PERSON_WITHHELD,
    WithheldRule.PARTICIPANT_WITHHELD,
    WithheldRule.BULK_REVIEW,
    WithheldRule.TYPE_ONLY,
}


def _cells(rows: list[dict], smallest: int, rules: set[str]) -> list[dict]:
    """Count those under the Rule by kind of actor, in cells of ``smallest`` at least.

    Smaller cells are merged, with the next larger one if need be, so that none can be told
    from the rest; when all together are fewer, only "some" is said. Who is under protection is
    counted like the others: a number that falls on the day of a promise would point at them.
    """
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        actor = row["actor"]
        kind = actor["type"] if actor else row["actor_type"]
        counts[kind] += row["people_min"] or 1
    sizes = sorted(counts.items(), key=lambda item: (item[1], item[0]))
    merged = 0
    while sizes and (sizes[0][1] < smallest or 0 < merged < smallest):
        merged += sizes.pop(0)[1]
    lines = [_cell(kind, size, PublicDisclosure.TYPE_ONLY) for kind, size in sorted(sizes)]
    if merged:
        rules.add(WithheldRule.SMALL_CELLS_MERGED)
        known = merged if merged >= smallest else None
        lines.append(some_of_them(known))
    return lines


def some_of_them(known: int | None = None) -> dict:
    return _cell(UNKNOWN, known, PublicDisclosure.MERGED)


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
    """The public facts of an actor that is named; its parent is shown only if public too.

    Who agreed to be named agreed to one name: the other names of a person stay private.
    """
    return {
        "reference": actor["reference"],
        "name": actor["name"],
        "type": actor["type"],
        "level": actor["level"],
        "country": actor["country"] or UNKNOWN,
        "parent": actor["parent"] or "",
        "other_names": public_other_names(actor["type"], actor["other_names"]),
        "identifiers": actor["identifiers"],
    }


def public_other_names(kind: str, other_names: Sequence[str]) -> list[str]:
    return [] if kind == PERSON else list(other_names)


# --- what the kind of those who are not named could be worked out from -------------------------

DEFENCE = {"armed_force", "armed_group", "police_gendarmerie", "government", "state"}
CIVIL_SOCIETY = {
    "ngo",
    "womens_organisation",
    "youth_organisation",
    "faith_body",
    "veterans_organisation",
    "foundation",
}
# How an engagement reaches Track III -> the kinds of actors whose presence that tells.
TELLS_OF = {
    "community_participants": {
        "community",
        "traditional_authority",
        "faith_body",
        "womens_organisation",
        "youth_organisation",
    },
    "civil_society_observers": CIVIL_SOCIETY,
    "ngo_co_organised": CIVIL_SOCIETY,
    "academic_partner": {"academic"},
    "retired_officers": set(),
}
# What the military did -> the roles in which that shows. The others say nothing of anybody:
# that a defence actor takes part is why the record is in the register.
SHOWS_IN = {
    "host": {"host"},
    "organiser": {"organiser"},
    "funder": {"funder"},
    "facilitator": {"facilitator", "mediator"},
    "observer": {"observer"},
    "beneficiary": {"beneficiary", "recipient"},
    "security_provider": set(),
}


def _track3_links(snapshot: Snapshot, lines: list[dict]) -> list[str]:
    """Under the Rule a link that tells of a kind of actor needs a line of that kind."""
    if snapshot["marking"] == Marking.OPEN:
        return snapshot["track3_links"]
    kinds = {line["type"] for line in lines if line["disclosure"] != PublicDisclosure.MERGED}
    return [
        link for link in snapshot["track3_links"] if link not in TELLS_OF or TELLS_OF[link] & kinds
    ]


def _military_roles(snapshot: Snapshot, lines: list[dict]) -> list[str]:
    """Under the Rule the military had a role only if a named defence actor had it."""
    if snapshot["marking"] == Marking.OPEN:
        return snapshot["military_roles"]
    shown = {line["role"] for line in lines if line["reference"] and line["type"] in DEFENCE}
    return [
        role
        for role in snapshot["military_roles"]
        if role not in SHOWS_IN or SHOWS_IN[role] & shown
    ]


def _initiated_by(snapshot: Snapshot, taking: _Taking) -> str:
    """The kind of the convener is not told where it would tell the kind of who is withheld."""
    kind = snapshot["initiated_by"] or UNKNOWN
    if snapshot["marking"] != Marking.OPEN:
        return kind if kind in {line["type"] for line in taking.lines if line["name"]} else UNKNOWN
    shown = {line["type"] for line in taking.lines}
    return UNKNOWN if kind in taking.withheld_kinds - shown else kind


def _people(taking: _Taking, rules: set[str]) -> dict[str, int | None]:
    """Add up head counts, unless a total would tell what a merged or withheld line holds."""
    lines = taking.lines
    counted = [line for line in lines if line["people_min"] or line["people_max"]]
    if not counted or _no_total(taking, rules):
        return {"min": None, "max": None}
    least = sum(line["people_min"] or 0 for line in counted)
    whole = len(counted) == len(lines) and all(line["people_max"] for line in lines)
    return {
        "min": least or None,
        "max": sum(line["people_max"] for line in lines) if whole else None,
    }


def _no_total(taking: _Taking, rules: set[str]) -> bool:
    return bool(taking.numbers_left_out or rules & (NOT_NAMED - {WithheldRule.TYPE_ONLY}))


def _around(
    snapshot: Snapshot, taking: _Taking, rules: set[str], protections: Protections
) -> Around:
    return Around(
        chatham=snapshot["marking"] != Marking.OPEN,
        unnamed=bool(rules & NOT_NAMED),
        no_total=_no_total(taking, rules),
        roles_named=frozenset(line["role"] for line in taking.lines if line["name"]),
        smallest_cell=protections.smallest_cell,
    )


# --- where, by whose word, and what was decided -----------------------------------------------


def _places(snapshot: Snapshot, rules: set[str]) -> list[dict]:
    shown = []
    for place in snapshot["places"]:
        if place["precision"] == PlacePrecision.WITHHELD:
            rules.add(WithheldRule.PLACE_WITHHELD)
            continue
        shown.append(
            {
                "name": place["name"],
                "country": place["country"] or "",
                "country_derived": place["country_derived"],
                "region": place["region"] or "",
                "precision": place["precision"],
                "latitude": _coordinate(place, "latitude"),
                "longitude": _coordinate(place, "longitude"),
            }
        )
    return shown


def _coordinate(place: dict, name: str) -> float | None:
    """No finer than the precision that the record claims; what is coarser has no pin."""
    value = place[name]
    if value is None or place["precision"] == PlacePrecision.EXACT:
        return value
    if place["precision"] == PlacePrecision.PLACE:
        return round(value, DECIMALS_OF_A_TOWN)
    return None


def _sources(snapshot: Snapshot, rules: set[str]) -> list[dict]:
    """The sources; of one that is withheld, that there is one, its kind and whose word it is."""
    chatham = snapshot["marking"] != Marking.OPEN
    shown, withheld = [], []
    for source in snapshot["sources"]:
        rule = ""
        if source["withheld"]:
            rule = WithheldRule.SOURCE_WITHHELD
        elif chatham and not source["chatham_safe"]:
            rule = WithheldRule.CHATHAM_HOUSE
        if rule:
            rules.add(WithheldRule.SOURCE_WITHHELD)
        line = {
            name: source[name]
            for name in (
                "reference",
                "kind",
                "independence",
                "title",
                "author",
                "publisher",
                "url",
                "archive_url",
                "published",
                "locator_type",
                "locator",
                "language",
                "accessed",
                "supports",
            )
        }
        if rule:
            withheld.append(line | BLANK_SOURCE | {"rule": rule})
        else:
            shown.append(line | {"rule": ""})
    return shown + withheld


def _dataset(snapshot: Snapshot, sources: list[dict]) -> tuple[str, str]:
    """Where the record was imported from: a source too, and withheld where such a one is.

    Whoever has the dataset can look the row up, with everybody in it.
    """
    of_dataset = [source for source in sources if source["kind"] == SourceKind.DATASET]
    hidden = any(source["rule"] for source in of_dataset)
    if hidden or (snapshot["marking"] != Marking.OPEN and not of_dataset):
        return "", ""
    return snapshot["source_dataset"], snapshot["source_id"]


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
        # Snapshots from before the one-person mode do not have it.
        "own_work": review.get("own_work", False)
        or (snapshot["conduct"] or {}).get("own_work", False),
        "conditions": [dict(condition) for condition in review["conditions"]],
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
        "findings": [dict(finding) for finding in conduct["findings"]],
    }


# --- names that must not appear ---------------------------------------------------------------


def _withheld_names(
    snapshot: Snapshot, taking: _Taking, places: list[dict], protections: Protections
) -> list[Withheld]:
    """Everybody under protection, every actor not named here, and every place withheld here.

    The name of a country in which it happened is no disclosure of a delegation from there, and
    neither is the name of a body that is named beside another of that name. For persons, and
    under protection, there is no such excuse.
    """
    named = taking.actors | taking.on_hold
    harmless = _harmless(snapshot, named, places)
    full: dict[str, set[str]] = defaultdict(set)
    in_texts: dict[str, set[str]] = defaultdict(set)
    for row in snapshot["participations"]:
        actor = row["actor"]
        if actor is None or (reference := actor["reference"]) in named:
            continue
        names = known_names(actor)
        if actor["type"] == PERSON:
            whole = spellings(names, person=True)
            full[reference].update(whole)
            in_texts[reference].update(set(spellings(names, last_alone=True)) - set(whole))
        elif reference in protections.names:
            full[reference].update(spellings(names))
        else:
            in_texts[reference].update(set(spellings(names)) - harmless)
    withheld = list(protections.withheld)
    withheld += [Withheld(ref, sorted(names), everywhere=True) for ref, names in full.items()]
    withheld += [Withheld(ref, sorted(names)) for ref, names in in_texts.items() if names]
    return withheld + [
        Withheld("", sorted(words))
        for place in snapshot["places"]
        if place["precision"] == PlacePrecision.WITHHELD
        and (words := set(spellings([place["name"], place["country_label"]])) - harmless)
    ]


def _harmless(snapshot: Snapshot, named: Mapping[str, dict], places: list[dict]) -> set[str]:
    """What a text may say of a body or a place that is withheld: it is said elsewhere here."""
    countries = {place["country"] for place in places}
    countries |= {actor["country"] for actor in named.values()}
    said = [place["name"] for place in places]
    said += [
        place["country_label"] for place in snapshot["places"] if place["country"] in countries
    ]
    said += [actor["name"] for actor in named.values()]
    return set(spellings(said))


def _names_on_hold(
    snapshot: Snapshot, taking: _Taking, places: list[dict], protections: Protections
) -> list[str]:
    """The spellings that texts lose while names are on hold.

    Those of everybody who would be named, and of every person that the register knows.
    """
    if snapshot["reference"] not in protections.held:
        return []
    found: set[str] = set(protections.persons)
    for actor in taking.on_hold.values():
        if actor["type"] not in SPARED_ON_HOLD:
            person = actor["type"] == PERSON
            found.update(spellings(known_names(actor), person=person, last_alone=person))
    return sorted(found - _harmless(snapshot, {}, places))


def known_names(actor: dict) -> list[str]:
    """The names in the snapshot, and those that came later (`engagements.naming`)."""
    return [actor["name"], *actor["other_names"], *actor.get("also_known", ())]
