from django.urls import path, register_converter

from milidip.catalogue import (
    browsing,
    changes,
    crawlers,
    feeds,
    front,
    gateway_views,
    reporting,
    views,
)
from milidip.catalogue.api.urls import routes as api_routes
from milidip.catalogue.converters import CitationFormat
from milidip.catalogue.exports.views import routes as export_routes
from milidip.catalogue.files.urls import routes as file_routes

register_converter(CitationFormat, "citation")

app_name = "catalogue"

urlpatterns = [
    path("", front.HomeView.as_view(), name="home"),
    path("engagements/", browsing.EntryListView.as_view(), name="list"),
    path("engagements/cite/", browsing.CiteView.as_view(), name="cite"),
    *export_routes,
    # Before any other file of a record: "MD-7K3QX9.csl.json" is no record's JSON.
    path(
        "engagements/<str:reference>.<citation:extension>",
        views.CitationView.as_view(),
        name="citation",
    ),
    path(
        "engagements/<str:reference>/v<int:number>.<citation:extension>",
        views.CitationView.as_view(),
        name="citation_of_version",
    ),
    *api_routes,
    *file_routes,
    path("engagements.atom", feeds.engagements_atom, name="engagements_atom"),
    path("engagements/<str:reference>/", views.RecordView.as_view(), name="record"),
    path("engagements/<str:reference>/v<int:number>/", views.RecordView.as_view(), name="version"),
    path("engagements/<str:reference>/history/", views.HistoryView.as_view(), name="history"),
    path("changes/", views.ChangesView.as_view(), name="changes"),
    path("changes.atom", changes.changes_atom, name="changes_atom"),
    path("stakeholders/", views.ActorListView.as_view(), name="actors"),
    path("stakeholders/suggest", views.SuggestView.as_view(), name="suggest"),
    path("stakeholders/<str:reference>/", views.ActorView.as_view(), name="actor"),
    path("case-studies/", gateway_views.CaseStudiesView.as_view(), name="case_studies"),
    path("series/", gateway_views.SeriesListView.as_view(), name="series_list"),
    path("series/<str:code>/", gateway_views.SeriesView.as_view(), name="series"),
    path("regions/", gateway_views.RegionListView.as_view(), name="regions"),
    path("regions/<str:code>/", gateway_views.RegionView.as_view(), name="region"),
    path("countries/", gateway_views.CountryListView.as_view(), name="countries"),
    path("countries/<str:code>/", gateway_views.CountryView.as_view(), name="country"),
    path("track-iii/", front.TrackThreeView.as_view(), name="track_three"),
    path("reports/", reporting.ReportsView.as_view(), name="reports"),
    path("reports.csv", reporting.reports_csv, name="reports_csv"),
    path("codebook/", views.CodebookView.as_view(), name="codebook"),
    path("about/", views.AboutView.as_view(), name="about"),
    path("about/ethics/", views.EthicsView.as_view(), name="ethics"),
    path("styleguide/", front.StyleGuideView.as_view(), name="styleguide"),
    path("healthz", crawlers.healthz, name="healthz"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("sitemap-<slug:part>-<int:number>.xml", crawlers.sitemap_part, name="sitemap_part"),
]
