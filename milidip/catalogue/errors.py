"""Pages for what went wrong, in the design of all others. 500 and 503 ask the database nothing."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from milidip.catalogue.models import Tombstone
from milidip.languages import in_language


def bad_request(
    request: HttpRequest,
    exception: Exception | None = None,
    messages: Iterable[str] = (),
    status: int = 400,
) -> HttpResponse:
    """400, or another refusal: what is asked for is not possible, and the messages say why."""
    told = list(messages) or [_("The address of this page is not well formed.")]
    return render(request, "400.html", {"messages": told, "status": status}, status=status)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return forbidden(request)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def gone(request: HttpRequest, tombstone: Tombstone) -> HttpResponse:
    """410: the record was public and is not any more."""
    return render(request, "410.html", {"tombstone": tombstone}, status=410)


def missing(request: HttpRequest, reference: str) -> HttpResponse:
    """410 for a record that was public, 404 for one that never was."""
    if tombstone := Tombstone.objects.filter(reference=reference).first():
        return gone(request, tombstone)
    raise Http404


def server_error(request: HttpRequest | None = None) -> HttpResponse:
    """500: made without a request, so that nothing in it can fail again or say what was asked."""
    if _of_a_program(request):
        response: HttpResponse = _said(_("Something went wrong here. It has been noted."), 500)
    else:
        response = HttpResponse(render_to_string("500.html"), status=500)
    response["Cache-Control"] = "no-store"
    return response


def unavailable(request: HttpRequest | None = None) -> HttpResponse:
    """503: the database is away or could not be swept, and what must not be seen might be."""
    if _of_a_program(request):
        response: HttpResponse = _said(_("The register cannot be read just now."), 503)
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Cache-Control"] = "no-store"
    response["Retry-After"] = "60"
    return response


def _of_a_program(request: HttpRequest | None) -> bool:
    """Tell whether JSON is expected, by the address alone."""
    if request is None:
        return False
    return in_language(request.path_info, settings.LANGUAGE_CODE).startswith("/api/")


def _said(message: str, status: int) -> JsonResponse:
    return JsonResponse({"errors": [{"parameter": "", "message": message}]}, status=status)
