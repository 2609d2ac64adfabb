"""Every code of a record is one of the codebook: checked before the database would have to."""

from collections.abc import Iterable, Iterator, Mapping

from engagements.importing.records import Record, RowError
from milidip.codebook.choices import (
    ClaimStatus,
    Independence,
    Marking,
    PlacePrecision,
    SourceKind,
    Status,
    TrackBasis,
)
from milidip.codebook.models import (
    ActivityType,
    ActorType,
    Capacity,
    MilitaryRole,
    Objective,
    Region,
    Role,
    Theme,
    Track,
    TrackLink,
)

VOCABULARIES = {
    "activity": ActivityType,
    "actor type": ActorType,
    "role": Role,
    "capacity": Capacity,
    "track": Track,
    "track3_link": TrackLink,
    "military_role": MilitaryRole,
    "objective": Objective,
    "theme": Theme,
    "region": Region,
}

# Fixed vocabularies: the code branches on them.
FIXED = {
    "status": Status,
    "track_basis": TrackBasis,
    "marking": Marking,
    "claim_status": ClaimStatus,
    "place_precision": PlacePrecision,
    "source_kind": SourceKind,
    "independence": Independence,
}

Codes = Mapping[str, frozenset[str]]


def known_codes() -> Codes:
    tables = {
        name: frozenset(model.objects.values_list("pk", flat=True))
        for name, model in VOCABULARIES.items()
    }
    return tables | {name: frozenset(choices.values) for name, choices in FIXED.items()}


def check(record: Record, known: Codes) -> Record:
    """Return the record, or refuse the first code that the codebook does not have."""
    for vocabulary, code in _used(record):
        if code and code not in known[vocabulary]:
            raise RowError(f"{vocabulary} “{code}” is no code of the codebook.")
    return record


def _used(record: Record) -> Iterator[tuple[str, str | None]]:
    yield "activity", record.activity
    yield "track", record.track
    yield "actor type", record.initiated_by
    many: Iterable[tuple[str, tuple[str, ...]]] = (
        ("track", record.touches),
        ("track3_link", record.track3_links),
        ("military_role", record.military_roles),
        ("objective", record.objectives),
        ("theme", record.themes),
    )
    for vocabulary, codes in many:
        for code in codes:
            yield vocabulary, code
    for place in record.places:
        yield "region", place.region
    for participant in record.participants:
        yield "role", participant.role
        yield "capacity", participant.capacity
        yield "actor type", participant.actor.type if participant.actor else participant.actor_type
