"""From snapshots to public rows: the only code that writes the public side.

Whatever is rendered is computed from snapshots, from the protections promised today, and from
what its actors are called today. Only rows that differ are written, so that rendering an
unchanged register changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import batched, count
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from engagements.details import detail_texts, known_detail_values
from engagements.disclosure import (
    Disclosed,
    Protections,
    canonical,
    digest_of,
    digest_of_text,
    disclose,
    leaves_on,
)
from engagements.entries import entry_values, search_texts
from engagements.models import ActorSnapshot, EthicalReview, Hold, MergedRecord, Publication
from engagements.names import Text, spellings
from engagements.naming import Called, as_called_today, called_today
from engagements.recall import recall
from engagements.revision import lock_register, raise_revision
from engagements.snapshot import with_review
from engagements.tables import copy_rows, fill_search, upsert_rows
from engagements.texts import leaks
from engagements.versions import blurred, stricter, tightened
from milidip.catalogue import models as public
from milidip.codebook.choices import UNKNOWN, Marking, NumberSystem
from milidip.codebook.folding import folded
from milidip.codebook.geography import Atlas, atlas
from stakeholders.models import PERSON, FormerReference, OtherName, Protection, Stakeholder

BATCH = 2000
CHILDREN = (
    public.Document,
    public.Search,
    public.Participation,
    public.Source,
    public.Version,
)


def protections() -> Protections:
    """Return what is promised today: everybody who must be named nowhere, and how.

    Names on hold are not in it: whoever reviews a record has to see what it would say.
    """
    promises = Protection.objects.select_related("stakeholder").prefetch_related(
        "stakeholder__other_names"
    )
    return Protections(
        names={
            promise.stakeholder.reference: protected_spellings(promise.stakeholder)
            for promise in promises
        },
        smallest_cell=settings.SMALLEST_CELL,
    )


def protected_spellings(stakeholder: Any) -> list[str]:
    """Return every spelling of the names of an actor, as they are looked for in texts."""
    names = [stakeholder.name, *(other.name for other in stakeholder.other_names.all())]
    return spellings(names, person=stakeholder.type_id == PERSON)


def _persons() -> list[str]:
    """Return the spellings of every person that the register knows."""
    names = Stakeholder.objects.persons().values_list("name", flat=True)
    others = OtherName.objects.filter(stakeholder__type=PERSON).values_list("name", flat=True)
    return spellings([*names, *others], person=True)


Leaks = list[tuple[str, str]]


def render(
    engagement_ids: Iterable[int],
    *,
    today: date | None = None,
    anew: bool = False,
    offline: dict[str, Leaks] | None = None,
    taking_back: bool = False,
) -> int:
    """Bring the public rows of these engagements up to date; return how many changed.

    Publication serialises on the register's one row, which is locked here for the length of
    the transaction. Engagements without a standing publication, or whose clearance has ended,
    leave the public side, and so do those whose text holds a name that must not be there:
    ``offline`` is filled with the reference of each and where the name stands. With ``anew``
    rows are written even where nothing differs. With ``taking_back`` the files that may hold
    what is written differently now are recalled.
    """
    ids = sorted(set(engagement_ids))
    today = today or timezone.now().date()
    changed = 0
    for ids_together in batched(ids, BATCH):
        with transaction.atomic():
            lock_register()
            # Promises are read behind the lock: one that was made while this waited counts.
            batch = _Batch(ids_together, protections(), today)
            written = batch.write(anew)
            changed += len(written)
            if taking_back:
                recall(written, batch.absent)
            elif batch.taken_back:
                recall(batch.taken_back)
            if offline is not None:
                offline.update(batch.offline)
    return changed


def leaks_today(engagement_id: int) -> Leaks:
    """Return where the current version of a record holds a name that must not be public."""
    found = _Batch([engagement_id], protections(), timezone.now().date()).offline
    return [leak for leaks_of_record in found.values() for leak in leaks_of_record]


class _Batch:
    """The public rows of some engagements, rendered and compared with what is there."""

    def __init__(self, ids: Iterable[int], promised: Protections, today: date):
        self.ids = list(ids)
        self.today = today
        self.atlas: Atlas = atlas()
        self.current: dict[str, Rendered] = {}
        self.expired: set[str] = set()
        self.offline: dict[str, Leaks] = {}
        self.taken_back: set[str] = set()
        """Records that left other than by a clearance that ended, or name a person no more."""
        self.absent: set[str] = set()
        """Records that were not public before and are not now."""
        holds = Hold.objects.standing().filter(engagement_id__in=self.ids)
        held: dict[str, set[str]] = {kind: set() for kind in Hold.Kind.values}
        for kind, reference in holds.values_list("kind", "engagement__reference"):
            held[kind].add(reference)
        if held[Hold.Kind.NAMES]:
            promised = replace(promised, held=held[Hold.Kind.NAMES], persons=_persons())
        every = list(_versions(self.ids))
        _lay_reviews_over(every)
        called = called_today({ref for line in every for one in line for ref in one["actors"]})
        for versions in every:
            rendered = Rendered(versions, promised, called, self.atlas)
            if rendered.leaves_on and rendered.leaves_on <= today:
                self.expired.add(rendered.reference)
            elif rendered.leaks:
                self.offline[rendered.reference] = rendered.leaks
            elif not (rendered.restricted or rendered.reference in held[Hold.Kind.RECORD]):
                self.current[rendered.reference] = rendered

    @cached_property
    def references(self) -> set[str]:
        published = Publication.objects.filter(engagement_id__in=self.ids)
        return set(published.values_list("engagement__reference", flat=True))

    def write(self, anew: bool = False) -> list[str]:
        """Write what differs; return the references of the records."""
        there = dict(
            public.Entry.objects.filter(reference__in=self.references).values_list(
                "reference", "digest"
            )
        )
        leaving = {reference for reference in there if reference not in self.current}
        differing = [
            rendered
            for reference, rendered in self.current.items()
            if anew or there.get(reference) != rendered.digest
        ]
        self.absent = self.references - there.keys() - self.current.keys()
        if not (leaving or differing):
            return []
        changed = [*leaving, *(rendered.reference for rendered in differing)]
        self.taken_back = (leaving - self.expired) | _naming_less(differing)
        touched = _actors_of(changed)
        self._remove(leaving)
        store(differing, self.atlas)
        _remember_first(differing)
        write_actors(touched | _actors_of(changed))
        self._relate(changed)
        _write_redirects(changed)
        raise_revision()
        return changed

    def _remove(self, references: set[str]) -> None:
        public.Entry.objects.filter(reference__in=references).delete()
        public.Tombstone.objects.bulk_create(
            [
                public.Tombstone(
                    reference=reference,
                    kind=(
                        public.Tombstone.Kind.EXPIRED
                        if reference in self.expired
                        else public.Tombstone.Kind.WITHDRAWN
                    ),
                    left_on=self.today,
                )
                for reference in references
            ],
            update_conflicts=True,
            unique_fields=["reference"],
            update_fields=["kind", "left_on"],
        )

    def _relate(self, references: list[str]) -> None:
        """Link what changed, both ways: a link stands only while both ends are public."""
        # Whoever points at a record that was merged since points at the one that was kept.
        merged = MergedRecord.objects.values_list("engagement__reference", "kept__reference")
        former = [one for one, _kept in merged.filter(kept__reference__in=references)]
        pointing = Publication.objects.filter(
            models.Q(engagement__reference__in=references)
            | models.Q(related__overlap=[*references, *former])
        )
        concerned = Publication.objects.current().filter(
            engagement_id__in=list(pointing.values_list("engagement_id", flat=True))
        )
        links = [
            (source, related["kind"], related["reference"])
            for source, every in concerned.values_list(
                "engagement__reference", "snapshot__related"
            )
            for related in every
        ]
        now = dict(merged.filter(engagement__reference__in={target for *_rest, target in links}))
        wanted = [
            (source, kind, now.get(target, target))
            for source, kind, target in links
            if now.get(target) != source
        ]
        ordinals = dict(
            public.Entry.objects.filter(
                reference__in={ref for source, _kind, target in wanted for ref in (source, target)}
            ).values_list("reference", "ordinal")
        )
        public.Relation.objects.filter(
            models.Q(entry__reference__in=references) | models.Q(target__reference__in=references)
        ).delete()
        public.Relation.objects.bulk_create(
            [
                public.Relation(entry_id=ordinals[source], kind=kind, target_id=ordinals[target])
                for source, kind, target in wanted
                if source in ordinals and target in ordinals
            ],
            ignore_conflicts=True,
        )


def store(differing: list["Rendered"], countries: Atlas, first: int | None = None) -> None:
    """Write the public rows of these engagements; new ones get the next ordinals, or from ``first``."""
    ordinals = dict(
        public.Entry.objects.filter(
            reference__in=[rendered.reference for rendered in differing]
        ).values_list("reference", "ordinal")
    )
    replaced = list(ordinals.values())
    if first is None:
        first = (public.Entry.objects.aggregate(last=models.Max("ordinal"))["last"] or 0) + 1
    fresh = count(first)
    for rendered in differing:
        if rendered.reference not in ordinals:
            ordinals[rendered.reference] = next(fresh)
        rendered.ordinal = ordinals[rendered.reference]
    entry_rows = [rendered.entry_row() for rendered in differing]
    if replaced:
        upsert_rows(public.Entry, entry_rows)
        for child in CHILDREN:
            child.objects.filter(entry__in=replaced).delete()
    else:
        copy_rows(public.Entry, entry_rows)
    copy_rows(public.Document, [rendered.document_row() for rendered in differing])
    fill_search([rendered.search_row() for rendered in differing])
    copy_rows(
        public.Participation,
        [row for rendered in differing for row in rendered.participation_rows(countries)],
    )
    copy_rows(public.Source, [row for rendered in differing for row in rendered.source_rows()])
    copy_rows(public.Version, [row for rendered in differing for row in rendered.version_rows()])
    public.Tombstone.objects.filter(
        reference__in=[rendered.reference for rendered in differing]
    ).delete()


class Rendered:
    """One engagement as the public may see it: its current version and the earlier ones."""

    ordinal: int

    def __init__(
        self,
        versions: list[dict[str, Any]],
        promised: Protections,
        called: Mapping[str, Called],
        atlas: Atlas,
    ):
        current = versions[-1]
        newest = as_called_today(current["snapshot"], called)
        # What is marked more strictly since it was published is shown more strictly at once.
        newest["marking"] = stricter(newest["marking"], current["engagement__marking"])
        self.restricted = newest["marking"] == Marking.RESTRICTED
        self.disclosed = disclose(newest, promised)
        # A name that was protected after publication may stand in a text: then the version
        # stays away, and the whole record with it when it is the current one.
        self.leaks = leaks(self.disclosed, current["change_note"])
        self.versions: list[tuple[dict[str, Any], Disclosed]] = []
        for version in versions[:-1]:
            earlier = tightened(as_called_today(version["snapshot"], called), newest)
            disclosed = blurred(disclose(earlier, promised), self.disclosed)
            if not leaks(disclosed, version["change_note"]):
                self.versions.append((_heading(version), disclosed))
        self.versions.append((_heading(current), self.disclosed))
        document = self.disclosed.document
        self.reference: str = document["reference"]
        self.leaves_on = leaves_on(document)
        values = entry_values(self.disclosed)
        leaf, everything = atlas.regions_of(
            [place["country"] for place in document["places"] if place["country"]],
            [place["region"] for place in document["places"] if place["region"]],
        )
        self.values = values | {
            "version": current["number"],
            "regions": leaf or [UNKNOWN],
            "region_codes": everything or [UNKNOWN],
            "first_published": versions[0]["published_at"].date(),
            "last_published": current["published_at"].date(),
        }
        # Written once: text and digest go into the tables, and the digest into the record's own.
        self.texts = [canonical(disclosed.document) for _version, disclosed in self.versions]
        self.digests = [digest_of_text(text) for text in self.texts]
        self.digest = digest_of(
            [
                known_detail_values(self.values),
                search_texts(self.disclosed),
                [
                    (version["number"], _note(version, disclosed), digest)
                    for (version, disclosed), digest in zip(
                        self.versions, self.digests, strict=True
                    )
                ],
            ]
        )

    def entry_row(self) -> dict[str, Any]:
        return self.values | {"ordinal": self.ordinal, "digest": self.digest}

    def document_row(self) -> dict[str, Any]:
        document = self.disclosed.document
        return {
            "entry_id": self.ordinal,
            "title": document["title"],
            "series_name": document["series"]["name"] if document["series"] else "",
            "edition": document["edition"],
            "summary": document["summary"],
            "place_names": [place["name"] for place in document["places"] if place["name"]],
            **detail_texts(document),
            "data": self.texts[-1],
        }

    def search_row(self) -> dict[str, Any]:
        return {"entry_id": self.ordinal, **search_texts(self.disclosed)}

    def participation_rows(self, atlas: Atlas) -> Iterator[dict[str, Any]]:
        day = self.values["start_earliest"]
        for number, line in enumerate(self.disclosed.document["participants"], 1):
            country = line["country"]
            numbers = {
                system: atlas.country_number(country, system, day) if country and day else None
                for system in (NumberSystem.COW, NumberSystem.GW)
            }
            yield {
                "entry_id": self.ordinal,
                "line": number,
                "actor_reference": line["reference"],
                "actor_name": line["name"],
                "actor_type": line["type"],
                "actor_level": line["level"],
                "actor_country": country,
                "actor_country_cow": numbers[NumberSystem.COW],
                "actor_country_gw": numbers[NumberSystem.GW],
                "role": line["role"],
                "capacity": line["capacity"],
                "side": line["side"],
                "people_min": line["people_min"],
                "people_max": line["people_max"],
                "women_min": line["women_min"],
                "disclosure": line["disclosure"],
                "disclosure_rule": line["rule"],
                "source_references": line["sources"],
            }

    def source_rows(self) -> Iterator[dict[str, Any]]:
        for number, source in enumerate(self.disclosed.document["sources"], 1):
            kept = {key: value for key, value in source.items() if key != "rule"}
            yield kept | {
                "entry_id": self.ordinal,
                "line": number,
                "disclosure_rule": source["rule"],
            }

    def version_rows(self) -> Iterator[dict[str, Any]]:
        written = zip(self.versions, self.texts, self.digests, strict=True)
        for (version, disclosed), text, digest in written:
            yield {
                "entry_id": self.ordinal,
                "number": version["number"],
                "digest": digest,
                "published_at": version["published_at"],
                "change_note": _note(version, disclosed),
                "data": text,
            }


def _heading(version: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of a version beside what it says: the private snapshot stays behind."""
    return {name: version[name] for name in ("number", "published_at", "change_note")}


