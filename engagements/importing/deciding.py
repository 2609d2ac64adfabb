"""From rows to records: every row gets a verdict, and what has to be written is written whole.

A batch is decided first (`begin`), read (`Batch.to_read`, which may happen in another process)
and then written in one transaction (`finish`).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from django.db import DataError, IntegrityError, connection, transaction

from engagements.importing import codes
from engagements.importing.datasets import Desk
from engagements.importing.reading import (
    Line,
    digest_of,
    keeps_summary,
    says_the_same,
)
from engagements.importing.records import Record, Row, RowError
from engagements.importing.verdicts import (
    CREATED,
    REFUSED,
    UNCHANGED,
    UPDATED,
    VERDICTS,
    Key,
    Verdict,
    refused,
    said_by_database,
    verdict,
)
from engagements.importing.write import Changed, Known, Writer
from engagements.models import Engagement

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from engagements.importing.mapping import Mapping

Refusal = str
Reading = Record | Refusal


class Existing(NamedTuple):
    """A record that a row is about."""

    pk: int
    reference: str
    digest: str
    created_by_id: int
    state: str


MayChange = Callable[[Existing], str]


def anybody(existing: Existing) -> str:
    """Allow every change: for the operator at the command line."""
    return ""


@dataclass
class _Wanted:
    """A row that has to be read and written."""

    line: Line
    key: Key
    digest: str
    existing: Existing | None
    record: Record | None = None


@dataclass
class Batch:
    """Rows that were decided together: verdicts that are certain, and rows still to be read."""

    verdicts: list[Verdict] = field(default_factory=list)
    wanted: list[_Wanted] = field(default_factory=list)
    repeats: list[tuple[Line, Key, int]] = field(default_factory=list)

    @property
    def to_read(self) -> list[Row]:
        return [wanted.line.cells for wanted in self.wanted]


class Seen:
    """What the rows before have said: some hundred bytes a row, since files are long."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}

    def add(self, key: Key, digest: str, line: int, what: str) -> None:
        self._rows[_number(*key)] = (_number(digest) << 40) | (line << 2) | VERDICTS.index(what)

    def get(self, key: Key) -> tuple[int, int, str] | None:
        """Return digest number, line and verdict of an earlier row with this key."""
        if (packed := self._rows.get(_number(*key))) is None:
            return None
        return packed >> 40, (packed >> 2) & (1 << 38) - 1, VERDICTS[packed & 3]

    @staticmethod
    def says(before: int, digest: str) -> bool:
        return before == _number(digest)


def _number(*texts: str) -> int:
    digest = hashlib.blake2b("\x1f".join(texts).encode(), digest_size=8).digest()
    return int.from_bytes(digest)


