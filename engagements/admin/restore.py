"""The page on which a former state is looked at, and written as a new change."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements import restoring, workflow
from engagements.admin.questions import ReasonForm
from stakeholders.history import Reader

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin


class RestoreForm(ReasonForm):
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = gettext_lazy("Kept in the history, for staff only.")


def restore_view(
    model_admin: "EngagementAdmin", request: HttpRequest, object_id: str
) -> HttpResponse:
    """Show what restoring would change, ask why, and do it."""
    engagement = model_admin.get_object(request, object_id)
    if engagement is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    if not model_admin.has_change_permission(request, engagement):
        raise PermissionDenied
    history = reverse("admin:engagements_engagement_history", args=[engagement.pk])
    moment = moment_asked(request)
    if moment is None:
        model_admin.message_user(
            request, _("Choose in the history which state to restore."), messages.WARNING
        )
        return HttpResponseRedirect(history)
    reader = Reader(request.user, model_admin.history_restricted)  # type: ignore[arg-type]
    form = RestoreForm(request.POST or None)
    problems: list[Any] = []
    try:
        if request.method == "POST" and form.is_valid():
            restoring.restore(engagement, moment, request.user, reader, **form.cleaned_data)  # type: ignore[arg-type]
            model_admin.message_user(
                request,
                _("Restored as it was on %(day)s.") % {"day": said(moment)},
                messages.SUCCESS,
            )
            address = reverse("admin:engagements_engagement_change", args=[engagement.pk])
            return HttpResponseRedirect(address)
    except workflow.NotAllowed as refusal:
        problems = refusal.problems
    try:
        planned = restoring.plan(engagement, moment, reader)
    except workflow.NotAllowed as refusal:
        for problem in refusal.problems:
            model_admin.message_user(request, str(problem), messages.ERROR)
        return HttpResponseRedirect(history)
    # What was agreed to may have changed meanwhile: the form now stands for what is shown.
    form.initial["seen"] = planned.digest
    if form.is_bound:
        form.data = form.data.copy()
        form.data["seen"] = planned.digest
    context = {
        **model_admin.admin_site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("Restore a former state"),
        "subtitle": reader.veiled(str(engagement)),
        "moment": moment,
        "plan": planned,
        "form": form,
        "adminform": AdminForm(
            form, [(None, {"fields": ["reason"]})], {}, model_admin=model_admin
        ),
        "problems": problems,
        "history_url": history,
        "media": model_admin.media + form.media,
        "original": engagement,
        "opts": model_admin.opts,
    }
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/engagements/engagement/restore.html", context)


def moment_asked(request: HttpRequest) -> datetime | None:
    """Return the moment in ``at``; None when it is none."""
    try:
        moment = parse_datetime(request.GET.get("at", ""))
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment):
        return None
    return moment


def said(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
