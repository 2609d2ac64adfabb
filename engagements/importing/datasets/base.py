"""What all datasets share: the desk at which rows are read, and the beginning of a record."""

import csv
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from engagements.importing.bodies import Bodies
from engagements.importing.dates import (
    DateError,
    DateStyle,
    day_of,
    is_missing,
    read_date,
    years_between,
)
from engagements.importing.places import Gazetteer
from engagements.importing.records import (
    LICENCE_LENGTH,
    SOURCE_TITLE_LENGTH,
    URL_LENGTH,
    Actor,
    Citation,
    Participant,
    Record,
    Row,
    RowError,
    cut,
    squeezed,
)
from engagements.importing.wording import states
from milidip.codebook.choices import (
    Independence,
    Level,
    LocatorType,
    SourceKind,
    Status,
    TrackBasis,
)
from milidip.codebook.dates import bounds
from milidip.codebook.models import ActivityType

COLUMNS = (
    "source_dataset",
    "source_id",
    "title",
    "series",
    "activity_type_guess",
    "track_level_guess",
    "start_date_raw",
    "end_date_raw",
    "location_text",
    "lat",
    "lon",
    "countries",
    "participants_text",
    "summary",
    "citation",
    "licence",
)
OWN_SUMMARY = "public_summary"

TRACKS = {"I": "1", "1": "1", "1.5": "1.5", "II": "2", "2": "2", "III": "3", "3": "3"}
ACTIVITIES = {
    "mediation_dialogue": "mediation_facilitation",
    "training_exchange": "training_course",
}
OFFICIAL = "official"
INTERGOVERNMENTAL = "intergovernmental_official"
CAPACITIES = {
    "state": OFFICIAL,
    "government": OFFICIAL,
    "armed_force": OFFICIAL,
    "parliament": OFFICIAL,
    "local_government": OFFICIAL,
    "international_organisation": INTERGOVERNMENTAL,
    "armed_group": "armed_group_member",
    "ngo": "non_official",
    "faith_body": "non_official",
    "foundation": "non_official",
    "community": "non_official",
    "womens_organisation": "non_official",
    "youth_organisation": "non_official",
    "veterans_organisation": "non_official",
    "traditional_authority": "traditional_authority",
}

# Codes of lands that take part without being a state: territories, and colonies of their day.
AREAS_WITH_ARTICLE = {"019", "029", "arctic", "baltic", "black-sea", "sahel", "western-balkans"}
TYPES_WITH_ARTICLE = {"international_organisation", "ngo", "faith_body", "government"}
NUMBERLESS_STATES = {"PSE", "VAT", "XKX"}
FORMER_TERRITORIES = {"ANT", "PCZ", "PCI", "GEL", "NTZ", "XFI", "XDI"}

MOST_LINKS = 5
LINK = re.compile(r"https?://[^\s|<>\"]+")
BETWEEN_LINKS = re.compile(r"\s*;+\s*(?=https?://)|\s+;+\s+|\s*\|\s*")
KINDS_OF_HOST = (
    (SourceKind.OFFICIAL_DOCUMENT, r"^(eur-lex\.europa\.eu|undocs\.org|docs\.un\.org)$"),
    (SourceKind.SOCIAL_MEDIA, r"(^|\.)(x|twitter|facebook|instagram|youtube|t)\.(com|me)$"),
    (
        SourceKind.ORGANISATION_REPORT,
        r"(^|\.)(securitycouncilreport|crisisgroup|reliefweb|acleddata|sanaacenter)\.(org|int)$",
    ),
    (SourceKind.PRESS_RELEASE, r"(^|\.)(un|unmissions|osce|au|igad|europa|nato)\.(org|int|eu)$"),
    (SourceKind.PRESS_RELEASE, r"(^|\.)(gov|mil|gob|gouv)(\.[a-z]{2})?$|^(www\.)?mfa\."),
)


