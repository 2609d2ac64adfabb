"""Whole records into the database: new ones in bulk, changed ones in place.

Every call runs inside the caller's transaction. What staff have changed since an import is
theirs: a later import of a changed row leaves those fields and lines alone, and says so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements.importing.bodies import parents
from engagements.importing.details import row_of
from engagements.importing.records import Actor, Record
from engagements.importing.series import series_code
from engagements.importing.theirs import changed_by_staff, history_of, only_imported
from engagements.models import DETAILS, Engagement, Outcome, Participation, Place, Series, Source
from engagements.tables import copy_new, next_ids
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
            actors=_known_actors(),
            series=dict(Series.objects.values_list("code", "pk")),
        )

    def copy(self) -> "Known":
        return Known(dict(self.actors), dict(self.series))


def _known_actors() -> dict[Key, int]:
    """Every actor by its own name, and by another name that is nobody else's."""
    facts = Stakeholder.objects.values_list("pk", "type_id", "country_id", "name")
    own = {actor_key(kind, name, country): pk for pk, kind, country, name in facts.iterator()}
    others: dict[Key, set[int]] = {}
    names = OtherName.objects.exclude(stakeholder__type=STATE).values_list(
        "stakeholder_id", "stakeholder__type_id", "stakeholder__country_id", "name"
    )
    for pk, kind, country, name in names.iterator():
        others.setdefault(actor_key(kind, name, country), set()).add(pk)
    return {key: pks.pop() for key, pks in others.items() if len(pks) == 1} | own


def actor_key(kind: str, name: str, country: str | None) -> Key:
    """Return by what an actor is found: a state by its country, a body by its folded name."""
    return (kind, "", country or "") if kind == STATE else (kind, folded(name), country or "")


@dataclass(frozen=True, slots=True)
class Made:
    """A record that was stored."""

    pk: int
    reference: str


