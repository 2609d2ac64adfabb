"""The page “Quality”: how many records each check finds, with the way to work through them."""

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from engagements import quality
from engagements.models import Engagement

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin


def quality_view(model_admin: "EngagementAdmin", request: HttpRequest) -> HttpResponse:
    """Show each check with its number, its share and its list: of all records, or of one's own."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    own = request.GET.get("by") == "me"
    records = Engagement.objects.all()
    if own:
        records = records.filter(created_by=request.user)
    lines = quality.counts(records)
    address = reverse("admin:engagements_engagement_changelist")
    context = {
        **model_admin.admin_site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("Quality"),
        "own": own,
        "lines": [
            (line, f"{address}?{urlencode(list_of(line.check, own=own))}") for line in lines
        ],
        "total": lines[0].total,
        "media": model_admin.media,
        "opts": model_admin.opts,
    }
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/engagements/engagement/quality.html", context)


def list_of(check: quality.Check, *, own: bool) -> dict[str, str]:
    """Return the filters of the list that shows what ``check`` finds."""
    return {"quality": check.slug, **({"by": "me"} if own else {})}
