"""The register in figures: what the home page and “About” count, and where it leads."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from milidip.catalogue import labels
from milidip.catalogue.addresses import catalogue_url, path_of
from milidip.catalogue.facets import Counts, facet_counts
from milidip.catalogue.filters import filtered
from milidip.catalogue.listing import Link
from milidip.catalogue.models import Actor, Source
from milidip.codebook.choices import UNKNOWN

COUNTED = ("track", "touches", "region", "place", "family", "year")


def counts() -> dict[str, Counts]:
    """Return how many records the whole register has, by the facets that are told."""
    return facet_counts(filtered(QueryDict()), COUNTED)


def counted(name: str, code: str, counts: Counts) -> Link:
    """Return a code with its count, leading to the records that have it."""
    vocabulary = "track" if name == "touches" else name
    return Link(
        labels.label(vocabulary, code),
        catalogue_url(**{name: code}),
        counts.get(code, 0),
        labels.definition(vocabulary, code),
        code,
    )


def key_figures(counts: dict[str, Counts]) -> list[Link]:
    """Return the key figures, leading to what they count where that is one page."""
    countries = sum(code != UNKNOWN for code in counts["place"])
    return [
        Link(_("Engagements"), path_of("list"), sum(counts["track"].values())),
        Link(_("Reaching Track III"), catalogue_url(touches="3"), counts["touches"].get("3", 0)),
        Link(_("Countries where they happened"), count=countries),
        Link(_("Actors named"), path_of("actors"), Actor.objects.count()),
        Link(_("Sources cited"), count=Source.objects.count()),
    ]


def quick_entries(counts: dict[str, Counts]) -> list[Link]:
    """Return the ways into the catalogue that most readers look for."""
    family = counts["family"].get
    return [
        Link(
            _("Track III and what touches it"),
            catalogue_url(touches="3"),
            counts["touches"].get("3", 0),
        ),
        Link(_("Exercises"), catalogue_url(family="exercise"), family("exercise", 0)),
        Link(
            _("Peace operations"),
            catalogue_url(family="peace_operation"),
            family("peace_operation", 0),
        ),
        Link(_("All engagements"), path_of("list"), sum(counts["track"].values())),
    ]
