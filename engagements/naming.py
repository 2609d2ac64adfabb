"""Under which reference and name does an actor stand today?

A snapshot stays as it was frozen. Two things are laid over it whenever it is rendered, and make
no new version: the reference that a merged actor has now (`FormerReference`), and the spelling that
was last published (`ActorSnapshot`). Kind, country and level are substance: they wait for the
next publication of each record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engagements.disclosure import Snapshot
from engagements.models import ActorSnapshot
from stakeholders.models import FormerReference, OtherName, Stakeholder


@dataclass(frozen=True)
class Called:
    """What an actor is called today."""

    reference: str
    name: str | None
    """As published; None: nothing was, and the snapshot's own spelling stands."""
    other_names: tuple[str, ...]
    also_known: tuple[str, ...]
    """Every name on the working side: what the gate looks for where the actor is withheld."""


def kept_references(references: Iterable[str]) -> dict[str, str]:
    """Return, for each of ``references`` that was merged into another, the one that was kept."""
    return dict(
        FormerReference.objects.filter(reference__in=references).values_list(
            "reference", "stakeholder__reference"
        )
    )


def all_references(references: Iterable[str]) -> set[str]:
    """Return ``references`` with those that were merged into one of them: snapshots know both."""
    wanted = set(references)
    absorbed = FormerReference.objects.filter(stakeholder__reference__in=wanted)
    return wanted.union(absorbed.values_list("reference", flat=True))


def called_today(references: Iterable[str]) -> dict[str, Called]:
    """Return what each of ``references`` is called today, by the reference in the snapshots."""
    wanted = set(references)
    kept = kept_references(wanted)
    today = {reference: kept.get(reference, reference) for reference in wanted}
    current = set(today.values())
    published = dict(
        ActorSnapshot.objects.filter(reference__in=current).values_list("reference", "facts")
    )
    known: dict[str, list[str]] = defaultdict(list)
    names = Stakeholder.objects.filter(reference__in=current).values_list("reference", "name")
    others = OtherName.objects.filter(stakeholder__reference__in=current).values_list(
        "stakeholder__reference", "name"
    )
    for reference, name in [*names, *others]:
        known[reference].append(name)
    return {
        reference: Called(
            now,
            published[now]["name"] if now in published else None,
            tuple(published[now]["other_names"]) if now in published else (),
            tuple(known[now]),
        )
        for reference, now in today.items()
    }


def as_called_today(snapshot: Snapshot, called: Mapping[str, Called]) -> Snapshot:
    """Return ``snapshot`` with its actors as they are called today. Pure."""
    return snapshot | {
        "participations": [
            row | {"actor": _actor(row["actor"], called)} if row["actor"] else row
            for row in snapshot["participations"]
        ]
    }


def _actor(actor: dict[str, Any], called: Mapping[str, Called]) -> dict[str, Any]:
    today = called.get(actor["reference"])
    if today is None:
        return actor
    was = [actor["name"], *actor["other_names"]]
    changes: dict[str, Any] = {
        "reference": today.reference,
        "also_known": [*was, *today.also_known],
    }
    if today.name is not None:
        changes |= {"name": today.name, "other_names": list(today.other_names)}
    return actor | changes


def resolved(snapshots: Mapping[Any, Snapshot]) -> dict[Any, Snapshot]:
    """Return ``snapshots`` with the references and names of today."""
    references = {
        row["actor"]["reference"]
        for snapshot in snapshots.values()
        for row in snapshot["participations"]
        if row["actor"]
    }
    called = called_today(references)
    return {key: as_called_today(snapshot, called) for key, snapshot in snapshots.items()}