class Change(NamedTuple):
    """One difference that a row makes: what it is about, what stands there, and what will."""

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A record, and what a row now says of it."""

    engagement: Engagement
    record: Record
    digest: str
    keep_summary: bool


@dataclass(slots=True)
class Update:
    """What a row did to a record: its changes, and what was left as staff have it."""

    changes: list[Change] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


class Writer:
    """Writes records as ``user``."""

    def __init__(self, user: "User", known: Known):
        self.user = user
        self.known = known

    def create(self, records: Sequence[tuple[Record, str]]) -> list["Made"]:
        """Store new records with everything that belongs to them; (record, digest) each."""
        self._make_known([record for record, _digest in records])
        references = unused_references(Engagement, "MD", len(records))
        made = [
            Made(pk, reference)
            for pk, reference in zip(next_ids(Engagement, len(records)), references, strict=True)
        ]
        copy_new(
            Engagement,
            [
                {
                    "id": new.pk,
                    "reference": new.reference,
                    "source_dataset": record.dataset,
                    "source_id": record.source_id,
                    "import_digest": digest,
                    "created_by_id": self.user.pk,
                    **self._fields(record),
                }
                for new, (record, digest) in zip(made, records, strict=True)
            ],
        )
        pairs = [(new, record) for new, (record, _d) in zip(made, records, strict=True)]
        for name in MANY:
            self._add_many(name, [(new.pk, getattr(record, name)) for new, record in pairs])
        for part in PARTS:
            part.add(
                [(new.pk, values) for new, record in pairs for values in part.wanted(self, record)]
            )
        return made

    def update(self, rows: Sequence["Changed"]) -> list["Update"]:
        """Bring records up to date; return what changed and what was left as staff have it."""
        self._make_known([row.record for row in rows])
        updates = {row.engagement.pk: Update() for row in rows}
        fields = self._changed_fields(rows, updates)
        for name in MANY:
            self._update_many(name, rows, updates)
        for part in PARTS:
            part.reconcile(
                {
                    row.engagement.pk: part.wanted(self, row.record)
                    for row in rows
                    if part.given(row.record)
                },
                updates,
            )
        for row in rows:
            changed = fields[row.engagement.pk]
            if updates[row.engagement.pk].changes:
                changed |= {"updated_at": timezone.now(), "updated_by": self.user}
            Engagement.objects.filter(pk=row.engagement.pk).update(
                **changed, import_digest=row.digest
            )
        return [updates[row.engagement.pk] for row in rows]

    def _changed_fields(
        self, rows: Sequence["Changed"], updates: dict[int, "Update"]
    ) -> dict[int, Values]:
        """Return the fields of each record that get another value, and note them."""
        changed = {}
        for row in rows:
            wanted = self._fields(row.record)
            if row.keep_summary:
                del wanted["summary"]
            changed[row.engagement.pk] = {
                name: value
                for name, value in wanted.items()
                if getattr(row.engagement, name) != value
            }
        theirs = changed_by_staff({pk: set(values) for pk, values in changed.items() if values})
        for row in rows:
            pk = row.engagement.pk
            for name in sorted(theirs.get(pk, ())):
                del changed[pk][name]
                updates[pk].kept.append(_label(name))
            updates[pk].changes += [
                Change(_label(name), shown(getattr(row.engagement, name)), shown(value))
                for name, value in changed[pk].items()
            ]
        return changed

    def _fields(self, record: Record) -> Values:
        optional = {"narrative": record.narrative, "lessons": record.lessons}
        said = {name: value for name, value in optional.items() if value is not None}
        return said | {
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
            if (key := actor_key(actor.type, actor.name, actor.country)) not in self.known.actors
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
            self.known.actors.get(actor_key(above.type, above.name, above.country))
            if above
            else None
        )

    def actor_id(self, actor: Actor) -> int:
        return self.known.actors[actor_key(actor.type, actor.name, actor.country)]

    # Lists of codes

    def _add_many(self, name: str, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        through, column = _through(name)
        copy_new(
            through,
            [
                {"engagement_id": pk, column: code}
                for pk, codes in rows
                for code in dict.fromkeys(codes)
            ],
        )

    def _update_many(
        self, name: str, rows: Sequence["Changed"], updates: dict[int, "Update"]
    ) -> None:
        through, column = _through(name)
        there: dict[int, dict[str, int]] = {pk: {} for pk in updates}
        links = through._default_manager.filter(engagement_id__in=list(there))
        for pk, engagement, code in links.values_list("pk", "engagement_id", column):
            there[engagement][code] = pk
        spare = [
            pk
            for row in rows
            for code, pk in there[row.engagement.pk].items()
            if code not in getattr(row.record, name)
        ]
        gone = only_imported(history_of(through), spare)
        if gone:
            through._default_manager.filter(pk__in=gone).delete()
        new = {
            row.engagement.pk: [
                code for code in getattr(row.record, name) if code not in there[row.engagement.pk]
            ]
            for row in rows
        }
        self._add_many(name, list(new.items()))
        for pk, codes in there.items():
            left = {code for code, link in codes.items() if link not in gone} | set(new[pk])
            if left != set(codes):
                change = Change(_label(name), ";".join(sorted(codes)), ";".join(sorted(left)))
                updates[pk].changes.append(change)


def _through(name: str) -> tuple[type[models.Model], str]:
    relation = Engagement._meta.get_field(name)
    through = relation.remote_field.through
    return through, f"{relation.m2m_reverse_field_name()}_id"


def _label(name: str) -> str:
    return str(Engagement._meta.get_field(name.removesuffix("_id")).verbose_name)


def shown(value: Any) -> str:
    """Return a value as a preview shows it: codes as they are, and nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to happen to the rows of one record: which go, which come, which change."""

    gone: list[models.Model]
    missing: list[Values]
    spare: list[tuple[models.Model, Values]]


@dataclass(frozen=True)
class Part:
    """A table whose rows belong to an engagement: what makes a row the same, and the rest."""

    model: type[models.Model]
    wanted: Callable[[Writer, Record], list[Values]]
    same: tuple[str, ...]
    prefix: str = ""
    given: Callable[[Record], bool] = lambda record: True

    def add(self, rows: Sequence[tuple[int, Values]]) -> None:
        made = [{"engagement_id": pk, **values} for pk, values in rows]
        if self.prefix:
            references = unused_references(self.model, self.prefix, len(made))
            for row, reference in zip(made, references, strict=True):
                row["reference"] = reference
        copy_new(self.model, made)

    def reconcile(self, wanted: dict[int, list[Values]], updates: dict[int, "Update"]) -> None:
        """Replace only what differs, and note it; what staff have touched stays."""
        there: dict[int, list[models.Model]] = {pk: [] for pk in wanted}
        for row in self.model._default_manager.filter(engagement_id__in=list(wanted)):
            there[row.engagement_id].append(row)
        plans = {pk: self._plan(there[pk], rows) for pk, rows in wanted.items()}
        touched = {
            row.pk
            for plan in plans.values()
            for row in plan.gone + [row for row, _v in plan.spare]
        }
        free = only_imported(history_of(self.model), touched)
        gone = [row.pk for plan in plans.values() for row in plan.gone if row.pk in free]
        if gone:
            self.model._default_manager.filter(pk__in=gone).delete()
        self.add([(pk, values) for pk, plan in plans.items() for values in plan.missing])
        for pk, plan in plans.items():
            for row, values in plan.spare:
                if row.pk in free:
                    self.model._default_manager.filter(pk=row.pk).update(**values)
            self._tell(plan, free, updates[pk])

    def _plan(self, there: list[models.Model], wanted: list[Values]) -> "Plan":
        left, missing, spare = list(there), [], []
        for values in wanted:
            row = next((row for row in left if self._identity(row) == self._made_of(values)), None)
            if row is None:
                missing.append(values)
                continue
            left.remove(row)
            if any(getattr(row, name) != value for name, value in values.items()):
                spare.append((row, values))
        return Plan(left, missing, spare)

    def _tell(self, plan: "Plan", free: set[int], update: "Update") -> None:
        label = str(self.model._meta.verbose_name_plural)
        told = (
            (_("%d taken out"), sum(row.pk in free for row in plan.gone)),
            (_("%d changed"), sum(row.pk in free for row, _values in plan.spare)),
            (_("%d added"), len(plan.missing)),
        )
        if new := ", ".join(text % number for text, number in told if number):
            update.changes.append(Change(label, "", new))
        if any(row.pk not in free for row in plan.gone + [row for row, _v in plan.spare]):
            update.kept.append(label)

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