def _note(version: dict[str, Any], disclosed: Disclosed) -> str:
    """Return what is said of a version, unless a name on hold stands in it."""
    text = Text(version["change_note"])
    held = any(text.holds(name) for name in disclosed.names_on_hold)
    return "" if held else version["change_note"]


def _versions(ids: list[int]) -> Iterator[list[dict[str, Any]]]:
    """Yield the standing versions of each engagement, oldest first."""
    rows = (
        Publication.objects.standing()
        .filter(engagement_id__in=ids)
        .order_by("engagement_id", "number")
        .values(
            "engagement_id",
            "engagement__marking",
            "number",
            "snapshot",
            "actors",
            "published_at",
            "change_note",
            "review_id",
        )
    )
    versions: dict[int, list] = defaultdict(list)
    for row in rows:
        versions[row["engagement_id"]].append(row)
    yield from versions.values()


def lead_on(references: Iterable[str]) -> None:
    """Let the addresses of records that were merged into these lead to them, if they are public."""
    lock_register()
    if _write_redirects(list(references)):
        raise_revision()


def _write_redirects(references: list[str]) -> int:
    """Write the redirects to those of ``references`` that are public; return how many are new."""
    merged = MergedRecord.objects.filter(redirects=True, kept__reference__in=references)
    wanted = dict(merged.values_list("engagement__reference", "kept__reference"))
    targets = dict(
        public.Entry.objects.filter(reference__in=wanted.values()).values_list(
            "reference", "ordinal"
        )
    )
    there = set(
        public.EntryRedirect.objects.filter(reference__in=wanted).values_list(
            "reference", "target_id"
        )
    )
    missing = [
        public.EntryRedirect(reference=reference, target_id=targets[kept])
        for reference, kept in wanted.items()
        if kept in targets and (reference, targets[kept]) not in there
    ]
    public.EntryRedirect.objects.bulk_create(
        missing, update_conflicts=True, unique_fields=["reference"], update_fields=["target"]
    )
    return len(missing)


