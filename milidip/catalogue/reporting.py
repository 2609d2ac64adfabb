"""Reports: the current filter cross-tabulated, as a page and as CSV."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from milidip.catalogue import crosstab, listing, taking
from milidip.catalogue.addresses import Pairs, address, pairs_of, path_of, without
from milidip.catalogue.exports.views import filter_digest
from milidip.catalogue.filters import filtered, unrecognised
from milidip.catalogue.listing import Link
from milidip.catalogue.pages import PublicPage
from milidip.catalogue.parameters import BadParameters, printable


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
    # A file is the same under the address of every language.
    with override(settings.LANGUAGE_CODE):
        tab = crosstab.cross_tab(filterset.qs, rows, columns, lambda _more: "", [])
        text = crosstab.as_csv(tab)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8; header=present")
    register = request.register  # type: ignore[attr-defined]
    digest = filter_digest(without(pairs_of(request.GET), "rows", "columns"))
    name = f"milidip-{rows.name}-by-{columns.name}-{register.today}-{digest}-r{register.revision}"
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Total-Count"] = str(tab.total)
    return response
