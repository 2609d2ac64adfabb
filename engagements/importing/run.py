"""The import of a file from the first row to the last, and the numbers add up.

Batches of rows are transactions, so that an import that is stopped leaves whole records only and
is simply run again. A dry run does all of it in one transaction that is rolled back.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django.utils import timezone

from engagements.importing import ahead, duplicates
from engagements.importing.mapping import Mapping, load
from engagements.importing.reading import inspect, lines
from engagements.importing.verdicts import Verdict, created
from engagements.models import Engagement

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BATCH = 500
LOCK = 0x6D64_696D  # "mdim"


class BusyError(Exception):
    """Another import holds the lock."""


@dataclass
class Tally:
    """The four numbers, the records that the file is about, and pairs that may be one."""

    rows: int
    verdicts: Counter[str] = field(default_factory=Counter)
    engagements: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    pairs: int = 0

    def add(self, verdict: Verdict) -> None:
        self.verdicts[verdict.verdict] += 1
        if verdict.engagement_id:
            self.engagements.append(verdict.engagement_id)


def run(
    path: Path,
    user: "User",
    *,
    mapping: str | Mapping = "engagements",
    encoding: str = "",
    dry_run: bool = False,
    only_new: bool = False,
    today: date | None = None,
    readers: int = 0,
    flag_duplicates: bool = False,
    on_verdict: Callable[[Verdict], Any] = lambda verdict: None,
    on_progress: Callable[[int, int], Any] = lambda done, rows: None,
) -> Tally:
    """Import a file as ``user`` and return the tally.

    With ``only_new`` a row that has a record already is left as it is, changed or not. With
    ``flag_duplicates`` new records that may be of an engagement that is there already are flagged
    as they come. Rows are read by ``readers`` more processes. Raise FileError when the file
    cannot be read, MappingError when the mapping cannot, BusyError when another import runs.
    """
    how = mapping if isinstance(mapping, Mapping) else load(mapping)
    rows = inspect(path, how.columns, encoding)
    today = today or timezone.now().date()
    with alone(), _transaction_to_undo(dry_run):
        importer = how.importer(user, today, only_new=only_new)
        tally = Tally(rows)
        batches = (
            importer.begin(batch) for batch in batched(lines(path, how.columns, encoding), BATCH)
        )
        with (
            ahead.readers(importer.read, readers) as hand_over,
            duplicates.Whereabouts() if flag_duplicates else nullcontext() as whereabouts,
        ):
            work = ahead.in_order(batches, lambda batch: hand_over(batch.to_read), 2 * readers)
            for batch, answer in work:
                with how.context(user, path.name), transaction.atomic():
                    found = importer.finish(batch, answer())
                    if whereabouts:
                        whereabouts.follow([v.engagement_id for v in found if v.engagement_id])
                        tally.pairs += duplicates.flag(created(found), whereabouts)
                for verdict in found:
                    tally.add(verdict)
                    on_verdict(verdict)
                on_progress(tally.verdicts.total(), rows)
        tally.held = importer.held
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


def touched_by_others(engagement_ids: Sequence[int], importers: Sequence["User"]) -> set[int]:
    """Return those of the records that somebody else has changed since they were imported."""
    return set(
        Engagement.objects.filter(pk__in=engagement_ids)
        .exclude(models.Q(updated_by=None) | models.Q(updated_by__in=importers))
        .values_list("pk", flat=True)
    )
