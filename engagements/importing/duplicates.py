"""Records that may be of one engagement: the same country or sea, days that touch, a title alike.

They are flagged for a person to look at. Rows of one dataset whose titles the register composed
are alike by nature, and often genuine: they are compared with other datasets only.
"""

# SQL is put together here from fixed parts; values are parameters.
# ruff: noqa: S608

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from engagements.models import PossibleDuplicate

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LIKENESS = 0.6
# Reports of one event differ by some days; a coarse date begins with its month or year.
SLACK = timedelta(days=7)

# Of a record with very many that look alike, the nearest are enough to see that.
MOST = 10

# Capitals do not count for likeness.
ALIKE = """o.start_latest >= n.start_earliest - %(slack)s
    AND NOT (n.title_supplied AND n.source_dataset <> '' AND n.source_dataset = o.source_dataset)
    AND similarity(n.title, o.title) >= %(likeness)s"""

# Dates and titles come first and places last, whatever the planner thinks: right after a load it
# has no figures, and all pairs of places are very many.
BY_DATE = f"""
    WITH alike AS MATERIALIZED (
        SELECT n.id, o.id AS other, similarity(n.title, o.title) AS likeness
        FROM engagements_engagement n
        JOIN engagements_engagement o ON o.id <> n.id AND (
            o.start_earliest BETWEEN n.start_earliest - %(slack)s AND n.start_latest + %(slack)s
            OR o.start_earliest = date_trunc('month', n.start_earliest)::date
            OR o.start_earliest = date_trunc('year', n.start_earliest)::date)
        WHERE n.id = ANY(%(ids)s)
            AND {ALIKE}
    )
    SELECT id, other, likeness
    FROM alike
    WHERE EXISTS (
        SELECT FROM engagements_place a
        WHERE a.engagement_id = alike.id AND (
            a.country_id IN (
                SELECT country_id FROM engagements_place b WHERE b.engagement_id = alike.other)
            OR a.region_id IN (
                SELECT region_id FROM engagements_place b WHERE b.engagement_id = alike.other)))"""

# The same from a table that has a row for each record and place.
BY_PLACE = f"""
    SELECT DISTINCT n.id, o.id AS other, similarity(n.title, o.title) AS likeness
    FROM (
        SELECT whereabouts.*, since, until
        FROM whereabouts
        CROSS JOIN LATERAL (VALUES
            (start_earliest - %(slack)s, start_latest + %(slack)s),
            (date_trunc('month', start_earliest)::date, date_trunc('month', start_earliest)::date),
            (date_trunc('year', start_earliest)::date, date_trunc('year', start_earliest)::date)
        ) AS days (since, until)
        WHERE id = ANY(%(ids)s)
        OFFSET 0
    ) AS n
    JOIN whereabouts o ON o.id <> n.id AND o.place = n.place
        AND o.start_earliest BETWEEN since AND until
    WHERE {ALIKE}"""

PAIRS = """
WITH ranked AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY likeness DESC, other) AS rank
    FROM ({near}) AS near
)
SELECT ranked.id, other, o.reference, likeness
FROM ranked JOIN engagements_engagement o ON o.id = other
WHERE rank <= %(most)s
ORDER BY ranked.id, likeness DESC, other
"""

FLAG = """
WITH found AS ({pairs}), both_ways AS (
    SELECT least(id, other) AS first, greatest(id, other) AS second, max(likeness) AS likeness
    FROM found GROUP BY 1, 2
), flagged AS (
    INSERT INTO engagements_possibleduplicate (first_id, second_id, likeness, found_at)
    SELECT first, second, likeness, now() FROM both_ways
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM both_ways"""

WHEREABOUTS = """
SELECT e.id, place, start_earliest, start_latest, title, title_supplied, source_dataset
FROM engagements_engagement e
JOIN engagements_place p ON engagement_id = e.id
CROSS JOIN LATERAL (VALUES (country_id), (region_id)) AS places (place)
WHERE place IS NOT NULL AND start_earliest IS NOT NULL"""


class Whereabouts:
    """Places and days of every record at hand for as long as an import runs.

    Without them a search looks at all records of the same days, of which there are hundreds in a
    large register. They are a table of this connection only.
    """

    def __enter__(self) -> "Whereabouts":
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.whereabouts")
            cursor.execute(f"CREATE TEMPORARY TABLE whereabouts AS {WHEREABOUTS}")
            cursor.execute("CREATE INDEX ON whereabouts (place, start_earliest)")
            cursor.execute("CREATE INDEX ON whereabouts (id)")
        return self

    def __exit__(self, *exception: object) -> None:
        if connection.connection and not connection.connection.closed:
            with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS pg_temp.whereabouts")

    def follow(self, engagement_ids: Sequence[int]) -> None:
        """Take what was just written of these records."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM whereabouts WHERE id = ANY(%s)", [list(engagement_ids)])
            cursor.execute(
                f"INSERT INTO whereabouts {WHEREABOUTS} AND e.id = ANY(%s)",
                [list(engagement_ids)],
            )


def _asked(statement: str, engagement_ids: Iterable[int], near: str) -> list[Any]:
    asked = {
        "ids": list(engagement_ids),
        "likeness": LIKENESS,
        "slack": SLACK.days,
        "most": MOST,
    }
    if not asked["ids"]:
        return []
    # Right after a load the planner has no figures yet and would read whole tables.
    plans = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"]
    switch = "SELECT set_config(name, %s, true) FROM unnest(%s::text[]) AS names (name)"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(switch, ["off", plans])
        cursor.execute(statement.format(near=near), asked)
        found = cursor.fetchall()
        cursor.execute(switch, ["on", plans])
    return found


def pairs(engagement_ids: Iterable[int]) -> list[tuple[int, int, str, float]]:
    """Return (record, other, reference of the other, likeness) for records that may be the same.

    Of each record the ten that are most alike.
    """
    return _asked(PAIRS, engagement_ids, BY_DATE)


def twins(engagement_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the references of the records that each of these may be the same as."""
    found: dict[int, list[str]] = defaultdict(list)
    for pk, _other, reference, _likeness in pairs(engagement_ids):
        found[pk].append(reference)
    return found


def flag(engagement_ids: Sequence[int], at_hand: Whereabouts | None = None) -> int:
    """Keep the pairs that are new; return how many pairs there are among these records."""
    near = BY_PLACE if at_hand else BY_DATE
    found = _asked(FLAG.format(pairs=PAIRS), engagement_ids, near)
    return found[0][0] if found else 0


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
