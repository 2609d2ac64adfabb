"""The mapping `curated`: one row per engagement, already in the codes of the codebook.

Participants are `name|actor type|country|role|capacity|side|people_min|people_max`, joined with
`;`, an empty name meaning an unnamed group of that type. Outcomes are
`kind|reported by|statement`, joined with ` || `. Details of a family are
`column=value`, joined with `|`.
"""

from collections.abc import Iterable

from engagements.importing.coordinates import Point, read_point
from engagements.importing.datasets.base import read_title
from engagements.importing.datasets.desk import Desk
from engagements.importing.datasets.people import state_actor
from engagements.importing.dates import DateError, DateStyle, read_date
from engagements.importing.details import pairs, read_details
from engagements.importing.records import (
    Actor,
    Citation,
    Participant,
    Record,
    Result,
    Row,
    RowError,
    Where,
    squeezed,
)
from milidip.codebook.choices import (
    UNKNOWN,
    ClaimStatus,
    Independence,
    Level,
    LocatorType,
    Marking,
    OutcomeKind,
    PlacePrecision,
    ReportedBy,
    Side,
    SourceKind,
    Status,
    TrackBasis,
)

DATASET = "milidip sample"
COLUMNS = (
    "sample_id",
    "title",
    "series",
    "edition",
    "track",
    "touches",
    "track_basis",
    "track_note",
    "track3_link",
    "military_role",
    "initiated_by",
    "activity",
    "objectives",
    "themes",
    "status",
    "start",
    "end",
    "place_name",
    "place_country",
    "place_region",
    "place_precision",
    "lat",
    "lon",
    "participants",
    "summary",
    "outcomes",
    "source_kind",
    "source_independence",
    "source_title",
    "source_publisher",
    "source_url",
    "source_published",
    "source_locator",
    "source_language",
    "claim_status",
    "conduct_support",
    "hold_for_review",
    "marking",
    "licence",
    "note",
    "details",
)
STYLE = DateStyle(1900, 2100)
ANNOUNCING = {"organiser", "host", "funder"}
LEVELS = {
    "international_organisation": Level.INTERNATIONAL,
    "state": Level.NATIONAL,
    "government": Level.NATIONAL,
    "armed_force": Level.NATIONAL,
    "diplomatic": Level.NATIONAL,
    "parliament": Level.NATIONAL,
    "local_government": Level.SUBNATIONAL,
    "community": Level.COMMUNITY,
    "traditional_authority": Level.COMMUNITY,
}


def read(row: Row, desk: Desk) -> Record:
    """Return the record of a curated row, or raise RowError naming the cell."""
    title, supplied = read_title(row["title"])
    marking = coded(row, "marking", Marking.values, Marking.OPEN)
    record = Record(
        dataset=DATASET,
        source_id=row["sample_id"].strip(),
        title=title,
        title_supplied=supplied,
        series=squeezed(row["series"]),
        edition=squeezed(row["edition"]),
        activity=coded(row, "activity", desk.activities),
        status=coded(row, "status", Status.values, Status.UNKNOWN),
        start=honest(row, "start"),
        end=honest(row, "end"),
        summary=squeezed(row["summary"]),
        track=row["track"].strip() or None,
        touches=many(row, "touches"),
        track_basis=coded(row, "track_basis", TrackBasis.values, TrackBasis.CODER_JUDGEMENT),
        track_note=squeezed(row["track_note"]),
        track3_links=many(row, "track3_link"),
        military_roles=many(row, "military_role"),
        initiated_by=row["initiated_by"].strip() or None,
        objectives=many(row, "objectives"),
        themes=many(row, "themes"),
        gives_support=yes_or_no(row, "conduct_support"),
        marking=marking,
        claim_status=coded(row, "claim_status", ClaimStatus.values, ClaimStatus.ACCEPTED),
        licence=squeezed(row["licence"]) or "CC BY 4.0",
        hold_for_review=yes_or_no(row, "hold_for_review") is True,
    )
    if note := squeezed(row["note"]):
        record.notes.append(note)
    record.places = places(row, desk)
    record.participants = tuple(participants(row, desk, marking))
    record.outcomes = tuple(outcomes(row))
    record.details = read_details(pairs(row["details"]))
    record.sources = (source(row, marking),)
    return record.checked()


def coded(row: Row, column: str, known: Iterable[str], default: str | None = None) -> str:
    value = row[column].strip()
    if not value and default is not None:
        return default
    if value not in set(known):
        raise RowError(f"{column} “{value}” is no code of the codebook.")
    return value


def many(row: Row, column: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code.strip() for code in row[column].split(";") if code.strip()))


def yes_or_no(row: Row, column: str) -> bool | None:
    value = row[column].strip().casefold()
    if value not in {"yes", "no", "", UNKNOWN}:
        raise RowError(f"{column} “{row[column]}” is neither yes nor no.")
    return {"yes": True, "no": False}.get(value)


