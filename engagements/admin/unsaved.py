"""What is typed on a form is kept while it is typed, and taken up again after whatever happened.

The script `admin_extra/unsaved.js` sends the form here some seconds after each change; what was
kept is offered when the form is opened again, and filled in by the server: that takes no script.
"""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from engagements import editing, unsaved
from engagements.admin.checklist import while_typing
from engagements.checklist import facts_typed
from engagements.models import Engagement, Unsaved
from stakeholders.history import name_of

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin

SLOT = "unsaved_slot"


def urls_of(model_admin: "EngagementAdmin") -> list[Any]:
    """Not behind the sign-in of the admin, which answers with a page: the script needs a word."""

    @never_cache
    def view(request: HttpRequest) -> HttpResponse:
        return unsaved_view(model_admin, request)

    return [path("unsaved/", view, name="engagements_engagement_unsaved")]


def unsaved_view(model_admin: "EngagementAdmin", request: HttpRequest) -> HttpResponse:
    """Keep what is typed, throw it away, or say what there is; to whoever typed it, and nobody else.

    Whoever is signed out gets 401 with the address at which to sign in.
    """
    user: Any = request.user
    if not model_admin.admin_site.has_permission(request):
        return JsonResponse({"sign_in": reverse("account_login")}, status=401)
    page = request.GET.get("page", Unsaved.Page.RECORD)
    if page not in Unsaved.Page.values:
        raise BadRequest
    record = _record(model_admin, request)
    if request.method != "POST":
        return JsonResponse(_state(model_admin, request, record, page))
    slot = request.POST.get(SLOT, "")
    if request.POST.get("unsaved_user", str(user.pk)) != str(user.pk):
        return JsonResponse({"of_somebody_else": True}, status=409)
    if "unsaved_discard" in request.POST:
        unsaved.settle(user, slot, record)
        return _back(request, record)
    answer: dict[str, Any] = {"user": user.pk}
    if "unsaved_beat" not in request.POST:
        try:
            row = unsaved.keep(
                user, slot, dict(request.POST.lists()), engagement=record, page=page
            )
        except ValueError as error:
            raise BadRequest from error
        time = formats.time_format(timezone.localtime(row.typed_at), "H:i")
        answer["settled"] = row.settled_at is not None
        answer["said"] = _("Saved as you typed at %(time)s") % {"time": time}
        if page == Unsaved.Page.RECORD:
            answer["checklist"] = render_to_string(
                "admin/engagements/engagement/checklist.html#typed",
                while_typing(facts_typed(request.POST, record)),
                request,
            )
    if record is not None:
        if "unsaved_old" not in request.POST:  # a copy that was left behind: nobody is there
            unsaved.is_here(user, record)
        answer["others"] = told_others(request, record, request.POST.get("seen", ""))
    return JsonResponse(answer)


def _record(model_admin: "EngagementAdmin", request: HttpRequest) -> Engagement | None:
    """The record that the form is of; none for a new one."""
    key = request.GET.get("record", "")
    if not key:
        if not model_admin.has_add_permission(request):
            raise PermissionDenied
        return None
    record: Any = model_admin.get_object(request, key)
    # Whoever may no longer change it keeps what was typed before all the same.
    if record is None or not model_admin.has_view_permission(request, record):
        raise PermissionDenied
    return record


def _state(
    model_admin: "EngagementAdmin", request: HttpRequest, record: Engagement | None, page: str
) -> dict[str, Any]:
    """What the script needs on opening a form: who it is, what is offered, and its words."""
    user: Any = request.user
    slot = request.GET.get("slot", "")
    kept = unsaved.typed(user, slot, record) if slot else None
    return {
        "user": user.pk,
        "csrf": get_token(request),
        "fields": dict(kept.lists()) if kept else None,
        "offers": render_to_string(
            "admin/engagements/engagement/unsaved.html#offers",
            {
                "offers": unsaved.offers(user, record, page=page, but=slot),
                "unsaved_address": request.get_full_path(),
            },
            request,
        ),
        "words": {
            "here": _("Kept in this browser only: there is no connection."),
            "signed_out": _(
                "You are signed out. Nothing is lost: what you typed is kept in this browser, and "
                "is saved as soon as you are signed in again."
            ),
            "sign_in": _("Sign in (opens in a new tab)"),
            "again": _("You are signed in again. Go on."),
            "offline": _(
                "There is no connection. Nothing is lost: what you typed is kept in this browser. "
                "Try again when the connection is back."
            ),
        },
    }


def _back(request: HttpRequest, record: Engagement | None) -> HttpResponse:
    """After a button without script: back to the form."""
    if request.headers.get("X-Unsaved"):
        return JsonResponse({"settled": True})
    back = request.POST.get("unsaved_back", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = (
            reverse("admin:engagements_engagement_change", args=[record.pk])
            if record
            else reverse("admin:engagements_engagement_add")
        )
    return HttpResponseRedirect(back)


def told_others(request: HttpRequest, record: Engagement, seen: str) -> str:
    """Who else is at the record, and who saved it since this form was opened: as a piece of HTML."""
    user: Any = request.user
    saved = []
    if seen and seen != editing.version_of(record.pk):
        saved = editing.saved_since(record.pk, seen)
    return render_to_string(
        "admin/engagements/engagement/unsaved.html#others",
        {
            "others": [
                (name_of(row.user), row.since) for row in unsaved.others_here(user, record)
            ],
            "saved_since": saved,
        },
        request,
    )
