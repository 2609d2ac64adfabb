"""Who may read the register from a page of another site? Everybody: it is public, without cookies."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from milidip.languages import in_language

PLACES = ("/api/", "/data/")
FILES = (".csv", ".xlsx", ".json", ".jsonl", ".geojson", ".atom", ".bib", ".ris")
READING = "GET, HEAD, OPTIONS"


class OpenReadingMiddleware:
    """Let scripts of other sites read files and the API; pages are for browsers to show."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = in_language(request.path_info, settings.LANGUAGE_CODE)
        if path.startswith("/admin/") or not (path.startswith(PLACES) or path.endswith(FILES)):
            return self.get_response(request)
        if request.method == "OPTIONS":
            response: HttpResponseBase = HttpResponse(status=204, headers={"Allow": READING})
            response.headers["Access-Control-Allow-Methods"] = READING
            response.headers["Access-Control-Allow-Headers"] = "If-None-Match, If-Modified-Since"
            response.headers["Access-Control-Max-Age"] = "86400"
        else:
            response = self.get_response(request)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "ETag, Link, X-Total-Count"
        return response
