"""Records that may be of one engagement: the same country or sea, days that touch, a title alike.

They are flagged for a person to look at. Rows of one dataset whose titles the register composed
are alike by nature, and often genuine: they are compared with other datasets only.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from engagements.models import PossibleDuplicate

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LIKENESS = 0.6
# Reports of one event differ by some days; a coarse date begins with its month or year.
SLACK = timedelta(days=7)

# Capitals do not count for likeness. Dates and titles come first and places last, whatever the
# planner thinks: right after a load it has no figures, and all pairs of places are very many.
PAIRS = """
WITH alike AS MATERIALIZED (
    SELECT n.id, o.id AS other, o.reference, similarity(n.title, o.title) AS likeness
    FROM engagements_engagement n
    JOIN engagements_engagement o ON o.id <> n.id AND (
        o.start_earliest BETWEEN n.start_earliest - %(slack)s AND n.start_latest + %(slack)s
        OR o.start_earliest = date_trunc('month', n.start_earliest)::date
        OR o.start_earliest = date_trunc('year', n.start_earliest)::date)
    WHERE n.id = ANY(%(ids)s)
        AND o.start_latest >= n.start_earliest - %(slack)s
        AND NOT (n.title_supplied AND n.source_dataset <> ''
                 AND n.source_dataset = o.source_dataset)
        AND similarity(n.title, o.title) >= %(likeness)s
)
SELECT id, other, reference, likeness
FROM alike
WHERE EXISTS (
    SELECT FROM engagements_place a
    WHERE a.engagement_id = alike.id AND (
        a.country_id IN (
            SELECT country_id FROM engagements_place b WHERE b.engagement_id = alike.other)
        OR a.region_id IN (
            SELECT region_id FROM engagements_place b WHERE b.engagement_id = alike.other)))
ORDER BY id, likeness DESC, other
"""


def pairs(engagement_ids: Iterable[int]) -> list[tuple[int, int, str, float]]:
    """Return (record, other, reference of the other, likeness) for records that may be the same."""
    asked = {"ids": list(engagement_ids), "likeness": LIKENESS, "slack": SLACK.days}
    if not asked["ids"]:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        # Right after a load the planner has no figures yet and would read whole tables.
        cursor.execute("SELECT set_config('enable_seqscan', 'off', true)")
        cursor.execute(PAIRS, asked)
        found = cursor.fetchall()
        cursor.execute("SELECT set_config('enable_seqscan', 'on', true)")
    return found


def twins(engagement_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the references of the records that each of these may be the same as."""
    found: dict[int, list[str]] = defaultdict(list)
    for pk, _other, reference, _likeness in pairs(engagement_ids):
        found[pk].append(reference)
    return found


def flag(engagement_ids: Sequence[int]) -> int:
    """Keep the pairs that are new; return how many pairs there are among these records."""
    rows = {
        (min(pk, other), max(pk, other)): likeness
        for pk, other, _reference, likeness in pairs(engagement_ids)
    }
    PossibleDuplicate.objects.bulk_create(
        (
            PossibleDuplicate(first_id=first, second_id=second, likeness=likeness)
            for (first, second), likeness in rows.items()
        ),
        ignore_conflicts=True,
    )
    return len(rows)


def standing(engagement_id: int) -> Any:
    """Return the flagged pairs of a record that nobody has settled yet."""
    return (
        PossibleDuplicate.objects.filter(Q(first=engagement_id) | Q(second=engagement_id))
        .filter(settled_at=None)
        .select_related("first", "second")
        .order_by("-likeness", "pk")
    )


def settle(engagement_id: int, pair: str, by: "User") -> None:
    """Note that a flagged pair of this record is of different engagements."""
    if pair.isdigit():
        standing(engagement_id).filter(pk=pair).update(settled_by=by, settled_at=timezone.now())
