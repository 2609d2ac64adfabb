"""What waits for whom: the front page of the working side."""

from typing import Any

from django import template
from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagements import drift, queues
from engagements.models import (
    LOOKED_AT_WITHIN,
    Condition,
    Engagement,
    Invitation,
    ReaderReport,
)
from milidip.codebook.choices import Risk, State
from stakeholders.models import PersonRequest

register = template.Library()


SHOWN = 10
ORDER = ("engagements", "stakeholders", "codebook")


@register.filter
def working_first(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The day's work comes before the vocabularies, and those before the accounts."""
    place = {label: number for number, label in enumerate(ORDER)}
    return sorted(apps, key=lambda app: place.get(app["app_label"], len(ORDER)))


@register.filter
def answered(risk: str) -> str:
    """The answer to a question of a review, as it was given."""
    return {Risk.NO: _("No"), Risk.YES: _("Yes")}.get(Risk(risk), _("Not known"))


@register.simple_tag(takes_context=True)
def desk(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what this person can do something about: a label, a number and a link each."""
    user = context["request"].user
    if not user.has_perm("engagements.view_engagement"):
        return []
    # Somebody may be in danger: that comes before everything else.
    return [
        *risks_reported(user),
        *records_by_state(user),
        *on_the_review_desk(user),
        *to_publish_again(user),
        *corrections_suggested(user),
        *invited_who_wrote(user),
        *requests_of_persons(user),
    ]


def records_by_state(user: Any) -> list[dict[str, Any]]:
    """Records that stand where this person has to do something, in one query."""
    mine = Q(created_by=user)
    # What this person may decide on: everybody's, where there is only one person.
    to_judge, whose = (Q(), "") if settings.ONE_PERSON_MODE else (~mine, "by=others")
    tasks = []
    if user.has_perm("engagements.submit_engagement"):
        tasks += [
            ("returned", _("returned to you"), mine & Q(state=State.RETURNED), "by=me"),
            ("draft", _("drafts of yours"), mine & Q(state=State.DRAFT), "by=me"),
            ("submitted", _("of yours in review"), mine & Q(state=State.SUBMITTED), "by=me"),
        ]
    if user.has_perm("engagements.publish_engagement"):
        tasks.append(
            ("cleared", _("cleared, to be published"), to_judge & Q(state=State.CLEARED), whose)
        )
    if not tasks:
        return []
    counts = Engagement.objects.aggregate(
        **{f"task_{number}": Count("pk", filter=task[2]) for number, task in enumerate(tasks)}
    )
    address = reverse("admin:engagements_engagement_changelist")
    return [
        {
            "label": label,
            "number": counts[f"task_{number}"],
            "url": f"{address}?state={state}&{whose}",
        }
        for number, (state, label, _filter, whose) in enumerate(tasks)
    ]


def on_the_review_desk(user: Any) -> list[dict[str, Any]]:
    """What a reviewer has to decide on; beside what waits, only what there is."""
    if not user.has_perm("engagements.review_engagement"):
        return []
    drift.refresh()
    address = reverse("admin:engagements_engagement_desk")
    rows = [
        ("waiting", _("waiting for review"), queues.waiting),
        ("yours", _("submitted again to you"), queues.mine),
        ("overdue", _("overdue on the review desk"), queues.overdue),
        ("lapsed", _("changed after they were cleared"), queues.lapsed),
        ("flagged", _("to be reviewed for a flag on their country"), queues.flagged),
        ("expiring", _("with a clearance that ends soon"), queues.expiring),
        ("expired", _("with a clearance that has ended"), queues.expired),
        ("confirm", _("to confirm as second reviewer"), queues.to_confirm),
    ]
    tasks = [
        {"label": label, "number": rows_of(user).count(), "url": f"{address}?queue={slug}"}
        for slug, label, rows_of in rows
    ]
    return tasks[:1] + [task for task in tasks[1:] if task["number"]]


def to_publish_again(user: Any) -> list[dict[str, Any]]:
    """Published records that say something else by now; compared when they were changed."""
    if not user.has_perm("engagements.publish_engagement"):
        return []
    drift.refresh()
    number = queues.unpublished().count()
    address = reverse("admin:engagements_engagement_changelist")
    label = _("published with unpublished changes")
    return [{"label": label, "number": number, "url": f"{address}?changes=unpublished"}]


@register.simple_tag(takes_context=True)
def conditions_of(context: dict[str, Any]) -> list[Condition]:
    """Return the open conditions that this person sees to, the most urgent first."""
    user = context["request"].user
    if not user.has_perm("engagements.view_engagement"):
        return []
    return list(queues.open_conditions(user)[:SHOWN])


def risks_reported(user: Any) -> list[dict[str, Any]]:
    """Risks that readers reported and nobody has dealt with, with the hours that are left."""
    if not user.has_perm("engagements.change_readerreport"):
        return []
    address = f"{reverse('admin:engagements_readerreport_changelist')}?deadline="
    risks = ReaderReport.objects.open().risks()
    received = sorted(risks.values_list("received_at", flat=True))
    late = [at for at in received if at <= timezone.now() - LOOKED_AT_WITHIN]
    rows = []
    if late:
        label = _("risks reported by readers, more than a day ago")
        rows.append(
            {"label": label, "number": len(late), "url": f"{address}overdue", "urgent": True}
        )
    if waiting := received[len(late) :]:
        left = waiting[0] + LOOKED_AT_WITHIN - timezone.now()
        hours = int(left.total_seconds() // 3600)
        label = ngettext(
            "risks reported by readers, %(hours)d hour left for the first",
            "risks reported by readers, %(hours)d hours left for the first",
            hours,
        ) % {"hours": hours}
        rows.append(
            {"label": label, "number": len(waiting), "url": f"{address}open", "urgent": True}
        )
    return rows


def corrections_suggested(user: Any) -> list[dict[str, Any]]:
    """What readers say is wrong, for whoever can see to it."""
    if not user.has_perm("engagements.change_readerreport"):
        return []
    number = ReaderReport.objects.open().corrections().count()
    address = reverse("admin:engagements_readerreport_changelist")
    url = f"{address}?kind__exact=correction&state__exact=open"
    label = _("corrections suggested by readers")
    return [{"label": label, "number": number, "url": url}] if number else []


def invited_who_wrote(user: Any) -> list[dict[str, Any]]:
    """What those who were invited wrote, for whoever can answer it."""
    if not user.has_perm("engagements.change_invitation"):
        return []
    number = Invitation.objects.unanswered().count()
    address = reverse("admin:engagements_invitation_changelist")
    label = _("messages of people who were invited, to answer")
    url = f"{address}?messages=unanswered"
    return [{"label": label, "number": number, "url": url}] if number else []


def requests_of_persons(user: Any) -> list[dict[str, Any]]:
    """Those that are open, for whoever answers them; overdue ones apart."""
    if not user.has_perm("stakeholders.change_personrequest"):
        return []
    address = reverse("admin:stakeholders_personrequest_changelist")
    overdue = PersonRequest.objects.overdue().count()
    waiting = PersonRequest.objects.open().count() - overdue
    rows = [
        (_("requests of persons, overdue"), overdue, "overdue"),
        (_("requests of persons to answer"), waiting, "open"),
    ]
    return [
        {"label": label, "number": number, "url": f"{address}?deadline={which}"}
        for label, number, which in rows
        if number
    ]
