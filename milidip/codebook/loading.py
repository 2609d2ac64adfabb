"""Bring the vocabularies of ``data/`` into the database, as often as you like.

What the files hold is created or brought up to date, never renamed and never deleted. A term
that an editor added is the editor's: a file that later brings the same code leaves it alone.
"""

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models, transaction

from milidip.codebook import geography
from milidip.codebook.folding import folded
from milidip.codebook.models import (
    ActivityType,
    ActorType,
    Capacity,
    Coded,
    Country,
    CountryNumber,
    Criterion,
    Family,
    FixedTerm,
    MilitaryRole,
    Objective,
    Region,
    Role,
    Theme,
    Track,
    TrackLink,
)

DATA = Path(__file__).parent / "data"
MEMBERS = "members"
SUCCESSORS = "successors"


class CodebookError(Exception):
    """A file says something that cannot be loaded; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file, the table it fills and the columns that tell its rows apart."""

    file: str
    model: type[models.Model]
    key: tuple[str, ...] = ("code",)
    first_place: int = 0  # files of one table follow one another in its order


SHEETS = (
    Sheet("tracks.csv", Track),
    Sheet("families.csv", Family),
    Sheet("activity_types.csv", ActivityType),
    Sheet("objectives.csv", Objective),
    Sheet("themes.csv", Theme),
    Sheet("actor_types.csv", ActorType),
    Sheet("roles.csv", Role),
    Sheet("capacities.csv", Capacity),
    Sheet("military_roles.csv", MilitaryRole),
    Sheet("track_links.csv", TrackLink),
    Sheet("criteria.csv", Criterion),
    Sheet("fixed_terms.csv", FixedTerm, key=("vocabulary", "code")),
    Sheet("regions.csv", Region),
    Sheet("alias_regions.csv", Region, first_place=1000),
    Sheet("sea_areas.csv", Region, first_place=2000),
    Sheet("countries.csv", Country),
    Sheet("country_numbers.csv", CountryNumber, key=("country_id", "system", "valid_from")),
)


@dataclass(slots=True)
class Tally:
    """What became of the rows of one file, or of the links in one of its columns."""

    name: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)
    """Codes that an editor had before the file did."""

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file, ready to be compared with the database."""

    where: str
    key: tuple[Any, ...]
    values: dict[str, Any]
    links: dict[str, list[str]]


@transaction.atomic
def load(data: Path = DATA) -> list[Tally]:
    """Load every file in ``data``: all of them or, when one of them is wrong, none."""
    tallies, read = [], {}
    for sheet in SHEETS:
        read[sheet.file] = rows = _read(data / sheet.file, sheet)
        tallies.append(_write(sheet, rows))
    tallies.append(_link_successors(read["countries.csv"]))
    tallies.append(_link_members(read["alias_regions.csv"]))
    geography.forget()
    return tallies


def _read(path: Path, sheet: Sheet) -> list[Row]:
    """Return the rows of a file, with every value as its field wants it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CodebookError(f"{path.name}: there is no such file in {path.parent}.") from None
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    rows: dict[tuple[Any, ...], Row] = {}
    for place, cells in enumerate(reader, start=1):
        where = f"{path.name}, line {reader.line_num}"
        if None in cells or None in cells.values():
            raise CodebookError(f"{where}: the row has not as many cells as the header.")
        row = _row(where, cells, sheet, sheet.first_place + place)
        if row.key in rows:
            raise CodebookError(f"{where}: “{_shown(row.key)}” is there twice.")
        rows[row.key] = row
    _check_references(sheet.model, rows.values())
    return list(rows.values())


def _row(where: str, cells: dict[str, str], sheet: Sheet, place: int) -> Row:
    values: dict[str, Any] = {}
    links: dict[str, list[str]] = {}
    for column, cell in cells.items():
        if column in (MEMBERS, SUCCESSORS):
            links[column] = cell.split(";") if cell else []
            continue
        try:
            model_field = sheet.model._meta.get_field(column)
        except FieldDoesNotExist:
            raise CodebookError(f"{where}: there is no such column as {column!r}.") from None
        assert isinstance(model_field, models.Field)
        try:
            values[model_field.attname] = _value(model_field, cell)
        except ValidationError as error:
            raise CodebookError(f"{where}: {column}: {' '.join(error.messages)}") from None
    if issubclass(sheet.model, Coded) or sheet.model is FixedTerm:
        values["sort_order"] = place
    if issubclass(sheet.model, Coded):
        values["shipped"] = True
    if sheet.model is Country:
        values["sort_key"] = folded(values["label"])
    return Row(where, tuple(values[name] for name in sheet.key), values, links)


