"""An import in the admin: rows on a desk, worked through in short steps.

Each step is one transaction that also moves the position, on a locked import. So a step that dies
has done nothing, two tabs do no row twice, and a reload goes on where it was. The check of a row is
its import, rolled back: what the preview says is what would happen.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import lru_cache
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection, transaction
from django.db.models import Count
from django.utils import timezone

from engagements.importing import duplicates, likely
from engagements.importing.datasets import Desk
from engagements.importing.mapping import Mapping, from_dict, load
from engagements.importing.reading import FileError, Line, header_of, lines
from engagements.importing.run import LOCK
from engagements.importing.spec import unknown_columns
from engagements.importing.verdicts import CREATED, REFUSED, UNCHANGED, UPDATED, Verdict, created
from engagements.models import (
    Engagement,
    Import,
    ImportRow,
    MergedRecord,
    RememberedMapping,
    Stage,
)
from engagements.tables import copy_new
from engagements.workflow import may_edit
from milidip.codebook.choices import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from engagements.importing.deciding import Existing

KEPT = timedelta(days=14)
SECONDS = 4  # of work in one request
BATCH = 200
MOST_ROWS = 250_000
MOST_CHANGED_AT_ONCE = 2_000
REASON = "import_reason"


# --- a file becomes rows on the desk -----------------------------------------------------------


@transaction.atomic
def put_on_desk(path: Path, name: str, owner: "User", encoding: str = "") -> Import:
    """Store the rows of an uploaded file; raise FileError when it cannot be read."""
    clear_desk()
    header = header_of(path, encoding)
    batch = Import.objects.create(
        owner=owner, file_name=name[-200:], header=header, signature=signature(header), rows=0
    )
    for some in batched(lines(path, (), encoding), 1000):
        if some[-1].number > MOST_ROWS:
            raise FileError(f"{name} has more than {MOST_ROWS} rows: split it.")
        copy_new(
            ImportRow,
            [
                {
                    "batch_id": batch.pk,
                    "number": line.number,
                    "line": line.line,
                    "cells": _json([_clean(line.cells.get(column, "")) for column in header]),
                    "changes": "[]",
                    "problem": line.problem,
                }
                for line in some
            ],
        )
        batch.rows = some[-1].number
    if not batch.rows:
        raise FileError(f"{name} has no rows below its header.")
    batch.save()
    return batch


def _clean(cell: str) -> str:
    """A NUL cannot be stored, and its row is refused for it."""
    return cell.replace("\x00", "")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def signature(header: Iterable[str]) -> str:
    """Return what is the same for two files with the same columns; our report's own is left out."""
    names = sorted({name.strip().casefold() for name in header} - {REASON, ""})
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()


def clear_desk() -> int:
    """Delete what nobody has worked on for two weeks; return how many imports went."""
    old = Import.objects.filter(changed_at__lt=timezone.now() - KEPT)
    number = old.count()
    old.delete()
    return number


# --- which column is what ----------------------------------------------------------------------


def remembered(batch: Import) -> dict[str, Any] | None:
    """Return how a file with these columns was matched last: by its owner, else by anybody."""
    kept = RememberedMapping.objects.filter(signature=batch.signature).order_by("-used_at")
    own = kept.filter(owner=batch.owner).first()
    found = own or kept.first()
    return found.mapping if found else None


def mapping_of(batch: Import) -> Mapping:
    """Return the mapping of an import; raise MappingError when it is none."""
    if name := batch.mapping.get("name"):
        return load(name)
    return from_dict(batch.file_name, batch.mapping)


@transaction.atomic
def match(batch: Import, mapping: dict[str, Any]) -> list[str]:
    """Decide what the columns are, and begin to check; return what is wrong with it."""
    batch.mapping = mapping
    if problems := unknown_columns(mapping_of(batch).columns, batch.header):
        return problems
    RememberedMapping.objects.update_or_create(
        owner=batch.owner, signature=batch.signature, defaults={"mapping": mapping}
    )
    batch.names.all().delete()  # type: ignore[attr-defined]
    _go_to(batch, Stage.CHECKING)
    return []


def check_again(batch: Import) -> None:
    """Check from the first row: after names were decided, or the register has changed."""
    _go_to(batch, Stage.CHECKING)