@dataclass(slots=True)
class Desk:
    """What a row is read with: names, bodies, the codes of the codebook, and the day."""

    gazetteer: Gazetteer
    bodies: Bodies
    today: date
    activities: frozenset[str]

    @classmethod
    def prepared(cls, today: date) -> "Desk":
        return cls(
            gazetteer=Gazetteer.from_codebook(),
            bodies=Bodies.listed(),
            today=today,
            activities=frozenset(ActivityType.objects.values_list("code", flat=True)),
        )

    def label(self, code: str) -> str:
        return self.gazetteer.labels[code]

    def area(self, code: str) -> str:
        """Return the name of a sea or a region as it stands in a sentence."""
        name = self.gazetteer.areas[code]
        return (
            f"the {name}" if code in self.gazetteer.waters or code in AREAS_WITH_ARTICLE else name
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """How one dataset is to be read and cited."""

    name: str
    style: DateStyle
    longest_years: float
    publisher: str = ""
    kind: str = SourceKind.DATASET
    independence: str = Independence.INDEPENDENT


@cache
def excluded() -> dict[tuple[str, str], str]:
    """(dataset, identifier) of rows that do not belong in the register -> why."""
    path = Path(__file__).parent.parent / "excluded.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        return {
            (row["source_dataset"], row["source_id"]): row["reason"]
            for row in csv.DictReader(rows)
        }


def begin(row: Row, desk: Desk, dataset: Dataset) -> Record:
    """Return a record with what is read alike in every dataset; places and people follow."""
    if reason := excluded().get((row["source_dataset"], row["source_id"])):
        raise RowError(f"it does not belong in the register: {reason}")
    start, end = read_dates(row, dataset)
    track = read_track(row)
    title, supplied = read_title(row["title"])
    series = "" if is_missing(row["series"]) else squeezed(row["series"]).rstrip(" -\u2013\u2014")
    return Record(
        dataset=row["source_dataset"],
        source_id=row["source_id"],
        title=title,
        title_supplied=supplied,
        series=series,
        edition=edition_of(title, series),
        activity=read_activity(row, desk),
        start=start,
        end=end,
        status=status_of(start, end, desk.today),
        track=track,
        touches=(track,) if track else (),
        track_basis=TrackBasis.DATASET_GUESS,
        track_note=(
            "Guessed from who took part when the dataset was prepared; not checked."
            if track
            else ""
        ),
        licence=licence_of(row, dataset),
        source_text=source_text(row),
    )


def finish(record: Record, row: Row, dataset: Dataset, **citation: str) -> Record:
    """Add the sources and what each supports, and refuse what cannot be stored."""
    record.sources = citations(row, dataset, supported(record), **citation)
    if own := squeezed(row.get(OWN_SUMMARY, "")):
        record.summary = own
    return record.checked()


def read_title(text: str) -> tuple[str, bool]:
    """Return the title, and whether it was composed because the source has none."""
    title = squeezed(text)
    if title.startswith('"') and title.count('"') == 1:
        title = title[1:]
    if title.startswith("[") and title.endswith("]"):
        return title[1:-1].strip(), True
    return title, False


def edition_of(title: str, series: str) -> str:
    """Return what follows the name of the series in a title, when it is a number or a year."""
    if not series or not title.casefold().startswith(series.casefold()):
        return ""
    rest = title[len(series) :].strip(" -\u2013\u2014,'\u2019/")
    return rest if re.fullmatch(r"\d{1,4}([-/]\d{1,4})?|[IVX]{1,5}", rest) else ""


