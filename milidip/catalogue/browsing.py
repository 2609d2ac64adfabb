"""The pages of many records: home, Track III, the catalogue in its four views, and the reports.

Each class says in its docstring what its template is given; see ``views`` for what all share.
"""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from milidip.catalogue import (
    crosstab,
    figures,
    labels,
    listing,
    nothing_found,
    table,
    taking,
    timeline,
    worldmap,
)
from milidip.catalogue.addresses import Pairs, address, catalogue_url, pairs_of, path_of, without
from milidip.catalogue.exports import filter_digest
from milidip.catalogue.facets import facet_counts
from milidip.catalogue.filters import EntryFilterSet, filtered, unrecognised
from milidip.catalogue.listing import Link, Pager
from milidip.catalogue.middleware import wants_partial
from milidip.catalogue.models import Entry
from milidip.catalogue.pages import PublicPage, lines, lines_of
from milidip.catalogue.parameters import BadParameters, printable
from milidip.codebook.choices import UNKNOWN, RegionKind

LATEST = 5
VIEWS = {
    "list": gettext_lazy("List"),
    "table": gettext_lazy("Table"),
    "map": gettext_lazy("Map"),
    "time": gettext_lazy("Time line"),
}
OF_THE_PAGE = ("page", "view", "column")
"""Parameters that say how a list is shown, not what is in it."""


class HomeView(PublicPage):
    """``catalogue/home.html``

    - ``figures``: links (``label``, ``count``, ``url``): engagements, reaching Track III,
      countries, actors, sources (``url`` may be empty)
    - ``tracks``: links with ``code``, ``label``, ``title`` (definition), ``count``, ``url``:
      the four primary tracks and unknown when there are any
    - ``quick``: links with ``count``: "Track III and what touches it", "Exercises", "Peace
      operations", "All engagements"
    - ``regions``, ``families``: links with ``code``, ``count``: what the register has records
      of
    - ``map``: a WorldMap whose countries lead into the catalogue; ``chart``: a Chart by year
    - ``latest``, ``corrected``: a few lines each, newest first; corrected are those with an
      earlier public version
    """

    template_name = "catalogue/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = figures.counts()
        entries = Entry.objects.all()
        new = list(
            entries.order_by("-first_published", "-ordinal").values_list("pk", flat=True)[:LATEST]
        )
        changed = list(
            entries.filter(version__gt=1)
            .order_by("-last_published", "-ordinal")
            .values_list("pk", flat=True)[:LATEST]
        )
        shown = {entry.pk: entry for entry in lines_of([*new, *changed])}
        return super().get_context_data(
            figures=figures.key_figures(counts),
            tracks=[
                figures.counted("track", code, counts["track"])
                for code in [*labels.vocabulary("track"), UNKNOWN]
                if code != UNKNOWN or counts["track"].get(code)
            ],
            quick=figures.quick_entries(counts),
            regions=[
                figures.counted("region", code, counts["region"])
                for code, word in labels.vocabulary("region").items()
                if word.kind == RegionKind.M49 and counts["region"].get(code)
            ],
            families=[
                figures.counted("family", code, counts["family"])
                for code in labels.vocabulary("family")
                if counts["family"].get(code)
            ],
            map=worldmap.world_map(counts["place"], lambda code: catalogue_url(place=code)),
            chart=timeline.chart_of_years(
                timeline.tally_years(entries),
                lambda year: catalogue_url(after=year, before=year),
                datasets=timeline.present_datasets(),
            ),
            latest=[shown[key] for key in new if key in shown],
            corrected=[shown[key] for key in changed if key in shown],
            **kwargs,
        )


