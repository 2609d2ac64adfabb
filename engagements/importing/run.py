"""One import from the first row to the last: every row gets a verdict, and the numbers add up.

Batches of rows are transactions, so that an import that is stopped leaves whole records only and
is simply run again. A dry run does all of it in one transaction that is rolled back.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils import timezone

from engagements.importing import codes, curated, datasets
from engagements.importing.datasets import Desk
from engagements.importing.datasets.desk import DETAILS
from engagements.importing.reading import (
    Line,
    digest_of,
    inspect,
    keeps_summary,
    lines,
    says_the_same,
)
from engagements.importing.records import Record, Row, RowError
from engagements.importing.theirs import MARK
from engagements.importing.write import PARTS, Known, Writer
from engagements.models import Engagement, Series
from stakeholders.models import Stakeholder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Raise it when the same row is to be read differently: every row then counts as changed.
IMPORT_VERSION = 2
BATCH = 200
LOCK = 0x6D64_696D  # "mdim"

CREATED, UPDATED, UNCHANGED, REFUSED = "created", "updated", "unchanged", "refused"
VERDICTS = (CREATED, UPDATED, UNCHANGED, REFUSED)


class BusyError(Exception):
    """Another import holds the lock."""


@dataclass(frozen=True)
class Mapping:
    """How one kind of file is read: its columns, the key of a row, and the reader."""

    columns: tuple[str, ...]
    read: Callable[[Row, Desk], Record]
    key: Callable[[Row], tuple[str, str]]
    own_summary: str = ""


MAPPINGS = {
    "engagements": Mapping(
        columns=datasets.COLUMNS,
        read=datasets.read,
        key=lambda row: (row["source_dataset"].strip(), row["source_id"].strip()),
        own_summary=datasets.OWN_SUMMARY,
    ),
    "curated": Mapping(
        columns=curated.COLUMNS,
        read=curated.read,
        key=lambda row: (curated.DATASET, row["sample_id"].strip()),
    ),
}


@dataclass(frozen=True)
class Verdict:
    """What became of one row."""

    line: int
    number: int
    dataset: str
    source_id: str
    verdict: str
    reference: str = ""
    reason: str = ""


@dataclass
class Tally:
    """The four numbers, and the records that the file is about."""

    rows: int
    verdicts: Counter[str] = field(default_factory=Counter)
    engagements: list[int] = field(default_factory=list)
    created: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)


@dataclass
class _Read:
    """A row that came to a record which has to be written."""

    line: Line
    key: tuple[str, str]
    digest: str
    record: Record
    existing: "_Existing | None"


@dataclass(frozen=True)
class _Existing:
    pk: int
    reference: str
    digest: str


def run(
    path: Path,
    user: "User",
    *,
    mapping: str = "engagements",
    dry_run: bool = False,
    only_new: bool = False,
    today: date | None = None,
    on_verdict: Callable[[Verdict], Any] = lambda verdict: None,
    on_progress: Callable[[int, int], Any] = lambda done, rows: None,
) -> Tally:
    """Import a file as ``user`` and return the tally.

    With ``only_new`` a row that has a record already is left as it is, changed or not.
    Raise FileError when the file cannot be read, BusyError when another import runs.
    """
    how = MAPPINGS[mapping]
    rows = inspect(path, how.columns)
    with alone(), _transaction_to_undo(dry_run):
        importer = _Importer(how, user, only_new, today or timezone.now().date())
        tally = Tally(rows)
        for batch in batched(lines(path, how.columns), BATCH):
            with pghistory.context(
                user=user.pk, reason=f"Import of {path.name}", **{MARK: path.name}
            ):
                verdicts = importer.process(batch, tally)
            for verdict in sorted(verdicts, key=lambda verdict: verdict.number):
                tally.verdicts[verdict.verdict] += 1
                on_verdict(verdict)
            on_progress(tally.verdicts.total(), rows)
    return tally


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of imports on this connection, or raise BusyError."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise BusyError
    try:
        yield
    finally:
        if connection.connection and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def _transaction_to_undo(wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class _Importer:
    """Decides and writes batch after batch, with what is known kept in between."""

    def __init__(self, mapping: Mapping, user: "User", only_new: bool, today: date):
        self.mapping = mapping
        self.user = user
        self.only_new = only_new
        self.desk = Desk.prepared(today)
        self.codes = codes.known_codes()
        self.known = Known.read()
        self.seen: dict[tuple[str, str], tuple[str, int, str]] = {}

    def process(self, batch: Sequence[Line], tally: Tally) -> list[Verdict]:
        verdicts, to_write = [], []
        existing = self._existing(batch)
        for line in batch:
            verdict = self._decide(line, existing, to_write, tally)
            if verdict:
                verdicts.append(verdict)
        return verdicts + self._write(to_write, tally)

    def _existing(self, batch: Sequence[Line]) -> dict[tuple[str, str], _Existing]:
        keys = {self.mapping.key(line.cells) for line in batch if not line.problem}
        found = Engagement.objects.filter(
            source_dataset__in={dataset for dataset, _id in keys},
            source_id__in={identifier for _dataset, identifier in keys},
        ).exclude(source_dataset="")
        return {
            (dataset, identifier): _Existing(pk, reference, digest)
            for pk, dataset, identifier, reference, digest in found.values_list(
                "pk", "source_dataset", "source_id", "reference", "import_digest"
            )
        }

    def _decide(
        self,
        line: Line,
        existing: dict[tuple[str, str], _Existing],
        to_write: list[_Read],
        tally: Tally,
    ) -> Verdict | None:
        """Return a row's verdict, or put what has to be written for it on the list."""
        if line.problem:
            return _refused(line, ("", ""), line.problem)
        key = self.mapping.key(line.cells)
        if not all(key):
            return _refused(line, key, "the row has no dataset or no identifier.")
        digest = digest_of(
            line.cells,
            (*self.mapping.columns, *(name for name in (DETAILS,) if line.cells.get(name))),
            IMPORT_VERSION,
            line.cells.get(self.mapping.own_summary, "").strip(),
        )
        there = existing.get(key)
        if key in self.seen:
            before, at, verdict = self.seen[key]
            if before != digest:
                return _refused(
                    line,
                    key,
                    f"line {at} has the same identifier and says something else: "
                    "give one of them an identifier of its own.",
                )
            if verdict != REFUSED:
                return _verdict(line, key, UNCHANGED, reason=f"the same row as line {at}.")
        if there and (self.only_new or says_the_same(digest, there.digest)):
            self.seen[key] = (digest, line.line, UNCHANGED)
            tally.engagements.append(there.pk)
            return _verdict(line, key, UNCHANGED, there.reference)
        try:
            record = codes.check(self.mapping.read(line.cells, self.desk), self.codes)
        except RowError as refusal:
            self.seen[key] = (digest, line.line, REFUSED)
            return _refused(line, key, refusal.reason)
        self.seen[key] = (digest, line.line, UPDATED if there else CREATED)
        to_write.append(_Read(line, key, digest, record, there))
        return None

    def _write(self, rows: Sequence[_Read], tally: Tally) -> list[Verdict]:
        """Write all rows in one transaction; if the database refuses, row by row."""
        if not rows:
            return []
        try:
            return self._in_transaction(rows, tally)
        except (IntegrityError, DataError) as error:
            self.known = Known.read()
            if len(rows) == 1:
                row = rows[0]
                self.seen[row.key] = (row.digest, row.line.line, REFUSED)
                return [_refused(row.line, row.key, said_by_database(error))]
        return [verdict for row in rows for verdict in self._write([row], tally)]

    def _in_transaction(self, rows: Sequence[_Read], tally: Tally) -> list[Verdict]:
        known = self.known.copy()
        writer = Writer(self.user, known)
        new = [row for row in rows if row.existing is None]
        changed = [row for row in rows if row.existing is not None]
        verdicts = []
        with transaction.atomic():
            with connection.cursor() as cursor:
                # History triggers beside deferred foreign keys are quadratic otherwise.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            made = writer.create([(row.record, row.digest) for row in new]) if new else []
            records = Engagement.objects.in_bulk([row.existing.pk for row in changed])
            for row in changed:
                kept = writer.update(
                    records[row.existing.pk],
                    row.record,
                    row.digest,
                    keep_summary=keeps_summary(row.digest, row.existing.digest),
                )
                reason = f"left as staff have it: {', '.join(kept)}." if kept else ""
                verdicts.append(
                    _verdict(row.line, row.key, UPDATED, row.existing.reference, reason)
                )
        self.known = known
        for row, engagement in zip(new, made, strict=True):
            verdicts.append(_verdict(row.line, row.key, CREATED, engagement.reference))
            tally.created.append(engagement.pk)
            if row.record.hold_for_review:
                tally.held.append(engagement.pk)
        tally.engagements += [engagement.pk for engagement in made]
        tally.engagements += [row.existing.pk for row in changed]
        return verdicts


def _verdict(
    line: Line, key: tuple[str, str], verdict: str, reference: str = "", reason: str = ""
) -> Verdict:
    return Verdict(line.line, line.number, *key, verdict, reference, reason)


def _refused(line: Line, key: tuple[str, str], reason: str) -> Verdict:
    return _verdict(line, key, REFUSED, reason=reason)


def said_by_database(error: Exception) -> str:
    """Return the message of the constraint that refused; never the row that it prints."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None) or ""
    for model in (Engagement, Series, Stakeholder, *(part.model for part in PARTS)):
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return str(constraint.get_violation_error_message())
    column = getattr(diagnostics, "column_name", None)
    where = name or (f"column {column}" if column else "a value")
    return f"the database refuses it ({where})."


def touched_by_others(engagement_ids: Sequence[int], importers: Sequence["User"]) -> set[int]:
    """Return those of the records that somebody else has changed since they were imported."""
    return set(
        Engagement.objects.filter(pk__in=engagement_ids)
        .exclude(models.Q(updated_by=None) | models.Q(updated_by__in=importers))
        .values_list("pk", flat=True)
    )