def _lay_reviews_over(every: Iterable[list[dict[str, Any]]]) -> None:
    """Tell of each version's clearance what is true today.

    A condition is met, or a clearance was renewed (`publication.renew`), after the snapshot was
    frozen, and that makes no new version.
    """
    versions = [version for line in every for version in line]
    reviews = (
        EthicalReview.objects.defer("saw")
        .prefetch_related("conditions")
        .in_bulk({version["review_id"] for version in versions})
    )
    for version in versions:
        frozen = version["snapshot"]
        own_work = frozen["review"].get("own_work", False)
        version["snapshot"] = with_review(frozen, reviews[version["review_id"]], own_work=own_work)


# --- actors -----------------------------------------------------------------------------------


def _naming_less(differing: Iterable["Rendered"]) -> set[str]:
    """Return the records whose public row names a person whom the new one does not name."""
    now = {rendered.reference: set(rendered.values["actors"]) for rendered in differing}
    before = public.Entry.objects.filter(reference__in=now).values_list("reference", "actors")
    lost = {reference: set(actors) - now[reference] for reference, actors in before}
    persons = set(
        public.Actor.objects.filter(
            reference__in=set().union(*lost.values()), type=PERSON
        ).values_list("reference", flat=True)
    )
    return {reference for reference, actors in lost.items() if actors & persons}


