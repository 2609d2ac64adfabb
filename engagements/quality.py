"""What could be better in the records, one named condition each: for list, count and badge alike.

These are questions to whoever can answer them, and no faults: a source may not say more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from engagements.models import Engagement, Participation, Place, Source
from engagements.tracks import doubted
from milidip.codebook.choices import SourceKind, State


@dataclass(frozen=True)
class Check:
    """One thing to look at, and the condition that finds the records.

    ``anchor`` is where it is mended on the screen of a record.
    """

    slug: str
    label: Any
    about: Any
    condition: Callable[[], Q]
    anchor: str

    def where(self) -> Q:
        return worth_mending() & self.condition()


def worth_mending() -> Q:
    """All records but those that live on in another one, or that nobody will publish."""
    return Q(merged=None) & ~Q(state__in=[State.REFUSED, State.WITHDRAWN])


def _of(model: Any) -> Any:
    return model.objects.filter(engagement=OuterRef("pk"))


def no_place() -> Q:
    return Q(~Exists(_of(Place)))


def no_source_date() -> Q:
    """Not one of its sources has a date. A report of one's own is not published, and needs none."""
    published = _of(Source).exclude(kind=SourceKind.OWN_REPORT)
    return Q(Exists(published)) & ~Q(Exists(_of(Source).exclude(published="")))


def track_doubted() -> Q:
    """A cataloguer who has said why has answered the question."""
    return Q(track_note="") & doubted()


def coarse_dates() -> Q:
    """No start, or one without a day; an end without a day."""
    unknown = Q(start_earliest=None)
    return unknown | Q(start_earliest__lt=F("start_latest")) | Q(end_earliest__lt=F("end_latest"))


CHECKS = (
    Check(
        "no_place",
        _("No place"),
        _("It is on no map and in no region. Give a country, a sea, or say that it was virtual."),
        no_place,
        "places-group",
    ),
    Check(
        "no_source_date",
        _("No date of a source"),
        _("None of its sources says when it was published, so nobody can tell how near it was."),
        no_source_date,
        "sources-group",
    ),
    Check(
        "track_doubted",
        _("Track against capacities"),
        _("The track does not follow from who took part. Mend one of them, or say why it is so."),
        track_doubted,
        "id_track",
    ),
    Check(
        "unnamed",
        _("Unnamed"),
        _("The register made up its title. Look whether a source calls it by a name."),
        lambda: Q(title_supplied=True),
        "id_title",
    ),
    Check(
        "coarse_dates",
        _("Coarse dates"),
        _(
            "The start is missing or has no day, or the end has none: filters cannot be sure of it."
        ),
        coarse_dates,
        "id_start",
    ),
    Check(
        "no_summary",
        _("No summary"),
        _("Readers find no sentence in the register's own words that says what happened."),
        lambda: Q(summary=""),
        "id_summary",
    ),
    Check(
        "no_participants",
        _("Nobody took part"),
        _("No actor is logged, not even an unnamed group."),
        lambda: Q(~Exists(_of(Participation))),
        "participations-group",
    ),
)
BY_SLUG = {check.slug: check for check in CHECKS}


@dataclass(frozen=True)
class Line:
    """A check with the number of records that it finds, of ``total``."""

    check: Check
    number: int
    total: int

    @property
    def share(self) -> float:
        """Percent of all that are worth mending."""
        return 100 * self.number / self.total if self.total else 0.0


def counts(engagements: QuerySet[Engagement]) -> list[Line]:
    """Return how many of ``engagements`` each check finds, by one query."""
    found = engagements.order_by().aggregate(
        total=Count("pk", filter=worth_mending()),
        **{check.slug: Count("pk", filter=check.where()) for check in CHECKS},
    )
    return [Line(check, found[check.slug], found["total"]) for check in CHECKS]


def of(engagement: Engagement) -> list[Check]:
    """Return the checks that find this record, by one query: its badges."""
    found = Engagement.objects.filter(pk=engagement.pk).aggregate(
        **{check.slug: Count("pk", filter=check.where()) for check in CHECKS}
    )
    return [check for check in CHECKS if found[check.slug]]
