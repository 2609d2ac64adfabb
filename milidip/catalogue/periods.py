"""“After” and “before” on honest dates: what may have been going on then, and what surely was."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from milidip.codebook.choices import UNKNOWN
from milidip.codebook.dates import bounds


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of the period asked for; several values widen it, ``unknown`` adds the undated."""

    values: tuple[str, ...]

    @property
    def dates(self) -> list[tuple[date, date]]:
        return [bounds(value) for value in self.values if value != UNKNOWN]

    @property
    def unknown(self) -> bool:
        return UNKNOWN in self.values

    @property
    def first(self) -> date | None:
        """The day from which, when this is an ``after``."""
        return min((first for first, _last in self.dates), default=None)

    @property
    def last(self) -> date | None:
        """The day until which, when this is a ``before``."""
        return max((last for _first, last in self.dates), default=None)


UNDATED = Q(overlap_from=None)


def after(bound: Bound) -> Q:
    """Match what may have been going on on or after the bound; null is open, not missing."""
    found = Q()
    if bound.first:
        found |= Q(overlap_to__gte=bound.first) | Q(overlap_to=None, overlap_from__isnull=False)
    return found | UNDATED if bound.unknown else found


def before(bound: Bound) -> Q:
    """Match what may have started on or before the bound."""
    found = Q(overlap_from__lte=bound.last) if bound.last else Q()
    return found | UNDATED if bound.unknown else found


def too_coarse(start: Bound | None, end: Bound | None) -> Q:
    """Match dates that allow “within the period” and “outside of it” alike.

    With ``after``: it may have ended earlier; its end is at least its earliest start. With
    ``before``: it may have started later. What has no date, or goes on, is not meant here.
    """
    unsure = Q()
    if start and start.first:
        unsure |= Q(start_earliest__lt=start.first, overlap_to__isnull=False) & (
            Q(end_earliest=None) | Q(end_earliest__lt=start.first)
        )
    if end and end.last:
        unsure |= Q(start_latest__gt=end.last)
    return unsure & Q(overlap_from__isnull=False) if unsure else Q(pk__in=[])
