"""Whole records into the database: new ones in bulk, changed ones in place.

Every call runs inside the caller's transaction. What staff have changed since an import is
theirs: a later import of a changed row leaves those fields and lines alone, and says so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone

from engagements.importing.bodies import parents
from engagements.importing.details import row_of
from engagements.importing.records import Actor, Record
from engagements.importing.series import series_code
from engagements.importing.theirs import changed_by_staff, history_of, only_imported
from engagements.models import DETAILS, Engagement, Outcome, Participation, Place, Series, Source
from milidip.codebook.choices import NameKind, ParticipantDisclosure
from milidip.codebook.folding import folded
from stakeholders.models import PERSON, STATE, OtherName, Stakeholder
from stakeholders.references import unused_references

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MANY = ("touches", "track3_links", "military_roles", "objectives", "themes")

Key = tuple[str, str, str]
Values = dict[str, Any]


@dataclass
class Known:
    """Actors and series that have a row: what a transaction adds counts once it is committed."""

    actors: dict[Key, int] = field(default_factory=dict)
    series: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Known":
        return cls(
            actors={
                _key(kind, name, country): pk
                for pk, kind, name, country in Stakeholder.objects.values_list(
                    "pk", "type_id", "name", "country_id"
                )
            },
            series=dict(Series.objects.values_list("code", "pk")),
        )

    def copy(self) -> "Known":
        return Known(dict(self.actors), dict(self.series))


def _key(kind: str, name: str, country: str | None) -> Key:
    return (kind, "", country or "") if kind == STATE else (kind, folded(name), country or "")


class Writer:
    """Writes records as ``user``."""

    def __init__(self, user: "User", known: Known):
        self.user = user
        self.known = known

    def create(self, records: Sequence[tuple[Record, str]]) -> list[Engagement]:
        """Store new records with everything that belongs to them; (record, digest) each."""
        self._make_known([record for record, _digest in records])
        references = unused_references(Engagement, "MD", len(records))
        engagements = Engagement.objects.bulk_create(
            Engagement(
                reference=reference,
                source_dataset=record.dataset,
                source_id=record.source_id,
                import_digest=digest,
                created_by=self.user,
                **self._fields(record),
            )
            for reference, (record, digest) in zip(references, records, strict=True)
        )
        pairs = [(e, record) for e, (record, _d) in zip(engagements, records, strict=True)]
        for name in MANY:
            self._add_many(name, [(e.pk, getattr(record, name)) for e, record in pairs])
        for part in PARTS:
            part.add(
                [(e.pk, values) for e, record in pairs for values in part.wanted(self, record)]
            )
        return engagements

    def update(
        self, engagement: Engagement, record: Record, digest: str, *, keep_summary: bool
    ) -> list[str]:
        """Bring a record up to date; return what was left as staff have it."""
        self._make_known([record])
        wanted = self._fields(record)
        if keep_summary:
            del wanted["summary"]
        changed = {
            name: value for name, value in wanted.items() if getattr(engagement, name) != value
        }
        theirs = changed_by_staff(engagement, changed)
        for name in theirs:
            del changed[name]
        Engagement.objects.filter(pk=engagement.pk).update(
            **changed, import_digest=digest, updated_at=timezone.now(), updated_by=self.user
        )
        kept = [str(Engagement._meta.get_field(name).verbose_name) for name in theirs]
        for name in MANY:
            self._update_many(engagement, name, getattr(record, name))
        for part in PARTS:
            if part.given(record) and part.reconcile(engagement.pk, part.wanted(self, record)):
                kept.append(str(part.model._meta.verbose_name_plural))
        return kept

    def _fields(self, record: Record) -> Values:
        return {
            "title": record.title,
            "title_supplied": record.title_supplied,
            "series_id": self.known.series[series_code(record.series)] if record.series else None,
            "edition": record.edition,
            "activity_id": record.activity,
            "status": record.status,
            "start": record.start,
            "end": record.end,
            "summary": record.summary,
            "track_id": record.track,
            "track_basis": record.track_basis,
            "track_note": record.track_note,
            "initiated_by_id": record.initiated_by,
            "gives_support": record.gives_support,
            "marking": record.marking,
            "claim_status": record.claim_status,
            "content_licence": record.licence,
            "working_note": record.working_note,
            "source_text": record.source_text,
        }

    # Actors and series

    def _make_known(self, records: Iterable[Record]) -> None:
        """Give a row to every actor and series that has none."""
        records = list(records)
        names = {series_code(record.series): record.series for record in records if record.series}
        new_series = Series.objects.bulk_create(
            Series(code=code, name=name)
            for code, name in names.items()
            if code not in self.known.series
        )
        self.known.series |= {series.code: series.pk for series in new_series}
        actors = dict.fromkeys(
            participant.actor
            for record in records
            for participant in record.participants
            if participant.actor
        )
        above = [parents()[actor.parent] for actor in actors if actor.parent in parents()]
        self._make_actors(above)
        self._make_actors(actors)

    def _make_actors(self, actors: Iterable[Actor]) -> None:
        new = {
            key: actor
            for actor in actors
            if (key := _key(actor.type, actor.name, actor.country)) not in self.known.actors
        }
        if not new:
            return
        references = unused_references(Stakeholder, "MA", len(new))
        made = Stakeholder.objects.bulk_create(
            Stakeholder(
                reference=reference,
                name=actor.name,
                sort_key=folded(actor.name),
                type_id=actor.type,
                level=actor.level,
                country_id=actor.country,
                parent_id=self._parent(actor),
                default_disclosure=(
                    ParticipantDisclosure.WITHHELD
                    if actor.type == PERSON
                    else ParticipantDisclosure.NAMED
                ),
            )
            for reference, actor in zip(references, new.values(), strict=True)
        )
        self.known.actors |= {key: actor.pk for key, actor in zip(new, made, strict=True)}
        OtherName.objects.bulk_create(
            OtherName(stakeholder=row, name=actor.acronym, kind=NameKind.ACRONYM)
            for actor, row in zip(new.values(), made, strict=True)
            if actor.acronym
        )

    def _parent(self, actor: Actor) -> int | None:
        above = parents().get(actor.parent or "")
        return (
            self.known.actors.get(_key(above.type, above.name, above.country)) if above else None
        )

    def actor_id(self, actor: Actor) -> int:
        return self.known.actors[_key(actor.type, actor.name, actor.country)]

    # Lists of codes

    def _add_many(self, name: str, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        through, column = _through(name)
        through._default_manager.bulk_create(
            through(**{"engagement_id": pk, column: code})
            for pk, codes in rows
            for code in dict.fromkeys(codes)
        )

    def _update_many(self, engagement: Engagement, name: str, codes: Sequence[str]) -> None:
        through, column = _through(name)
        rows = dict(
            through._default_manager.filter(engagement_id=engagement.pk).values_list(column, "pk")
        )
        gone = [pk for code, pk in rows.items() if code not in codes]
        through._default_manager.filter(pk__in=only_imported(history_of(through), gone)).delete()
        self._add_many(name, [(engagement.pk, [code for code in codes if code not in rows])])


def _through(name: str) -> tuple[type[models.Model], str]:
    relation = Engagement._meta.get_field(name)
    through = relation.remote_field.through
    return through, f"{relation.m2m_reverse_field_name()}_id"


@dataclass(frozen=True)
class Part:
    """A table whose rows belong to an engagement: what makes a row the same, and the rest."""

    model: type[models.Model]
    wanted: Callable[[Writer, Record], list[Values]]
    same: tuple[str, ...]
    prefix: str = ""
    given: Callable[[Record], bool] = lambda record: True

    def add(self, rows: Sequence[tuple[int, Values]]) -> None:
        made = [self.model(engagement_id=pk, **values) for pk, values in rows]
        if self.prefix:
            references = unused_references(self.model, self.prefix, len(made))
            for row, reference in zip(made, references, strict=True):
                row.reference = reference
        self.model._default_manager.bulk_create(made)

    def reconcile(self, engagement_id: int, wanted: list[Values]) -> bool:
        """Replace only what differs; tell whether something stays because staff touched it."""
        there = list(self.model._default_manager.filter(engagement_id=engagement_id))
        missing, spare = [], []
        for values in wanted:
            row = next(
                (row for row in there if self._identity(row) == self._made_of(values)), None
            )
            if row is None:
                missing.append(values)
                continue
            there.remove(row)
            if any(getattr(row, name) != value for name, value in values.items()):
                spare.append((row, values))
        history = history_of(self.model)
        free = only_imported(history, [row.pk for row in there + [row for row, _v in spare]])
        for row, values in spare:
            if row.pk in free:
                self.model._default_manager.filter(pk=row.pk).update(**values)
        self.model._default_manager.filter(pk__in=free & {row.pk for row in there}).delete()
        self.add([(engagement_id, values) for values in missing])
        return any(row.pk not in free for row in there + [row for row, _v in spare])

    def _identity(self, row: models.Model) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self.same)

    def _made_of(self, values: Values) -> tuple[Any, ...]:
        return tuple(values[name] for name in self.same)


def _places(writer: Writer, record: Record) -> list[Values]:
    return [
        {
            "name": place.name,
            "country_id": place.country,
            "country_derived": place.country_derived,
            "region_id": place.region,
            "precision": place.precision,
            "latitude": place.latitude,
            "longitude": place.longitude,
        }
        for place in record.places
    ]


def _participations(writer: Writer, record: Record) -> list[Values]:
    return [
        {
            "stakeholder_id": writer.actor_id(participant.actor) if participant.actor else None,
            "actor_type_id": participant.actor_type,
            "role_id": participant.role,
            "capacity_id": participant.capacity,
            "side": participant.side,
            "people_min": participant.people_min,
            "people_max": participant.people_max,
            "announced": participant.announced,
            "disclosure": (
                ParticipantDisclosure.TYPE_ONLY
                if participant.actor is None
                else ParticipantDisclosure.WITHHELD
                if participant.actor.type == PERSON
                else ParticipantDisclosure.NAMED
            ),
        }
        for participant in record.participants
    ]


def _sources(writer: Writer, record: Record) -> list[Values]:
    return [
        {
            "kind": source.kind,
            "independence": source.independence,
            "title": source.title,
            "publisher": source.publisher,
            "url": source.url,
            "published": source.published,
            "locator_type": source.locator_type,
            "locator": source.locator,
            "language": source.language,
            "supports": list(source.supports),
            "chatham_safe": source.chatham_safe,
        }
        for source in record.sources
    ]


def _outcomes(writer: Writer, record: Record) -> list[Values]:
    return [
        {
            "kind": outcome.kind,
            "statement": outcome.statement,
            "reported_by": outcome.reported_by,
        }
        for outcome in record.outcomes or ()
    ]


def _details(block: str) -> Part:
    """A record has one row of each at most; a file that says nothing of it changes nothing."""

    def wanted(writer: Writer, record: Record) -> list[Values]:
        row = row_of(block, record.details)
        return [row] if row else []

    return Part(
        DETAILS[block],
        wanted,
        same=(),
        given=lambda record: row_of(block, record.details) is not None,
    )


PARTS = (
    Part(Place, _places, same=("name", "country_id", "region_id")),
    Part(
        Participation,
        _participations,
        same=("stakeholder_id", "actor_type_id", "role_id", "capacity_id", "side"),
    ),
    Part(Source, _sources, same=("title", "url"), prefix="MS"),
    Part(
        Outcome,
        _outcomes,
        same=("statement",),
        given=lambda record: record.outcomes is not None,
    ),
    *(_details(block) for block in DETAILS),
)
