"""What is new in a list: an Atom feed (RFC 4287) of any filter, newest version first."""

from datetime import UTC, datetime, time

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from milidip.catalogue import labels
from milidip.catalogue.addresses import address, base_url, pairs_of, path_of
from milidip.catalogue.exports.asked import filter_of
from milidip.catalogue.exports.wording import everything, filter_words
from milidip.catalogue.filters import filtered, unrecognised
from milidip.catalogue.models import Version
from milidip.catalogue.parameters import BadParameters

MOST = 50


class _Feed(Atom1Feed):
    content_type = "application/atom+xml; charset=utf-8"


@csrf_exempt
@require_safe
def engagements_atom(request: HttpRequest) -> HttpResponseBase:
    """The last records published or corrected among those that a filter finds."""
    try:
        if unknown := unrecognised(request.GET):
            raise BadParameters(str(name) for name in unknown)
        filterset = filtered(request.GET)
    except BadParameters as error:
        text = "\n".join(error.messages)
        return HttpResponse(f"{text}\n", status=400, content_type="text/plain; charset=utf-8")
    base, pairs = base_url(request), filter_of(pairs_of(request.GET))
    words = filter_words(filterset, pairs)
    title = _("milidip: the open register of military diplomacy")
    feed = _Feed(
        title=title if words == everything() else f"milidip: {words}",
        link=base + address(path_of("list"), pairs),
        description=_("Newest and corrected records first."),
        feed_url=base + address(path_of("engagements_atom"), pairs),
        language=get_language(),
        author_name="milidip",
        feed_copyright="CC BY 4.0",
    )
    newest = filterset.qs.order_by("-last_published", "-ordinal").values_list("pk", flat=True)
    versions = (
        Version.objects.filter(number=F("entry__version"), entry__in=list(newest[:MOST]))
        .select_related("entry__document")
        .defer("data", "entry__document__data")
        .order_by("-published_at", "-entry_id")
    )
    for version in versions:
        entry = version.entry
        link = base + path_of("record", entry.reference)
        feed.add_item(
            title=entry.document.title,
            link=link,
            unique_id=link,
            # A feed reader takes it for HTML.
            description=escape(_text(version)),
            pubdate=datetime.combine(entry.first_published, time(), UTC),
            updateddate=version.published_at,
            categories=[
                labels.label("track", entry.track),
                labels.label("activity", entry.activity),
            ],
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type=_Feed.content_type)
    response["X-Total-Count"] = str(filterset.qs.count())
    return response


def _text(version: Version) -> str:
    if version.number == 1 or not version.change_note:
        return version.entry.document.summary
    note = _("Version %(number)s: %(note)s") % {
        "number": version.number,
        "note": version.change_note,
    }
    return f"{note} {version.entry.document.summary}".strip()
