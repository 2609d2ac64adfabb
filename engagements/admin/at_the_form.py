"""What happens around the form of a record: what was typed earlier is filled in, what others saved
meanwhile is met, and beside it stands what is still needed."""

import copy
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from engagements import editing, unsaved
from engagements.admin.checklist import once_saved, while_typing
from engagements.admin.meeting import meet
from engagements.admin.unsaved import SLOT, told_others
from engagements.checklist import Facts, facts_of, facts_typed
from engagements.forms import unjudged, unjudged_rows
from engagements.models import Engagement
from engagements.requirements import Problem
from milidip.codebook.choices import Marking, TrackBasis

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin

TAKE_UP = "unsaved"
"""The parameter that names what is to be taken up."""
EMPTY = Facts(marking=Marking.OPEN, track_basis=TrackBasis.CODER_JUDGEMENT)
"""What stands in a form that nobody has filled in."""


def opened(
    model_admin: "EngagementAdmin",
    view: Callable[[HttpRequest], HttpResponse],
    request: HttpRequest,
    object_id: str | None,
) -> HttpResponse:
    """Answer for the form of a record: ``view`` is the admin's own."""
    wanted: Any = taken_up(model_admin, request, object_id)
    key = unquote(object_id) if object_id else ""
    if not key.isdecimal():
        return view(wanted)
    if wanted.method != "POST":
        wanted.seen = editing.version_of(int(key))  # before the record itself is read
        return view(wanted)
    with transaction.atomic():
        record = Engagement.objects.select_for_update(no_key=True).filter(pk=key).first()
        if record is None:
            return view(wanted)
        if not model_admin.has_change_permission(wanted, record):
            return out_of_hand(model_admin, wanted, record)
        wanted.meeting = meet(model_admin, wanted, record, wanted.POST)
        if wanted.meeting:
            wanted.POST = wanted.meeting.data
        return view(wanted)


def taken_up(
    model_admin: "EngagementAdmin", request: HttpRequest, object_id: str | None
) -> HttpRequest:
    """Return the request as if the form had been sent as it was typed; nothing of it is saved.

    `EngagementForm.only_shown` sees to that. Without something to take up: the request as it is.
    """
    slot = request.GET.get(TAKE_UP, "")
    if request.method != "GET" or not slot:
        return request
    record: Any = model_admin.get_object(request, unquote(object_id)) if object_id else None
    if object_id and (record is None or not model_admin.has_change_permission(request, record)):
        return request
    user: Any = request.user
    data = unsaved.typed(user, slot, record)
    if data is None:
        return request
    filled: Any = copy.copy(request)
    filled._files = request.FILES  # none, and nobody looks into the body for them
    filled.method, filled.POST, filled.only_shown = "POST", data, True
    return filled


def forget_errors(context: dict[str, Any]) -> None:
    """What was taken up is not judged before it is sent."""
    context["errors"] = []
    unjudged(context["adminform"].form)
    for part in context["inline_admin_formsets"]:
        unjudged_rows(part.formset)


def out_of_hand(
    model_admin: "EngagementAdmin", request: HttpRequest, record: Engagement
) -> HttpResponse:
    """Somebody moved the record on while it was open here: what was typed is kept."""
    user: Any = request.user
    slot = request.POST.get(SLOT, "")
    if not slot or not model_admin.has_view_permission(request, record):
        raise PermissionDenied
    try:
        unsaved.keep(user, slot, dict(request.POST.lists()), engagement=record)
    except ValueError:
        raise PermissionDenied from None
    told = _(
        "It is %(state)s by now, and not yours to change: nothing was saved. What you typed is "
        "kept, and offered here when you may change the record again."
    )
    state = record.get_state_display().lower()
    model_admin.message_user(request, told % {"state": state}, messages.WARNING)
    return HttpResponseRedirect(reverse("admin:engagements_engagement_change", args=[record.pk]))


def is_saved(request: HttpRequest, record: Engagement) -> None:
    """The text is in the record now; and what others had saved meanwhile is told."""
    user: Any = request.user
    unsaved.settle(user, request.POST.get(SLOT, ""), record)
    meeting = getattr(request, "meeting", None)
    if meeting and meeting.taken:
        who = ", ".join(filter(None, (saved.who for saved in meeting.saved))) or _("Somebody")
        told = _("%(who)s saved this record while you had it open. Also kept: %(what)s.")
        messages.warning(request, told % {"who": who, "what": "; ".join(meeting.taken)})


def beside(
    model_admin: "EngagementAdmin",
    request: HttpRequest,
    record: Engagement | None,
    problems: list[Problem],
) -> dict[str, Any]:
    """What the template needs on a form that may be changed.

    ``problems`` is what stands between the record and its publication.
    """
    user: Any = request.user
    typed = request.method == "POST"
    saved = facts_of(record) if record else EMPTY
    facts = facts_typed(request.POST, record) if typed else saved
    slot = request.POST.get(SLOT) or secrets.token_urlsafe(16)
    seen = request.POST.get("seen") or getattr(request, "seen", "")
    address = reverse("admin:engagements_engagement_unsaved")
    return {
        **while_typing(facts),
        "checklist_later": once_saved(model_admin, record, problems),
        "meeting": getattr(request, "meeting", None),
        "seen": seen,
        "unsaved_slot": slot,
        "unsaved_typed": typed,
        "unsaved_address": f"{address}?{urlencode({'record': record.pk})}" if record else address,
        "offers": unsaved.offers(user, record, but=slot),
        # What was read a moment ago is of today: nobody has saved it since.
        "told_others": told_others(request, record, seen if typed else "") if record else "",
    }
