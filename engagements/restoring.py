"""A former state of a record, written as a new change.

History is where the former state is read, and never touched: what is written are the working
tables, as on the screen. Reviews, assessments and publications are decisions, not content, and
stay; the public reads nothing of it before it is cleared and published again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pghistory
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements.disclosure import digest_of
from engagements.erasure import INSTEAD
from engagements.models import (
    DETAILS,
    Engagement,
    Outcome,
    Participation,
    Place,
    RelatedEngagement,
    Source,
)
from engagements.requirements import Problem
from engagements.workflow import NotAllowed
from stakeholders.history import Change, Line, Part, Reader, Row, compared, latest
from stakeholders.models import Erasure, FormerReference, Stakeholder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# In this order they are written; what others refer to comes first, and is taken out last.
PARTS = tuple(
    Part(model, "engagement")
    for model in (Source, Place, Participation, Outcome, RelatedEngagement, *DETAILS.values())
)
LISTS = {
    "touches": ("EngagementTouches", "track"),
    "track3_links": ("EngagementTrack3Links", "tracklink"),
    "military_roles": ("EngagementMilitaryRoles", "militaryrole"),
    "objectives": ("EngagementObjectives", "objective"),
    "themes": ("EngagementThemes", "theme"),
}


def list_parts() -> dict[str, Part]:
    """The tables of the lists of a record, by field."""
    return {
        name: Part(
            apps.get_model("engagements", table),
            "engagement",
            one_of_many=column,
            label=Engagement._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
        )
        for name, (table, column) in LISTS.items()
    }


def stated_by() -> Part:
    """The table that says which sources state a participation."""
    return Part(
        apps.get_model("engagements", "ParticipationSource"),
        "participation",
        of=Participation,
        one_of_many="source",
        label=_("sources of participants"),
    )


def says_something(change: Change) -> bool:
    """Tell whether a change concerns what restoring restores, and no decision or state only."""
    parts = {part.key for part in (*PARTS, *list_parts().values(), stated_by())}
    own = {column.name for column in content(Engagement)}
    return any(line.key in parts if line.key else own & {*line.keys} for line in change.lines)


PROTECTED = gettext_lazy("it holds a protected name: somebody who may see that has to restore it.")


@dataclass
class Plan:
    """What restoring would do: in words for whoever decides, and as rows for who writes it."""

    moment: datetime
    lines: list[Line] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, set[Any]] = field(default_factory=dict)
    rows: dict[type[models.Model], list[Row]] = field(default_factory=dict)
    links: dict[int, set[int]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of what was shown: whoever agreed to it agreed to nothing else."""
        told = [(line.verb, line.part, line.what, line.fields) for line in self.lines]
        lists = [(line.part, line.added, line.removed) for line in self.lines]
        return digest_of([told, lists, self.refused])


def plan(engagement: Engagement, moment: datetime, reader: Reader) -> Plan:
    """Return what it takes to bring a record back to what it was at ``moment``.

    What cannot come back is left as it is and named in ``refused``. Raises NotAllowed when the
    record was not there yet.
    """
    found = Plan(moment)
    was = _Then(engagement, moment, reader, found)
    told = [*was.record(), *was.lists(), *was.parts(), *was.links()]
    found.lines = compared(engagement, told, reader) if told else []
    return found


