"""Is it logged already? Records that may be the same event, or another edition of it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, transaction
from django.db.models import DateField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.db.utils import OperationalError
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from engagements.models import Engagement, LookAlike, Place, RelatedEngagement
from milidip.codebook.choices import RelationKind
from milidip.codebook.dates import bounds

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SHOWN = 5
ALIKE, VERY_ALIKE = 0.3, 0.6
# Dates this coarse touch too much to mean something by themselves.
SHORT_DAYS = 62
PATIENCE = "2s"


@dataclass(frozen=True)
class Given:
    """What is typed so far of a record, saved or not."""

    title: str = ""
    start: str = ""
    end: str = ""
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    series: int | None = None
    own: int | None = None
    """Key of the record itself, if it is saved."""

    @property
    def span(self) -> tuple[date, date] | None:
        try:
            first = bounds(self.start)[0] if self.start else None
            last = bounds(self.end or self.start)[1] if first else None
        except ValueError:
            return None
        return (first, last) if first and last and last >= first else None


@dataclass(frozen=True)
class Found:
    """A record that looks like what is typed, and why."""

    engagement: Engagement
    reasons: list[str] = field(default_factory=list)


def given_of(engagement: Engagement) -> Given:
    """Return what a saved record says."""
    places = list(Place.objects.filter(engagement=engagement).values_list("country", "region"))
    return Given(
        title=engagement.title,
        start=engagement.start,
        end=engagement.end,
        countries=tuple(country for country, _region in places if country),
        regions=tuple(region for _country, region in places if region),
        series=engagement.series_id,
        own=engagement.pk,
    )


def look_alikes(given: Given) -> list[Found]:
    """Return the records most alike, at most five; none that somebody has answered for.

    The same place at overlapping dates, or a title that is nearly the same, or the last edition
    of the same series. A search that takes more than two seconds finds nothing.
    """
    same_place = Exists(
        Place.objects.filter(engagement=OuterRef("pk")).filter(
            Q(country__in=given.countries) | Q(region__in=given.regions)
        )
    )
    candidates = (
        Engagement.objects.filter(merged=None)
        .exclude(pk=given.own)
        .exclude(pk__in=_answered(given.own))
        .annotate(
            similar=TrigramSimilarity(Lower("title"), Value(given.title.lower())),
            same_place=same_place,
        )
        .select_related("activity", "series")
    )
    wanted = Q(similar__gte=VERY_ALIKE) if given.title else Q(pk__in=[])
    if span := given.span:
        first, last = span
        candidates = candidates.annotate(
            begins=Coalesce("start_earliest", "start_latest", output_field=DateField()),
            until=Coalesce("end_latest", "start_latest", output_field=DateField()),
        )
        overlaps = Q(start_earliest__lte=last, until__gte=first)
        telling = Q(similar__gte=ALIKE)
        if given.series:
            telling |= Q(series=given.series)
        if (last - first).days <= SHORT_DAYS:
            candidates = candidates.annotate(lasts=F("until") - F("begins"))
            telling |= Q(lasts__lte=timedelta(days=SHORT_DAYS))
        wanted |= overlaps & Q(same_place=True) & telling
    if given.series:
        newest = (
            Engagement.objects.filter(series=given.series, merged=None)
            .exclude(pk=given.own)
            .order_by(F("start_earliest").desc(nulls_last=True), "-pk")
        )
        wanted |= Q(pk__in=newest.values("pk")[:1])
    rows = candidates.filter(wanted).order_by("-same_place", "-similar", "-pk")
    return [Found(row, _reasons(row, given)) for row in _in_time(rows[:SHOWN])]


def _in_time(rows) -> list[Engagement]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])
            found = list(rows)
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return []
    return found


def _answered(own: int | None) -> list[int]:
    if own is None:
        return []
    pairs = LookAlike.objects.filter(Q(first=own) | Q(second=own)).values_list("first", "second")
    return [one if other == own else other for one, other in pairs]


def _reasons(row, given: Given) -> list[str]:
    found = []
    if row.same_place:
        found.append(_("same place"))
    span = given.span
    if span and row.start_earliest and row.start_earliest <= span[1] and row.until >= span[0]:
        found.append(_("overlapping dates"))
    if given.title and row.similar >= ALIKE:
        found.append(_("similar title"))
    if given.series and row.series_id == given.series:
        found.append(_("same series"))
    return found


@transaction.atomic
def keep_answer(engagement: Engagement, other: Engagement, answer: str, by: "User") -> None:
    """Keep what somebody says of two records; of another edition, link and join the series."""
    first, second = sorted([engagement, other], key=lambda record: record.pk)
    LookAlike.objects.update_or_create(
        first=first, second=second, defaults={"answer": answer, "said_by": by}
    )
    if answer != LookAlike.Answer.NEXT:
        return
    earlier, later = sorted(
        [other, engagement], key=lambda record: (record.start_earliest or date.max, record.pk)
    )
    if later.pk == engagement.pk:
        RelatedEngagement.objects.get_or_create(
            engagement=later, kind=RelationKind.FOLLOWS, target=earlier
        )
    if engagement.series_id is None and other.series_id is not None:
        engagement.series = other.series
        engagement.save(update_fields=["series", "updated_at"])
