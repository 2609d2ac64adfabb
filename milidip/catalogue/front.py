"""The pages one arrives at: home and Track III; and the style guide of all pages.

Each class says in its docstring what its template is given; see ``views`` for what all share.
"""

from collections import Counter
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, QueryDict

from milidip.catalogue import crosstab, figures, labels, taking, timeline, worldmap
from milidip.catalogue.addresses import catalogue_url
from milidip.catalogue.facets import facet_counts
from milidip.catalogue.filters import filtered
from milidip.catalogue.listing import Link
from milidip.catalogue.models import Entry
from milidip.catalogue.pages import PublicPage, lines, lines_of
from milidip.codebook.choices import UNKNOWN, RegionKind

LATEST = 5
CASES = 4


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
      earlier public version; ``cases``: lines of the newest case studies
    - ``citation``: how to cite the register as a whole
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
        cases = list(entries.case_studies().newest_first().values_list("pk", flat=True)[:CASES])
        shown = {entry.pk: entry for entry in lines_of([*new, *changed, *cases])}
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
                timeline.years_of(counts["year"]),
                lambda year: catalogue_url(after=year, before=year),
                datasets=timeline.present_datasets(),
            ),
            latest=[shown[key] for key in new if key in shown],
            corrected=[shown[key] for key in changed if key in shown],
            cases=[shown[key] for key in cases if key in shown],
            citation=taking.register_cited(self.request, sum(counts["track"].values())),
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


class StyleGuideView(PublicPage):
    """``catalogue/styleguide.html``: every component in every state, for those who work on pages.

    There only with ``STYLEGUIDE`` (or ``DEBUG``); it shows made-up words and no record.
    """

    template_name = "catalogue/styleguide.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not settings.STYLEGUIDE:
            raise Http404
        counts = {"KEN": 1, "MLI": 4, "NPL": 12, "COL": 60, "PHL": 350, "SGP": 3}
        years = {1994 + n: Counter({"exercise": n % 7, "dialogue": n % 4}) for n in range(28)}
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