class _Then:
    """Reads the former state beside the present one, and sorts out what cannot come back."""

    def __init__(self, engagement: Engagement, moment: datetime, reader: Reader, found: Plan):
        self.engagement, self.moment, self.reader, self.plan = engagement, moment, reader, found
        self.as_then: dict[type[models.Model], set[Any]] = {}
        self.there: dict[type[models.Model], set[Any]] = {}

    def record(self) -> Iterator[Row]:
        part = Part(Engagement, "pk")
        owners = {self.engagement.pk}
        then = latest(part, owners, self.moment).get(self.engagement.pk)
        now = latest(part, owners)[self.engagement.pk]
        if then is None:
            raise NotAllowed([Problem(_("The record was not there yet."))])
        _fill(Row(part, now, then))
        for column in content(Engagement):
            old, new = getattr(now, column.attname), getattr(then, column.attname)
            if old == new:
                continue
            label = str(column.verbose_name)
            if reason := self._against(column, old, new):
                self.plan.refused.append(f"{label[:1].upper()}{label[1:]}: {reason}")
                setattr(then, column.attname, old)
            else:
                self.plan.values[column.attname] = new
        if self.plan.values:
            yield Row(part, now, then)

    def lists(self) -> Iterator[Row]:
        for name, part in list_parts().items():
            yield from self._list(name, part)

    def _list(self, name: str, part: Part) -> Iterator[Row]:
        column = f"{part.one_of_many}_id"
        now, then = self._both(part)
        wanted = {getattr(event, column) for event in then.values()}
        if wanted == {getattr(event, column) for event in now.values()}:
            return
        model: Any = part.model._meta.get_field(part.one_of_many).related_model
        if gone := wanted - set(model.objects.filter(pk__in=wanted).values_list("pk", flat=True)):
            self.plan.refused.append(
                _("%(list)s: %(terms)s is no longer in the codebook.")
                % {"list": part.name, "terms": ", ".join(sorted(gone))}
            )
        self.plan.lists[name] = wanted - gone
        yield from self._differing(part, now, then, column, gone)

    @staticmethod
    def _differing(
        part: Part, now: dict, then: dict, column: str, left_out: set[Any]
    ) -> Iterator[Row]:
        """Rows of links by what they link to: one that came again has another id."""
        had = {getattr(event, column): event for event in now.values()}
        wanted = {getattr(event, column): event for event in then.values()}
        for key in sorted(had.keys() ^ wanted.keys(), key=str):
            if key not in left_out:
                yield Row(part, had.get(key), wanted.get(key))

    def parts(self) -> Iterator[Row]:
        for part in PARTS:
            now, then = self._both(part)
            refused = set()
            rows = []
            for pk in [*then, *(pk for pk in now if pk not in then)]:
                row = Row(part, now.get(pk), then.get(pk))
                _fill(row)
                if row.before and row.after and not _differs(part, row):
                    continue
                if row.after and (reason := self._row_against(part, row)):
                    self.plan.refused.append(f"{part.name}: {reason}")
                    refused.add(pk)
                    continue
                rows.append(row)
            self.as_then[part.model] = then.keys() - refused
            self.there[part.model] = then.keys() - refused | now.keys() & refused
            self.plan.rows[part.model] = rows
            yield from rows

    def links(self) -> Iterator[Row]:
        """Which sources state a participation, of those that are as they were then."""
        part = stated_by()
        participations = self.as_then[Participation]
        now, then = latest(part, participations), latest(part, participations, self.moment)
        for pk in sorted(participations):
            had = {key: event for key, event in now.items() if event.participation_id == pk}
            wanted = {
                key: event
                for key, event in then.items()
                if event.participation_id == pk and event.source_id in self.there[Source]
            }
            sources = {event.source_id for event in wanted.values()}
            if sources != {event.source_id for event in had.values()}:
                self.plan.links[pk] = sources
                yield from self._differing(part, had, wanted, "source_id", set())

    def _both(self, part: Part) -> tuple[dict, dict]:
        owners = {self.engagement.pk}
        return latest(part, owners), latest(part, owners, self.moment)

    # --- what stands against it ----------------------------------------------------------------

    def _row_against(self, part: Part, row: Row) -> str:
        if part.model is Participation and (reason := self._actor_against(row)):
            return reason
        if part.model is Outcome and row.after.source_id not in self.there[Source]:
            row.after.source_id = None
        for column in content(part.model):
            old = getattr(row.before, column.attname) if row.before else None
            new = getattr(row.after, column.attname)
            if old != new and (reason := self._against(column, old, new)):
                return reason
        return ""

    def _actor_against(self, row: Row) -> str:
        """An actor that was merged since is followed; one that was erased does not come back."""
        pk = row.after.stakeholder_id
        if pk is None:
            return ""
        actor = Stakeholder.objects.filter(pk=pk).first() or _merged_into(pk)
        if actor is None:
            return _("the actor is no longer in the register.")
        row.after.stakeholder_id = actor.pk
        if Erasure.objects.filter(stakeholder=actor, erased_at__isnull=False).exists():
            return _(
                "%(actor)s was erased since, and nothing that was said of them comes back."
            ) % {"actor": actor.reference}
        if self.reader.veiled(actor.name) != actor.name:
            return str(PROTECTED)
        return ""

    def _against(self, column: Any, old: Any, new: Any) -> str:
        if isinstance(new, str) and INSTEAD in new and INSTEAD not in str(old or ""):
            return _("it held the name of somebody who was erased since.")
        if isinstance(new, str) and self.reader.veiled(new) != new:
            return str(PROTECTED)
        if not column.is_relation or new is None or column.related_model is Source:
            return ""
        there = column.related_model._default_manager.filter(pk=new).exists()
        return "" if there else _("what it referred to is no longer there.")


