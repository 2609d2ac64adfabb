"""Many submitted records are cleared at once: asked once, told one by one why not."""

from typing import TYPE_CHECKING, Any

import pghistory
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagements.admin.questions import BulkForm
from engagements.bulk import clear_together
from engagements.models import Engagement
from engagements.workflow import NotAllowed

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin

REFERENCES_SHOWN = 20


def clear_together_view(
    model_admin: "EngagementAdmin", request: HttpRequest, queryset: QuerySet[Engagement]
) -> HttpResponse | None:
    """Ask how they were read and why they can be cleared together; then do it and say what came."""
    ids = list(queryset.values_list("pk", flat=True))
    form = BulkForm(request.POST if "ask" in request.POST else None, label_suffix="")
    if form.is_valid():
        user: Any = request.user
        reason = form.cleaned_data["reason"]
        try:
            with pghistory.context(reason=reason):
                result = clear_together(
                    ids, user, reason=reason, sample_size=form.cleaned_data["sample_size"]
                )
        except NotAllowed as refusal:
            for problem in refusal.problems:
                form.add_error(
                    problem.field if problem.field in form.fields else None, str(problem)
                )
        else:
            if result.published:
                text = ngettext("%d record cleared.", "%d records cleared.", result.published)
                model_admin.message_user(request, text % result.published, messages.SUCCESS)
            for why, references in sorted(result.skipped.items()):
                shown = ", ".join(references[:REFERENCES_SHOWN])
                if len(references) > REFERENCES_SHOWN:
                    shown += _(" and %d more") % (len(references) - REFERENCES_SHOWN)
                model_admin.message_user(request, f"{why} {shown}", messages.WARNING)
            return None
    context = {
        **model_admin.admin_site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("Clear together"),
        "form": form,
        "number": len(ids),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "across": request.POST.get("select_across", "0"),
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
        "opts": model_admin.opts,
    }
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/engagements/engagement/bulk.html", context)
