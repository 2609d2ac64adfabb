"""A filtered list, worked through record by record: where does “save and next” lead?"""

from copy import copy
from typing import TYPE_CHECKING

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from engagements.models import Engagement

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList

    from engagements.admin.engagement import EngagementAdmin

FILTERS = "_changelist_filters"
"""The parameter in which the admin keeps the list that a record was opened from."""
LOOKED_THROUGH = 10_000


def listed(
    model_admin: "EngagementAdmin", request: HttpRequest, query: str
) -> "ChangeList | None":
    """Return the list with these filters; None when the list does not take them."""
    asked = copy(request)
    asked.GET = QueryDict(query)  # type: ignore[assignment]
    try:
        return model_admin.get_changelist_instance(asked)
    except (IncorrectLookupParameters, SuspiciousOperation):
        return None


def following(model_admin: "EngagementAdmin", request: HttpRequest, pk: int) -> int | None:
    """Return the record that comes after ``pk`` in the list that the page was opened from.

    When ``pk`` is no longer in it, because it was mended, the list begins anew. None where there
    is no such list, or no other record in it.
    """
    query = request.GET.get(FILTERS, "")
    changelist = listed(model_admin, request, query) if query else None
    if changelist is None:
        return None
    keys = list(changelist.queryset.values_list("pk", flat=True)[:LOOKED_THROUGH])
    place = keys.index(pk) + 1 if pk in keys else 0
    return keys[place] if place < len(keys) else None


def next_page(request: HttpRequest) -> HttpResponseRedirect | None:
    """Return the page of the record that “save and next” was to lead to, with the list kept."""
    key = request.POST.get("_next", "")
    if not key.isdecimal() or not Engagement.objects.filter(pk=key).exists():
        return None
    address = reverse("admin:engagements_engagement_change", args=[key])
    kept = urlencode({FILTERS: request.GET.get(FILTERS, "")})
    return HttpResponseRedirect(f"{address}?{kept}")
