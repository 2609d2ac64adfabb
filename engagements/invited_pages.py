"""The page behind an invitation: a form for one engagement, then where it stands.

No account, no cookie, no script. The token in the address is the whole right of whoever reads
the page, so no other site could act by somebody's hand; a form that another site sends is refused
all the same. The page is made as the public role: of the working side it is handed what it shows.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from engagements import invitations, submissions
from engagements.forms import unjudged, unjudged_rows
from engagements.invited_forms import (
    MOST_ROWS,
    ROWS,
    USUAL_ROLE,
    EngagementForm,
    GuestRows,
    MessageForm,
    TakeBackForm,
    Terms,
)
from engagements.models import Invitation
from engagements.models.invitation import TOLD_FOR
from engagements.reader_pages import FORM, SeeOther
from engagements.workflow import NotAllowed
from milidip.catalogue import errors
from milidip.roles import APP, working_as

# Six thousand characters of an alphabet that takes nine bytes for each in a form, and the rest.
LONGEST_BODY = 256 * 1024


@dataclass(frozen=True)
class Line:
    """A message as its reader sees it: by ``who``, or by the sender themselves."""

    text: str
    when: Any
    who: str


# The whole address is a secret, so the page is not compressed: its length must tell nothing.
@method_decorator(csrf_exempt, name="dispatch")
class InvitedView(TemplateView):
    """``engagements/invited.html``, ``invited_state.html`` and ``invited_closed.html``

    - ``invitation``: who is invited, what about and until when; ``editor``: by whom
    - ``form``, ``rows``: what is filled in; ``wrong``: it was sent and is not right
    - ``progress``, ``lines``, ``form``, ``taking_back``: where it stands, and what was written
    """

    http_method_names = ["get", "head", "post"]
    template_name = "engagements/invited.html"

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        invitation = known(token)
        if invitation.is_closed:
            return self.closed(invitation)
        if invitation.sent_at:
            return self.state(invitation)
        if request.method == "GET":
            with working_as(APP):
                invitations.note_opened(invitation)
        terms = Terms.read()
        return self.form(
            invitation,
            EngagementForm(terms=terms),
            GuestRows(prefix="who", form_kwargs={"terms": terms}),
        )

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        if refusal := refused(request):
            return refusal
        invitation = known(token)
        if invitation.is_closed:
            return self.closed(invitation)
        if invitation.sent_at:
            return self.after(request, invitation, token)
        terms = Terms.read()
        sent = request.POST.copy()
        asks_for_rows = "more" in sent
        if asks_for_rows:
            add_rows(sent)
        form = EngagementForm(sent, terms=terms)
        rows = GuestRows(sent, prefix="who", form_kwargs={"terms": terms})
        if asks_for_rows or "language" in sent:
            return self.form(invitation, unjudged(form), unjudged_rows(rows))
        # Both are looked at, so that everything is said at once.
        if not all([form.is_valid(), rows.is_valid()]):
            return self.form(invitation, form, rows, wrong=True, status=HTTPStatus.BAD_REQUEST)
        try:
            with working_as(APP):
                submissions.receive(
                    invitation, form.cleaned_data, rows.rows, get_language() or "en"
                )
        except submissions.SentAlready:
            pass  # sent twice: the page says where it stands
        return SeeOther(path_of(token))

    def after(self, request: HttpRequest, invitation: Invitation, token: str) -> HttpResponseBase:
        """What may still be done: write, and take it back."""
        if "take_back" in request.POST:
            taking_back = TakeBackForm(request.POST)
            if not taking_back.is_valid():
                return self.state(
                    invitation, taking_back=taking_back, status=HTTPStatus.BAD_REQUEST
                )
            try:
                with working_as(APP):
                    invitations.take_back(invitation)
            except NotAllowed:
                pass  # decided on meanwhile: the page says so
        elif "write" in request.POST:
            form = MessageForm(request.POST)
            if not form.is_valid():
                return self.state(invitation, form=form, status=HTTPStatus.BAD_REQUEST)
            try:
                with working_as(APP):
                    invitations.write(invitation, form.cleaned_data["text"])
            except invitations.TooManyMessages as refusal:
                return self.state(
                    invitation,
                    form=form,
                    too_many=str(refusal),
                    status=HTTPStatus.TOO_MANY_REQUESTS,
                )
        return SeeOther(path_of(token))

    def form(
        self, invitation: Invitation, form: EngagementForm, rows: Any, **context: Any
    ) -> HttpResponse:
        context |= {"form": form, "rows": rows, "may_have_more": len(rows.forms) < MOST_ROWS}
        return self.page("engagements/invited.html", invitation, **context)

    def state(self, invitation: Invitation, **context: Any) -> HttpResponse:
        with working_as(APP):
            progress = invitations.progress(invitation)
            messages = invitation.messages.select_related("written_by")  # type: ignore[attr-defined]
            lines = [
                Line(
                    message.text,
                    message.written_at,
                    invitations.name_of(message.written_by) if message.written_by else "",
                )
                for message in messages
            ]
        context.setdefault("form", MessageForm())
        context.setdefault("taking_back", TakeBackForm())
        context |= {"progress": progress, "lines": lines}
        return self.page("engagements/invited_state.html", invitation, **context)

    def closed(self, invitation: Invitation) -> HttpResponse:
        """410: it was right once, and whom to ask."""
        return self.page("engagements/invited_closed.html", invitation, status=HTTPStatus.GONE)

    def page(
        self, template: str, invitation: Invitation, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        self.template_name = template
        return self.render_to_response(
            self.get_context_data(
                invitation=invitation,
                editor=invitations.name_of(invitation.invited_by),
                contact=settings.CONTACT,
                told_days=TOLD_FOR.days,
                kept_days=invitations.CONTACT_KEPT.days,
                **context,
            ),
            status=status,
        )


def known(token: str) -> Invitation:
    """Return the invitation of this address; 404 for any other, whatever it looks like."""
    with working_as(APP):
        invitation = invitations.found(token)
    if invitation is None:
        raise Http404
    return invitation


def path_of(token: str) -> str:
    return reverse("readers:invited", args=[token])


def add_rows(sent: QueryDict) -> None:
    """Ask for some more rows than there were, each as a fresh one starts."""
    said = sent.get("who-TOTAL_FORMS") or ""
    total = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else 0
    more = min(total + ROWS, MOST_ROWS)
    sent["who-TOTAL_FORMS"] = str(more)
    for number in range(total, more):
        sent[f"who-{number}-role"] = USUAL_ROLE


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Tell whether another site sent the form, by what the browser says.

    The page sends no referrer, so that its address does not leak; a browser then says "null" for
    the origin. One that says nothing at all is not believed.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        return True
    ours = f"{request.scheme}://{request.get_host()}"
    return site not in (None, "same-origin") or origin not in (None, "null", ours)


def refused(request: HttpRequest) -> HttpResponse | None:
    """Return why something sent is not even read; None when it may be."""
    length = request.headers.get("content-length") or ""
    if is_from_elsewhere(request):
        status, why = (
            HTTPStatus.FORBIDDEN,
            _(
                "This did not come from the form of the invitation. Open its address and send it there."
            ),
        )
    elif request.content_type != FORM:
        status, why = (
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            _("Files are not taken. Only what the form asks for is read."),
        )
    elif not length.isdigit() or int(length) > LONGEST_BODY:
        status, why = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("This is too long to be read.")
    else:
        return None
    return errors.bad_request(request, messages=[why], status=status)
