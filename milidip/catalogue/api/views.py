"""The addresses below /api/: three lists, one record, the OpenAPI document, and a page for people."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect, JsonResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from milidip.catalogue.addresses import address, base_url, pairs_of, path_of, without
from milidip.catalogue.api.answers import Gone, Unknown
from milidip.catalogue.api.describing import ApiSchema, openapi
from milidip.catalogue.api.examples import EXAMPLES
from milidip.catalogue.api.reading import (
    MOST,
    USUAL_SIZE,
    cursor_place,
    page_size,
    read_page,
    read_record,
)
from milidip.catalogue.codebook_page import parameters
from milidip.catalogue.exports.asked import chosen_columns
from milidip.catalogue.exports.formats import FORMATS
from milidip.catalogue.exports.grains import ENGAGEMENTS, GRAINS, Grain
from milidip.catalogue.filters import filtered, unrecognised
from milidip.catalogue.models import EntryRedirect, Tombstone
from milidip.catalogue.pages import PublicPage
from milidip.catalogue.parameters import BadParameters, printable
from milidip.catalogue.references import canonical

OWN = ["fields", "page_size", "cursor"]


class Described(APIView):
    """A view of rows of one grain."""

    grain: Grain = ENGAGEMENTS
    is_list = True
    http_method_names = ["get", "head"]
    schema: ApiSchema | None = ApiSchema()

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code != 405:
            response.headers.pop("Allow", None)
        return response


class RowsView(Described):
    """A list: the filter of the catalogue, page by page in the order of the register."""

    def get(self, request: Request) -> Response:
        data = request.query_params
        if unknown := unrecognised(data, also=OWN):
            raise Unknown(unknown)
        columns = chosen_columns(data, self.grain.in_json, "fields")
        size, place = page_size(data), cursor_place(data, self.grain)
        base = base_url(request)
        page = read_page(self.grain, columns, filtered(data).qs, base, size, place)
        following = None
        if page.following:
            pairs = [*without(pairs_of(data), "cursor"), ("cursor", page.following)]
            following = base + address(request.path, pairs)
        response = Response(
            {
                "register_revision": page.revision,
                "count": page.total,
                "next": following,
                "results": page.rows,
            }
        )
        response["X-Total-Count"] = str(page.total)
        if following:
            response["Link"] = f'<{following}>; rel="next"'
        return response


class RecordView(Described):
    """One record with everything that is public of it."""

    is_list = False

    def get(self, request: Request, reference: str) -> Response | HttpResponsePermanentRedirect:
        if wrong := [name for name in request.query_params if name != "fields"]:
            message = _("“%(name)s” is not a parameter here. There is one: fields.")
            raise BadParameters([message % {"name": printable(name[:40])} for name in wrong])
        columns = chosen_columns(request.query_params, self.grain.in_json, "fields")
        if merged := EntryRedirect.of(canonical("MD", reference)):
            match = request.resolver_match
            path = reverse(match.view_name, kwargs={"reference": merged})
            return HttpResponsePermanentRedirect(address(path, pairs_of(request.query_params)))
        return Response(record_or_error(reference, columns, base_url(request)))


def record_or_error(reference: str, columns: Any, base: str) -> dict[str, Any]:
    """Return a public record; raise Http404 or Gone, which says why it is not there."""
    reference = canonical("MD", reference)
    record = read_record(reference, columns, base)
    if record is not None:
        return record
    if tombstone := Tombstone.objects.filter(reference=reference).first():
        raise Gone(
            _("%(reference)s is not public any more: %(reason)s.")
            % {"reference": reference, "reason": tombstone.get_kind_display()}
        )
    raise Http404


class NothingView(Described):
    """Whatever else is asked for below /api/."""

    schema = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def get(self, request: Request, rest: str) -> Response:
        raise Http404

    post = put = patch = delete = get


class RecordFileView(RecordView):
    """``/engagements/<reference>.json``: the record as a file beside its page."""

    schema = None


@csrf_exempt
@require_safe
def schema(request: HttpRequest, patterns: list[URLPattern]) -> JsonResponse:
    """The OpenAPI document of the views at these addresses."""
    return JsonResponse(
        openapi(patterns, base_url(request)),
        content_type="application/vnd.oai.openapi+json; charset=utf-8",
        json_dumps_params={"ensure_ascii": False},
    )


class ApiPage(PublicPage):
    """``catalogue/api.html``

    - ``grains``: dicts ``name``, ``label``, ``description``, ``url`` (list in the API)
    - ``parameters``: dicts ``name``, ``label``, ``help``: every filter
    - ``page_size``, ``most``: rows on a page, usually and at most
    - ``examples``: dicts ``code`` (language), ``label``, ``text`` (program with the address of
      this site)
    - ``formats``: dicts ``label``, ``title``, ``files`` (pairs of name and path)
    """

    template_name = "catalogue/api.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        base = base_url(self.request)
        return super().get_context_data(
            grains=[
                {
                    "name": grain.name,
                    "label": grain.label,
                    "description": grain.description,
                    "url": path_of(f"api_{grain.name}"),
                }
                for grain in GRAINS
            ],
            parameters=parameters(),
            page_size=USUAL_SIZE,
            most=MOST,
            examples=[
                {"code": code, "label": label, "text": text.replace("ADDRESS", base)}
                for code, label, text in EXAMPLES
            ],
            formats=[
                {
                    "label": form.label,
                    "title": form.title,
                    "files": [
                        (f"{grain.name}.{form.code}", path_of(f"{grain.name}_{form.code}"))
                        for grain in form.grains
                    ],
                }
                for form in FORMATS
            ],
            **kwargs,
        )