def _actors_of(references: list[str]) -> set[str]:
    lists = public.Entry.objects.filter(reference__in=references).values_list("actors", flat=True)
    return {actor for actors in lists for actor in actors}


def write_actors(references: set[str]) -> None:
    """Bring the public rows of these actors up to date.

    An actor that no public record names any more is removed. A parent is told only while it
    is public itself, so children of those that came or went are looked at too.
    """
    named = set(
        public.Participation.objects.filter(actor_reference__in=references)
        .values_list("actor_reference", flat=True)
        .distinct()
    )
    public.Actor.objects.filter(reference__in=references - named).delete()
    digests = dict(
        public.Actor.objects.filter(reference__in=named).values_list("reference", "digest")
    )
    rows = []
    for reference, facts in ActorSnapshot.objects.filter(reference__in=named).values_list(
        "reference", "facts"
    ):
        # Not of the parent: it may be private, and a digest can be tried out.
        digest = digest_of({key: value for key, value in facts.items() if key != "parent"})
        if digests.get(reference) != digest:
            rows.append(actor_row(reference, digest, facts))
    upsert_rows(public.Actor, rows)
    with connection.cursor() as cursor:
        cursor.execute(PARENTS, {"references": list(references)})
    _redirect(references, named)


def _redirect(references: set[str], named: set[str]) -> None:
    """Lead from former references to those of ``references`` that are public."""
    former = FormerReference.objects.filter(redirects=True, stakeholder__reference__in=named)
    wanted = dict(former.values_list("reference", "stakeholder__reference"))
    stale = public.ActorRedirect.objects.filter(
        models.Q(target__in=references) | models.Q(reference__in=references)
    )
    stale.exclude(reference__in=wanted).delete()
    public.ActorRedirect.objects.bulk_create(
        [
            public.ActorRedirect(reference=reference, target_id=target)
            for reference, target in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["reference"],
        update_fields=["target"],
    )


def _remember_first(rendered: Iterable["Rendered"]) -> None:
    """Keep what is said of actors named for the first time by another rule than a publication.

    Who was under protection when the record was published is named when that is lifted.
    """
    facts = {ref: actor for one in rendered for ref, actor in one.disclosed.actors.items()}
    known = ActorSnapshot.objects.filter(reference__in=facts).values_list("reference", flat=True)
    ActorSnapshot.objects.bulk_create(
        [
            ActorSnapshot(
                reference=reference, parent=facts[reference]["parent"], facts=facts[reference]
            )
            for reference in facts.keys() - set(known)
        ]
    )


def actor_row(reference: str, digest: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "reference": reference,
        "digest": digest,
        "name": facts["name"],
        "sort_key": folded(facts["name"]),
        "type": facts["type"],
        "level": facts["level"],
        "country": facts["country"],
        "parent_reference": "",
        "other_names": facts["other_names"],
        "identifiers": Jsonb(facts["identifiers"]),
    }


PARENTS = """
UPDATE catalogue_actor child
SET parent_reference = wanted.parent
FROM (
  SELECT kept.reference, coalesce(parent.reference, '') AS parent
  FROM engagements_actorsnapshot kept
  LEFT JOIN catalogue_actor parent ON parent.reference = kept.parent
  WHERE kept.reference = ANY(%(references)s) OR kept.parent = ANY(%(references)s)
) wanted
WHERE child.reference = wanted.reference AND child.parent_reference <> wanted.parent
"""
