"""Two people at one record: what it said when the form was opened, and who has saved it since.

A version of a record is the place in its history at which somebody saw it: of each of its tables
the newest event, and how many there are. Triggers write those events, so whatever changes a record
makes another version, by whatever way.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Count, Max, Value

from engagements import restoring
from engagements.models import Engagement, Participation
from stakeholders.history import Part, names_of


def parts() -> list[Part]:
    """Every table that the form of a record writes."""
    return [
        Part(Engagement, "pk"),
        *restoring.list_parts().values(),
        *restoring.PARTS,
        restoring.stated_by(),
    ]


@dataclass
class AsSeen:
    """A record as it was at a version."""

    record: Any
    lists: dict[str, set[Any]] = field(default_factory=dict)
    """Field -> keys of the terms it had."""
    rows: dict[type[models.Model], dict[int, Any]] = field(default_factory=dict)
    """Table of a part -> key of a row -> the row as it was."""
    stated_by: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Key of a participation -> keys of the sources that stated it."""


@dataclass(frozen=True)
class Saved:
    """Somebody saved the record, at that time."""

    who: str
    when: datetime


def version_of(pk: int) -> str:
    """Return the version of a record, by one query: newest event and number of events by table."""
    asked = [
        _events(part, pk)
        .order_by()
        .annotate(part=Value(number))
        .values("part")
        .annotate(newest=Max("pgh_id"), number=Count("pgh_id"))
        for number, part in enumerate(parts())
    ]
    found = {row["part"]: row for row in asked[0].union(*asked[1:], all=True)}
    marks = (found.get(number, {}) for number in range(len(asked)))
    return ".".join(f"{mark.get('newest') or 0}-{mark.get('number', 0)}" for mark in marks)


def as_seen(pk: int, version: str) -> AsSeen | None:
    """Return the record as it was at a version; None if there is no such version."""
    newest = _newest(version)
    if newest is None:
        return None
    seen: dict[str, dict[Any, Any]] = {}
    for part, last in zip(parts(), newest, strict=True):
        rows = {}
        for event in _events(part, pk).filter(pgh_id__lte=last).order_by("pgh_id"):
            rows[event.pgh_obj_id] = event
        seen[part.model._meta.label] = {
            key: event for key, event in rows.items() if event.pgh_label != "delete"
        }
    record = seen[Engagement._meta.label].get(pk)
    if record is None:
        return None
    found = AsSeen(_instance(Engagement, record))
    for name, part in restoring.list_parts().items():
        column = f"{part.one_of_many}_id"
        found.lists[name] = {
            getattr(event, column) for event in seen[part.model._meta.label].values()
        }
    for part in restoring.PARTS:
        found.rows[part.model] = {
            key: _instance(part.model, event)
            for key, event in seen[part.model._meta.label].items()
        }
    for event in seen[restoring.stated_by().model._meta.label].values():
        found.stated_by[event.participation_id].add(event.source_id)
    return found


def saved_since(pk: int, version: str) -> list[Saved]:
    """Return who has saved a record since a version, the newest first."""
    when: dict[int | None, datetime] = {}
    for part, last in zip(parts(), _newest(version) or [], strict=False):
        events = _events(part, pk).filter(pgh_id__gt=last).select_related("pgh_context")
        for event in events:
            by = event.pgh_context.metadata.get("user") if event.pgh_context else None
            when[by] = max(event.pgh_created_at, when.get(by, event.pgh_created_at))
    names = names_of(by for by in when if by is not None)
    return [
        Saved(names.get(by, ""), moment)
        for by, moment in sorted(when.items(), key=lambda item: item[1], reverse=True)
    ]


def _newest(version: str) -> list[int] | None:
    marks = [mark.partition("-")[0] for mark in version.split(".")]
    if len(marks) != len(parts()) or not all(mark.isdecimal() for mark in marks):
        return None
    numbers = [int(mark) for mark in marks]
    return numbers if max(numbers) < 2**63 else None


def _events(part: Part, pk: int) -> models.QuerySet[Any]:
    model = part.model.pgh_event_model  # type: ignore[attr-defined]
    if part.of is not None:  # the links of its participations, those taken out since included
        rows = Participation.pgh_event_model.objects.filter(engagement=pk)  # type: ignore[attr-defined]
        return model.objects.filter(**{f"{part.link}__in": rows.values("pgh_obj_id")})
    return model.objects.filter(**{"pgh_obj" if part.link == "pk" else part.link: pk})


def _instance(model: type[models.Model], event: Any) -> Any:
    names = {column.name for column in event._meta.fields}
    values = {
        column.attname: getattr(event, column.attname)
        for column in model._meta.concrete_fields
        if column.name in names and not getattr(column, "generated", False)
    }
    instance: Any = model(**values)
    instance._state.adding = False
    return instance