def read_dates(row: Row, dataset: Dataset) -> tuple[str, str]:
    """Return start and end as honest dates; refuse what is no date or makes no sense."""
    found = []
    for column in ("start_date_raw", "end_date_raw"):
        try:
            found.append(read_date(row[column], dataset.style))
        except DateError as problem:
            raise RowError(f"{column} “{row[column].strip()}” {problem}.") from problem
    start, end = found
    if start and end:
        if bounds(end)[1] < bounds(start)[0]:
            raise RowError(
                f"end_date_raw “{row['end_date_raw'].strip()}” ({end}) is before "
                f"start_date_raw “{row['start_date_raw'].strip()}” ({start}): correct one of them."
            )
        if (years := years_between(start, end)) > dataset.longest_years:
            raise RowError(
                f"start_date_raw “{row['start_date_raw'].strip()}” and end_date_raw "
                f"“{row['end_date_raw'].strip()}” lie {years:.1f} years apart, which makes no "
                "sense for what this dataset records: check the years."
            )
    return start, end


def read_track(row: Row) -> str | None:
    guess = row["track_level_guess"].strip()
    if is_missing(guess):
        return None
    if guess not in TRACKS:
        raise RowError(f"track_level_guess “{guess}” is none of I, 1.5, II, III.")
    return TRACKS[guess]


def read_activity(row: Row, desk: Desk) -> str:
    guess = row["activity_type_guess"].strip()
    code = ACTIVITIES.get(guess, guess)
    if code not in desk.activities:
        raise RowError(f"activity_type_guess “{guess}” is no activity type of the codebook.")
    return code


def status_of(start: str, end: str, today: date, *, without_end: str = Status.COMPLETED) -> str:
    """Return what the dates say of the status on ``today``.

    ``without_end`` is what it means in this dataset when only the start is given and past.
    """
    if start and bounds(start)[0] > today:
        return Status.PLANNED
    if end:
        first, last = bounds(end)
        if last < today:
            return Status.COMPLETED
        return Status.ONGOING if first > today else Status.UNKNOWN
    if start and bounds(start)[1] < today:
        return without_end
    return Status.UNKNOWN


def licence_of(row: Row, dataset: Dataset) -> str:
    stated = squeezed(row["licence"]) or "not stated"
    return cut(f"Facts from {dataset.name}; its licence: {stated}", LICENCE_LENGTH)


def source_text(row: Row) -> str:
    """Return the row's own words, cell by cell: kept for the work, never published."""
    return "\n".join(
        f"{column}: {row[column].strip().replace('\x00', '')}"
        for column in COLUMNS
        if row[column].strip()
    )


def supported(record: Record) -> tuple[str, ...]:
    """Return the export columns for which a dataset's row is the source."""
    columns = {
        "title": not record.title_supplied,
        "series": record.series,
        "activity": True,
        "status": record.status != Status.UNKNOWN,
        "date_start": record.start,
        "date_end": record.end,
        "place_names": any(place.name for place in record.places),
        "place_countries": any(
            place.country and not place.country_derived for place in record.places
        ),
        "place_areas": any(place.region for place in record.places),
        "participant_countries": any(
            participant.actor and participant.actor.country for participant in record.participants
        ),
        "actors": any(participant.actor for participant in record.participants),
    }
    return tuple(column for column, is_there in columns.items() if is_there)


def citations(
    row: Row, dataset: Dataset, supports: tuple[str, ...], **more: str
) -> tuple[Citation, ...]:
    """Return the dataset as a source, then the first links that its row cites."""
    words, links = split_citation(row["citation"])
    if not words and not links:
        return ()
    doi = re.search(r"\bdoi:\s*(10\.\d+/[^\s;|]+)", words)
    known = {
        "url": f"https://doi.org/{doi[1]}" if doi else "",
        "locator_type": LocatorType.CELL,
        "locator": row["source_id"],
        "language": "en",
    } | more
    first = Citation(
        kind=dataset.kind,
        independence=dataset.independence,
        title=cut(words or dataset.name, SOURCE_TITLE_LENGTH),
        publisher=dataset.publisher,
        supports=supports,
        **known,
    )
    links = [link for link in links if link != first.url]
    about = tuple(column for column in supports if column in {"activity", "date_start"})
    return (first, *(link_source(link, about) for link in links[:MOST_LINKS]))


