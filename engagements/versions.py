"""What may an earlier version still say? Never more than the newest one. Pure functions.

The reader of version 1 is the reader of today. A name, a place or a source that was taken back
in version 2 would otherwise stand one click away.
"""

from typing import Any

from engagements.disclosure import (
    NO_PROTECTIONS,
    PERSON,
    Disclosed,
    Snapshot,
    how_shown,
    some_of_them,
)
from milidip.codebook.choices import Marking, ParticipantDisclosure, PlacePrecision, WithheldRule

STRICTNESS = [Marking.OPEN, Marking.CHATHAM_HOUSE_PART, Marking.CHATHAM_HOUSE, Marking.RESTRICTED]
OPENNESS = [
    ParticipantDisclosure.WITHHELD,
    ParticipantDisclosure.TYPE_ONLY,
    ParticipantDisclosure.NAMED,
]


def stricter(*markings: str) -> str:
    """Return the strictest of ``markings``."""
    return max(markings, key=lambda marking: STRICTNESS.index(Marking(marking)))


def tightened(snapshot: Snapshot, newest: Snapshot) -> Snapshot:
    """Return an earlier version's snapshot under the stricter of its rules and the newest's.

    Whoever the newest version does not name was taken back. A body that it does not know at all
    was a mistake, and the history says so; a person is no part of that history.
    """
    return snapshot | {
        "marking": stricter(snapshot["marking"], newest["marking"]),
        "participations": _participations(snapshot, newest),
        "sources": _sources(snapshot["sources"], newest["sources"]),
        "places": _places(snapshot["places"], newest["places"]),
    }


def blurred(earlier: Disclosed, newest: Disclosed) -> Disclosed:
    """Return an earlier version without its numbers under the Rule, if the newest has others.

    The difference of two versions would tell what kind of person came or went.
    """
    if not _cells(earlier) or _cells(earlier) == _cells(newest):
        return earlier
    kept = [line for line in earlier.document["participants"] if not _is_cell(line)]
    withheld = sorted({*earlier.withheld, WithheldRule.SMALL_CELLS_MERGED})
    document = earlier.document | {"participants": [*kept, some_of_them()], "withheld": withheld}
    return Disclosed(
        document, earlier.actors, withheld, earlier.withheld_names, earlier.names_on_hold
    )


def _cells(disclosed: Disclosed) -> list[tuple]:
    lines = disclosed.document["participants"]
    return [(line["type"], line["people_min"]) for line in lines if _is_cell(line)]


def _is_cell(line: dict[str, Any]) -> bool:
    return line["rule"] == WithheldRule.CHATHAM_HOUSE


def _participations(snapshot: Snapshot, newest: Snapshot) -> list[dict]:
    openness: dict[str, int] = {}
    open_parts: set[tuple] = set()
    announced: set[tuple] = set()
    for row in newest["participations"]:
        if not row["actor"]:
            continue
        reference = row["actor"]["reference"]
        openness[reference] = max(openness.get(reference, 0), _openness(row, newest))
        if not row["under_rule"]:
            open_parts.update([(reference,), _line(row)])
        if row["announced"]:
            announced.add((reference, row["role"]))
    lines = {_line(row) for row in newest["participations"] if row["actor"]}
    found = []
    for row in snapshot["participations"]:
        if row["actor"] is None:
            found.append(row)
            continue
        reference = row["actor"]["reference"]
        if reference in openness:
            same = _line(row) if _line(row) in lines else (reference,)
            shown = min(_openness(row, snapshot), openness[reference])
            lowered = shown < _openness(row, snapshot)
            changes = {
                "disclosure": OPENNESS[shown] if lowered else row["disclosure"],
                "under_rule": row["under_rule"] or same not in open_parts,
                "announced": row["announced"] and (reference, row["role"]) in announced,
            }
        elif row["actor"]["type"] == PERSON:
            changes = {"disclosure": ParticipantDisclosure.WITHHELD}
        else:
            changes = {}
        found.append(row | changes)
    return found


def _line(row: dict) -> tuple:
    return row["actor"]["reference"], row["role"], row["capacity"], row["side"]


def _openness(row: dict, snapshot: Snapshot) -> int:
    how, _rule = how_shown(row, snapshot["review"]["kind"], NO_PROTECTIONS)
    return OPENNESS.index(ParticipantDisclosure(how))


def _sources(earlier: list[dict], newest: list[dict]) -> list[dict]:
    known = {source["reference"]: source for source in newest}
    found = []
    for source in earlier:
        now = known.get(source["reference"], source)
        found.append(
            source
            | {
                "withheld": source["withheld"] or now["withheld"],
                "chatham_safe": source["chatham_safe"] and now["chatham_safe"],
            }
        )
    return found


def _places(earlier: list[dict], newest: list[dict]) -> list[dict]:
    """Places no finer than the newest version has them, and none that it may have withheld."""
    shown = {
        _spot(place): place["precision"]
        for place in newest
        if place["precision"] != PlacePrecision.WITHHELD
    }
    order = PlacePrecision.values.index
    other = min(shown.values(), key=order, default=PlacePrecision.EXACT)
    if len(shown) < len({_spot(place) for place in newest}):
        other = PlacePrecision.WITHHELD
    return [
        place | {"precision": _coarser(place["precision"], shown.get(_spot(place), other))}
        for place in earlier
    ]


def _coarser(one: str, other: str) -> str:
    if PlacePrecision.WITHHELD in (one, other):
        return PlacePrecision.WITHHELD
    return PlacePrecision.coarsest([one, other])


def _spot(place: dict) -> tuple:
    return place["name"], place["country"], place["region"]
