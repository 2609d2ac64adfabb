"""Two entries of one actor become one: what moves, what is kept, and what the public sees of it.

The entry that is kept takes over everything; the other's reference leads to it for good. Snapshots
go on knowing the old reference and are read with the new one (`engagements.naming`), so that no
new version is made. Whatever was promised to either is promised to the one that is left.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import connection, models, transaction
from django.db.utils import OperationalError
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from engagements.models import ActorSnapshot, Participation
from engagements.protection import Effect, concerned
from engagements.renaming import spelling
from engagements.render import protected_spellings, render, write_actors
from engagements.requirements import Problem, refuse_unless
from engagements.revision import lock_register
from engagements.versions import OPENNESS
from engagements.workflow import NotAllowed
from milidip.catalogue import models as public
from milidip.codebook.choices import ConsentBasis, NameKind, ParticipantDisclosure
from milidip.codebook.folding import folded
from stakeholders.models import (
    PERSON,
    DistinctPair,
    FormerReference,
    Identifier,
    OtherName,
    Protection,
    Stakeholder,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

OFFERED = 100
MOVED_APART = {Participation, OtherName, Identifier, Protection, FormerReference, DistinctPair}


# --- who may be the same -----------------------------------------------------------------------

# Names that are alike, and names that are another's other name. The first by the trigram index,
# whose threshold is set for the transaction.
CANDIDATES = """
WITH looked_at AS (
  SELECT id, name, sort_key, country_id, type_id = %(person)s AS person
  FROM stakeholders_stakeholder WHERE %(key)s = '' OR sort_key LIKE %(like)s
), alike AS (
  SELECT least(a.id, b.id) AS first, greatest(a.id, b.id) AS second,
    similarity(a.sort_key, b.sort_key) AS likeness
  FROM looked_at a
  JOIN stakeholders_stakeholder b ON a.sort_key %% b.sort_key
  WHERE a.id <> b.id AND (%(key)s <> '' OR a.id < b.id)
    AND a.person = (b.type_id = %(person)s)
    AND (a.country_id IS NULL OR b.country_id IS NULL OR a.country_id = b.country_id)
  UNION
  SELECT least(a.id, b.id), greatest(a.id, b.id), 1
  FROM looked_at a
  JOIN stakeholders_othername other ON other.stakeholder_id = a.id
  JOIN stakeholders_stakeholder b ON b.name = other.name
  WHERE a.id <> b.id AND a.person = (b.type_id = %(person)s)
)
SELECT first, second, max(likeness) FROM alike
WHERE NOT EXISTS (
  SELECT 1 FROM stakeholders_distinctpair d
  WHERE d.first_id = alike.first AND d.second_id = alike.second
)
GROUP BY first, second ORDER BY 3 DESC, 1, 2 LIMIT %(limit)s
"""
PATIENCE = "5s"  # with very many names that are alike, a search has to say which


@dataclass(frozen=True)
class Candidate:
    """Two actors that may be one."""

    first: Stakeholder
    second: Stakeholder
    likeness: float

    @property
    def both(self) -> tuple[Stakeholder, Stakeholder]:
        return self.first, self.second


def candidates(search: str = "", *, threshold: float = 0.6) -> list[Candidate] | None:
    """Return pairs that are spelled alike, the most alike first; None: there are too many."""
    key = folded(search)
    like = "%" + key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    asked = {"key": key, "like": like, "limit": OFFERED, "person": PERSON}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('pg_trgm.similarity_threshold', %s, true), "
                "set_config('statement_timeout', %s, true)",
                [str(threshold), PATIENCE],
            )
            cursor.execute(CANDIDATES, asked)
            rows = cursor.fetchall()
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return None
    known = Stakeholder.objects.select_related("type", "country").in_bulk(
        {pk for first, second, _likeness in rows for pk in (first, second)}
    )
    return [Candidate(known[first], known[second], likeness) for first, second, likeness in rows]


def say_distinct(one: Stakeholder, other: Stakeholder, by: "User") -> None:
    """Note that two actors are not the same, so that they are not offered again."""
    _stop(refuse_unless(may_merge(by), _("You may not merge actors.")))
    first, second = sorted([one, other], key=lambda actor: actor.pk)
    DistinctPair.objects.get_or_create(first=first, second=second, defaults={"said_by": by})


def may_merge(user: "User") -> bool:
    return user.has_perm("stakeholders.merge_stakeholder")


# --- what would happen -------------------------------------------------------------------------


@dataclass
class Preview:
    """What a merge would do, to be read before it is done."""

    kept: Stakeholder
    absorbed: Stakeholder
    participations: int = 0
    joined: list[str] = field(default_factory=list)
    """Records in which both are in the same role: their two lines become one."""
    names: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    children: list[Stakeholder] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    protected: bool = False
    redirects: bool = False
    records: int = 0
    """Records with a version that knows the entry that goes."""
    problems: list[Problem] = field(default_factory=list)


def preview(kept: Stakeholder, absorbed: Stakeholder) -> Preview:
    """Return what would happen if ``absorbed`` were merged into ``kept``."""
    participations = Participation.objects.filter(stakeholder=absorbed)
    return Preview(
        kept=kept,
        absorbed=absorbed,
        participations=participations.count(),
        joined=sorted({pair[0].engagement.reference for pair in _in_same_role(kept, absorbed)}),
        names=_new_names(kept, absorbed),
        identifiers=[str(identifier) for identifier in absorbed.identifiers.all()],  # type: ignore[attr-defined]
        children=list(absorbed.children.exclude(pk=kept.pk)),  # type: ignore[attr-defined]
        others={
            str(relation.related_model._meta.verbose_name_plural): number
            for relation in _other_relations()
            if (number := _rows(relation, absorbed).count())
        },
        protected=_protected(kept, absorbed).exists(),
        redirects=_both_public(kept, absorbed),
        records=len(concerned({absorbed.reference})),
        problems=problems(kept, absorbed),
    )


def problems(kept: Stakeholder, absorbed: Stakeholder) -> list[Problem]:
    """Return what stands in the way of a merge."""
    found = refuse_unless(kept.pk != absorbed.pk, _("Choose two different actors."))
    found += refuse_unless(
        (kept.type_id == PERSON) == (absorbed.type_id == PERSON),
        _("A person and a body are never the same."),
    )
    found += refuse_unless(
        not any(hasattr(actor, "erasure") for actor in (kept, absorbed)),
        _("One of them is erased, or about to be."),
    )
    return found


# --- and doing it --------------------------------------------------------------------------------


@transaction.atomic
def merge(kept: Stakeholder, absorbed: Stakeholder, by: "User") -> Effect:
    """Let ``kept`` take over everything of ``absorbed``, whose reference leads there from now on.

    For editors (`stakeholders.merge_stakeholder`). Both their public spellings stay: the name of
    the one that goes is kept as another name.
    """
    _stop(refuse_unless(may_merge(by), _("You may not merge actors.")) + problems(kept, absorbed))
    lock_register()
    locked = Stakeholder.objects.select_for_update(no_key=True).order_by("pk")
    actors = locked.in_bulk([kept.pk, absorbed.pk])
    kept, absorbed = actors[kept.pk], actors[absorbed.pk]
    promised = _protected(kept, absorbed).exists()
    redirects = _both_public(kept, absorbed)
    references = {kept.reference, absorbed.reference}
    with pghistory.context(merged=absorbed.reference, into=kept.reference):
        _join_participations(kept, absorbed)
        Participation.objects.filter(stakeholder=absorbed).update(stakeholder=kept)
        _move_names(kept, absorbed)
        _move_parents(kept, absorbed)
        _move_protection(kept, absorbed)
        FormerReference.objects.filter(stakeholder=absorbed).update(stakeholder=kept)
        DistinctPair.objects.filter(models.Q(first=absorbed) | models.Q(second=absorbed)).delete()
        for relation in _other_relations():
            _rows(relation, absorbed).update(**{relation.field.name: kept})
        gone = absorbed.reference
        absorbed.delete()
        FormerReference.objects.create(
            reference=gone, stakeholder=kept, redirects=redirects, merged_by=by
        )
    _join_published(kept, gone)
    effect = Effect()
    ids = concerned(references, protected_spellings(kept) if promised else ())
    effect.changed = render(ids, offline=effect.offline, taking_back=promised)
    write_actors(references)
    return effect


def _in_same_role(
    kept: Stakeholder, absorbed: Stakeholder
) -> Iterable[tuple[Participation, Participation]]:
    """Pairs of participations that would be twice the same after the merge."""

    def key(row: Participation) -> tuple:
        return row.engagement_id, row.role_id, row.capacity_id, row.side

    rows = Participation.objects.select_related("engagement")
    theirs = {key(row): row for row in rows.filter(stakeholder=kept)}
    for row in rows.filter(stakeholder=absorbed):
        if key(row) in theirs:
            yield theirs[key(row)], row


def _join_participations(kept: Stakeholder, absorbed: Stakeholder) -> None:
    """Two lines of one actor in one role become one: with all that is known, the less open."""
    for line, other in list(_in_same_role(kept, absorbed)):
        for name in ("people_min", "people_max", "women_min"):
            if getattr(line, name) is None:
                setattr(line, name, getattr(other, name))
        line.disclosure = _less_open(line.disclosure, other.disclosure)
        if other.consent_basis == ConsentBasis.NONE:
            line.consent_basis = ConsentBasis.NONE
        line.announced = line.announced and other.announced
        line.under_rule = line.under_rule or other.under_rule
        line.sources.add(*other.sources.all())
        other.delete()
        line.save()


def _less_open(*disclosures: str) -> str:
    order = [*OPENNESS]
    return min(
        (ParticipantDisclosure(value or ParticipantDisclosure.WITHHELD) for value in disclosures),
        key=order.index,
    )


def _new_names(kept: Stakeholder, absorbed: Stakeholder) -> list[str]:
    known = {kept.name, *kept.other_names.values_list("name", flat=True)}  # type: ignore[attr-defined]
    names = [absorbed.name, *absorbed.other_names.values_list("name", flat=True)]  # type: ignore[attr-defined]
    return [name for name in dict.fromkeys(names) if name not in known]


def _move_names(kept: Stakeholder, absorbed: Stakeholder) -> None:
    new = _new_names(kept, absorbed)
    moved = OtherName.objects.filter(stakeholder=absorbed)
    moved.filter(name__in=new).update(stakeholder=kept)
    moved.delete()
    if absorbed.name in new:
        OtherName.objects.get_or_create(
            stakeholder=kept, name=absorbed.name, defaults={"kind": NameKind.ALIAS}
        )
    Identifier.objects.filter(stakeholder=absorbed).update(stakeholder=kept)


def _move_parents(kept: Stakeholder, absorbed: Stakeholder) -> None:
    if kept.parent_id == absorbed.pk:
        kept.parent_id = absorbed.parent_id if absorbed.parent_id != kept.pk else None
    for name in ("country_id", "parent_id"):
        if getattr(kept, name) is None and getattr(absorbed, name) != kept.pk:
            setattr(kept, name, getattr(absorbed, name))
    kept.note = "\n".join(filter(None, [kept.note, absorbed.note]))
    kept.default_disclosure = _less_open(kept.default_disclosure, absorbed.default_disclosure)
    kept.save()
    Stakeholder.objects.filter(parent=absorbed).exclude(pk=kept.pk).update(parent=kept)


def _move_protection(kept: Stakeholder, absorbed: Stakeholder) -> None:
    theirs = Protection.objects.filter(stakeholder=absorbed).first()
    if theirs is None:
        return
    if ours := Protection.objects.filter(stakeholder=kept).first():
        ours.reason = f"{ours.reason}\n{theirs.reason}"
        ours.save()
        theirs.delete()
    else:
        theirs.stakeholder = kept
        theirs.save()


def _join_published(kept: Stakeholder, gone: str) -> None:
    """What the public may know of the two becomes one: the facts of the one that is kept."""
    theirs = ActorSnapshot.objects.filter(reference=gone).first()
    ours = ActorSnapshot.objects.filter(reference=kept.reference).first()
    if theirs and ours is None:
        ours = ActorSnapshot(
            reference=kept.reference,
            parent=theirs.parent,
            facts=theirs.facts | {"reference": kept.reference},
        )
    if theirs and ours:
        identifiers = [*ours.facts["identifiers"], *theirs.facts["identifiers"]]
        ours.facts["identifiers"] = sorted(map(list, {tuple(pair) for pair in identifiers}))
        theirs.delete()
    if ours:
        ours.facts["name"], ours.facts["other_names"] = spelling(kept)
        if kept.reference in (ours.parent, ours.facts["parent"]) or gone == ours.parent:
            ours.parent = ours.facts["parent"] = ""
        ours.save()
    for child in ActorSnapshot.objects.filter(parent=gone).exclude(reference=kept.reference):
        child.parent = kept.reference
        child.facts["parent"] = kept.reference
        child.save()


def _protected(*actors: Stakeholder) -> Any:
    return Protection.objects.filter(stakeholder__in=actors)


def _both_public(*actors: Stakeholder) -> bool:
    references = [actor.reference for actor in actors]
    return public.Actor.objects.filter(reference__in=references).count() == len(actors)


def _other_relations() -> list[Any]:
    """Everything else that points at an actor, now or in models to come."""
    return [
        relation
        for relation in Stakeholder._meta.related_objects
        if relation.related_model not in MOVED_APART | {Stakeholder}
        and not hasattr(relation.related_model, "pgh_tracked_model")
        and not relation.many_to_many
    ]


def _rows(relation: Any, actor: Stakeholder) -> Any:
    return relation.related_model._default_manager.filter(**{relation.field.name: actor})


def _stop(found: list[Problem]) -> None:
    if found:
        raise NotAllowed(found)
