"""The catalogue: one filter, and what it finds as a list, a table, a map or a time line."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue import (
    counting,
    listing,
    nothing_found,
    ordering,
    table,
    taking,
    timeline,
    worldmap,
)
from milidip.catalogue.addresses import Pairs, address, pairs_of, path_of, without
from milidip.catalogue.counting import Counted
from milidip.catalogue.exports import base_url
from milidip.catalogue.facets import FACETS
from milidip.catalogue.filters import EntryFilterSet, filtered, unrecognised
from milidip.catalogue.listing import PAGE_SIZE, Link, Pager
from milidip.catalogue.middleware import wants_partial
from milidip.catalogue.models import Entry
from milidip.catalogue.pages import PublicPage, lines_of
from milidip.catalogue.parameters import BadParameters, printable
from milidip.catalogue.sentences import in_words

VIEWS = {
    "list": gettext_lazy("List"),
    "table": gettext_lazy("Table"),
    "map": gettext_lazy("Map"),
    "time": gettext_lazy("Time line"),
}
OF_THE_PAGE = ("page", "view", "column")
"""Parameters that say how a list is shown, not what is in it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a filter finds, to be shown; ``stay`` are the parameters that keep the view."""

    request: HttpRequest
    filterset: EntryFilterSet
    counted: Counted
    pairs: Pairs
    stay: Pairs
    offset: int

    def lines(self) -> list[Entry]:
        """Return the records of this page."""
        return lines_of(ordering.ordinals(self.filterset, self.counted, self.offset, PAGE_SIZE))


class EntryListView(PublicPage):
    """``catalogue/list.html``; with htmx (not boosted, not history restore) only its partial
    ``catalogue/list.html#results``, which must hold all that changes with the filter:
    chips, notices, facets, the list and the pager. The response carries ``HX-Push-Url``, so
    the address follows by itself (no ``hx-push-url`` needed).

    - ``params``: dict for the plain fields of the form: ``q``, ``after``, ``before``, ``sort``
      (text as typed; ``after`` and ``before`` may be ``unknown``)
    - ``kept``: list of (name, value) that the form keeps in hidden fields, because the page
      has no field for them: ``series`` ...  (what is in ``facets``, ``stakeholder``, ``q``,
      ``after``, ``before``, ``sort`` is not in it); ``stay``: the same for view and columns
    - ``facets``: ordered list of Facet: ``name`` (the parameter, also the ``name`` of its
      checkboxes), ``label``, ``groups``, ``chosen`` (number selected), ``is_open`` (bool:
      something is selected or it is one of the first); a group has ``label`` (may be empty),
      ``folded`` (bool: put it into ``<details>``, open when ``is_open``), ``choices``: Choices,
      which the tag ``choice_lines`` writes
    - ``picked``: links of the actors that are selected; ``suggest_url``: type-ahead of more
    - ``histogram``: a Chart of the years in which what is found began, whatever the period
    - ``chips``: one per active filter: ``name``, ``filter`` (label of the filter), ``label``
      (of the value), ``url`` (without it), and ``clear_url`` (the catalogue with no filter)
    - ``sorts``: links with ``code``, ``selected``; "relevance" only with a search
    - ``view`` (code) and ``views`` (links with ``code``, ``selected``): list, table, map, time;
      ``reports_url``: the same filter cross-tabulated
    - ``total``: number of records found; ``sentence``: that and the filter in words;
      ``filter_words``: the filter in words
    - ``entries``: the lines of this page (list and table only)
    - ``rows`` (table only): (entry, cells as (column, text)); ``columns``: every column as a link
      with ``code`` and ``selected``; ``filter_pairs``: the filter for the form that chooses them
    - ``map``, ``placeless`` (map only): a WorldMap and the counts of ``worldmap.placeless``
    - ``chart``, ``table`` (time only): a Chart and the same in numbers, (column, counts by kind);
      ``undated_starts``, ``outside``: how many have no known start, or began in other years
    - ``pager``: ``number``, ``pages`` (last page that can be shown), ``first`` and ``last``
      (position of the lines shown, 1-based), ``previous_url``, ``next_url`` (or empty),
      ``links`` (links with ``selected``; ``url`` empty = a gap "…"), ``stops`` (True when the
      list goes on behind the last page: point to the export)
    - ``notices``: list of texts: unknown parameters, search without words, order not possible
    - ``coarse``: None, or a link (``count``, ``url``): records here whose dates are too coarse
      to say whether they lie within ``after`` and ``before``; ``undated``: None or a link
      (``count``, ``url``): records that match everything else but have no date at all
    - ``exports``: Downloads of this very filter (``title`` says what one row is);
      ``list_citation``, ``permalink``, ``cite_url``: how to cite it
    - ``meant``, ``wider``: links, only when nothing is found
    """

    template_name = "catalogue/list.html"
    facets = FACETS

    def get_template_names(self) -> list[str]:
        part = "#results" if wants_partial(self.request) else ""
        return [f"{self.template_name}{part}"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        said = pairs_of(request.GET)
        sent = sum(len(values) for _name, values in request.GET.lists())
        if len(said) < sent and not wants_partial(request):
            # A form without script sends its empty fields too; the address is for keeping.
            return HttpResponseRedirect(address(path_of("list"), said))
        number = listing.page_number(request)
        view = _view_asked(request)
        stay = _stay(request, view)
        filterset = filtered(request.GET)
        notices = [str(name) for name in unrecognised(request.GET, also=OF_THE_PAGE)]
        counted = counting.count(filterset, (*self.facets, "year"))
        total = counted.total
        context = listing.list_context(request, filterset, counted, notices, stay)
        pairs = listing.filter_pairs(request, filterset)
        pager = Pager(number, total, path_of("list"), [*pairs, *stay])
        if total == 0:
            context["meant"] = nothing_found.did_you_mean(filterset)
            context["wider"] = nothing_found.wider(filterset, pairs)
        response = self.render_to_response(
            self.get_context_data(
                view=view,
                views=_views(view, pairs),
                reports_url=address(path_of("reports"), without(pairs, "sort")),
                stay=stay,
                total=total,
                pager=pager,
                histogram=timeline.chart_of_years(timeline.years_of(counted.facets["year"])),
                **SHOWN[view](Found(request, filterset, counted, pairs, stay, pager.offset)),
                **taking.taking_context(request, filterset, total, pairs, stay),
                **context,
            )
        )
        response["X-Total-Count"] = str(total)
        if wants_partial(request):
            page = [("page", str(number))] if number > 1 else []
            response["HX-Push-Url"] = address(path_of("list"), [*pairs, *stay, *page])
        return response


class CiteView(PublicPage):
    """``catalogue/cite.html``: how to cite what a filter finds, with a checksum of it

    - ``citation``, ``checksum``; ``total``, ``sentence``, ``notices`` as in the catalogue
    - ``list_url``: the list; ``lines_url``: the CSV that the checksum can be made from
    """

    template_name = "catalogue/cite.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        filterset = filtered(request.GET)
        pairs = without(listing.filter_pairs(request, filterset), "sort")
        total = counting.count(filterset).total
        sentence = in_words(filterset, total)
        checksum = taking.checksum(filterset)
        base, list_url = base_url(request), address(path_of("list"), pairs)
        lines = [*pairs, ("columns", "reference,version")]
        response = self.render_to_response(
            self.get_context_data(
                citation=taking.cited(request, sentence, f"{base}{list_url}", checksum),
                checksum=checksum,
                total=total,
                sentence=sentence,
                notices=[str(name) for name in unrecognised(request.GET)],
                list_url=list_url,
                lines_url=base + address(path_of("engagements_csv"), lines),
            )
        )
        response["X-Total-Count"] = str(total)
        return response


def _as_list(found: Found) -> dict[str, Any]:
    return {"entries": found.lines()}


def _as_table(found: Found) -> dict[str, Any]:
    chosen = table.chosen_columns(found.request)
    entries = found.lines()
    return {
        "entries": entries,
        "rows": table.rows(entries, chosen),
        "filter_pairs": found.pairs,
        "columns": [
            Link(column.label, code=name, selected=name in chosen)
            for name, column in table.COLUMNS.items()
        ],
    }


def _as_map(found: Found) -> dict[str, Any]:
    selected = found.filterset.values("place")

    def toggled(code: str) -> str:
        rest = without(found.pairs, "place", value=code)
        more = [] if code in selected else [("place", code)]
        return address(path_of("list"), [*rest, *more, *found.stay])

    spots = worldmap.spots_of(found.filterset.qs)
    return {
        "map": worldmap.world_map(found.counted.facets["place"], toggled, selected, spots),
        "placeless": worldmap.placeless(found.filterset.qs),
    }


def _as_time_line(found: Found) -> dict[str, Any]:
    entries = found.filterset.qs
    rest = without(found.pairs, "after", "before", "dates")
    cleaned = found.filterset.form.cleaned_data
    asked = timeline.years_asked(cleaned["after"], cleaned["before"])

    def zoomed(when: str) -> str:
        """A year leads to its months, and what cannot be divided further to its records."""
        is_last = len(when) > 4 or (asked and asked[0] == asked[1])
        period = [("after", when), ("before", when)]
        return address(path_of("list"), [*rest, *period, *([] if is_last else found.stay)])

    years, undated = timeline.tally(entries)
    if asked and asked[1] - asked[0] < timeline.MONTHS_UP_TO:
        chart = timeline.chart_of_months(timeline.tally_months(entries), asked, zoomed)
    else:
        families, datasets = found.filterset.values("family"), timeline.present_datasets()
        chart = timeline.chart_of_years(years, zoomed, families, asked, datasets)
    return {
        "chart": chart,
        "undated_starts": undated,
        "outside": found.counted.total - undated - chart.total,
        "table": [(column, timeline.cells_of(column, chart)) for column in chart.rows],
    }


SHOWN = {"list": _as_list, "table": _as_table, "map": _as_map, "time": _as_time_line}


def _view_asked(request: HttpRequest) -> str:
    view = request.GET.get("view", "").strip() or "list"
    if view not in VIEWS:
        message = _("view: “%(value)s” is not one of %(words)s.")
        raise BadParameters([message % {"value": printable(view[:40]), "words": ", ".join(VIEWS)}])
    return view


def _stay(request: HttpRequest, view: str) -> Pairs:
    """Return the parameters that keep a reader in this view."""
    if view == "list":
        return []
    columns = table.chosen_columns(request) if request.GET.getlist("column") else []
    return [("view", view), *(("column", name) for name in columns if view == "table")]


def _views(view: str, pairs: Pairs) -> list[Link]:
    path = path_of("list")
    return [
        Link(
            label,
            address(path, [*pairs, *([("view", code)] if code != "list" else [])]),
            code=code,
            selected=code == view,
        )
        for code, label in VIEWS.items()
    ]
