"""Which regions somebody follows: chosen on the front page, kept here."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from engagements import recent
from milidip.codebook.models import Region


def follow_view(request: HttpRequest) -> HttpResponse:
    """Follow exactly the regions that are ticked, and go back to the front page."""
    user: Any = request.user
    if not user.has_perm("engagements.view_engagement"):
        raise PermissionDenied
    if request.method == "POST":
        asked = Region.objects.filter(code__in=request.POST.getlist("region"))
        recent.follow(user, asked.values_list("code", flat=True))
        messages.success(request, _("Your regions are kept."))
    return HttpResponseRedirect(f"{reverse('admin:index')}#regions")
