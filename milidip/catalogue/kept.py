"""What was computed for this revision of the register, kept for the next reader.

A key holds the revision, the UTC date and the build. Whatever changes a public byte raises the
revision in the same transaction (the gate, the sweep, an editor's change of a term), so what is
kept is never looked for again once it is out of date. A request reads the revision before it
reads anything else: what is kept under a revision may be newer than it, and never older.
"""

import base64
import hashlib
import json
import logging
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from asgiref.local import Local
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import re_accepts_gzip

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

# With 300 entries in local memory (settings) this bounds what a process holds.
LARGEST_PAGE = 256 * 1024
# What an answer may vary by, since the key says it.
IN_KEY = {"", "accept-encoding", "hx-request", "hx-boosted", "hx-history-restore-request"}
_now = Local()


class Json:
    """How values are written into a shared cache: as data, which can never become code."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


@contextmanager
def keeping(revision: str) -> "Iterator[None]":
    """Let what is computed inside be kept for ``revision``: of register, day and build."""
    _now.revision = revision
    try:
        yield
    finally:
        del _now.revision


def kept(key: object, compute: Callable[[], Any]) -> Any:
    """Return what ``compute`` gave for ``key`` at this revision; JSON data only.

    Outside a public request nothing is kept, since nobody has said for which revision.
    """
    revision = getattr(_now, "revision", None)
    if revision is None:
        return compute()
    name = _name(revision, key)
    if (found := _get(name)) is None:
        found = compute()
        _set(name, found)
    return found


def page_key(request: HttpRequest, tag: str) -> str:
    """Return the key of an answer: ``tag`` says revision, day, build, language and address."""
    packed = bool(re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")))
    return _name(tag, (request.scheme, request.get_host(), packed))


def kept_page(key: str) -> HttpResponse | None:
    found = _get(key)
    if found is None:
        return None
    return HttpResponse(base64.b64decode(found["body"]), headers=found["headers"])


def keep_page(key: str, response: HttpResponseBase) -> None:
    """Keep a whole page; not a stream, nor what depends on more of the request than the key."""
    varies = {name.strip().lower() for name in response.get("Vary", "").split(",")}
    if (
        response.status_code != 200
        or not isinstance(response, HttpResponse)
        or "Cache-Control" in response
        or varies - IN_KEY
        or len(response.content) > LARGEST_PAGE
    ):
        return
    body = base64.b64encode(response.content).decode()
    _set(key, {"body": body, "headers": dict(response.items())})


def _name(revision: str, key: object) -> str:
    return hashlib.sha256(f"{revision} {key!r}".encode()).hexdigest()


def _get(name: str) -> Any:
    try:
        return caches["public"].get(name)
    except Exception:
        # Without its cache the site is slower, and as right as before.
        logger.warning("The cache of public pages does not answer")
        return None


def _set(name: str, value: Any) -> None:
    try:
        caches["public"].set(name, value)
    except Exception:
        logger.warning("The cache of public pages does not answer")
