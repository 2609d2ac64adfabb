"""The register's own export, read again: each cell that was changed is one change of a record.

What was changed is told by comparing the file with what the export says today, never with the
working record: the export lacks what is withheld, and an empty cell there is no wish to delete.
Only then the working record is looked at, and a cell is taken over only where both had said the
same. Whatever the file cannot know (something withheld, an edit that is not published yet) is
refused by name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from engagements.details import FITS
from engagements.importing.codes import known_codes
from engagements.importing.deciding import Existing, MayChange, Seen, anybody
from engagements.importing.details import FIELDS, read_details
from engagements.importing.reading import GUARDED, Line
from engagements.importing.records import Record, Row, RowError
from engagements.importing.series import series_code
from engagements.importing.verdicts import (
    REFUSED,
    UNCHANGED,
    UPDATED,
    Verdict,
    refused,
    verdict,
)
from engagements.importing.write import Change
from engagements.models import DETAILS, Engagement, Place, Series
from milidip.catalogue.columns import ENGAGEMENTS, Column, Cut
from milidip.catalogue.models import Entry, Register
from milidip.codebook.choices import PlacePrecision
from milidip.codebook.models import ActivityType, Country

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KEY = "reference"
REFERENCE = re.compile(r"MD-[0-9A-HJKMNP-TV-Z]{6}")
# What differs between two files of one register that say the same.
OF_THE_FILE = {"register_revision", "url"}
COLUMNS = {column.name: column for column in ENGAGEMENTS}


@dataclass(frozen=True, slots=True)
class Writable:
    """A column that may be changed: the field behind it, and the codes that it may have.

    ``block`` names the details of a family whose field it is; else it is one of the record.
    """

    field: str
    vocabulary: str = ""
    many: bool = False
    block: str = ""


WRITABLE = {
    "title": Writable("title"),
    "title_supplied": Writable("title_supplied"),
    "series": Writable("series"),
    "edition": Writable("edition"),
    "summary": Writable("summary"),
    "track": Writable("track_id", "track"),
    "track_basis": Writable("track_basis", "track_basis"),
    "touches": Writable("touches", "track", many=True),
    "track3_link": Writable("track3_links", "track3_link", many=True),
    "military_role": Writable("military_roles", "military_role", many=True),
    "initiated_by": Writable("initiated_by_id", "actor type"),
    "activity": Writable("activity_id", "activity"),
    "objectives": Writable("objectives", "objective", many=True),
    "themes": Writable("themes", "theme", many=True),
    "status": Writable("status", "status"),
    "date_start": Writable("start"),
    "date_end": Writable("end"),
    "place_names": Writable("place name"),
    "place_countries": Writable("place country"),
    "marking": Writable("marking", "marking"),
    "claim_status": Writable("claim_status", "claim_status"),
    "content_licence": Writable("content_licence"),
} | {column: Writable(field, block=block) for column, (block, field) in FIELDS.items()}
OF_THE_PLACE = {"place_names": "name", "place_countries": "country_id"}


def plain(column: Column, value: Any) -> str:
    """Return a cell in one form, whatever a spreadsheet has made of it."""
    if value is None:
        return ""
    text = GUARDED.sub("", str(value), count=1).replace("\r\n", "\n").replace("\r", "\n").strip()
    kind = column.type
    if kind == "boolean":
        return text.casefold()
    if kind in ("integer", "decimal"):
        return _number(text)
    if kind.startswith("list"):
        items = {item.strip() for item in text.split(";")} - {"", "unknown"}
        return ";".join(sorted(items))
    if text == "unknown" and column.name in FIELDS:
        return ""
    return "" if text == ".." else text


def _number(text: str) -> str:
    try:
        return f"{Decimal(text.replace(',', '.')).normalize():f}" if text else ""
    except InvalidOperation:
        return text


@dataclass
class _Batch:
    lines: Sequence[Line]
    to_read: tuple[Row, ...] = ()


class RegisterImporter:
    """Decides and writes the rows of an export that somebody has worked on."""

    def __init__(self, user: "User", *, may_change: MayChange = anybody):
        self.user = user
        self.may_change = may_change
        self.codes = known_codes()
        self.revision = Register.objects.values_list("revision", flat=True).get()
        self.seen = Seen()
        self.held: list[int] = []

    def process(self, lines: Sequence[Line]) -> list[Verdict]:
        return self.finish(self.begin(lines), [])

    def key_of(self, line: Line) -> tuple[str, str]:
        return "", _reference(line)

    def remember(self, line: Line, what: str) -> None:
        """Take note of a row that another importer has decided."""
        self.seen.add(self.key_of(line), _said(line), line.line, what)

    def begin(self, lines: Sequence[Line]) -> _Batch:
        return _Batch(lines)

    def read(self, rows: Sequence[Row]) -> list[Record]:
        """There is nothing to read ahead."""
        return []

    @transaction.atomic
    def finish(self, batch: _Batch, readings: Sequence[Any]) -> list[Verdict]:
        """Compare a batch with the export of today, and write what was changed."""
        named = {_reference(line): line for line in batch.lines if not line.problem}
        today = exported(named, self.revision)
        records = {
            record.reference: record
            for record in Engagement.objects.select_for_update(no_key=True, of=("self",))
            .select_related("activity", "series", *map(_relation, DETAILS))
            .prefetch_related(
                "places", *(column.field for column in WRITABLE.values() if column.many)
            )
            .filter(reference__in=today)
        }
        return [self._verdict(line, today, records) for line in batch.lines]

    def _verdict(
        self,
        line: Line,
        today: Mapping[str, Mapping[str, Any]],
        records: Mapping[str, Engagement],
    ) -> Verdict:
        if line.problem:
            return refused(line, ("", ""), line.problem)
        reference = _reference(line)
        key = ("", reference)
        if reference not in today or reference not in records:
            return refused(line, key, _nothing_public(reference))
        said = _said(line)
        if before := self.seen.get(key):
            told, at, what = before
            if not self.seen.says(told, said):
                return refused(
                    line,
                    key,
                    f"line {at} has the same reference and says something else.",
                    reference,
                )
            reason = f"the same row as line {at}."
            return verdict(
                line, key, REFUSED if what == REFUSED else UNCHANGED, reference, reason=reason
            )
        try:
            changes = self._apply(line, today[reference], records[reference])
        except RowError as refusal:
            self.seen.add(key, said, line.line, REFUSED)
            return refused(line, key, refusal.reason, reference)
        self.seen.add(key, said, line.line, UPDATED if changes else UNCHANGED)
        return verdict(
            line,
            key,
            UPDATED if changes else UNCHANGED,
            reference,
            changes=tuple(changes),
            engagement_id=records[reference].pk,
        )

    def _apply(self, line: Line, today: Mapping[str, Any], record: Engagement) -> list[Change]:
        wanted, problems = self._wanted(line, today)
        if problems:
            raise RowError(" ".join(problems))
        changes, values, problems = [], {}, []
        for name, (old, new) in wanted.items():
            now = plain(COLUMNS[name], working(name, record))
            if now == new:
                continue
            if name in OF_THE_PLACE and not _has_one_open_place(record):
                problems.append(
                    f"{name} cannot be changed by a file: the record has several places, none, or "
                    "one that is withheld. Change it in the record."
                )
            elif now != old:
                problems.append(
                    f"{name} cannot be changed by a file: the record does not say what is public. "
                    "Something is withheld, or was edited and is not published yet. Change it in "
                    "the record."
                )
            else:
                values[name] = self._value(name, new)
                changes.append(Change(name, old, new))
        problems += _of_another_family(values, record)
        if problems:
            raise RowError(" ".join(problems))
        if not changes:
            return []
        self._check_may_change(record)
        self._store(record, values)
        return changes

    def _wanted(
        self, line: Line, today: Mapping[str, Any]
    ) -> tuple[dict[str, tuple[str, str]], list[str]]:
        """Return what differs from the export of today, and what must not."""
        wanted, problems = {}, []
        for name, cell in line.cells.items():
            column = COLUMNS.get(name)
            if column is None:
                continue
            old, new = plain(column, today[name]), plain(column, cell)
            if old == new or (name in OF_THE_FILE and _same_file(name, cell, self, today)):
                continue
            if name in WRITABLE:
                wanted[name] = (old, new)
            elif name == "version":
                problems.append(
                    f"version is {new or 'empty'}, and the public record is version {old}: export "
                    "it again and change that file."
                )
            else:
                problems.append(
                    f"{name} is worked out by the register and cannot be changed by a file: put "
                    f"back “{old}”."
                )
        return wanted, problems

    def _check_may_change(self, record: Engagement) -> None:
        existing = Existing(record.pk, record.reference, "", record.created_by_id, record.state)
        if reason := self.may_change(existing):
            raise RowError(reason)

    def _value(self, name: str, text: str) -> Any:
        """Return a cell as its field holds it, or refuse it."""
        how = WRITABLE[name]
        if how.block:
            empty = DETAILS[how.block]._meta.get_field(how.field).get_default()
            return read_details({name: text}).get(name, empty)
        if how.many:
            codes = [code for code in text.split(";") if code]
            for code in codes:
                self._check_code(name, code)
            return codes
        if name == "title_supplied":
            if text not in ("true", "false"):
                raise RowError(f"{name} “{text}” is neither true nor false.")
            return text == "true"
        if name in ("track", "initiated_by") and text in ("", "unknown"):
            return None
        if how.vocabulary:
            self._check_code(name, text)
        return text

    def _check_code(self, name: str, code: str) -> None:
        if code not in self.codes[WRITABLE[name].vocabulary]:
            raise RowError(f"{name} “{code}” is no code of the codebook.")

    def _store(self, record: Engagement, values: Mapping[str, Any]) -> None:
        fields = {
            how.field: value
            for name, value in values.items()
            if not (how := WRITABLE[name]).many
            and not how.block
            and name not in OF_THE_PLACE
            and name != "series"
        }
        place = {
            OF_THE_PLACE[name]: value for name, value in values.items() if name in OF_THE_PLACE
        }
        for name, value in fields.items():
            setattr(record, name, value)
        _check(record, fields)
        spot = self._place(record, place) if place else None
        details = [_details(record, block, values) for block in _blocks(values)]
        if "series" in values:
            fields["series_id"] = record.series_id = _series(values["series"])
        Engagement.objects.filter(pk=record.pk).update(
            **fields, updated_at=timezone.now(), updated_by=self.user
        )
        if spot:
            Place.objects.filter(pk=spot.pk).update(**place)
        for row in details:
            row.save()
        for name, codes in values.items():
            if WRITABLE[name].many:
                getattr(record, WRITABLE[name].field).set(codes)
        if record.track_id:
            record.touches.add(record.track_id)

    def _place(self, record: Engagement, values: Mapping[str, Any]) -> Place:
        spot = record.places.all()[0]
        for name, value in values.items():
            setattr(spot, name, value or ("" if name == "name" else None))
        if spot.country_id and spot.country_id not in _countries():
            raise RowError(f"place_countries “{spot.country_id}” is no country of the codebook.")
        _check(spot, values)
        return spot


def working(name: str, record: Engagement) -> Any:
    """Return what the working record says in a column, as the export would write it."""
    how = WRITABLE[name]
    if how.block:
        value = getattr(getattr(record, _relation(how.block), None), how.field, "")
        return ";".join(value) if isinstance(value, list) else value
    if how.many:
        return ";".join(str(term.pk) for term in getattr(record, how.field).all())
    if name in OF_THE_PLACE:
        values = (getattr(place, OF_THE_PLACE[name]) or "" for place in record.places.all())
        return ";".join(value.replace(";", ",") for value in values)
    if name == "series":
        return record.series.name if record.series else ""
    value = getattr(record, how.field)
    if isinstance(value, bool):
        return "true" if value else "false"
    return ("unknown" if name == "track" else "") if value is None else value


def exported(references: Iterable[str], revision: int) -> dict[str, dict[str, Any]]:
    """Return what the export says today of each public record: reference -> column -> value."""
    cut = Cut("", revision)
    entries = Entry.objects.filter(
        reference__in=[text for text in references if REFERENCE.fullmatch(text)]
    )
    rows = entries.values_list(*(column.content.text(cut) for column in ENGAGEMENTS))
    names = [column.name for column in ENGAGEMENTS]
    found = (dict(zip(names, row, strict=True)) for row in rows)
    return {row[KEY]: row for row in found}


def _same_file(name: str, cell: str, importer: RegisterImporter, today: Mapping[str, Any]) -> bool:
    """Tell whether a cell that depends on host or day says the same: an earlier revision does."""
    if name == "url":
        return cell.strip().endswith(f"/engagements/{today[KEY]}/")
    text = _number(cell.strip())
    return text.isdigit() and int(text) <= importer.revision


def _said(line: Line) -> str:
    return repr(sorted(line.cells.items()))


def _reference(line: Line) -> str:
    return line.cells[KEY].strip().upper()


def _nothing_public(reference: str) -> str:
    if not reference:
        return "reference is empty: new engagements are imported with their own columns."
    return f"reference “{reference}” is no record that is public: nothing to compare with."


def _has_one_open_place(record: Engagement) -> bool:
    places = list(record.places.all())
    return len(places) == 1 and places[0].precision != PlacePrecision.WITHHELD


def _relation(block: str) -> str:
    """Return the name under which a record has its details of a block, or none."""
    return DETAILS[block]._meta.get_field("engagement").remote_field.name


def _blocks(values: Mapping[str, Any]) -> list[str]:
    return [block for block in DETAILS if any(WRITABLE[name].block == block for name in values)]


def _of_another_family(values: Mapping[str, Any], record: Engagement) -> list[str]:
    """Return why details cannot be taken over that would not be shown of such an activity."""
    activity = record.activity
    if "activity" in values:
        activity = ActivityType.objects.get(pk=values["activity"])
    return [
        f"{name} is told of other kinds of activity: the record is “{activity.pk}”."
        for name in values
        if (block := WRITABLE[name].block) and activity.family_id not in FITS[block]
    ]


def _details(record: Engagement, block: str, values: Mapping[str, Any]) -> models.Model:
    """Return the details of a record with what the file says of them, checked."""
    row = getattr(record, _relation(block), None) or DETAILS[block](engagement=record)
    fields = {
        WRITABLE[name].field: value
        for name, value in values.items()
        if WRITABLE[name].block == block
    }
    for name, value in fields.items():
        setattr(row, name, value)
    _check(row, fields)
    return row


def _series(name: str) -> int | None:
    if not name:
        return None
    return Series.objects.get_or_create(code=series_code(name), defaults={"name": name})[0].pk


def _countries() -> frozenset[str]:
    return frozenset(Country.objects.values_list("pk", flat=True))


def _check(row: models.Model, changed: Iterable[str]) -> None:
    """Refuse what the fields or the constraints of the database would not take."""
    names = {name.removesuffix("_id") for name in changed}
    try:
        row.clean_fields(exclude={f.name for f in row._meta.fields} - names)
        row.validate_constraints(exclude={"reference", "source_dataset", "source_id"})
    except ValidationError as error:
        raise RowError(" ".join(error.messages)) from error
