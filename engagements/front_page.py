"""What the front page of the working side shows whom: what they can do something about, by role.

Each list is short and leads to the whole of it. None of them costs more in a large register.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import queues
from engagements.checklist import submit_problems
from engagements.models import Engagement, ReaderReport
from engagements.requirements import today
from milidip.codebook.choices import State

SHOWN = 5


@dataclass(frozen=True)
class Item:
    """One record or report: where it leads, since when it waits, and what is to be said of it."""

    url: str
    reference: str
    title: str
    note: str = ""
    points: list[str] = field(default_factory=list)
    urgent: bool = False


@dataclass(frozen=True)
class Section:
    """One list of the page; ``empty`` says in words that nothing is in it."""

    slug: str
    title: str
    items: list[Item]
    empty: str
    url: str = ""
    whole: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether there may be more than is shown."""
        return bool(self.url) and len(self.items) == SHOWN


def sections(user: User) -> list[Section]:
    """Return the lists for this person: a reviewer begins with the desk, an author with drafts."""
    if not user.has_perm("engagements.view_engagement"):
        return []
    found: list[Section] = []
    if user.has_perm("engagements.review_engagement"):
        found.append(on_the_desk(user))
    if user.has_perm("engagements.submit_engagement"):
        found += [returned(user), drafts(user), waiting_for_others(user)]
    if user.has_perm("engagements.publish_engagement"):
        found += [to_publish(user), ending_soon(user)]
    if user.has_perm("engagements.change_readerreport"):
        found.append(reader_reports())
    return found


def _record(engagement: Any, page: str = "change", **said: Any) -> Item:
    url = reverse(f"admin:engagements_engagement_{page}", args=[engagement.pk])
    return Item(url, engagement.reference, engagement.title, **said)


def _list(**filters: str) -> str:
    address = reverse("admin:engagements_engagement_changelist")
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in filters.items())}"


def _day(moment: datetime | None) -> str:
    return timezone.localtime(moment).date().isoformat() if moment else "?"


def _own(user: User, *states: str) -> QuerySet[Engagement]:
    return Engagement.objects.filter(created_by=user, state__in=states, merged=None)


# --- for an author --------------------------------------------------------------------------------


def returned(user: User) -> Section:
    items = [
        _record(
            record,
            note=_("returned on %(day)s") % {"day": _day(record.returned_at)},  # type: ignore[attr-defined]
            points=[record.returned_because or ""],  # type: ignore[attr-defined]
        )
        for record in queues.returned_to(user)[:SHOWN]
    ]
    return Section(
        "returned",
        _("Returned to you"),
        items,
        _("Nothing was returned to you."),
        _list(state=State.RETURNED, by="me"),
        _("Everything returned to you"),
    )


def drafts(user: User) -> Section:
    """The latest changed first, with what is missing: the others are in the list."""
    latest = _own(user, State.DRAFT).order_by("-updated_at", "-pk")[:SHOWN]
    items = [
        _record(
            record,
            note=_("changed on %(day)s") % {"day": _day(record.updated_at)},
            points=[*map(str, submit_problems(record))] or [_("Nothing is missing: submit it.")],
        )
        for record in latest
    ]
    return Section(
        "drafts",
        _("Your drafts"),
        items,
        _("You have no draft. What you log begins as one."),
        _list(state=State.DRAFT, by="me"),
        _("All your drafts"),
    )


def waiting_for_others(user: User) -> Section:
    """What is out of the author's hands: with a reviewer, or with an editor."""
    told = {
        State.SUBMITTED: _("waits for a reviewer since %(day)s"),
        State.CLEARED: _("cleared, waits for an editor; submitted on %(day)s"),
    }
    records = _own(user, *told).order_by("submitted_at", "pk")[:SHOWN]
    items = [
        _record(record, note=told[State(record.state)] % {"day": _day(record.submitted_at)})
        for record in records
    ]
    return Section(
        "waiting",
        _("Waiting for others"),
        items,
        _("Nothing of yours waits for anybody."),
        _list(state=State.SUBMITTED, by="me"),
        _("Everything of yours in review"),
    )


# --- for a reviewer -------------------------------------------------------------------------------


def on_the_desk(user: User) -> Section:
    overdue = timezone.now() - timedelta(days=settings.REVIEW_DAYS)
    records = queues.waiting(user).select_related("created_by")[:SHOWN]
    items = [
        _record(
            record,
            "review",
            note=_("from %(author)s, waits since %(day)s")
            % {"author": record.created_by, "day": _day(record.submitted_at)},
            urgent=bool(record.submitted_at and record.submitted_at < overdue),
        )
        for record in records
    ]
    return Section(
        "desk",
        _("On the review desk"),
        items,
        _("Nothing waits for review."),
        reverse("admin:engagements_engagement_desk"),
        _("The whole review desk"),
    )


# --- for an editor --------------------------------------------------------------------------------


def to_publish(user: User) -> Section:
    records = Engagement.objects.filter(state=State.CLEARED, merged=None)
    whose = {}
    if not settings.ONE_PERSON_MODE:
        records, whose = records.exclude(created_by=user), {"by": "others"}
    records = queues.with_last_review(records).order_by("reviewed_at", "pk")
    items = [_record(record, note=_to_publish_note(record)) for record in records[:SHOWN]]
    return Section(
        "to-publish",
        _("To be published"),
        items,
        _("Nothing is cleared and waits to be published."),
        _list(state=State.CLEARED, **whose),
        _("Everything that is cleared"),
    )


def _to_publish_note(record: Any) -> str:
    if record.embargo_until and record.embargo_until > today():
        told = _("cleared on %(day)s, not before %(embargo)s")
    else:
        told = _("cleared on %(day)s")
    return told % {"day": _day(record.reviewed_at), "embargo": record.embargo_until}


def ending_soon(user: User) -> Section:
    items = [
        _record(
            record,
            note=_("its clearance ends on %(day)s") % {"day": record.valid_until},  # type: ignore[attr-defined]
        )
        for record in queues.expiring(user)[:SHOWN]
    ]
    return Section(
        "ending",
        _("Ends soon"),
        items,
        _("No clearance of what is planned or under way ends within 60 days."),
    )


def reader_reports() -> Section:
    """Risks first: somebody may be in danger."""
    reports = ReaderReport.objects.open().select_related("engagement")
    items = [
        Item(
            reverse("admin:engagements_readerreport_change", args=[report.pk]),
            report.engagement.reference,
            report.engagement.title,
            note=f"{report.get_kind_display()}, {_day(report.received_at)}",
            urgent=report.kind == ReaderReport.Kind.RISK,
        )
        for report in reports.order_by("-kind", "received_at", "pk")[:SHOWN]
    ]
    return Section(
        "reports",
        _("Reports of readers"),
        items,
        _("No report of a reader is open."),
        f"{reverse('admin:engagements_readerreport_changelist')}?state__exact=open",
        _("All open reports"),
    )
