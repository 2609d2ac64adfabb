"""The files of a filter: one view for every grain in every format."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice

import psycopg
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from milidip.catalogue.addresses import Pairs, address, base_url, path_of
from milidip.catalogue.columns import Cut
from milidip.catalogue.exports.asked import Asked, asked
from milidip.catalogue.exports.extracts import (
    WITH_POINT,
    Extract,
    count,
    reading_connection,
    register_of,
)
from milidip.catalogue.exports.formats import FORMATS, GEOJSON, XLSX, Format
from milidip.catalogue.exports.grains import GRAINS, Grain
from milidip.catalogue.exports.wording import filter_words
from milidip.catalogue.middleware import etag
from milidip.catalogue.parameters import BadParameters

AHEAD = 3


class Stream:
    """Chunks of a file. Closes its connection whatever happens, read or not."""

    def __init__(self, connection: psycopg.Connection, chunks: Iterator[bytes]) -> None:
        self.connection = connection
        self._chunks = chunks
        # Read ahead, so that an error of the statement is an error page and not a broken file.
        self._ahead = list(islice(chunks, AHEAD))
        if len(self._ahead) < AHEAD:
            self.close()  # a short file is here already

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._ahead:
                yield self._ahead.pop(0)
            yield from self._chunks
        finally:
            self.close()

    def close(self) -> None:
        """Hang up, also in the middle: the server then ends the statement."""
        self.connection.close()


def export(request: HttpRequest, grain: Grain, form: Format) -> HttpResponseBase:
    """Answer with the rows of ``grain`` for the filter of the request, or 400 and why."""
    try:
        wanted = asked(request.GET, form.columns(grain), may_have_bom=form.has_bom)
        return _answer(request, grain, form, wanted)
    except BadParameters as error:
        text = "\n".join(error.messages)
        return HttpResponse(f"{text}\n", status=400, content_type="text/plain; charset=utf-8")


def _answer(request: HttpRequest, grain: Grain, form: Format, wanted: Asked) -> HttpResponseBase:
    today = datetime.now(UTC).date()
    connection = reading_connection()
    try:
        revision = register_of(connection).revision
        extract = Extract(
            grain=grain,
            columns=wanted.columns,
            entries=wanted.filterset.qs,
            cut=Cut(base_url(request), revision),
            day=today,
            totals=_totals(connection, grain, form, wanted),
            words=filter_words(wanted.filterset, wanted.pairs),
            address=base_url(request) + address(path_of("list"), wanted.pairs),
            bom=wanted.bom,
        )
        form.refuse(extract)
        body: Stream | list[bytes] = []
        if request.method == "HEAD":
            connection.close()
        else:
            body = Stream(connection, form.chunks(connection, extract))
    except BaseException:
        connection.close()
        raise
    response = StreamingHttpResponse(body, content_type=form.media_type)
    name = file_name(grain, form, today, wanted.pairs, revision)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Total-Count"] = str(extract.total)
    response["ETag"] = etag(request, revision, today)
    return response


def _totals(
    connection: psycopg.Connection, grain: Grain, form: Format, wanted: Asked
) -> dict[str, int]:
    """Count what the file holds; in a workbook each sheet, in a map also the points."""
    entries = wanted.filterset.qs
    counted = GRAINS if form is XLSX else (grain,)
    totals = {one.name: count(connection, one.rows(entries)) for one in counted}
    if form is GEOJSON:
        totals["with_point"] = count(connection, entries.filter(WITH_POINT))
    return totals


def file_name(grain: Grain, form: Format, day: date, pairs: Pairs, revision: int) -> str:
    """Return a name that says register, grain, day, filter and revision."""
    return f"milidip-{grain.name}-{day}-{filter_digest(pairs)}-r{revision}.{form.code}"


def filter_digest(pairs: Pairs) -> str:
    """Return eight digits that are the same for the same filter, in any order of parameters."""
    kept = sorted({(name, value.strip()) for name, value in pairs})
    return hashlib.sha256(repr(kept).encode()).hexdigest()[:8]


def _route(grain: Grain, form: Format) -> URLPattern:
    @csrf_exempt
    @require_safe
    def view(request: HttpRequest) -> HttpResponseBase:
        return export(request, grain, form)

    return path(f"{grain.name}.{form.code}", view, name=f"{grain.name}_{form.code}")


routes = [_route(grain, form) for form in FORMATS for grain in form.grains]