def _value(model_field: models.Field, cell: str) -> Any:
    if isinstance(model_field, models.BooleanField):
        if cell not in ("yes", "no"):
            raise ValidationError("Write yes or no.")
        return cell == "yes"
    if cell == "" and model_field.null:
        return None
    if isinstance(model_field, models.ForeignKey):
        return cell
    return model_field.clean(cell, None)


def _check_references(model: type[models.Model], rows: Collection[Row]) -> None:
    """Refuse a code that stands in no table, before the database does without a line."""
    for model_field in model._meta.concrete_fields:
        if not isinstance(model_field, models.ForeignKey):
            continue
        target = model_field.related_model
        assert isinstance(target, type)
        known = set(target._default_manager.values_list("pk", flat=True))
        if target is model:
            known |= {row.key[0] for row in rows}
        for row in rows:
            code = row.values.get(model_field.attname)
            if code is not None and code not in known:
                raise CodebookError(
                    f"{row.where}: {model_field.name}: there is no"
                    f" {target._meta.verbose_name} {code!r}."
                )


def _write(sheet: Sheet, rows: Iterable[Row]) -> Tally:
    """Create and update what differs, in two statements."""
    tally = Tally(sheet.file)
    present = {
        tuple(getattr(record, name) for name in sheet.key): record
        for record in sheet.model._default_manager.all()
    }
    created, updated, names = [], [], set()
    for row in rows:
        record = present.get(row.key)
        if record is None:
            created.append(sheet.model(**row.values))
        elif isinstance(record, Coded) and not record.shipped:
            tally.kept.append(_shown(row.key))
        elif differing := {n for n, v in row.values.items() if getattr(record, n) != v}:
            for name in differing:
                setattr(record, name, row.values[name])
            updated.append(record)
            names |= differing
        else:
            tally.unchanged += 1
    sheet.model._default_manager.bulk_create(created)
    if updated:
        sheet.model._default_manager.bulk_update(updated, sorted(names))
    tally.created, tally.updated = len(created), len(updated)
    return tally


def _link_successors(rows: Iterable[Row]) -> Tally:
    """Set which states came after which."""
    known = set(Country.objects.values_list("pk", flat=True))
    wanted = {}
    for row in rows:
        for code in row.links[SUCCESSORS]:
            if code not in known:
                raise CodebookError(f"{row.where}: {SUCCESSORS}: there is no country {code!r}.")
        wanted[row.key[0]] = set(row.links[SUCCESSORS])
    return _set_links(Country, "successors", wanted)


def _link_members(rows: Iterable[Row]) -> Tally:
    """Set the countries of the alias regions, as ``alias_members`` works them out."""
    atlas = geography.Atlas.from_database()
    wanted = {}
    for row in rows:
        try:
            wanted[row.key[0]] = atlas.members(row.links[MEMBERS])
        except KeyError as error:
            raise CodebookError(
                f"{row.where}: {MEMBERS}: there is no country or region {error.args[0]!r}."
            ) from None
    return _set_links(Region, "countries", wanted)


def _set_links(model: type[Coded], name: str, wanted: dict[str, set[str]]) -> Tally:
    tally = Tally(f"{model._meta.verbose_name_plural}: {name}")
    for record in model._default_manager.filter(pk__in=wanted, shipped=True).prefetch_related(
        name
    ):
        manager = getattr(record, name)
        if {linked.pk for linked in manager.all()} == wanted[record.pk]:
            tally.unchanged += 1
        else:
            manager.set(wanted[record.pk])
            tally.updated += 1
    return tally


def _shown(key: Iterable[Any]) -> str:
    return ", ".join(str(part) for part in key)