def split_citation(text: str) -> tuple[str, list[str]]:
    """Return the words of a citation, and the links in it that could be followed."""
    words, links = [], []
    for piece in BETWEEN_LINKS.split(text.strip()):
        found = LINK.findall(piece)
        links += [link.rstrip(").,;]") for link in found]
        words.append(LINK.sub("", piece).replace("()", "") if found else piece)
    kept = "; ".join(filter(None, (squeezed(word).strip(" ;,") for word in words)))
    return kept, [link for link in dict.fromkeys(links) if can_be_followed(link)]


def can_be_followed(link: str) -> bool:
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        return False
    return "." in host and len(link) <= URL_LENGTH and link.isascii()


def link_source(link: str, supports: tuple[str, ...]) -> Citation:
    host = (urlsplit(link).hostname or "").removeprefix("www.")
    kind = next((kind for kind, pattern in KINDS_OF_HOST if re.search(pattern, host)), None)
    return Citation(
        kind=kind or SourceKind.NEWS,
        url=link,
        publisher=host,
        independence=Independence.UNKNOWN,
        supports=supports,
    )


def state_actor(code: str, desk: Desk) -> Actor:
    """Return the actor that stands for a whole state, or for a territory's authorities."""
    facts = desk.gazetteer.atlas.countries[code]
    is_state = code not in FORMER_TERRITORIES and (
        facts.kind != "iso" or facts.numbers or code in NUMBERLESS_STATES
    )
    return Actor(
        name=desk.label(code),
        type="state" if is_state else "local_government",
        level=Level.NATIONAL if is_state else Level.SUBNATIONAL,
        country=code,
    )


def state_participants(
    codes: Iterable[str], role: str, desk: Desk, *, side: str = ""
) -> list[Participant]:
    return [
        Participant(actor=state_actor(code, desk), role=role, capacity=OFFICIAL, side=side)
        for code in codes
    ]


def body_participant(actor: Actor, role: str, *, side: str = "") -> Participant:
    return Participant(
        actor=actor, role=role, capacity=CAPACITIES.get(actor.type, "unknown"), side=side
    )


def in_words(who: str | Actor, desk: Desk) -> str:
    """Return a state by its code, or a body, as it stands in a sentence."""
    if isinstance(who, str):
        return states([who], desk.label)
    article = "the " if who.type in TYPES_WITH_ARTICLE else ""
    return f"{article}{who.name}"


def once(participants: Iterable[Participant]) -> tuple[Participant, ...]:
    """Return the participants without those whose actor is there already."""
    seen, kept = set(), []
    for participant in participants:
        key = participant.actor or (participant.actor_type, participant.role, participant.side)
        if key not in seen:
            seen.add(key)
            kept.append(participant)
    return tuple(kept)


def of_the_day(codes: Iterable[str], record: Record, desk: Desk) -> list[str]:
    """Return the states that stood there when the engagement began, once each."""
    days = day_of(record.start, record.end)
    return list(dict.fromkeys(desk.gazetteer.state_of(code, days) for code in codes))


def as_the_text_says(codes: Sequence[str], text: str, record: Record, desk: Desk) -> list[str]:
    """Return the states of the day; a former state that the text names stands for its heir."""
    gazetteer = desk.gazetteer
    days = day_of(record.start, record.end)
    named = [
        code for code in gazetteer.countries_in(text) if gazetteer.standing(code, days) == code
    ]
    found = []
    for code in codes:
        before = [name for name in named if name in gazetteer.atlas.countries[code].predecessors]
        found.append(before[0] if before else gazetteer.state_of(code, days))
    return list(dict.fromkeys(found))


def note_changed_states(
    codes: Collection[str], shown: Collection[str], record: Record, desk: Desk
) -> None:
    for code in codes:
        if code not in shown:
            record.notes.append(
                f"The source writes {desk.label(code)} ({code}): shown as the state of that day."
            )


Reader = Callable[[Row, Desk], Record]
