"""What waits on the review desk, and why? The queues, each a queryset, oldest first.

A decided record comes back for three reasons: it was changed after it was cleared (lapsed), a
country was flagged since (flagged), or its clearance ends soon or has ended (expiring, expired).
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from engagements.disclosure import EXPIRING
from engagements.models import (
    Condition,
    ConductAssessment,
    CountryFlag,
    Engagement,
    EthicalReview,
    Participation,
    Place,
)
from engagements.requirements import today
from milidip.catalogue import models as public
from milidip.codebook.choices import ReviewDecision, State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EXPIRES_SOON = timedelta(days=60)
DECIDED = (State.CLEARED, State.PUBLISHED)
# So many of what is public leave on one day that readers would notice the hole.
WAVE = 100


def to_decide(by: "User") -> QuerySet[Engagement]:
    """Every record that somebody may judge: not what they wrote, changed or submitted."""
    everything = Engagement.objects.all()
    if settings.ONE_PERSON_MODE:
        return everything
    own = Q(created_by=by) | Q(submitted_by=by, submitted_by__isnull=False)
    return everything.exclude(own | Q(updated_by=by, updated_by__isnull=False))


def waiting(by: "User") -> QuerySet[Engagement]:
    """Submitted, by others, and not decided yet."""
    return to_decide(by).awaiting_review()  # type: ignore[attr-defined]


def mine(by: "User") -> QuerySet[Engagement]:
    """Submitted again after this person has decided on it before."""
    return waiting(by).filter(
        Exists(EthicalReview.objects.filter(engagement=OuterRef("pk"), reviewer=by))
    )


def overdue(by: "User") -> QuerySet[Engagement]:
    """Waiting for longer than the setting allows."""
    before = timezone.now() - timedelta(days=settings.REVIEW_DAYS)
    return waiting(by).filter(submitted_at__lt=before)


def with_last_review(queryset: Any) -> Any:
    """Each engagement with the day and the last valid day of the review that counts."""
    newest = EthicalReview.objects.filter(engagement=OuterRef("pk")).current()
    return queryset.annotate(
        reviewed_at=Subquery(newest.values("decided_at")[:1]),
        valid_until=Subquery(newest.values("valid_until")[:1]),
    )


def _ending(by: "User") -> Any:
    unfinished = to_decide(by).filter(state__in=DECIDED, status__in=EXPIRING)
    return with_last_review(unfinished).order_by("valid_until", "pk")


def expiring(by: "User") -> QuerySet[Engagement]:
    """Planned or under way, and their clearance ends within 60 days."""
    return _ending(by).filter(valid_until__range=(today(), today() + EXPIRES_SOON))


def expired(by: "User") -> QuerySet[Engagement]:
    """Planned or under way, and their clearance has ended: they left the public side by it."""
    return _ending(by).filter(valid_until__lt=today())


def lapsed(by: "User") -> QuerySet[Engagement]:
    """Changed after they were cleared, as far as compared (`engagements.drift`)."""
    return (
        to_decide(by)
        .filter(
            Q(state=State.CLEARED, drift__from_cleared=True)
            | Q(state=State.PUBLISHED, drift__from_public=True)
        )
        .order_by("updated_at", "pk")
    )


def unpublished() -> QuerySet[Engagement]:
    """Published, and the working record says something else by now, as far as compared."""
    return Engagement.objects.filter(state=State.PUBLISHED, drift__from_public=True)


def flagged(by: "User") -> QuerySet[Engagement]:
    """Support to security forces in a country that was flagged since the last review."""
    since = {
        "country__flags__lifted_on": None,
        "country__flags__set_at__gt": OuterRef("reviewed_at"),
    }
    there = Exists(Place.objects.filter(engagement=OuterRef("pk"), **since))
    from_there = Exists(
        Participation.objects.filter(
            engagement=OuterRef("pk"),
            **{f"stakeholder__{name}": value for name, value in since.items()},
        )
    )
    support = to_decide(by).filter(state__in=DECIDED, gives_support=True)
    return with_last_review(support).filter(there | from_there).order_by("reviewed_at", "pk")


def flags_on(engagement: Engagement) -> list[CountryFlag]:
    """The standing flags on the countries of a record that gives support, newest first."""
    if not engagement.gives_support:
        return []
    countries = Q(country__in=Place.objects.filter(engagement=engagement).values("country"))
    countries |= Q(
        country__in=Participation.objects.filter(
            engagement=engagement, stakeholder__country__isnull=False
        ).values("stakeholder__country")
    )
    return list(CountryFlag.objects.standing().filter(countries).select_related("country"))


def new_flags(engagement: Engagement, review: EthicalReview | None) -> list[CountryFlag]:
    """Those that were set after the review that counts."""
    flags = flags_on(engagement)
    return [flag for flag in flags if review is None or flag.set_at > review.decided_at]


def to_confirm(by: "User") -> QuerySet[ConductAssessment]:
    """Newest assessments with a high remaining risk that somebody else has to confirm."""
    newest = ConductAssessment.objects.filter(engagement=OuterRef("engagement")).current()
    return (
        ConductAssessment.objects.unconfirmed()
        .filter(pk=Subquery(newest.values("pk")[:1]), engagement__in=to_decide(by))
        .exclude(assessor=by)
        .select_related("engagement", "assessor")
        .order_by("recorded_at", "pk")
    )


def open_conditions(owner: "User | None" = None) -> QuerySet[Condition]:
    """Conditions of the clearances that count and are not met: of everybody, or of one."""
    conditions = Condition.objects.counting().open().select_related("review__engagement", "owner")
    return conditions.filter(owner=owner) if owner else conditions


def returned_to(author: "User") -> QuerySet[Engagement]:
    """What was returned to its author, with the reason; the longest waiting first."""
    newest = EthicalReview.objects.filter(
        engagement=OuterRef("pk"), decision=ReviewDecision.RETURNED
    ).current()
    return (
        Engagement.objects.filter(state=State.RETURNED, created_by=author)
        .annotate(
            returned_at=Subquery(newest.values("decided_at")[:1]),
            returned_because=Subquery(newest.values("reason")[:1]),
        )
        .order_by("returned_at", "pk")
    )


def waves() -> list[dict[str, Any]]:
    """The coming days on which more than one in a hundred public entries would leave at once.

    A single entry is no wave, however small the register is.
    """
    total = public.Entry.objects.count()
    days = (
        public.Entry.objects.filter(leaves_on__gt=today())
        .order_by()
        .values("leaves_on")
        .annotate(number=Count("pk"))
        .filter(number__gt=1)
        .order_by("leaves_on")
    )
    return [
        {**day, "last_day": day["leaves_on"] - timedelta(days=1), "total": total}
        for day in days
        if day["number"] * WAVE > total
    ]