def _go_to(batch: Import, stage: str) -> None:
    batch.stage, batch.position = stage, 0
    batch.save()


# --- in steps ------------------------------------------------------------------------------------


def start(batch: Import, *, whole: bool) -> list[str]:
    """Begin to import what was checked; return what stands in the way."""
    counts = verdict_counts(batch)
    if batch.stage != Stage.CHECKED:
        return ["This import is not checked yet."]
    if whole and counts[REFUSED]:
        return ["All rows or none was asked for, and some are refused: correct them first."]
    if whole and counts[UPDATED] > MOST_CHANGED_AT_ONCE:
        told = (
            f"More than {MOST_CHANGED_AT_ONCE} records would change, which is too many to be all "
            "or none: take the good rows, or split the file."
        )
        return [told]
    batch.whole = whole
    _go_to(batch, Stage.WRITING)
    return []


def step(pk: int, seconds: float = SECONDS) -> Import:
    """Do some seconds of what an import needs next, and return it as it then is.

    Where another tab or an import at the command line is at work, nothing is done.
    """
    until = time.monotonic() + seconds
    batch = Import.objects.get(pk=pk)
    while batch.stage in (Stage.CHECKING, Stage.WRITING, Stage.UNDOING):
        with suppress(_BusyError), transaction.atomic():
            batch = _locked(pk)
            _WORK[batch.stage](batch)
        if time.monotonic() >= until or _is_busy(pk):
            break
    return Import.objects.get(pk=pk)


class _BusyError(Exception):
    """Somebody else is at work on it."""


def _is_busy(pk: int) -> bool:
    with transaction.atomic():
        try:
            _locked(pk)
        except _BusyError:
            return True
    return False


def _locked(pk: int) -> Import:
    try:
        with transaction.atomic():
            batch = Import.objects.select_for_update(nowait=True).get(pk=pk)
    except OperationalError as error:
        raise _BusyError from error
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise _BusyError
    return batch


def _check(batch: Import) -> None:
    """Import the next rows, write down what happened, and roll it back."""
    rows = list(
        ImportRow.objects.filter(batch=batch, number__gt=batch.position).order_by("number")[:BATCH]
    )
    if not rows:
        _go_to(batch, Stage.CHECKED)
        return
    mapping, importer = _importer(batch, rows)
    with transaction.atomic():
        with mapping.context(batch.owner, batch.file_name):
            known = set(getattr(importer, "known", _Nobody).actors)
            found = importer.process([_line(batch, row) for row in rows])
            twins = duplicates.twins(created(found))
            names = likely.candidates(importer, known, batch)
        transaction.set_rollback(True)
    likely.keep(batch, names)
    for row, verdict in zip(rows, found, strict=True):
        _note(row, verdict, twins.get(verdict.engagement_id, []))
    ImportRow.objects.bulk_update(
        rows, ["dataset", "identifier", "verdict", "reason", "reference", "changes", "twins"]
    )
    batch.position = rows[-1].number
    batch.save()


class _Nobody:
    actors: dict[Any, int] = {}


def _write(batch: Import) -> None:
    """Import the next rows that were found good. Whole: the new ones first, the changes last."""
    waiting = ImportRow.objects.filter(batch=batch, number__gt=batch.position)
    wanted = waiting.filter(verdict__in=[CREATED] if batch.whole else [CREATED, UPDATED])
    rows = list(wanted.order_by("number")[:BATCH])
    last = not rows
    if last and batch.whole:
        rows = list(
            ImportRow.objects.filter(batch=batch, verdict=UPDATED, written=False).order_by(
                "number"
            )
        )
    if rows:
        try:
            with transaction.atomic():
                _import(batch, rows)
        except _RefusedError as refusal:
            refusal.row.save(update_fields=["reason", "verdict"])
            _go_to(batch, Stage.UNDOING)
            return
        batch.position = rows[-1].number
    if last:
        batch.stage = Stage.DONE
    batch.save()


class _RefusedError(Exception):
    """A row of an import of all or none is refused, although its check was good."""

    def __init__(self, row: ImportRow):
        self.row = row


