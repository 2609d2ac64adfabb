"""What machines ask first: robots.txt, the sitemap, and whether the site is alive."""

from collections.abc import Iterable

from django.db import DatabaseError, connection
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from milidip.catalogue.addresses import path_of
from milidip.catalogue.exports import base_url
from milidip.catalogue.facets import facet_counts
from milidip.catalogue.filters import filtered
from milidip.catalogue.models import Actor, Entry
from milidip.codebook.choices import UNKNOWN

PER_FILE = 10_000
PAGES = (
    *("home", "track_three", "list", "case_studies", "actors", "series_list", "regions"),
    *("countries", "reports", "changes", "codebook", "about", "ethics"),
    *("data", "releases", "api"),
)
# Part of the sitemap -> page, and the facet whose values have such a page.
GATEWAYS = {
    "series": ("series", "series"),
    "regions": ("region", "region"),
    "countries": ("country", "place"),
}
ROBOTS = """\
User-agent: *
Disallow: /admin/
Disallow: /engagements/?
Disallow: /engagements/cite/
Disallow: /engagements/*/correct/
Disallow: /engagements/*/risk/
Disallow: /invited/
Disallow: /fr/invited/
Disallow: /changes/?
Disallow: /reports/?
Disallow: /stakeholders/?
Disallow: /stakeholders/suggest
Disallow: /*.csv
Disallow: /*.bib
Disallow: /*.ris
Disallow: /*.csl.json
Disallow: /*.xlsx
Disallow: /*.jsonl
Disallow: /*.geojson
Disallow: /api/engagements/
Disallow: /api/participations/
Disallow: /api/sources/

Sitemap: {base}/sitemap.xml
"""
SITEMAP = '<?xml version="1.0" encoding="UTF-8"?>\n<{tag} xmlns="{space}">\n{items}\n</{tag}>\n'
SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive, and the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        response = HttpResponse("no database\n", status=503, content_type="text/plain")
    else:
        response = HttpResponse("ok\n", content_type="text/plain")
    response["Cache-Control"] = "no-store"
    return response


@csrf_exempt
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Crawlers read records, by the sitemap; filters have no end."""
    return HttpResponse(ROBOTS.format(base=base_url(request)), content_type="text/plain")


@csrf_exempt
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The index of the sitemap's files."""
    last = Entry.objects.aggregate(last=Max("ordinal"))["last"] or 0
    parts = [("pages", 1)]
    parts += [("engagements", number) for number in _files(last)]
    parts += [("actors", number) for number in _files(Actor.objects.count())]
    parts += [(part, 1) for part in GATEWAYS if _gateways(part)]
    items = (
        f"<sitemap><loc>{base_url(request)}{path_of('sitemap_part', *part)}</loc></sitemap>"
        for part in parts
    )
    return _xml("sitemapindex", items)


@csrf_exempt
@require_safe
def sitemap_part(request: HttpRequest, part: str, number: int) -> HttpResponse:
    """One file of the sitemap: plain pages, or up to 10,000 records or actors."""
    base = base_url(request)
    rows: Iterable[tuple[str, str]]
    if part == "pages":
        rows = [(path_of(name), "") for name in PAGES] if number == 1 else []
    elif part == "engagements":
        # Ordinals are dense: a file is a range of them, and stays the same when others leave.
        entries = Entry.objects.filter(
            ordinal__gt=(number - 1) * PER_FILE, ordinal__lte=number * PER_FILE
        ).order_by("ordinal")
        rows = [
            (path_of("record", reference), f"<lastmod>{day}</lastmod>")
            for reference, day in entries.values_list("reference", "last_published")
        ]
    elif part == "actors":
        actors = Actor.objects.order_by("reference").values_list("reference", flat=True)
        first = (number - 1) * PER_FILE
        rows = [(path_of("actor", name), "") for name in actors[first : first + PER_FILE]]
    elif part in GATEWAYS and number == 1:
        rows = [(path, "") for path in _gateways(part)]
    else:
        rows = []
    if not rows:
        raise Http404
    return _xml("urlset", (f"<url><loc>{base}{path}</loc>{day}</url>" for path, day in rows))


def _gateways(part: str) -> list[str]:
    """Return the pages of this kind that have records; the first 10,000 are told."""
    name, facet = GATEWAYS[part]
    if facet == "series":
        found = Entry.objects.exclude(series=UNKNOWN).order_by("series")
        codes = list(found.values_list("series", flat=True).distinct()[:PER_FILE])
    else:
        counts = facet_counts(filtered(QueryDict()), [facet])[facet]
        codes = sorted(code for code in counts if code != UNKNOWN)
    return [path_of(name, code) for code in codes]


def _files(count: int) -> range:
    return range(1, -(-count // PER_FILE) + 1)


def _xml(tag: str, items: Iterable[str]) -> HttpResponse:
    text = SITEMAP.format(tag=tag, space=SPACE, items="\n".join(items))
    return HttpResponse(text, content_type="application/xml")
