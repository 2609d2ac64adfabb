"""Before every public page: is the register swept for today, and has the reader this page?"""

import hashlib
import logging
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now, TruncDate
from django.http import HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date, parse_etags, parse_http_date_safe
from django.utils.translation import get_language

from milidip.catalogue import errors, kept, labels
from milidip.catalogue.models import Register
from milidip.secret_addresses import is_secret

logger = logging.getLogger(__name__)

REVALIDATE = "public, no-cache"
VARIES = ["HX-Request", "HX-Boosted", "HX-History-Restore-Request", "Accept-Encoding"]
STARTED = datetime.now(UTC)
READ_AT_START = ("milidip/**/*.py", "templates/**/*.html", "locale/**/*.mo")


def wants_partial(request: HttpRequest) -> bool:
    """Tell whether htmx will put the answer into a page that is already there."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


@cache
def build() -> str:
    """A digest of the code and templates, so that an upgrade makes every page new."""
    digest = hashlib.sha256()
    for pattern in READ_AT_START:
        for path in sorted(Path(settings.BASE_DIR).glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:6]


def etag(request: HttpRequest, revision: int, today: date) -> str:
    """Return the tag of this answer: it changes with the register, the day and the address."""
    said = f"{request.get_full_path()} {wants_partial(request)} {build()}"
    address = hashlib.sha256(said.encode()).hexdigest()[:16]
    return f'W/"r{revision}-{today}-{get_language() or "en"}-{address}"'


def read_register() -> Register:
    """Return the register's row with ``today``, the database's date; sweep when it is due."""
    rows = Register.objects.annotate(today=TruncDate(Now(), tzinfo=UTC))
    register = rows.get()
    if register.swept_on is None or register.swept_on < register.today:
        with connection.cursor() as cursor:
            cursor.execute("SELECT catalogue_sweep()")
        register = rows.get()
    return register


class RegisterMiddleware:
    """Read the register, answer 304 when nothing changed, and say how to cache.

    It fails closed: when the sweep or the database fails, no page is shown.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.elsewhere = ("/admin/", "/healthz", settings.STATIC_URL)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(self.elsewhere) or is_secret(request.path_info):
            return self.get_response(request)
        try:
            register = read_register()
        except (DatabaseError, Register.DoesNotExist):
            logger.exception("The register cannot be read or swept")
            return errors.unavailable(request)
        request.register = register  # type: ignore[attr-defined]
        labels.as_of(register.terms)
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        tag = etag(request, register.revision, register.today)  # type: ignore[attr-defined]
        modified = last_modified(register)
        if _has(request, tag, modified):
            return self._dressed(HttpResponseNotModified(), tag, modified)
        return self._dressed(self._answer(request, register, tag), tag, modified)

    def _answer(self, request: HttpRequest, register: Register, tag: str) -> HttpResponseBase:
        """Return the page as it was kept for this revision, or make it and keep it."""
        key = kept.page_key(request, tag)
        if request.method == "GET" and (page := kept.kept_page(key)):
            return page
        with kept.keeping(f"{register.revision} {register.today} {build()}"):  # type: ignore[attr-defined]
            response = self.get_response(request)
        if request.method == "GET":
            kept.keep_page(key, response)
        return response

    def _dressed(
        self, response: HttpResponseBase, tag: str, modified: int | None
    ) -> HttpResponseBase:
        if response.status_code in (200, 304):
            response.headers.setdefault("ETag", tag)
            response.headers.setdefault("Cache-Control", REVALIDATE)
            if modified is not None:
                response.headers.setdefault("Last-Modified", http_date(modified))
            patch_vary_headers(response, VARIES)
        else:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def last_modified(register: Register) -> int | None:
    """Return when the register last changed, in seconds since 1970; None while that may go on.

    A day and a start of this process count as changes. Within the second after a change there
    may be another one, which a date in whole seconds could not tell from the first.
    """
    midnight = datetime.combine(register.today, time.min, UTC)  # type: ignore[attr-defined]
    changed = max(filter(None, [register.changed_at, midnight, STARTED]))
    if datetime.now(UTC) - changed < timedelta(seconds=2):
        return None
    return math.ceil(changed.timestamp())


def _has(request: HttpRequest, tag: str, modified: int | None) -> bool:
    if asked := request.headers.get("If-None-Match", ""):
        return tag in parse_etags(asked)
    since = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return since is not None and modified is not None and modified <= since
