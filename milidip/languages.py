"""In which language is this said? Readers see it in the address, staff choose it for themselves.

The public side carries no cookie and looks at no header: the same address is the same page for
everybody, and can be cited. English stands at the root, every other language under its code.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

WORKING_SIDE = "/admin/"


class LanguageMiddleware:
    """Speak the language of the address; on the working side, the one that was chosen there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(WORKING_SIDE):
            language = translation.get_language_from_request(request)
        else:
            language = language_of(request.path_info)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response


def language_of(path: str) -> str:
    """Return the language in which a public address speaks."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    others = {code for code, _name in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    return first if first in others else settings.LANGUAGE_CODE


def in_language(path: str, language: str) -> str:
    """Return the address of the same public page in another language; ``path`` may have a query."""
    spoken = language_of(path)
    bare = path if spoken == settings.LANGUAGE_CODE else path.removeprefix(f"/{spoken}")
    return bare if language == settings.LANGUAGE_CODE else f"/{language}{bare}"