class TrackThreeView(PublicPage):
    """``catalogue/track_three.html``

    - ``total``: records that touch Track III; ``primary``: records whose own track it is;
      ``everything``: all records
    - ``ways``: dicts ``label``, ``title``, ``count``: how armed forces come into it
    - ``roles``, ``regions``, ``families``: links with ``count`` into the catalogue, with
      ``touches=3``
    - ``map``: a WorldMap of these records
    - ``lacks``: counts of these records: ``role`` (what the military did is not known),
      ``parties`` (no independent source), ``bulk`` (not individually reviewed), ``undated``
    - ``latest``: lines
    """

    template_name = "catalogue/track_three.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        filterset = filtered(QueryDict("touches=3"))
        entries = filterset.qs.order_by()
        names = ("track", "region", "place", "family", "military_role")
        counts = facet_counts(filterset, names)
        everything = facet_counts(filtered(QueryDict()), ("track",))["track"]
        lacks = entries.aggregate(
            role=Count("pk", filter=Q(military_role=[UNKNOWN])),
            parties=Count("pk", filter=~Q(source_independence="independent")),
            bulk=Count("pk", filter=~Q(review_kind="individual")),
            undated=Count("pk", filter=Q(start_earliest=None)),
            **{
                f"way_{code}": Count("pk", filter=Q(track3_link__contains=[code]))
                for code in labels.vocabulary("track3_link")
            },
        )
        return super().get_context_data(
            total=sum(counts["track"].values()),
            primary=figures.counted("track", "3", counts["track"]),
            everything=sum(everything.values()),
            ways=[
                {"label": word.label, "title": word.definition, "count": lacks[f"way_{code}"]}
                for code, word in labels.vocabulary("track3_link").items()
            ],
            roles=self._links("military_role", counts),
            regions=[
                link
                for link in self._links("region", counts)
                if labels.vocabulary("region")[link.code].kind == RegionKind.M49
                and link.code in crosstab.CONTINENTS
            ],
            families=self._links("family", counts),
            map=worldmap.world_map(
                counts["place"], lambda code: catalogue_url(touches="3", place=code)
            ),
            lacks=lacks,
            latest=lines(filterset.qs.newest_first(), most=LATEST),
            **kwargs,
        )

    @staticmethod
    def _links(name: str, counts: Any) -> list[Link]:
        return [
            Link(
                word.label,
                catalogue_url(touches="3", **{name: code}),
                counts[name][code],
                word.definition,
                code,
            )
            for code, word in labels.vocabulary(name).items()
            if counts[name].get(code)
        ]


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
      ``folded`` (bool: put it into ``<details>``), ``choices``; a choice has ``code``
      (checkbox value), ``label``, ``title`` (definition, may be empty), ``count``,
      ``selected``, ``depth`` (0, 1, 2: indent of the region tree), ``url`` (the same page with
      this choice toggled)
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
      ``list_citation``, ``permalink``: how to cite it
    - ``meant``, ``wider``: links, only when nothing is found
    """

    template_name = "catalogue/list.html"

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
        total = filterset.qs.count()
        context = listing.list_context(request, filterset, total, notices, stay)
        pairs = listing.filter_pairs(request, filterset)
        pager = Pager(number, total, path_of("list"), [*pairs, *stay])
        if total == 0:
            context["meant"] = nothing_found.did_you_mean(filterset)
            context["wider"] = nothing_found.wider(filterset, pairs)
        response = self.render_to_response(
            self.get_context_data(
                view=view,
                views=_views(view, pairs, stay),
                reports_url=address(path_of("reports"), without(pairs, "sort")),
                stay=stay,
                total=total,
                pager=pager,
                histogram=timeline.chart_of_years(
                    timeline.tally_years(filterset.without("after", "before", "dates"))
                ),
                **getattr(self, f"_{view}")(request, filterset, total, pager, stay),
                **taking.taking_context(request, filterset, total, pairs, stay),
                **context,
            )
        )
        response["X-Total-Count"] = str(total)
        if wants_partial(request):
            page = [("page", str(number))] if number > 1 else []
            response["HX-Push-Url"] = address(path_of("list"), [*pairs, *stay, *page])
        return response

    def _list(
        self,
        request: HttpRequest,
        filterset: EntryFilterSet,
        total: int,
        pager: Pager,
        stay: Pairs,
    ) -> dict[str, Any]:
        return {"entries": lines(filterset.ordered(total), pager.offset)}

    def _table(
        self,
        request: HttpRequest,
        filterset: EntryFilterSet,
        total: int,
        pager: Pager,
        stay: Pairs,
    ) -> dict[str, Any]:
        chosen = table.chosen_columns(request)
        entries = lines(filterset.ordered(total), pager.offset)
        return {
            "entries": entries,
            "rows": table.rows(entries, chosen),
            "filter_pairs": listing.filter_pairs(request, filterset),
            "columns": [
                Link(column.label, code=name, selected=name in chosen)
                for name, column in table.COLUMNS.items()
            ],
        }

    def _map(
        self,
        request: HttpRequest,
        filterset: EntryFilterSet,
        total: int,
        pager: Pager,
        stay: Pairs,
    ) -> dict[str, Any]:
        pairs = listing.filter_pairs(request, filterset)
        selected = filterset.values("place")

        def toggled(code: str) -> str:
            rest = without(pairs, "place", value=code)
            return address(
                path_of("list"), [*rest, *([] if code in selected else [("place", code)]), *stay]
            )

        counts = facet_counts(filterset, ("place",))["place"]
        return {
            "map": worldmap.world_map(counts, toggled, selected, worldmap.spots_of(filterset.qs)),
            "placeless": worldmap.placeless(filterset.qs),
        }

    def _time(
        self,
        request: HttpRequest,
        filterset: EntryFilterSet,
        total: int,
        pager: Pager,
        stay: Pairs,
    ) -> dict[str, Any]:
        pairs = without(listing.filter_pairs(request, filterset), "after", "before", "dates")
        cleaned = filterset.form.cleaned_data
        asked = timeline.years_asked(cleaned["after"], cleaned["before"])

        def zoomed(when: str) -> str:
            closer = stay if len(when) == 4 and not (asked and asked[0] == asked[1]) else []
            return address(path_of("list"), [*pairs, ("after", when), ("before", when), *closer])

        years, undated = timeline.tally(filterset.qs)
        if asked and asked[1] - asked[0] < timeline.MONTHS_UP_TO:
            chart = timeline.chart_of_months(timeline.tally_months(filterset.qs), asked, zoomed)
        else:
            chart = timeline.chart_of_years(
                years, zoomed, filterset.values("family"), asked, timeline.present_datasets()
            )
        return {
            "chart": chart,
            "undated_starts": undated,
            "outside": total - undated - chart.total,
            "table": [(column, timeline.cells_of(column, chart)) for column in chart.rows],
        }


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


def _views(view: str, pairs: Pairs, stay: Pairs) -> list[Link]:
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


class ReportsView(PublicPage):
    """``catalogue/reports.html``

    - ``table``: a CrossTab of the filter; ``dimensions``: links with ``code``: what can be asked
      (``rows`` and ``columns`` are the names of the two form fields, with the codes chosen)
    - ``chips``, ``clear_url``, ``kept`` (every filter, as pairs for hidden fields),
      ``notices``, ``total``, ``sentence``, ``permalink``, ``list_citation`` as in the catalogue
    - ``csv_url``: this table as CSV; ``turned_url``: rows and columns changed over;
      ``list_url``: the records themselves
    """

    template_name = "catalogue/reports.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        said = pairs_of(request.GET)
        if len(said) < sum(len(values) for _name, values in request.GET.lists()):
            return HttpResponseRedirect(address(path_of("reports"), said))
        rows, columns = asked_dimensions(request)
        filterset = filtered(request.GET)
        notices = [str(name) for name in unrecognised(request.GET, also=("rows", "columns"))]
        pairs = without(listing.filter_pairs(request, filterset), "sort")
        asked = [("rows", rows.name), ("columns", columns.name)]
        tab = crosstab.cross_tab(
            filterset.qs,
            rows,
            columns,
            lambda more: address(path_of("list"), _narrowed(pairs, more)),
            pairs,
        )
        path = path_of("reports")
        response = self.render_to_response(
            self.get_context_data(
                table=tab,
                total=tab.total,
                rows=rows.name,
                columns=columns.name,
                dimensions=[
                    Link(dimension.label, code=name)
                    for name, dimension in crosstab.DIMENSIONS.items()
                ],
                chips=list(
                    listing.chips(filterset, lambda rest: address(path, [*rest, *asked]), pairs)
                ),
                clear_url=address(path, asked),
                kept=pairs,
                notices=notices,
                csv_url=address(path_of("reports_csv"), [*pairs, *asked]),
                turned_url=address(path, [*pairs, ("rows", columns.name), ("columns", rows.name)]),
                list_url=address(path_of("list"), pairs),
                **taking.taking_context(request, filterset, tab.total, pairs, asked, path),
            )
        )
        response["X-Total-Count"] = str(tab.total)
        return response


def _narrowed(pairs: Pairs, more: Pairs) -> Pairs:
    """Return the filter narrowed to one cell: what the table asks replaces what was asked."""
    return [*without(pairs, *(name for name, _value in more)), *more]


def asked_dimensions(request: HttpRequest) -> tuple[crosstab.Dimension, crosstab.Dimension]:
    """Return what rows and columns are asked to be; raise BadParameters for what cannot be."""
    found, wrong = [], []
    for name, usual in (("rows", "family"), ("columns", "touches")):
        code = request.GET.get(name, "").strip() or usual
        if code in crosstab.DIMENSIONS:
            found.append(crosstab.DIMENSIONS[code])
        else:
            message = _("%(name)s: “%(value)s” is not one of %(words)s.")
            wrong.append(
                message
                % {
                    "name": name,
                    "value": printable(code[:40]),
                    "words": ", ".join(crosstab.DIMENSIONS),
                }
            )
    if wrong:
        raise BadParameters(wrong)
    rows, columns = found
    return rows, columns


@csrf_exempt
@require_safe
def reports_csv(request: HttpRequest) -> HttpResponseBase:
    """The table of the reports page as CSV; 400 and why for what it does not know."""
    try:
        if unknown := unrecognised(request.GET, also=("rows", "columns")):
            raise BadParameters(str(name) for name in unknown)
        rows, columns = asked_dimensions(request)
        filterset = filtered(request.GET)
    except BadParameters as error:
        text = "\n".join(error.messages)
        return HttpResponse(f"{text}\n", status=400, content_type="text/plain; charset=utf-8")
    tab = crosstab.cross_tab(filterset.qs, rows, columns, lambda _more: "", [])
    response = HttpResponse(
        crosstab.as_csv(tab), content_type="text/csv; charset=utf-8; header=present"
    )
    register = request.register  # type: ignore[attr-defined]
    digest = filter_digest(without(pairs_of(request.GET), "rows", "columns"))
    name = f"milidip-{rows.name}-by-{columns.name}-{register.today}-{digest}-r{register.revision}"
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Total-Count"] = str(tab.total)
    return response


class StyleGuideView(PublicPage):
    """``catalogue/styleguide.html``: every component in every state, for those who work on pages.

    There only with ``STYLEGUIDE`` (or ``DEBUG``); it shows made-up words and no record.
    """

    template_name = "catalogue/styleguide.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not settings.STYLEGUIDE:
            raise Http404
        counts = {"KEN": 1, "MLI": 4, "NPL": 12, "COL": 60, "PHL": 350, "SGP": 3}
        years = {
            1994 + n: timeline.Counter({"exercise": n % 7, "dialogue": n % 4}) for n in range(28)
        }
        return super().get_context_data(
            map=worldmap.world_map(counts, lambda code: catalogue_url(place=code), ("MLI",)),
            chart=timeline.chart_of_years(
                years, lambda year: catalogue_url(after=year), datasets=["MME v7", "PA-X v10"]
            ),
            colours=(
                *("paper", "sheet", "wash", "ink", "ink-soft", "rule", "rule-strong"),
                *("accent", "accent-wash", "on-accent", "warn", "warn-wash"),
            ),
            **kwargs,
        )
