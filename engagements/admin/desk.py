"""The review desk: what waits, what comes back, and the conditions that are open."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements import conditions, drift, queues, workflow
from engagements.admin.questions import MetForm
from engagements.models import Condition, CountryFlag

if TYPE_CHECKING:
    from collections.abc import Callable

    from engagements.admin.engagement import EngagementAdmin

PER_PAGE = 50


@dataclass(frozen=True)
class Queue:
    """One tab of the desk."""

    slug: str
    label: Any
    about: Any
    rows: "Callable[[Any], Any]"
    of: str = "records"


QUEUES = (
    Queue(
        "waiting",
        gettext_lazy("Waiting"),
        gettext_lazy("Submitted for review, the longest waiting first."),
        queues.waiting,
    ),
    Queue(
        "yours",
        gettext_lazy("Yours"),
        gettext_lazy("Submitted again after you decided on them before."),
        queues.mine,
    ),
    Queue(
        "overdue",
        gettext_lazy("Overdue"),
        gettext_lazy("Waiting for longer than %(days)d days."),
        queues.overdue,
    ),
    Queue(
        "lapsed",
        gettext_lazy("Lapsed"),
        gettext_lazy("Changed after they were cleared. What is public stays as it was."),
        queues.lapsed,
    ),
    Queue(
        "flagged",
        gettext_lazy("Flagged"),
        gettext_lazy(
            "Support to security forces in a country that was flagged since. They stay public "
            "until somebody has decided, with the date of their assessment."
        ),
        queues.flagged,
    ),
    Queue(
        "expiring",
        gettext_lazy("Ending"),
        gettext_lazy("Planned or under way; their clearance ends within 60 days."),
        queues.expiring,
    ),
    Queue(
        "expired",
        gettext_lazy("Ended"),
        gettext_lazy(
            "Planned or under way; their clearance has ended and they left the public side."
        ),
        queues.expired,
    ),
    Queue(
        "confirm",
        gettext_lazy("To confirm"),
        gettext_lazy("Conduct assessments with a high remaining risk wait for a second reviewer."),
        queues.to_confirm,
        of="assessments",
    ),
    Queue(
        "conditions",
        gettext_lazy("Conditions"),
        gettext_lazy("Conditions that are not met yet, by the day on which they are due."),
        lambda user: queues.open_conditions(),
        of="conditions",
    ),
)
BY_SLUG = {queue.slug: queue for queue in QUEUES}


def desk_view(model_admin: "EngagementAdmin", request: HttpRequest) -> HttpResponse:
    """Show one queue, and how many are in each."""
    user: Any = request.user
    if not user.has_perm("engagements.review_engagement"):
        raise PermissionDenied
    queue = BY_SLUG.get(request.GET.get("queue") or "waiting")
    if queue is None:
        raise Http404(_("There is no such queue on the desk."))
    uncompared = drift.refresh()
    rows = queue.rows(user)
    if queue.of == "records":
        rows = rows.select_related("activity", "created_by")
    yours_only = queue.of == "conditions" and request.GET.get("owner") == "me"
    if yours_only:
        rows = queues.open_conditions(user)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get(PAGE_VAR))
    if queue.slug == "flagged":
        for record in page:
            record.flags = [
                each for each in queues.flags_on(record) if each.set_at > record.reviewed_at
            ]
    context = {
        **model_admin.admin_site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("Review desk"),
        "queue": queue,
        "about": queue.about % {"days": settings.REVIEW_DAYS},
        "tabs": [(each, each.rows(user).count()) for each in QUEUES],
        "page": page,
        "page_var": PAGE_VAR,
        "yours_only": yours_only,
        "waves": queues.waves(),
        "flags": CountryFlag.objects.standing().select_related("country"),
        "uncompared": uncompared,
        "today": timezone.now().date(),
        "media": model_admin.media,
        "opts": model_admin.opts,
    }
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/engagements/engagement/desk.html", context)


def condition_view(
    model_admin: "EngagementAdmin", request: HttpRequest, object_id: str
) -> HttpResponse:
    """Ask what was done, and mark a condition as met."""
    condition = (
        Condition.objects.counting()
        .select_related("review__engagement", "owner")
        .filter(pk=object_id if object_id.isdecimal() else None)
        .first()
    )
    if condition is None:
        raise Http404(_("There is no such condition."))
    user: Any = request.user
    engagement = condition.review.engagement
    if not model_admin.has_view_permission(request, engagement):
        raise PermissionDenied
    if not conditions.may_mark(condition, user):
        raise PermissionDenied
    form = MetForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            conditions.mark_as_met(condition, user, form.cleaned_data["note"])
        except workflow.NotAllowed as refusal:
            for problem in refusal.problems:
                form.add_error("note", str(problem))
        else:
            model_admin.message_user(
                request, _("Marked as met. %s") % engagement.reference, messages.SUCCESS
            )
            return HttpResponseRedirect(
                reverse("admin:engagements_engagement_change", args=[engagement.pk])
            )
    context = {
        **model_admin.admin_site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("Mark a condition as met"),
        "subtitle": str(engagement),
        "condition": condition,
        "form": form,
        "media": model_admin.media,
        "original": engagement,
        "opts": model_admin.opts,
    }
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/engagements/engagement/condition.html", context)