def content(model: type[models.Model]) -> list[Any]:
    """The columns that make up what a row says: no state, no authorship, no machinery."""
    return [
        column
        for column in model._meta.concrete_fields
        if not column.primary_key
        and (column.editable or (model is Source and column.name == "reference"))
        and column.name != "engagement"
    ]


def _differs(part: Part, row: Row) -> bool:
    return any(
        getattr(row.before, column.attname) != getattr(row.after, column.attname)
        for column in content(part.model)
    )


def _fill(row: Row) -> None:
    """Where a row is older than a column, let the column say what it says now."""
    if row.after is None:
        return
    for column in content(row.part.model):
        if getattr(row.after, column.attname) is None and not column.null:
            now = getattr(row.before, column.attname) if row.before else column.get_default()
            setattr(row.after, column.attname, now)


def _merged_into(pk: int) -> Stakeholder | None:
    """Return the entry that took over a merged one, known by its last reference."""
    events = Stakeholder.pgh_event_model.objects.filter(pgh_obj_id=pk)  # type: ignore[attr-defined]
    reference = events.order_by("-pgh_id").values_list("reference", flat=True).first()
    former = FormerReference.objects.filter(pk=reference).select_related("stakeholder").first()
    return former.stakeholder if former else None


# --- and it is written -------------------------------------------------------------------------


def restore(
    engagement: Engagement, moment: datetime, by: "User", reader: Reader, *, reason: str, seen: str
) -> Plan:
    """Write a former state as a new change, with its reason; return what was done.

    ``seen`` is the digest of the plan that was agreed to. Raises NotAllowed; then nothing is
    written.
    """
    try:
        with transaction.atomic(), pghistory.context(reason=reason.strip()):
            Engagement.objects.select_for_update(no_key=True).get(pk=engagement.pk)
            planned = plan(engagement, moment, reader)
            if not reason.strip():
                raise NotAllowed([Problem(_("Give the reason."), "reason")])
            if planned.digest != seen:
                raise NotAllowed([Problem(_("The record was changed meanwhile: look again."))])
            if not planned.lines:
                raise NotAllowed([Problem(_("Nothing can be restored that differs."))])
            _write(engagement, planned, by)
    except ValidationError as error:
        raise NotAllowed([Problem(message) for message in error.messages]) from error
    except IntegrityError as error:
        raise NotAllowed(
            [Problem(_("Two lines would say the same. Change the record by hand."))]
        ) from error
    return planned


def _write(engagement: Engagement, planned: Plan, by: "User") -> None:
    for part in reversed(PARTS):
        gone = [row.before.pgh_obj_id for row in planned.rows[part.model] if not row.after]
        part.model._default_manager.filter(pk__in=gone).delete()
    for part in PARTS:
        for row in planned.rows[part.model]:
            if row.after:
                _write_row(engagement, part.model, row)
    sources = set(Source.objects.filter(engagement=engagement).values_list("pk", flat=True))
    for pk, wanted in planned.links.items():
        Participation.objects.get(pk=pk).sources.set(wanted & sources)
    for name, terms in planned.lists.items():
        getattr(engagement, name).set(terms)
    record = Engagement.objects.get(pk=engagement.pk)
    for name, value in planned.values.items():
        setattr(record, name, value)
    record.updated_by = by
    changed = {column.name for column in content(Engagement) if column.attname in planned.values}
    record.clean_fields(
        exclude={column.name for column in Engagement._meta.concrete_fields} - changed
    )
    record.validate_constraints()
    record.save()


def _write_row(engagement: Engagement, model: type[models.Model], row: Row) -> None:
    """Under its old number, so that its history goes on where it ended."""
    values = {column.attname: getattr(row.after, column.attname) for column in content(model)}
    instance: Any = model(pk=row.after.pgh_obj_id, engagement_id=engagement.pk, **values)
    instance._state.adding = row.before is None
    instance.full_clean()
    instance.save(force_insert=row.before is None, force_update=row.before is not None)