def honest(row: Row, column: str) -> str:
    try:
        return read_date(row[column], STYLE)
    except DateError as problem:
        raise RowError(f"{column} “{row[column].strip()}” {problem}.") from problem


def places(row: Row, desk: Desk) -> tuple[Where, ...]:
    """One place for each country; a spot that two states claim is written under both."""
    name = squeezed(row["place_name"])
    region = row["place_region"].strip() or None
    if region and region not in desk.gazetteer.areas:
        raise RowError(f"place_region “{region}” is no region of the codebook.")
    precision = coded(row, "place_precision", PlacePrecision.values, PlacePrecision.PLACE)
    point = read_point(row["lat"], row["lon"])
    countries = desk.gazetteer.known(row["place_country"].split(";"))
    if not countries:
        return (_place(name, None, region, precision, point),) if name or region else ()
    first, *others = countries
    return (
        _place(name, first, region, precision, point),
        *(
            _place(name, code, None, precision, point)
            if point
            else _place("", code, None, PlacePrecision.COUNTRY, None)
            for code in others
        ),
    )


def _place(
    name: str, country: str | None, region: str | None, precision: str, point: Point | None
) -> Where:
    return Where(
        name=name,
        country=country,
        region=region,
        precision=precision,
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
    )


def participants(row: Row, desk: Desk, marking: str) -> Iterable[Participant]:
    for item in filter(str.strip, row["participants"].split(";")):
        fields = [squeezed(cell) for cell in item.split("|")]
        fields += [""] * (8 - len(fields))
        name, kind, country, role, capacity, side, least, most = fields[:8]
        if not kind or not role:
            raise RowError(f"participants: “{item.strip()}” has no actor type or no role.")
        if side and side not in Side.values:
            raise RowError(f"participants: “{side}” is no side (a, b, c or third).")
        if country:
            desk.gazetteer.known([country])
        yield Participant(
            actor=actor(name, kind, country, desk),
            actor_type=None if name else kind,
            role=role,
            capacity=capacity or UNKNOWN,
            side=side,
            people_min=head_count(least),
            people_max=head_count(most),
            announced=marking != Marking.OPEN and bool(name) and role in ANNOUNCING,
        )


def actor(name: str, kind: str, country: str, desk: Desk) -> Actor | None:
    """Return the body; one of the curated list under its own name, a state as that state."""
    if not name:
        return None
    if kind == "state" and country:
        return state_actor(country, desk)
    listed = desk.bodies.named(name)
    if listed and listed.actor.type == kind and listed.actor.country in {country or None, None}:
        return listed.actor
    return Actor(
        name=name,
        type=kind,
        level=LEVELS.get(kind, Level.UNKNOWN),
        country=country or None,
    )


def head_count(text: str) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise RowError(f"participants: “{text}” is no number of people.")
    return int(text)


def outcomes(row: Row) -> Iterable[Result]:
    for item in filter(str.strip, row["outcomes"].split(" || ")):
        kind, _bar, rest = item.strip().partition("|")
        reported_by, _bar, statement = rest.partition("|")
        if kind not in OutcomeKind.values or reported_by not in ReportedBy.values:
            raise RowError(f"outcomes: “{kind}|{reported_by}” is no kind and reporter.")
        if not statement.strip():
            raise RowError("outcomes: one of them has no statement.")
        yield Result(kind=kind, statement=squeezed(statement), reported_by=reported_by)


def source(row: Row, marking: str) -> Citation:
    """The page read. Under the Rule only what the conveners themselves publish counts as safe."""
    independence = coded(row, "source_independence", Independence.values, Independence.UNKNOWN)
    locator = squeezed(row["source_locator"])
    supports = ("title",) if not row["title"].strip().startswith("[") else ()
    return Citation(
        kind=coded(row, "source_kind", SourceKind.values),
        independence=independence,
        title=squeezed(row["source_title"]),
        publisher=squeezed(row["source_publisher"]),
        url=row["source_url"].strip(),
        published=honest(row, "source_published"),
        locator_type=locator_type(locator),
        locator=locator,
        language=row["source_language"].strip(),
        supports=(
            *supports,
            "summary",
            "activity",
            *(("date_start",) if row["start"].strip() else ()),
            *(("date_end",) if row["end"].strip() else ()),
            *(("place_names",) if row["place_name"].strip() else ()),
            *(("place_countries",) if row["place_country"].strip() else ()),
            *(("actors",) if row["participants"].strip() else ()),
        ),
        chatham_safe=marking != Marking.OPEN and independence == Independence.PARTY,
    )


def locator_type(locator: str) -> str:
    words = locator.casefold()
    for word, kind in (
        ("page", LocatorType.PAGE),
        ("p.", LocatorType.PAGE),
        ("paragraph", LocatorType.PARAGRAPH),
        ("section", LocatorType.SECTION),
    ):
        if words.startswith(word) or f" {word}" in words:
            return kind
    return LocatorType.SECTION if locator else ""
