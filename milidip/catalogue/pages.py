"""What every public page is made of: the view they all are, and the lines of a list."""

from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.generic import TemplateView

from milidip.catalogue import errors
from milidip.catalogue.listing import PAGE_SIZE
from milidip.catalogue.middleware import wants_partial
from milidip.catalogue.models import Entry, Participation
from milidip.catalogue.parameters import BadParameters

NAMED = 3
"""So many of those who took part are named in a line of a list."""


def lines(entries: QuerySet[Entry], first: int = 0, most: int = PAGE_SIZE) -> list[Entry]:
    """Return some of ``entries`` as lists show them.

    The narrow rows are put in order first and only those shown are joined to their texts.
    """
    return lines_of(list(entries.values_list("pk", flat=True)[first : first + most]))


def lines_of(keys: list[int]) -> list[Entry]:
    """Return entries by their keys as lists show them; anything else asked of them is an error."""
    shown = Entry.objects.select_related("document").defer("document__data")
    found = shown.fetch_mode(FETCH_RAISE).in_bulk(keys)
    listed = [found[key] for key in keys if key in found]
    _name_parties(listed)
    return listed


def _name_parties(entries: list[Entry]) -> None:
    """Give each entry ``parties``, names of the first who took part, and ``more_parties``."""
    names: dict[int, list[str]] = {entry.pk: [] for entry in entries}
    named = Participation.objects.filter(entry__in=names).exclude(actor_name="")
    for key, name in named.order_by("entry_id", "line").values_list("entry_id", "actor_name"):
        if name not in names[key]:
            names[key].append(name)
    for entry in entries:
        entry.parties = names[entry.pk][:NAMED]  # type: ignore[attr-defined]
        entry.more_parties = len(names[entry.pk]) - len(entry.parties)  # type: ignore[attr-defined]


# Compressed, since the same facets come with every list; there is no secret on a public page
# that its length could tell.
@method_decorator([csrf_exempt, gzip_page], name="dispatch")
class PublicPage(TemplateView):
    """A page for anyone: GET and HEAD, and a bad parameter is told in plain words."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except BadParameters as error:
            response = errors.bad_request(request, messages=error.messages)
            if wants_partial(request):
                # Htmx shows no error in place: let the browser open it as a page.
                response["HX-Redirect"] = request.get_full_path()
            return response
