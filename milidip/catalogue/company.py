"""Who is named most often in some records, and so beside whom."""

# SQL is put together here: the inner statement is compiled by the ORM; values are parameters.
# ruff: noqa: S608

from django.db import connection
from django.db.models import QuerySet

from milidip.catalogue.models import Actor, Entry


def named_most(
    entries: QuerySet[Entry], most: int, leave_out: str = ""
) -> list[tuple[Actor, int]]:
    """Return up to ``most`` actors with the number of ``entries`` that name them, by two queries.

    A record holds each of its actors once in an array, so that nothing is joined and nobody is
    counted twice. ``leave_out`` is a reference.
    """
    hits, params = entries.order_by().values("actors").query.sql_with_params()
    sql = (
        f"SELECT actor, count(*) FROM (SELECT unnest(actors) AS actor FROM ({hits}) AS hits)"
        " AS named WHERE actor <> %s GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, leave_out, most])
        counts = dict(cursor.fetchall())
    found = Actor.objects.in_bulk(list(counts))
    return [(found[name], count) for name, count in counts.items() if name in found]
