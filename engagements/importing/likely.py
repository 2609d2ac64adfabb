"""Names in a file that no actor has, and the actors whose names are like them: for a person.

Nothing is merged here. A name that is exactly an actor's name or other name is that actor; one that
is only like it waits for somebody to say so, and becomes an actor of its own if nobody does.
"""

from collections.abc import Collection
from typing import Any

from django.db import connection

from engagements.importing.write import actor_key
from engagements.models import Import, ImportName
from stakeholders.models import PERSON

LIKENESS = 0.6
OFFERED = 5

ALIKE = """
SELECT n.type_id, n.name, coalesce(n.country_id, ''),
    (array_agg(o.id ORDER BY similarity(n.sort_key, o.sort_key) DESC, o.id))[1:%(offered)s]
FROM stakeholders_stakeholder n
JOIN stakeholders_stakeholder o ON o.sort_key %% n.sort_key AND o.id <> ALL(%(new)s)
WHERE n.id = ANY(%(new)s) AND (n.type_id = %(person)s) = (o.type_id = %(person)s)
    AND (n.country_id IS NULL OR o.country_id IS NULL OR n.country_id = o.country_id)
GROUP BY n.id
"""

Found = list[tuple[str, str, str, list[int]]]


def candidates(importer: Any, known: Collection[Any], batch: Import) -> Found:
    """Return the actors that an import has just made, with those that are spelled alike."""
    made = {key: pk for key, pk in _actors(importer).items() if key not in known}
    if not made:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(LIKENESS)]
        )
        cursor.execute(ALIKE, {"new": list(made.values()), "offered": OFFERED, "person": PERSON})
        return cursor.fetchall()


def keep(batch: Import, found: Found) -> None:
    ImportName.objects.bulk_create(
        (
            ImportName(batch=batch, kind=kind, name=name, country=country, candidates=likely)
            for kind, name, country, likely in found
        ),
        ignore_conflicts=True,
    )


def decide(batch: Import, importer: Any) -> None:
    """Let the importer take each name for the actor that somebody has chosen for it."""
    for name in ImportName.objects.filter(batch=batch, chosen__isnull=False):
        _actors(importer)[actor_key(name.kind, name.name, name.country)] = name.chosen_id


def _actors(importer: Any) -> dict[Any, int]:
    return importer.known.actors if hasattr(importer, "known") else {}
