"""The promises made to people, and how they are kept in what is public already.

Protecting an actor renders every record anew that knows it or holds its name in a text, earlier
versions included. Holds hide the names of one record, or the record, until somebody has looked.
Nothing here makes a new version, and the public is told that something is withheld, never why.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements.models import ActorSnapshot, Engagement, Hold, Publication
from engagements.names import Text
from engagements.naming import all_references
from engagements.render import (
    Leaks,
    leaks_today,
    protected_spellings,
    render,
)
from engagements.requirements import Problem, refuse_unless
from engagements.revision import lock_register
from engagements.versions import stricter
from engagements.workflow import NotAllowed
from milidip.catalogue import models as public
from stakeholders.models import Protection, Stakeholder

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass
class Effect:
    """What a promise changed: how many public records, and which of them left until mended."""

    changed: int = 0
    offline: dict[str, Leaks] = field(default_factory=dict)
    refused: list[Problem] = field(default_factory=list)


# --- persons and bodies ------------------------------------------------------------------------


@transaction.atomic
def protect(stakeholder: Stakeholder, by: "User", reason: str) -> Effect:
    """Promise that an actor is named nowhere.

    Reviewers and editors may (`stakeholders.add_protection`): a promise is made quickly, and
    takes nothing away that could not come back.
    """
    _stop(
        refuse_unless(
            by.has_perm("stakeholders.add_protection"), _("You may not protect anybody.")
        )
        + refuse_unless(reason.strip(), _("Give the reason."), "reason")
        + refuse_unless(
            not Protection.objects.filter(stakeholder=stakeholder).exists(),
            _("It is under protection already."),
        )
    )
    Protection.objects.create(stakeholder=stakeholder, protected_by=by, reason=reason.strip())
    return keep_promise(stakeholder)


@transaction.atomic
def lift_protection(stakeholder: Stakeholder, by: "User", reason: str) -> Effect:
    """Take a promise back: whatever names the actor by its own rules names it again.

    For administrators (`stakeholders.delete_protection`). History keeps the promise.
    """
    promise = Protection.objects.filter(stakeholder=stakeholder).first()
    _stop(
        refuse_unless(
            by.has_perm("stakeholders.delete_protection"), _("You may not lift a protection.")
        )
        + refuse_unless(reason.strip(), _("Give the reason."), "reason")
        + refuse_unless(promise, _("It is not under protection."))
        + refuse_unless(
            not hasattr(stakeholder, "erasure"),
            _("It is erased, or about to be: that is not lifted."),
        )
    )
    assert promise is not None
    with pghistory.context(reason=reason.strip()):
        promise.delete()
    return keep_promise(stakeholder)


@transaction.atomic
def keep_promise(stakeholder: Stakeholder) -> Effect:
    """Render everything anew that knows an actor or may hold one of its names in a text."""
    # Behind the lock, so that no publication slips through between looking and rendering.
    lock_register()
    spellings = protected_spellings(Stakeholder.objects.get(pk=stakeholder.pk))
    effect = Effect()
    ids = concerned({stakeholder.reference}, spellings)
    effect.changed = render(ids, offline=effect.offline, taking_back=True)
    return effect


def concerned(references: Iterable[str], spellings: Iterable[str] = ()) -> set[int]:
    """Return the engagements with a version that knows an actor or may spell a name.

    May: the search is wide, and what it finds too much renders to what it was.
    """
    spellings = list(spellings)
    actors = all_references({*references, *actors_called(spellings)})
    standing = Publication.objects.standing().order_by()
    found = set(standing.knowing(actors).values_list("engagement_id", flat=True))
    if spellings:
        found.update(standing.mentioning(spellings).values_list("engagement_id", flat=True))
    return found


def actors_called(spellings: list[str]) -> set[str]:
    """Actors with a public name that holds one of ``spellings``, such as a foundation of it."""
    if not spellings:
        return set()
    rows = ActorSnapshot.objects.values_list("reference", "facts__name", "facts__other_names")
    return {
        reference
        for reference, name, others in rows.iterator()
        for text in map(Text, [name, *(others or ())])
        if any(spelling in text.tight for spelling in spellings)
    }


# --- one record --------------------------------------------------------------------------------


@transaction.atomic
def hold_names(engagement: Engagement, reason: str, by: "User | None" = None) -> Hold:
    """Hide every name in a record, in all its versions, until `release_names`.

    Without ``by`` a reader reported a risk. Again is the same as once.
    """
    if by is not None:
        _stop(
            refuse_unless(_may_look(by), _("You may not hide names."))
            + _unless_published(engagement)
        )
    return _hold(engagement, Hold.Kind.NAMES, reason, by)


@transaction.atomic
def release_names(engagement: Engagement, by: "User") -> None:
    """Show the names of a record again, by its own rules: a reviewer or editor has looked."""
    _stop(refuse_unless(_may_look(by), _("You may not show names again.")))
    _release(engagement, Hold.Kind.NAMES, by)


@transaction.atomic
def hold_record(engagement: Engagement, by: "User", reason: str) -> Hold:
    """Take a whole record off the public side, with all its versions, until `release_record`.

    Its address says that it is not public any more. For editors, after they have looked: a
    reader alone cannot take a record away.
    """
    _stop(
        refuse_unless(_may_withdraw(by), _("You may not hide records."))
        + refuse_unless(reason.strip(), _("Give the reason."), "reason")
        + _unless_published(engagement)
    )
    return _hold(engagement, Hold.Kind.RECORD, reason, by)


@transaction.atomic
def release_record(engagement: Engagement, by: "User") -> None:
    """Let a hidden record be public again, as far as its clearance lasts."""
    _stop(refuse_unless(_may_withdraw(by), _("You may not show records again.")))
    _release(engagement, Hold.Kind.RECORD, by)


def _hold(engagement: Engagement, kind: str, reason: str, by: "User | None") -> Hold:
    hold, _made = Hold.objects.standing().get_or_create(
        engagement=engagement,
        kind=kind,
        released_at=None,
        defaults={"reason": reason.strip(), "held_by": by},
    )
    render([engagement.pk], taking_back=True)
    return hold


def _release(engagement: Engagement, kind: str, by: "User") -> None:
    for hold in Hold.objects.standing().filter(engagement=engagement, kind=kind):
        hold.released_at, hold.released_by = timezone.now(), by
        hold.save()
    render([engagement.pk])


def _unless_published(engagement: Engagement) -> list[Problem]:
    standing = Publication.objects.standing().filter(engagement=engagement)
    return refuse_unless(standing.exists(), _("This record is not published."))


def _may_look(user: "User") -> bool:
    return user.has_perm("engagements.review_engagement") or _may_withdraw(user)


def _may_withdraw(user: "User") -> bool:
    return user.has_perm("engagements.withdraw_engagement")


def marking_changed(engagement: Engagement) -> int:
    """Show a public record by a stricter marking from the moment that it is set.

    A laxer one waits for the next publication.
    """
    newest = (
        Publication.objects.standing()
        .filter(engagement=engagement)
        .order_by("-number")
        .values_list("snapshot__marking", flat=True)
        .first()
    )
    if newest is None:
        return 0
    shown = public.Entry.objects.filter(reference=engagement.reference)
    if shown.filter(marking=stricter(newest, engagement.marking)).exists():
        return 0
    return render([engagement.pk], taking_back=True)


def why_offline(engagement: Engagement) -> Leaks:
    """Return where a name stands that keeps a published record off the public side."""
    if public.Entry.objects.filter(reference=engagement.reference).exists():
        return []
    return leaks_today(engagement.pk)


def _stop(found: list[Problem]) -> None:
    if found:
        raise NotAllowed(found)
