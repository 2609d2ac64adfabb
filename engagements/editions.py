"""The next edition of what returns, and what a new record may start with.

Carried over is what an engagement *is*: series, kind, track, aims, the bodies and their roles.
Left behind is what is true of one edition only: dates, places, persons, consent, head counts,
outcomes, sources, texts and review.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from engagements.models import (
    DETAILS,
    Engagement,
    Participation,
    RelatedEngagement,
    Series,
    Template,
)
from engagements.requirements import Problem
from engagements.workflow import NotAllowed
from milidip.codebook.choices import ConsentBasis, ParticipantDisclosure, RelationKind, Status
from stakeholders.models import PERSON, FormerReference, Stakeholder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FIELDS = (
    "activity_id",
    "track_id",
    "track_basis",
    "track_note",
    "initiated_by_id",
    "gives_support",
    "marking",
    "content_licence",
)
LISTS = ("touches", "track3_links", "military_roles", "objectives", "themes")
OF_ONE_EDITION = {
    "exchange": ("people", "days"),
    "peace_operation": ("mandate_document", "authorised_strength"),
    "dialogue": ("rounds",),
}
"""Block of details -> what is counted or cited for one edition."""


# --- the editions of a series ---------------------------------------------------------------------


def editions(series: Series) -> QuerySet[Engagement]:
    """Return the records of a series, the oldest first; those without a date come first."""
    return Engagement.objects.filter(series=series, merged=None).order_by(
        F("start_earliest").asc(nulls_first=True), "pk"
    )


def last_edition(series: Series) -> Engagement | None:
    return editions(series).last()


@dataclass(frozen=True)
class Gap:
    """Time between two editions in which others of the usual rhythm are missing."""

    after: int
    before: int
    missing: int


def gaps(days: Sequence[date]) -> dict[int, Gap]:
    """Return, by the place of the later edition in ``days``, where editions seem to be missing.

    The rhythm is the median distance of the editions; a gap is half as long again. Of fewer than
    three dated editions there is no rhythm to tell.
    """
    steps = [(later - earlier).days for earlier, later in pairwise(days)]
    usual = median(steps) if len(steps) > 1 else 0
    if not usual:
        return {}
    return {
        number: Gap(days[number - 1].year, days[number].year, round(step / usual) - 1)
        for number, step in enumerate(steps, 1)
        if step >= 1.5 * usual
    }


# --- what is carried over -------------------------------------------------------------------------


def carried(engagement: Engagement) -> dict[str, Any]:
    """Return what a new record may take over from ``engagement``, as plain data."""
    values: dict[str, Any] = {name: getattr(engagement, name) for name in FIELDS}
    values["series"] = engagement.series.code if engagement.series else None
    values["title"] = engagement.series.name if engagement.series else engagement.title
    for name in LISTS:
        values[name] = sorted(getattr(engagement, name).values_list("pk", flat=True))
    values["participants"] = [
        {
            "actor": row.stakeholder.reference if row.stakeholder else None,
            "actor_type": row.actor_type_id,
            "role": row.role_id,
            "capacity": row.capacity_id,
            "side": row.side,
            "disclosure": row.disclosure,
            "under_rule": row.under_rule,
        }
        for row in engagement.participations.select_related("stakeholder")  # type: ignore[attr-defined]
        if not row.is_person
    ]
    values["details"] = {
        block: {
            field.name: getattr(row, field.name)
            for field in model._meta.concrete_fields
            if field.name not in ("id", "engagement", *OF_ONE_EDITION.get(block, ()))
        }
        for block, model in DETAILS.items()
        if (row := model.objects.filter(engagement=engagement).first())
    }
    return values


@transaction.atomic
def next_edition(last: Engagement, by: "User") -> Engagement:
    """Make a draft of the edition after ``last``, which it follows."""
    draft = draft_from(carried(last), by)
    RelatedEngagement.objects.create(engagement=draft, kind=RelationKind.FOLLOWS, target=last)
    return draft


def keep_template(engagement: Engagement, by: "User") -> Template:
    """Keep what a record is as a template, under a name that is still free."""
    _may_log(by)
    name, number = engagement.title[:190], 1
    while Template.objects.filter(name=name).exists():
        number += 1
        name = f"{engagement.title[:190]} ({number})"
    return Template.objects.create(name=name, values=carried(engagement), created_by=by)


@transaction.atomic
def draft_from(values: Mapping[str, Any], by: "User") -> Engagement:
    """Make a draft that starts with ``values``, as `carried` gives them.

    Terms and actors that have gone since are left out: a template outlives them.
    """
    _may_log(by)
    draft = Engagement.objects.create(
        title=values["title"],
        series=Series.objects.filter(code=values["series"]).first(),
        status=Status.UNKNOWN,
        created_by=by,
        updated_by=by,
        **{name: values[name] for name in FIELDS},
    )
    for name in LISTS:
        known: Any = Engagement._meta.get_field(name).related_model
        getattr(draft, name).set(known.objects.filter(pk__in=values[name]))
    _add_participants(draft, values["participants"])
    for block, fields in values["details"].items():
        DETAILS[block].objects.create(engagement=draft, **fields)
    return draft


def _add_participants(draft: Engagement, rows: Iterable[Mapping[str, Any]]) -> None:
    """Bodies in their roles. What they agreed to and announced was another edition's."""
    actors = _actors({row["actor"] for row in rows if row["actor"]})
    added = set()
    for row in rows:
        actor = actors.get(row["actor"])
        if actor is None and row["actor_type"] is None:
            continue
        key = (actor and actor.pk, row["actor_type"], row["role"], row["capacity"], row["side"])
        if actor and key in added:
            continue
        added.add(key)
        open_before = row["disclosure"] == ParticipantDisclosure.NAMED
        Participation.objects.create(
            engagement=draft,
            stakeholder=actor,
            actor_type_id=row["actor_type"],
            role_id=row["role"],
            capacity_id=row["capacity"],
            side=row["side"],
            # Named again only if that is usual for the actor today; the stricter stays.
            disclosure="" if open_before else row["disclosure"],
            consent_basis=ConsentBasis.NONE,
            under_rule=row["under_rule"],
        )


def _actors(references: set[str]) -> dict[str, Stakeholder]:
    """Return the actors that are bodies by reference, merged ones under their former too."""
    bodies = Stakeholder.objects.exclude(type=PERSON)
    found = {actor.reference: actor for actor in bodies.filter(reference__in=references)}
    former = FormerReference.objects.filter(reference__in=references).select_related("stakeholder")
    return found | {
        row.reference: row.stakeholder for row in former if row.stakeholder.type_id != PERSON
    }


def _may_log(by: "User") -> None:
    if not by.has_perm("engagements.add_engagement"):
        raise NotAllowed([Problem(_("You may not log engagements."))])
