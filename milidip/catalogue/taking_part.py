"""Who took part in an engagement, as its page tells it: by role, side and kind of actor."""

from collections.abc import Iterable
from typing import Any

from django.db.models import FETCH_RAISE, Q

from milidip.catalogue import labels
from milidip.catalogue.facts import Document, country_link, people, value_link
from milidip.catalogue.listing import Link
from milidip.catalogue.models import Actor
from milidip.codebook.choices import UNKNOWN

# A longer list of one side is divided by kind of actor; so long that it is set in columns.
BY_KIND_FROM = 8
DENSE_FROM = 16


def public_actors(doc: Document) -> dict[str, Actor]:
    """Return the actors of a document and their parents that have a page, by one query."""
    references = {line["reference"] for line in doc["participants"] if line["reference"]}
    if not references:
        return {}
    parents = Actor.objects.filter(pk__in=references).values("parent_reference")
    found = Actor.objects.filter(Q(pk__in=references) | Q(pk__in=parents))
    found = found.only("name", "parent_reference").fetch_mode(FETCH_RAISE)
    return {actor.reference: actor for actor in found}


def participants(doc: Document, numbers: dict[str, int]) -> list[dict[str, Any]]:
    """Return who took part, by role, then by side; ``numbers`` are those of the sources.

    Each group has ``role`` (link), ``count``, and ``sides``: each with ``label`` (empty: no side
    is stated) and ``kinds``, each with ``label`` (empty: not divided), ``dense`` and ``lines``.
    """
    actors = public_actors(doc)
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for line in doc["participants"]:
        sides = groups.setdefault(line["role"] or UNKNOWN, {})
        sides.setdefault(line["side"], []).append(_line(line, actors, numbers))
    order = {code: place for place, code in enumerate(labels.vocabulary("role"))}
    return [
        {
            "role": value_link("role", role, "role"),
            "count": sum(len(lines) for lines in groups[role].values()),
            "sides": [
                {"label": labels.label("side", side), "kinds": list(_kinds(groups[role][side]))}
                for side in sorted(groups[role], key=lambda side: (side == "", side))
            ],
        }
        for role in sorted(groups, key=lambda role: order.get(role, len(order)))
    ]


def _kinds(lines: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    lines = _counted(lines)
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        by_kind.setdefault(line["type"], []).append(line)
    if len(lines) < BY_KIND_FROM:
        yield {"label": "", "dense": False, "lines": lines}
        return
    for kind, some in by_kind.items():
        capacities = {line["capacity"] for line in some}
        if len(capacities) == 1:
            # Said once above the list, not on each of eighty lines.
            label = ", ".join(filter(None, [kind, *capacities]))
            shown = [line | {"capacity": ""} for line in some]
        else:
            label, shown = kind, some
        yield {"label": label, "dense": len(some) >= DENSE_FROM, "lines": shown}


def _counted(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines with those that are told by kind only, and alike, as one with a count."""
    found: list[dict[str, Any]] = []
    unnamed: dict[str, dict[str, Any]] = {}
    for line in lines:
        alike = repr(line)
        if not line["name"] and alike in unnamed:
            unnamed[alike]["times"] += 1
            continue
        found.append(line | {"times": 1})
        if not line["name"]:
            unnamed[alike] = found[-1]
    return found


def _line(line: Document, actors: dict[str, Actor], numbers: dict[str, int]) -> dict[str, Any]:
    actor = actors.get(line["reference"])
    parent = actors.get(actor.parent_reference) if actor else None
    capacity, level = line["capacity"], line["level"]
    return {
        "name": line["name"],
        "url": actor.get_absolute_url() if actor else "",
        "type": labels.label("actor_type", line["type"]),
        "country": country_link(line["country"], "participant_country"),
        "parent": Link(parent.name, parent.get_absolute_url()) if parent else None,
        "capacity": labels.label("capacity", capacity) if capacity != UNKNOWN else "",
        "level": labels.label("level", level) if level != UNKNOWN else "",
        "people": people(line["people_min"], line["people_max"]),
        "women": people(line["women_min"], None),
        "disclosure": line["disclosure"],
        "rule": labels.definition("withheld_rule", line["rule"]),
        "sources": [numbers[reference] for reference in line["sources"] if reference in numbers],
    }