class RecordImporter:
    """Decides and writes batch after batch, with what is known kept in between."""

    def __init__(
        self,
        mapping: "Mapping",
        user: "User",
        today: date,
        *,
        only_new: bool = False,
        may_change: MayChange = anybody,
        desk: Desk | None = None,
    ):
        self.mapping = mapping
        self.user = user
        self.only_new = only_new
        self.may_change = may_change
        self.desk = desk or Desk.prepared(today)
        self.known = Known.read()
        self.seen = Seen()
        self.held: list[int] = []
        """New records that the file itself wants reviewed before they are public."""

    def process(self, lines: Sequence[Line]) -> list[Verdict]:
        """Decide, read and write a batch; return its verdicts in the order of the file."""
        batch = self.begin(lines)
        return self.finish(batch, self.read(batch.to_read))

    def key_of(self, line: Line) -> Key:
        return self.mapping.key(line.cells)

    def digest_of(self, line: Line) -> str:
        own = line.cells.get(self.mapping.own_summary, "").strip()
        said = self.mapping.said(line.cells)
        return digest_of(line.cells, said, self.mapping.version, own)

    def remember(self, line: Line, what: str) -> None:
        """Take note of a row that another importer has decided."""
        self.seen.add(self.key_of(line), self.digest_of(line), line.line, what)

    def begin(self, lines: Sequence[Line]) -> Batch:
        """Decide what can be decided without reading the rows in full."""
        batch = Batch()
        existing = self._existing(lines)
        for line in lines:
            self._decide(line, existing, batch)
        return batch

    def read(self, rows: Sequence[Row]) -> list[Reading]:
        """Return what each row comes to: a record, or why it is refused. No database."""
        return [self._read(row) for row in rows]

    def _read(self, row: Row) -> Reading:
        try:
            return codes.check(self.mapping.read(row, self.desk), self.desk.codes)
        except RowError as refusal:
            return refusal.reason

    def finish(self, batch: Batch, readings: Sequence[Reading]) -> list[Verdict]:
        """Write what was read; return the verdicts in the order of the file."""
        found, to_write = list(batch.verdicts), []
        for wanted, reading in zip(batch.wanted, readings, strict=True):
            if isinstance(reading, Record):
                wanted.record = reading
                to_write.append(wanted)
            else:
                found.append(self._refuse(wanted, reading))
        found += self._write(to_write)
        for line, key, before in batch.repeats:
            seen = self.seen.get(key)
            if seen and seen[2] == REFUSED:
                found.append(refused(line, key, f"the same row as line {before}, refused too."))
            else:
                reason = f"the same row as line {before}."
                found.append(verdict(line, key, UNCHANGED, reason=reason))
        return sorted(found, key=lambda verdict: verdict.number)

    def _refuse(self, wanted: _Wanted, reason: str) -> Verdict:
        self.seen.add(wanted.key, wanted.digest, wanted.line.line, REFUSED)
        reference = wanted.existing.reference if wanted.existing else ""
        return refused(wanted.line, wanted.key, reason, reference)

    def _existing(self, lines: Sequence[Line]) -> dict[Key, Existing]:
        keys = {self.mapping.key(line.cells) for line in lines if not line.problem}
        found = Engagement.objects.filter(
            source_dataset__in={dataset for dataset, _id in keys},
            source_id__in={identifier for _dataset, identifier in keys},
        ).exclude(source_dataset="")
        return {
            (dataset, identifier): Existing(*facts)
            for dataset, identifier, *facts in found.values_list(
                "source_dataset",
                "source_id",
                "pk",
                "reference",
                "import_digest",
                "created_by_id",
                "state",
            )
        }

    def _decide(self, line: Line, existing: dict[Key, Existing], batch: Batch) -> None:
        """Put a row's verdict into the batch, or the row on the list of those to be read."""
        if line.problem:
            batch.verdicts.append(refused(line, ("", ""), line.problem))
            return
        key = self.mapping.key(line.cells)
        if not all(key):
            reason = "the row has no dataset or no identifier."
            batch.verdicts.append(refused(line, key, reason))
            return
        digest = self.digest_of(line)
        there = existing.get(key)
        if before := self.seen.get(key):
            said, at, _verdict = before
            if not self.seen.says(said, digest):
                reason = (
                    f"line {at} has the same identifier and says something else: "
                    "give one of them an identifier of its own."
                )
                batch.verdicts.append(refused(line, key, reason))
            else:
                batch.repeats.append((line, key, at))
            return
        if there and (self.only_new or says_the_same(digest, there.digest)):
            self.seen.add(key, digest, line.line, UNCHANGED)
            batch.verdicts.append(
                verdict(line, key, UNCHANGED, there.reference, engagement_id=there.pk)
            )
            return
        wanted = _Wanted(line, key, digest, there)
        if there and (reason := self.may_change(there)):
            batch.verdicts.append(self._refuse(wanted, reason))
            return
        self.seen.add(key, digest, line.line, UPDATED if there else CREATED)
        batch.wanted.append(wanted)

    def _write(self, rows: Sequence[_Wanted]) -> list[Verdict]:
        """Write all rows in one transaction; if the database refuses, find the rows it means."""
        if not rows:
            return []
        try:
            return self._in_transaction(rows)
        except (IntegrityError, DataError) as error:
            self.known = Known.read()
            if len(rows) == 1:
                return [self._refuse(rows[0], said_by_database(error))]
        middle = len(rows) // 2
        return self._write(rows[:middle]) + self._write(rows[middle:])

    def _in_transaction(self, rows: Sequence[_Wanted]) -> list[Verdict]:
        known = self.known.copy()
        writer = Writer(self.user, known)
        new = [row for row in rows if row.existing is None]
        changed = [row for row in rows if row.existing is not None]
        with transaction.atomic():
            with connection.cursor() as cursor:
                # History triggers beside deferred foreign keys are quadratic otherwise.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            made = writer.create([(row.record, row.digest) for row in new]) if new else []
            found = self._update(writer, changed)
        self.known = known
        for row, engagement in zip(new, made, strict=True):
            found.append(
                verdict(
                    row.line, row.key, CREATED, engagement.reference, engagement_id=engagement.pk
                )
            )
            if row.record.hold_for_review:
                self.held.append(engagement.pk)
        return found

    def _update(self, writer: Writer, rows: Sequence[_Wanted]) -> list[Verdict]:
        if not rows:
            return []
        ids = [row.existing.pk for row in rows]
        records = Engagement.objects.select_for_update(no_key=True).in_bulk(ids)
        there = [row for row in rows if row.existing.pk in records]
        updates = writer.update(
            [
                Changed(
                    records[row.existing.pk],
                    row.record,
                    row.digest,
                    keeps_summary(row.digest, row.existing.digest),
                )
                for row in there
            ]
        )
        gone = "its record was thrown away a moment ago."
        found = [self._refuse(row, gone) for row in rows if row.existing.pk not in records]
        for row, update in zip(there, updates, strict=True):
            reason = f"left as staff have it: {', '.join(update.kept)}." if update.kept else ""
            found.append(
                verdict(
                    row.line,
                    row.key,
                    UPDATED if update.changes else UNCHANGED,
                    row.existing.reference,
                    reason=reason,
                    changes=tuple(update.changes),
                    engagement_id=row.existing.pk,
                )
            )
        return found
