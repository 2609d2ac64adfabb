"""What a row of a file comes to: a whole record, or a refusal with its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from milidip.codebook.choices import (
    UNKNOWN,
    ClaimStatus,
    Marking,
    Status,
    TrackBasis,
)
from milidip.codebook.dates import ends_before_it_starts

Row = Mapping[str, str]

TITLE_LENGTH = 500
NAME_LENGTH = 300
URL_LENGTH = 2000
SOURCE_TITLE_LENGTH = 1000
LICENCE_LENGTH = 200


class RowError(Exception):
    """A row that cannot become a record, with a reason for the person who has the file."""

    def __init__(self, reason: str):
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Actor:
    """A body or a state, known by its type and name, or by its type and country."""

    name: str
    type: str
    level: str = UNKNOWN
    country: str | None = None
    parent: str | None = None
    acronym: str = ""


@dataclass(frozen=True, slots=True)
class Participant:
    """An actor, or an unnamed group of one type, in one role."""

    actor: Actor | None
    role: str
    capacity: str = UNKNOWN
    actor_type: str | None = None
    side: str = ""
    people_min: int | None = None
    people_max: int | None = None
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """One place of an engagement."""

    name: str = ""
    country: str | None = None
    country_derived: bool = False
    region: str | None = None
    precision: str = "place"
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """One source of an engagement, and the columns that it supports."""

    kind: str
    title: str = ""
    url: str = ""
    publisher: str = ""
    independence: str = UNKNOWN
    published: str = ""
    locator_type: str = ""
    locator: str = ""
    language: str = ""
    supports: tuple[str, ...] = ()
    chatham_safe: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that came of it, and who says so."""

    kind: str
    statement: str
    reported_by: str


@dataclass(slots=True)
class Record:
    """A whole engagement as one row gives it, in the codes of the codebook."""

    dataset: str
    source_id: str
    title: str
    activity: str
    status: str = Status.COMPLETED
    title_supplied: bool = False
    series: str = ""
    edition: str = ""
    start: str = ""
    end: str = ""
    summary: str = ""
    narrative: str | None = None
    """None, like lessons and outcomes: the file says nothing about it, so nothing is changed."""
    lessons: str | None = None
    track: str | None = None
    touches: tuple[str, ...] = ()
    track_basis: str = TrackBasis.DATASET_GUESS
    track_note: str = ""
    track3_links: tuple[str, ...] = ()
    military_roles: tuple[str, ...] = ()
    initiated_by: str | None = None
    objectives: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    gives_support: bool | None = None
    marking: str = Marking.OPEN
    claim_status: str = ClaimStatus.ACCEPTED
    licence: str = ""
    working_note: str = ""
    source_text: str = ""
    places: tuple[Where, ...] = ()
    participants: tuple[Participant, ...] = ()
    sources: tuple[Citation, ...] = ()
    outcomes: tuple[Result, ...] | None = None
    details: dict[str, Any] = field(default_factory=dict)
    """Details of a family by column of the export; see `engagements.importing.details`."""
    hold_for_review: bool = False
    notes: list[str] = field(default_factory=list)

    def checked(self) -> "Record":
        """Return the record, or refuse what the register could not store as it is."""
        if not self.title:
            raise RowError("title is empty: give the engagement a name or a plain description.")
        for what, text, limit in self._limited():
            if len(text) > limit:
                raise RowError(
                    f"{what} has {len(text)} characters and the register takes {limit}: "
                    "shorten it."
                )
        self._check_dates()
        if not self.sources:
            raise RowError("citation is empty: say where the row comes from.")
        self.working_note = "\n".join(dict.fromkeys(filter(None, self.notes)))
        return self

    def _limited(self) -> Iterator[tuple[str, str, int]]:
        yield "title", self.title, TITLE_LENGTH
        yield "the identifier", self.source_id, 200
        yield "series", self.series, NAME_LENGTH
        yield "edition", self.edition, 100
        yield "track_note", self.track_note, 500
        yield "licence", self.licence, LICENCE_LENGTH
        for place in self.places:
            yield "the name of a place", place.name, NAME_LENGTH
        for participant in self.participants:
            if participant.actor:
                yield "the name of a participant", participant.actor.name, NAME_LENGTH
        for source in self.sources:
            yield "the title of a source", source.title, SOURCE_TITLE_LENGTH
            yield "the address of a source", source.url, URL_LENGTH
            yield "the publisher of a source", source.publisher, NAME_LENGTH
            yield "the locator of a source", source.locator, 200
            yield "the language of a source", source.language, 12

    def _check_dates(self) -> None:
        if ends_before_it_starts(self.start, self.end):
            raise RowError(
                f"it ends ({self.end}) before it starts ({self.start}): correct one of the dates."
            )


def squeezed(text: str) -> str:
    """Return ``text`` on one line, with single spaces."""
    return " ".join(text.split())


def cut(text: str, length: int) -> str:
    """Return ``text`` no longer than ``length``, cut at a word and marked as cut."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"
