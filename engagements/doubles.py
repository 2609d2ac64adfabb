"""Two records of one event become one: what moves, what is kept, what the public sees of it.

The record that is kept takes over sources, participants, places, outcomes, links and what its own
fields do not say; where both say something, it is right. It has changed by that, and is reviewed
and published like any change. The other one leaves the public side; its reference is never given
again, and leads on. Whatever was promised in either is promised in the one that is left.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from engagements.models import (
    DETAILS,
    Engagement,
    Hold,
    Invitation,
    LookAlike,
    MergedRecord,
    Outcome,
    Participation,
    Place,
    RelatedEngagement,
    Schedule,
    Source,
)
from engagements.publication import withdraw
from engagements.render import lead_on, render
from engagements.requirements import Problem, refuse_unless
from engagements.revision import lock_register
from engagements.versions import OPENNESS, stricter
from engagements.workflow import NotAllowed
from milidip.codebook.choices import ConsentBasis, ParticipantDisclosure, State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What the record that is kept takes from the other where it says nothing itself.
FILLED = (
    "series",
    "edition",
    "start",
    "end",
    "summary",
    "narrative",
    "lessons",
    "lessons_reported_by",
    "track",
    "track_note",
    "initiated_by",
    "gives_support",
    "embargo_until",
)
LISTS = ("touches", "track3_links", "military_roles", "objectives", "themes")


@dataclass
class Preview:
    """What a merge would do, to be read before it is done."""

    kept: Engagement
    absorbed: Engagement
    filled: list[tuple[str, str]] = field(default_factory=list)
    """Fields that are empty in the one kept: name, and what the other says."""
    differing: list[tuple[str, str, str]] = field(default_factory=list)
    """Fields in which both say something else: name, what is kept, what is let go."""
    sources: list[Source] = field(default_factory=list)
    participants: list[Participation] = field(default_factory=list)
    joined: list[Participation] = field(default_factory=list)
    """Lines of the other that the one kept has too: of their disclosure the stricter counts."""
    places: list[Place] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    links: int = 0
    marking: str = ""
    """The stricter of the two markings, where it is not that of the one kept."""
    leads_on: bool = False
    """The other was public: its address leads to the one kept, while that is public."""
    problems: list[Problem] = field(default_factory=list)


def may_merge(user: "User") -> bool:
    return user.has_perm("engagements.publish_engagement")


def problems(kept: Engagement, absorbed: Engagement) -> list[Problem]:
    """Return what stands in the way of a merge."""
    found = refuse_unless(kept.pk != absorbed.pk, _("Choose two different records."))
    found += refuse_unless(
        not any(hasattr(record, "merged") for record in (kept, absorbed)),
        _("One of them has been merged already."),
    )
    waiting = [record.reference for record in (kept, absorbed) if record.state == State.SUBMITTED]
    found += refuse_unless(
        not waiting,
        _("%(records)s: somebody is deciding on it. Wait for the decision.")
        % {"records": ", ".join(waiting)},
    )
    found += refuse_unless(
        not Invitation.objects.taken_back().filter(engagement__in=[kept, absorbed]).exists(),
        _("Those who sent one of them in have taken it back."),
    )
    return found


def preview(kept: Engagement, absorbed: Engagement) -> Preview:
    """Return what would happen if ``absorbed`` were merged into ``kept``."""
    found = Preview(kept, absorbed, problems=problems(kept, absorbed))
    for name in FILLED:
        mine, theirs = getattr(kept, name), getattr(absorbed, name)
        label = _label(name)
        if theirs in (None, "") or mine == theirs:
            continue
        if mine in (None, ""):
            found.filled.append((label, _said(theirs)))
        else:
            found.differing.append((label, _said(mine), _said(theirs)))
    for name in ("activity", "status"):
        mine, theirs = getattr(kept, name), getattr(absorbed, name)
        if mine != theirs:
            found.differing.append((_label(name), _said(mine), _said(theirs)))
    lines = _lines(kept)
    for row in _rows(Participation, absorbed).select_related("stakeholder", "actor_type", "role"):
        (found.joined if _line(row) in lines else found.participants).append(row)
    found.sources = _new(Source, kept, absorbed, ("title", "url"))
    found.places = _new(Place, kept, absorbed, ("name", "country_id", "region_id"))
    found.outcomes = _new(Outcome, kept, absorbed, ("statement",))
    found.details = [
        str(model._meta.verbose_name)
        for model in DETAILS.values()
        if _moves(model, kept, absorbed)
    ]
    found.links = (
        _rows(RelatedEngagement, absorbed).count()
        + RelatedEngagement.objects.filter(target=absorbed).count()
    )
    strict = stricter(kept.marking, absorbed.marking)
    if strict != kept.marking:
        found.marking = dict(Engagement._meta.get_field("marking").flatchoices)[strict]  # type: ignore[union-attr]
    found.leads_on = absorbed.publications.exists()  # type: ignore[attr-defined]
    return found


@transaction.atomic
def merge(kept: Engagement, absorbed: Engagement, by: "User", reason: str) -> MergedRecord:
    """Let ``kept`` take over what ``absorbed`` has; the other's reference leads there for good.

    For editors. Who was not to be named in either is not named in the one that is left.
    """
    locked = Engagement.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    records = locked.in_bulk([kept.pk, absorbed.pk])
    kept, absorbed = records[kept.pk], records[absorbed.pk]
    stop = refuse_unless(may_merge(by), _("You may not merge records."))
    stop += refuse_unless(reason.strip(), _("Say how you know that they are the same."), "reason")
    stop += problems(kept, absorbed)
    if stop:
        raise NotAllowed(stop)
    lock_register()
    _fill(kept, absorbed, by)
    _move_parts(kept, absorbed)
    _move_links(kept, absorbed)
    _keep_holds(kept, absorbed)
    was_public = absorbed.publications.exists()  # type: ignore[attr-defined]
    Schedule.objects.filter(engagement=absorbed).delete()
    MergedRecord.objects.filter(kept=absorbed).update(kept=kept)
    merged = MergedRecord.objects.create(
        engagement=absorbed, kept=kept, redirects=was_public, merged_by=by
    )
    Engagement.objects.filter(pk=absorbed.pk).update(
        state=State.WITHDRAWN if was_public else State.REFUSED, updated_by=by
    )
    first, second = sorted([kept, absorbed], key=lambda record: record.pk)
    LookAlike.objects.update_or_create(
        first=first, second=second, defaults={"answer": LookAlike.Answer.SAME, "said_by": by}
    )
    if absorbed.publications.filter(withdrawn_at=None).exists():  # type: ignore[attr-defined]
        withdraw(absorbed, by, reason.strip())
    # A stricter marking counts at once, and so do names that are withheld from now on.
    render([kept.pk, absorbed.pk], taking_back=True)
    lead_on([kept.reference])
    return merged


# --- inside ---------------------------------------------------------------------------------------


def _label(name: str) -> str:
    return str(Engagement._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _rows(model: type[models.Model], engagement: Engagement) -> models.QuerySet[Any]:
    return model._default_manager.filter(engagement=engagement)


def _new(
    model: type[models.Model], kept: Engagement, absorbed: Engagement, same: tuple[str, ...]
) -> list[Any]:
    there = set(_rows(model, kept).values_list(*same))
    return [
        row
        for row in _rows(model, absorbed)
        if tuple(getattr(row, name) for name in same) not in there
    ]


def _moves(model: type[models.Model], kept: Engagement, absorbed: Engagement) -> bool:
    return _rows(model, absorbed).exists() and not _rows(model, kept).exists()


def _line(row: Participation) -> tuple[Any, ...] | None:
    """What makes two lines of an actor the same; an unnamed group is always another one."""
    if row.stakeholder_id is None:
        return None
    return row.stakeholder_id, row.role_id, row.capacity_id, row.side


def _lines(engagement: Engagement) -> dict[tuple[Any, ...], Participation]:
    return {line: row for row in _rows(Participation, engagement) if (line := _line(row))}


def _fill(kept: Engagement, absorbed: Engagement, by: "User") -> None:
    for name in FILLED:
        if getattr(kept, name) in (None, "") and getattr(absorbed, name) not in (None, ""):
            setattr(kept, name, getattr(absorbed, name))
    embargoes = [day for day in (kept.embargo_until, absorbed.embargo_until) if day]
    kept.embargo_until = max(embargoes, default=None)
    kept.marking = stricter(kept.marking, absorbed.marking)
    for name in ("working_note", "source_text"):
        both = [getattr(record, name) for record in (kept, absorbed)]
        setattr(kept, name, "\n\n".join(dict.fromkeys(filter(None, both))))
    kept.updated_by = by
    kept.save()
    for name in LISTS:
        getattr(kept, name).add(*getattr(absorbed, name).all())


def _move_parts(kept: Engagement, absorbed: Engagement) -> None:
    """Move what is new; what both have stays with the other, where its history is."""
    sources = _new(Source, kept, absorbed, ("title", "url"))
    twins = {(source.title, source.url): source for source in _rows(Source, kept)}
    for theirs in _rows(Source, absorbed):
        twin = twins.get((theirs.title, theirs.url))
        if twin and (theirs.withheld or not theirs.chatham_safe):
            twin.withheld = twin.withheld or theirs.withheld
            twin.chatham_safe = twin.chatham_safe and theirs.chatham_safe
            twin.save(update_fields=["withheld", "chatham_safe"])
    lines = _lines(kept)
    for row in _rows(Participation, absorbed):
        mine = lines.get(_line(row) or ())
        if mine is None:
            row.sources.remove(*row.sources.exclude(pk__in=[source.pk for source in sources]))
            row.engagement = kept
            row.save(update_fields=["engagement"])
        else:
            _be_as_strict(mine, row)
    for model, same in ((Place, ("name", "country_id", "region_id")), (Outcome, ("statement",))):
        for row in _new(model, kept, absorbed, same):
            row.engagement = kept
            row.save(update_fields=["engagement"])
    for source in sources:
        source.engagement = kept
        source.save(update_fields=["engagement"])
    moved = [source.pk for source in sources]
    Outcome.objects.filter(engagement=kept).exclude(source=None).exclude(
        source__engagement=kept
    ).exclude(source__in=moved).update(source=None)
    for model in DETAILS.values():
        if _moves(model, kept, absorbed):
            _rows(model, absorbed).update(engagement=kept)


def _be_as_strict(mine: Participation, theirs: Participation) -> None:
    """Of two lines of one actor the less open counts, and what numbers only one of them has."""
    order = [ParticipantDisclosure(value) for value in OPENNESS]
    shown = [order.index(ParticipantDisclosure(row.disclosure)) for row in (mine, theirs)]
    mine.disclosure = order[min(shown)]
    if theirs.consent_basis == ConsentBasis.NONE:
        mine.consent_basis = ConsentBasis.NONE
    mine.under_rule = mine.under_rule or theirs.under_rule
    mine.announced = mine.announced and theirs.announced
    if mine.people_min is None and mine.people_max is None:
        mine.people_min, mine.people_max = theirs.people_min, theirs.people_max
    mine.save()


def _move_links(kept: Engagement, absorbed: Engagement) -> None:
    for row in RelatedEngagement.objects.filter(
        models.Q(engagement=absorbed) | models.Q(target=absorbed)
    ):
        ends = [kept if end.pk == absorbed.pk else end for end in (row.engagement, row.target)]
        if ends[0].pk != ends[1].pk:
            RelatedEngagement.objects.get_or_create(
                engagement=ends[0], kind=row.kind, target=ends[1]
            )
        row.delete()


def _keep_holds(kept: Engagement, absorbed: Engagement) -> None:
    """What was hidden in either is hidden in the one that is left."""
    there = set(Hold.objects.standing().filter(engagement=kept).values_list("kind", flat=True))
    for hold in Hold.objects.standing().filter(engagement=absorbed):
        if hold.kind not in there:
            Hold.objects.create(
                engagement=kept, kind=hold.kind, reason=hold.reason, held_by=hold.held_by
            )
