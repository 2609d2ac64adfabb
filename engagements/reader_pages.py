"""The pages on which a reader answers: a form without account, cookie or script.

The page is read as the public role, like every public page. Only what was sent, from a page of
this very site, is stored as the working side; nothing of it ever comes back in public.
"""

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.urls import reverse
from django.utils.translation import gettext as _

from engagements import reports
from engagements.models import ReaderReport
from milidip.catalogue import errors
from milidip.catalogue.models import Entry
from milidip.catalogue.pages import PublicPage
from milidip.catalogue.references import canonical
from milidip.roles import APP, working_as

LONGEST_BODY = 32 * 1024
FORM = "application/x-www-form-urlencoded"


class SeeOther(HttpResponseRedirectBase):
    """303: what was sent is taken in; the answer stands elsewhere, and reloading sends nothing."""

    status_code = HTTPStatus.SEE_OTHER


class ReportForm(forms.ModelForm):
    """The labels stand in the template. ``homepage`` is for programs that fill in everything."""

    class Meta:
        model = ReaderReport
        fields = ("text", "contact")

    version = forms.IntegerField(min_value=1, required=False)
    homepage = forms.CharField(required=False)

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data.get("homepage"))


def is_from_here(request: HttpRequest) -> bool:
    """Tell whether a form of this site was sent: by what the browser itself says of its origin.

    A browser that says nothing is not believed. There is no cookie that could be stolen; this
    keeps other sites from sending reports by the hands of their visitors.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        return False
    ours = f"{request.scheme}://{request.get_host()}"
    return site in (None, "same-origin") and origin in (None, ours)


class ReportView(PublicPage):
    """``engagements/report.html``

    - ``kind``: correction or risk; ``reference`` and ``version`` of what was read, and nothing
      else of the record; ``form``; ``received``: it was taken in; ``too_many``: why not
    - ``hides_names``: whether a risk hides the names at once
    """

    http_method_names = ["get", "head", "post"]
    template_name = "engagements/report.html"
    kind = ReaderReport.Kind.CORRECTION

    def get(self, request: HttpRequest, reference: str) -> HttpResponseBase:
        right = canonical("MD", reference)
        if right != reference:
            return HttpResponsePermanentRedirect(self.path(right))
        entry = Entry.objects.filter(reference=reference).first()
        if entry is None:
            return errors.missing(request, reference)
        version = version_read(entry, request.GET.get("version", ""))
        return self.page(reference, version, received="received" in request.GET)

    def post(self, request: HttpRequest, reference: str) -> HttpResponseBase:
        if refusal := refused(request):
            return refusal
        entry = Entry.objects.filter(reference=reference).first()
        if entry is None:
            return errors.missing(request, reference)
        version = version_read(entry, request.POST.get("version", ""))
        form = ReportForm(request.POST)
        if not form.is_valid():
            return self.page(reference, version, form=form, status=HTTPStatus.BAD_REQUEST)
        if not form.is_trapped:
            message = reports.Message(
                self.kind, version, form.cleaned_data["text"], form.cleaned_data["contact"]
            )
            try:
                with working_as(APP):
                    reports.receive(reference, message, get_adapter().get_client_ip(request))
            except reports.TooManyReports as refusal:
                return self.page(
                    reference,
                    version,
                    form=form,
                    too_many=str(refusal),
                    status=HTTPStatus.TOO_MANY_REQUESTS,
                )
        return SeeOther(f"{self.path(reference)}?received=1")

    def path(self, reference: str) -> str:
        return reverse(f"readers:{'risk' if self.is_risk else 'correct'}", args=[reference])

    @property
    def is_risk(self) -> bool:
        return self.kind == ReaderReport.Kind.RISK

    def page(
        self, reference: str, version: int, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        context.setdefault("form", ReportForm())
        return self.render_to_response(
            self.get_context_data(
                reference=reference,
                version=version,
                is_risk=self.is_risk,
                hides_names=settings.RISK_REPORT_HIDES_NAMES,
                kept_days=reports.CONTACT_KEPT.days,
                **context,
            ),
            status=status,
        )


def version_read(entry: Entry, said: str) -> int:
    """Return the public version that the reader says was read; the current one otherwise."""
    if said.isascii() and said.isdigit() and len(said) < 7:
        number = int(said)
        if entry.versions.filter(number=number).exists():
            return number
    return entry.version


def refused(request: HttpRequest) -> HttpResponse | None:
    """Return why something sent is not even read; None when it may be."""
    length = request.headers.get("content-length") or ""
    if not is_from_here(request):
        status, why = (
            HTTPStatus.FORBIDDEN,
            _(
                "This did not come from a form of this site. Open the record and send it from there."
            ),
        )
    elif request.content_type != FORM:
        status, why = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("Only what the form sends is read.")
    elif not length.isdigit() or int(length) > LONGEST_BODY:
        status, why = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("This is too long to be read.")
    else:
        return None
    return errors.bad_request(request, messages=[why], status=status)
