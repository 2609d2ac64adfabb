"""What changed lately where somebody looks: the history of records in the regions they follow.

Told in a fixed number of queries, however large the register: which record, who, when, and which
fields and parts. What exactly became of each stands on the history page of the record.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, Subquery, Value
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from engagements.models import Engagement, FollowedRegion, Place
from engagements.restoring import PARTS, list_parts
from milidip.codebook.choices import State
from milidip.codebook.geography import atlas
from stakeholders.history import Part, Reader, names_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LOOKED_AT = 300
STEPS = 8
RECORDS_OF_ONE_STEP = 3
COLUMNS = [
    column
    for column in Engagement._meta.concrete_fields
    if not column.primary_key and (column.editable or column.name == "state")
]


@dataclass
class Record:
    """One record that changed, and what of it: labels of fields and parts."""

    engagement: int
    reference: str
    title: str
    what: list[str] = field(default_factory=list)


@dataclass
class Step:
    """What somebody did at once: by one form, one import, one edit of many."""

    when: datetime
    who: str
    reason: str
    records: list[Record] = field(default_factory=list)
    more: int = 0
    is_cut: bool = False
    """Whether it goes on behind what was looked at: there are even more."""


def followed_by(user: "User") -> list[str]:
    """Return the codes of the regions that somebody follows."""
    rows = FollowedRegion.objects.filter(user=user).order_by("region")
    return list(rows.values_list("region_id", flat=True))


def follow(user: "User", codes: Iterable[str]) -> None:
    """Follow these regions and no others."""
    wanted = set(codes)
    FollowedRegion.objects.filter(user=user).exclude(region__in=wanted).delete()
    FollowedRegion.objects.bulk_create(
        [FollowedRegion(user=user, region_id=code) for code in sorted(wanted)],
        ignore_conflicts=True,
    )


def places_in(codes: Collection[str]) -> Q:
    """Return which places lie in one of these regions; a region includes its sub-regions."""
    world, asked = atlas(), set(codes)
    countries = [code for code in world.countries if asked & {*world.regions_of([code])[1]}]
    regions = [code for code in world.parents if asked & {*world.regions_of([], [code])[1]}]
    return Q(country__in=countries) | Q(region__in=regions)


def recent_changes(codes: Collection[str], user: "User") -> list[Step]:
    """Return the latest changes of records with a place in one of these regions, newest first."""
    if not codes:
        return []
    there = Place.objects.filter(places_in(codes)).values("engagement")
    history: Any = Engagement.pgh_event_model  # type: ignore[attr-defined]
    events = list(
        history.objects.filter(pgh_obj__in=there)
        .select_related("pgh_context")
        .order_by("-pgh_id")[:LOOKED_AT]
    )
    steps: dict[Any, dict[int, list[Any]]] = {}
    for event in events:
        step = steps.setdefault(event.pgh_context_id or event.pgh_created_at, {})
        step.setdefault(event.pgh_obj_id, []).append(event)
    told = _Telling(list(steps.values())[:STEPS], Reader(user)).steps()
    if len(events) == LOOKED_AT and len(steps) <= STEPS:
        told[-1].is_cut = True
    return told


class _Telling:
    """Reads what the chosen steps need, once for all of them, and puts it into words."""

    def __init__(self, steps: list[dict[int, list[Any]]], reader: Reader):
        self.chosen = [
            (list(records.items())[:RECORDS_OF_ONE_STEP], len(records)) for records in steps
        ]
        self.reader = reader
        shown = [events for records, _number in self.chosen for _pk, events in records]
        self.before = _before([events[-1] for events in shown])
        self.parts = _parts([event for events in shown for event in events], reader)
        self.users = _users(event for events in shown for event in events)

    def steps(self) -> list[Step]:
        return [self._step(records, number) for records, number in self.chosen]

    def _step(self, records: list[tuple[int, list[Any]]], number: int) -> Step:
        event = records[0][1][0]
        said = event.pgh_context.metadata if event.pgh_context else {}
        step = Step(
            event.pgh_created_at,
            self.users.get(said.get("user"), ""),
            self.reader.veiled(said.get("reason", "")),
            more=number - len(records),
        )
        for pk, events in records:
            newest = events[0]
            title = self.reader.veiled(newest.title)
            step.records.append(Record(pk, newest.reference, title, self._what(pk, events)))
        return step

    def _what(self, pk: int, events: list[Any]) -> list[str]:
        now, before = events[0], self.before.get(events[-1].pgh_id)
        if now.pgh_label == "delete":
            return [_("Deleted")]
        if before is None:
            return [_("Logged")]
        fields = [
            _said_of(column, now)
            for column in COLUMNS
            if getattr(now, column.attname) != getattr(before, column.attname)
        ]
        return [*fields, *self.parts.get((pk, now.pgh_context_id), [])]


def _said_of(column: Any, event: Any) -> str:
    """The label of what changed; of a state, also what it became."""
    label = capfirst(str(column.verbose_name))
    return f"{label}: {State(event.state).label}" if column.name == "state" else label


def _before(first: list[Any]) -> dict[int, Any]:
    """Return the row before each of these events, by the event that followed it."""
    if not first:
        return {}
    history: Any = type(first[0])
    earlier = history.objects.filter(
        pgh_obj=OuterRef("pgh_obj"), pgh_id__lt=OuterRef("pgh_id")
    ).order_by("-pgh_id")
    wanted = dict(
        history.objects.filter(pgh_id__in=[event.pgh_id for event in first])
        .annotate(earlier=Subquery(earlier.values("pgh_id")[:1]))
        .values_list("pgh_id", "earlier")
    )
    found = history.objects.in_bulk([key for key in wanted.values() if key])
    return {key: found[before] for key, before in wanted.items() if before in found}


def _parts(events: list[Any], reader: Reader) -> dict[tuple[int, Any], list[str]]:
    """Return in words which parts changed with these events, by record and context; one query."""
    contexts = {event.pgh_context_id for event in events if event.pgh_context_id}
    if not contexts:
        return {}
    records = {event.pgh_obj_id for event in events}
    parts: list[Part] = [
        part for part in (*PARTS, *list_parts().values()) if reader.sees_part(part)
    ]
    rows = [
        part.model.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
            pgh_context__in=contexts, engagement__in=records
        )
        .order_by()
        .annotate(part=Value(number))
        .values_list("part", "engagement_id", "pgh_context_id", "pgh_obj_id")
        for number, part in enumerate(parts)
    ]
    if not rows:
        return {}
    counted: dict[tuple[int, Any], Counter[int]] = {}
    for number, record, context, _row in set(rows[0].union(*rows[1:], all=True)):
        counted.setdefault((record, context), Counter())[number] += 1
    return {
        key: [f"{parts[number].name} ({lines})" for number, lines in sorted(found.items())]
        for key, found in counted.items()
    }


def _users(events: Iterable[Any]) -> dict[Any, str]:
    ids = {event.pgh_context.metadata.get("user") for event in events if event.pgh_context}
    return names_of(ids - {None})
