"""The ways into the register: case studies, series, regions and countries.

As in `milidip.catalogue.views`, each class says in its docstring what its template is given.
"""

from typing import Any

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase

from milidip.catalogue import gateways
from milidip.catalogue.addresses import catalogue_url, path_of
from milidip.catalogue.models import Entry
from milidip.catalogue.pages import PublicPage, lines

CASE_STUDIES = 100
GATEWAY_LINES = 10


class CaseStudiesView(PublicPage):
    """``catalogue/case_studies.html``: ``entries``: lines, newest first; ``total``; ``all_url``"""

    template_name = "catalogue/case_studies.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = Entry.objects.case_studies()
        return super().get_context_data(
            entries=lines(found.newest_first(), most=CASE_STUDIES),
            total=found.count(),
            all_url=catalogue_url(case_study="yes"),
            **kwargs,
        )


class GatewayView(PublicPage):
    """``catalogue/gateway.html``: a series, a region or a country

    - ``kind`` (series, region, country), ``code``, ``title``, ``definition``, ``above`` (link
      or None), ``below`` (links)
    - ``total``; ``all_url``: the filtered catalogue; ``entries``: the first lines, newest first
    - ``chart``: YearChart or None; ``map``: LocatorMap or None
    - ``families``, ``touches``, ``countries``: links with ``count``; ``actors``: dicts
      ``actor``, ``count``, ``url``; ``taking_part`` (countries only): link with ``count``
    """

    template_name = "catalogue/gateway.html"
    read: Any = None
    name = ""

    def get(self, request: HttpRequest, code: str) -> HttpResponseBase:
        context = self.read(code)
        found = gateways.only(self.name, code).qs.newest_first()
        shown = lines(found, most=GATEWAY_LINES)
        return self.render_to_response(self.get_context_data(entries=shown, **context))


class SeriesView(GatewayView):
    name = "series"
    read = staticmethod(gateways.series_context)


class RegionView(GatewayView):
    name = "region"
    read = staticmethod(gateways.region_context)


class CountryView(GatewayView):
    name = "place"
    read = staticmethod(gateways.country_context)

    def get(self, request: HttpRequest, code: str) -> HttpResponseBase:
        if code != code.upper():
            return HttpResponsePermanentRedirect(path_of("country", code.upper()))
        return super().get(request, code)


class SeriesListView(PublicPage):
    """``catalogue/series_list.html``: ``series`` (dicts ``name``, ``url``, ``count``, ``first``,
    ``last``: years), ``total``, ``pager``
    """

    template_name = "catalogue/series_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**gateways.series_list(self.request), **kwargs)


class RegionListView(PublicPage):
    """``catalogue/regions.html``: ``groups``: dicts ``label``, ``regions`` (dicts ``link``,
    ``count``, ``depth``)
    """

    template_name = "catalogue/regions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**gateways.region_list(), **kwargs)


class CountryListView(PublicPage):
    """``catalogue/countries.html``: ``countries``: dicts ``link`` (with ``count``), ``ended``
    (bool: a state that is no more); ``unplaced``: records without a country
    """

    template_name = "catalogue/countries.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**gateways.country_list(), **kwargs)