def _import(batch: Import, rows: Sequence[ImportRow]) -> None:
    mapping, importer = _importer(batch, rows)
    with mapping.context(batch.owner, batch.file_name):
        found = importer.process([_line(batch, row) for row in rows])
    for row, verdict in zip(rows, found, strict=True):
        _note(row, verdict, row.twins)
        row.written = verdict.verdict in (CREATED, UPDATED)
        row.engagement_id = verdict.engagement_id
        if batch.whole and verdict.verdict == REFUSED:
            raise _RefusedError(row)
    duplicates.flag(created(found))
    ImportRow.objects.bulk_update(
        rows, ["verdict", "reason", "reference", "changes", "written", "engagement"]
    )


def _undo(batch: Import) -> None:
    """Throw away what an import of all or none has made, as long as nobody has worked on it."""
    rows = list(ImportRow.objects.filter(batch=batch, written=True).order_by("number")[:BATCH])
    if not rows:
        batch.stage = Stage.UNDONE
        batch.save()
        return
    made = Engagement.objects.filter(
        pk__in=[row.engagement_id for row in rows], state=State.DRAFT, updated_by=None
    )
    kept = {row.engagement_id for row in rows} - set(made.values_list("pk", flat=True))
    made.delete()
    for row in rows:
        row.written = False
        if row.engagement_id in kept:
            row.reason = "Somebody has worked on this record already: it was not undone."
        else:
            row.reference, row.engagement_id = "", None
    ImportRow.objects.bulk_update(rows, ["written", "reason", "reference", "engagement"])
    batch.save()


_WORK = {Stage.CHECKING: _check, Stage.WRITING: _write, Stage.UNDOING: _undo}


def _importer(batch: Import, rows: Sequence[ImportRow]) -> tuple[Mapping, Any]:
    """Return the mapping and an importer that knows what earlier rows have said."""
    mapping = mapping_of(batch)
    today = timezone.now().date()
    importer = mapping.importer(
        batch.owner,
        today,
        desk=_desk(today, int(time.time() // 60)),
        may_change=lambda existing: why_not(batch.owner, existing),
    )
    likely.decide(batch, importer)
    if batch.stage == Stage.CHECKING:
        _remember(batch, rows, importer)
    return mapping, importer


@lru_cache(maxsize=1)
def _desk(today: date, minute: int) -> Desk:
    """The names and codes that rows are read with, made once a minute and not for every step."""
    return Desk.prepared(today)


def _remember(batch: Import, rows: Sequence[ImportRow], importer: Any) -> None:
    """Tell the importer of earlier rows with the same key, so that a repeat is seen as one."""
    whole = [_line(batch, row) for row in rows if not row.problem]
    keys = {importer.key_of(line) for line in whole}
    earlier = ImportRow.objects.filter(
        batch=batch,
        number__lte=batch.position,
        dataset__in={dataset for dataset, _id in keys},
        identifier__in={identifier for _dataset, identifier in keys},
    ).order_by("-number")
    for row in earlier:
        if (row.dataset, row.identifier) in keys:
            importer.remember(_line(batch, row), row.verdict)


def why_not(user: "User", existing: "Existing") -> str:
    """Return why somebody may not change a record by an import, or nothing."""
    if MergedRecord.objects.filter(engagement=existing.pk).exists():
        return f"{existing.reference} was merged: its engagement lives on in another record."
    if may_edit(user, existing.created_by_id, existing.state):
        return ""
    return (
        f"{existing.reference} is not yours to change: it belongs to somebody else, or is with the "
        "reviewers or public. Ask an editor to import it."
    )


def _line(batch: Import, row: ImportRow) -> Line:
    return Line(row.line, row.number, dict(zip(batch.header, row.cells, strict=True)), row.problem)


def _note(row: ImportRow, verdict: Verdict, twins: list[str]) -> None:
    row.dataset, row.identifier = verdict.dataset[:200], verdict.source_id[:200]
    row.verdict, row.reason = verdict.verdict, verdict.reason
    row.reference = "" if row.verdict == CREATED and not verdict.reference else verdict.reference
    row.changes = [list(change) for change in verdict.changes]
    row.twins = twins[:5]


def verdict_counts(batch: Import) -> dict[str, int]:
    """Return how many rows have each verdict."""
    counted = (
        ImportRow.objects.filter(batch=batch)
        .order_by()
        .values_list("verdict")
        .annotate(number=Count("pk"))
    )
    return {CREATED: 0, UPDATED: 0, UNCHANGED: 0, REFUSED: 0} | dict(counted)
