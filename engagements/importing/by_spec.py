"""From a row to a record by a mapping that is data: no code for a new dataset."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from engagements.importing import curated
from engagements.importing.coordinates import Point, read_point
from engagements.importing.datasets.base import edition_of, excluded, read_title, status_of
from engagements.importing.datasets.citing import supported
from engagements.importing.datasets.desk import Desk
from engagements.importing.datasets.people import (
    body_participant,
    of_the_day,
    once,
    state_participants,
)
from engagements.importing.dates import DateStyle, day_of, is_missing, years_between
from engagements.importing.details import FIELDS, read_details
from engagements.importing.places import country_only, place_of
from engagements.importing.records import (
    LICENCE_LENGTH,
    SOURCE_TITLE_LENGTH,
    Citation,
    Participant,
    Record,
    Row,
    RowError,
    Where,
    cut,
    squeezed,
)
from engagements.importing.spec import People, Spec
from engagements.importing.targets import BY_NAME, YES, Kind, Reader, read_cell
from engagements.importing.wording import listed, states
from milidip.codebook.choices import (
    UNKNOWN,
    Independence,
    LocatorType,
    PlacePrecision,
    SourceKind,
    Status,
    TrackBasis,
)

OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
Values = dict[str, Any]


class SpecReader:
    """Reads the rows of one file by one mapping."""

    def __init__(self, spec: Spec):
        self.spec = spec
        self.style = DateStyle(*spec.years, slashed=spec.order, dotted=spec.dotted)

    def key(self, row: Row) -> tuple[str, str]:
        column = self.spec.columns.get("source_dataset")
        dataset = (squeezed(row[column]) if column else "") or self.spec.dataset.get("name", "")
        return dataset, squeezed(row[self.spec.columns["source_id"]])

    def read(self, row: Row, desk: Desk) -> Record:
        """Return the record of a row, or raise RowError naming the column."""
        dataset, identifier = self.key(row)
        if reason := excluded().get((dataset, identifier)):
            raise RowError(f"it does not belong in the register: {reason}")
        values = self.values(row, desk)
        record = self._begun(dataset, identifier, values, desk)
        self._check_span(record)
        involved = self._participants(row, values, record, desk)
        record.places = self._places(values, record, involved, desk)
        record.outcomes = self._outcomes(values)
        record.details = read_details(written_details(values))
        self._compose(record, involved, desk)
        record.sources = tuple(self._sources(values, record))
        record.source_text = "\n".join(
            f"{column}: {cell.strip()}" for column, cell in row.items() if cell.strip()
        )
        return record.checked()

    def values(self, row: Row, desk: Desk) -> Values:
        """Return target -> value of every cell that says something, and of the constants."""
        reader, found = Reader(desk, self.style), {}
        for name, column, text in self.cells(row):
            found[name] = read_cell(BY_NAME[name], column, text, reader)
        for name, columns in self.spec.flags.items():
            said = [code for column, code in columns.items() if self.is_set(row[column])]
            for code in said:
                read_cell(BY_NAME[name], f"[flags.{name}]", code, reader)
            found[name] = tuple(dict.fromkeys([*found.get(name, ()), *said]))
        return {name: value for name, value in found.items() if value not in ("", ())}

    def cells(self, row: Row) -> Iterator[tuple[str, str, str]]:
        """Yield target, column and text of every cell that says something, constants included."""
        for name, column in self.spec.columns.items():
            text = self.translated(name, column, row[column])
            if not text and name in self.spec.constants:
                text = self.spec.constants[name]
            if text:
                yield name, column, text
        for name, text in self.spec.constants.items():
            if name not in self.spec.columns:
                yield name, name, text

    def translated(self, name: str, column: str, cell: str) -> str:
        """Return a cell in the words of the register; refuse one that [values] does not cover."""
        text = cell.strip()
        if self.is_missing(text, name):
            return ""
        words = self.spec.values.get(name)
        if words is None:
            return text
        if (code := words.get(text.casefold())) is None:
            raise RowError(f"{column} “{text}” is not covered by [values.{name}] of the mapping.")
        return code

    def is_missing(self, text: str, name: str = "") -> bool:
        if text.casefold() in self.spec.marks:
            return True
        free = name and BY_NAME[name].kind in (Kind.TEXT, Kind.LONG_TEXT, Kind.CODE, Kind.YES_NO)
        return not text if free else is_missing(text)

    def is_set(self, cell: str) -> bool:
        return cell.strip().casefold() in YES

    # The parts of a record

    def _begun(self, dataset: str, identifier: str, values: Values, desk: Desk) -> Record:
        title, supplied = read_title(values.get("title", ""))
        fields = {
            BY_NAME[name].field: value
            for name, value in values.items()
            if name in BY_NAME and BY_NAME[name].field
        }
        track = fields.get("track") if fields.get("track") != UNKNOWN else None
        fields["track"] = track
        fields["touches"] = tuple(
            dict.fromkeys([*([track] if track else []), *fields.get("touches", ())])
        )
        fields.setdefault("track_basis", TrackBasis.CODER_JUDGEMENT)
        start, end = fields.get("start", ""), fields.get("end", "")
        without_end = self.spec.dataset.get("without_end", Status.UNKNOWN)
        fields.setdefault("status", status_of(start, end, desk.today, without_end=without_end))
        fields.setdefault("licence", self._licence())
        fields.setdefault("edition", edition_of(title, fields.get("series", "")))
        if "summary" in fields:
            fields["summary"] = squeezed(fields["summary"])
        if "activity" not in fields:
            column = self.spec.columns.get("activity", "activity")
            raise RowError(f"{column} is empty: give the kind of activity by its code.")
        record = Record(
            dataset=dataset, source_id=identifier, title=title, title_supplied=supplied, **fields
        )
        if note := values.get("note"):
            record.notes.append(note)
        return record

    def _licence(self) -> str:
        stated = self.spec.dataset.get("licence", "")
        if not stated:
            return "CC BY 4.0"
        name = self.spec.dataset.get("name", "the dataset")
        return cut(f"Facts from {name}; its licence: {stated}", LICENCE_LENGTH)

    def _check_span(self, record: Record) -> None:
        longest = self.spec.dataset.get("longest_years")
        if not (longest and record.start and record.end):
            return
        if (years := years_between(record.start, record.end)) > longest:
            raise RowError(
                f"{record.start} and {record.end} lie {years:.1f} years apart, which makes no "
                "sense for what this dataset records: check the years."
            )

    def _participants(self, row: Row, values: Values, record: Record, desk: Desk) -> list[str]:
        """Set who took part; return the codes of the states that the row names."""
        found: list[Participant] = []
        involved: list[str] = []
        for part in self.spec.participants:
            taken, codes = self._people(part, row, record, desk)
            found += taken
            involved += codes
        if text := values.get("participants"):
            found += self._written(text, record, desk)
        record.participants = once(found)
        involved += [p.actor.country for p in found if p.actor and p.actor.country]
        return list(dict.fromkeys(involved))

    def _people(
        self, part: People, row: Row, record: Record, desk: Desk
    ) -> tuple[list[Participant], list[str]]:
        if part.name:
            actor = curated.actor(part.name, part.type, part.country, desk)
            return [_as(body_participant(actor, part.role), part)], []
        cells = [row[column].strip() for column in self.spec.people_columns(part, row)]
        cells = [cell for cell in cells if not self.is_missing(cell)]
        if part.are == "mentioned":
            words = " ; ".join(cells)
            actors = desk.bodies.mentioned(words)
            return [_as(body_participant(actor, part.role), part) for actor in actors], []
        if part.are == "written":
            return [p for cell in cells for p in self._written(cell, record, desk)], []
        names = [
            squeezed(name)
            for cell in cells
            for name in (cell.split(part.separator) if part.separator else [cell])
            if not self.is_missing(name.strip())
        ]
        if part.are == "actors":
            actors = [curated.actor(name, part.type, part.country, desk) for name in names]
            return [_as(body_participant(actor, part.role), part) for actor in actors if actor], []
        return self._states_and_bodies(part, names, record, desk)

    def _states_and_bodies(
        self, part: People, names: Sequence[str], record: Record, desk: Desk
    ) -> tuple[list[Participant], list[str]]:
        codes, bodies, unknown = [], [], []
        words = self.spec.values.get("participants", {})
        for name in names:
            name = words.get(name.casefold(), name)
            code = name if name in desk.gazetteer.labels else desk.gazetteer.code(name)
            if code and part.are == "states":
                codes.append(code)
            elif body := desk.bodies.named(name):
                bodies.append(body.actor)
            elif name:
                unknown.append(name)
        if unknown and part.unknown == "refuse":
            raise RowError(
                f"{', '.join(part.columns)} has “{unknown[0]}”, which is no state and no body "
                "that is listed: correct it, or add it to [values.participants]."
            )
        if unknown:
            record.notes.append(f"Not listed as actors: {', '.join(dict.fromkeys(unknown))}.")
        shown = of_the_day(codes, record, desk)
        for code in dict.fromkeys(codes):
            if code not in shown:
                record.notes.append(
                    f"The source writes {desk.label(code)} ({code}): shown as the state of that "
                    "day."
                )
        people = [_as(p, part) for p in state_participants(shown, part.role, desk)]
        people += [_as(body_participant(b, part.role), part) for b in bodies if b.name]
        return people, codes

    def _written(self, text: str, record: Record, desk: Desk) -> list[Participant]:
        if "|" in text:
            return list(curated.participants({"participants": text}, desk, record.marking))
        names = [squeezed(name) for name in text.split(";") if not self.is_missing(name.strip())]
        part = People(columns=("participants",), unknown="refuse")
        return self._states_and_bodies(part, names, record, desk)[0]

    def _places(
        self, values: Values, record: Record, involved: Sequence[str], desk: Desk
    ) -> tuple[Where, ...]:
        name = values.get("place_name", "")
        point = read_point(values.get("latitude", ""), values.get("longitude", ""))
        region, precision = values.get("place_region"), values.get("place_precision")
        countries = self._countries(values.get("place_country", ""), desk)
        if not (countries or region or precision):
            days = day_of(record.start, record.end)
            return place_of(name, point, desk.gazetteer, days, involved, record.notes)
        if not (name or countries or region):
            return ()
        first = countries[0] if countries else None
        usual = PlacePrecision.PLACE if name or point else PlacePrecision.COUNTRY
        if not first and region and not name:
            usual = PlacePrecision.REGION
        return (
            _where(name, first, region, precision or usual, point),
            *(country_only(code) for code in countries[1:]),
        )

    def _countries(self, text: str, desk: Desk) -> list[str]:
        found = []
        for name in (squeezed(item) for item in text.split(";")):
            if not name or is_missing(name):
                continue
            code = name if name in desk.gazetteer.labels else desk.gazetteer.code(name)
            if not code:
                column = self.spec.columns.get("place_country", "place_country")
                raise RowError(f"{column} “{name}” is no country of the codebook.")
            found.append(code)
        return list(dict.fromkeys(found))

    def _outcomes(self, values: Values) -> Any:
        if "outcomes" not in self.spec.columns:
            return None
        return tuple(curated.outcomes({"outcomes": values.get("outcomes", "")}))

    def _compose(self, record: Record, involved: Sequence[str], desk: Desk) -> None:
        composed = self.spec.compose
        actors = [p.actor for p in record.participants if p.actor]
        codes = [actor.country for actor in actors if actor.type == "state" and actor.country]
        facts = {
            "names": ", ".join(actor.name for actor in actors),
            "participants": states(dict.fromkeys(codes), desk.label)
            or listed([actor.name for actor in actors]),
            "where": _in_words(record, desk),
            "start": record.start,
            "end": record.end,
            "identifier": record.source_id,
            "title": record.title,
            "series": record.series,
        }
        pattern = composed.get("title", "")
        if not record.title and pattern and "{title}" not in pattern:
            record.title, record.title_supplied = filled(pattern, facts), True
        elif record.title and "{title}" in pattern:
            record.title = filled(pattern, facts)
        if not record.summary and "summary" in composed:
            record.summary = filled(composed["summary"], facts)

    def _sources(self, values: Values, record: Record) -> Iterator[Citation]:
        dataset = self.spec.dataset
        supports = supported(record)
        if dataset.get("citation") or dataset.get("url"):
            yield Citation(
                kind=dataset.get("kind", SourceKind.DATASET),
                independence=dataset.get("independence", Independence.UNKNOWN),
                title=cut(dataset.get("citation", ""), SOURCE_TITLE_LENGTH),
                publisher=dataset.get("publisher", ""),
                url=dataset.get("url", ""),
                locator_type=LocatorType.CELL,
                locator=record.source_id,
                language=dataset.get("language", ""),
                supports=supports,
            )
        if values.get("source_title") or values.get("source_url"):
            locator = values.get("source_locator", "")
            yield Citation(
                kind=values.get("source_kind") or SourceKind.ORGANISATION_REPORT,
                independence=values.get("source_independence") or Independence.UNKNOWN,
                title=values.get("source_title", ""),
                publisher=values.get("source_publisher", ""),
                url=values.get("source_url", ""),
                published=values.get("source_published", ""),
                locator_type=curated.locator_type(locator),
                locator=locator,
                language=values.get("source_language", ""),
                supports=supports,
            )


def written_details(values: Values) -> dict[str, str]:
    """Return what columns, flags and constants say of a family, lists joined as in the export."""
    return {
        name: value if isinstance(value, str) else ";".join(value)
        for name, value in values.items()
        if name in FIELDS
    }


def filled(pattern: str, facts: dict[str, str]) -> str:
    """Fill the placeholders; what stands in [ ] is left out when one of its own is empty."""

    def part(match: re.Match[str]) -> str:
        names = PLACEHOLDER.findall(match[1])
        return match[1] if all(facts.get(name) for name in names) else ""

    text = OPTIONAL.sub(part, pattern)
    return squeezed(PLACEHOLDER.sub(lambda match: facts.get(match[1], ""), text))


def _in_words(record: Record, desk: Desk) -> str:
    """Return “in Norway” or “in the Baltic Sea”, or nothing."""
    codes = [place.country for place in record.places if place.country]
    if codes:
        return f"in {states(dict.fromkeys(codes), desk.label)}"
    seas = [desk.area(place.region) for place in record.places if place.region]
    return f"in {listed(seas)}" if seas else ""


def _as(participant: Participant, part: People) -> Participant:
    changes = {"side": part.side} | ({"capacity": part.capacity} if part.capacity else {})
    return replace(participant, **changes)


def _where(
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
