"""A large register made from real records, to see how the public side stands up to its size.

Every seeded record starts from a real one: its kind, track, places and dates are taken, now and
then the places or the participants of another of the same kind, its years are moved a little, and
sentences of real summaries are added. So the distributions are as skewed as the real ones. What
record number 4,711 says depends on the seed and on the file alone, and a run that was stopped goes
on where it was.

Nothing of it is real: it is for a database that holds nothing else, and says so of every record.
"""

import copy
import csv
import gc
import os
import pickle
import random
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import batched, islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django
from django.db import connection, models, transaction
from django.utils import timezone

from engagements import snapshot
from engagements.disclosure import Protections, Snapshot, digest_of
from engagements.importing import accounts
from engagements.importing.mapping import load
from engagements.importing.reading import inspect, lines
from engagements.importing.run import run
from engagements.models import Engagement
from engagements.naming import Called
from engagements.render import Rendered, actor_row, store
from engagements.revision import lock_register, raise_revision
from engagements.tables import upsert_rows
from milidip.catalogue import models as public
from milidip.codebook.choices import ReviewDecision, ReviewKind
from milidip.codebook.geography import atlas
from milidip.roles import owner_role
from stakeholders.references import ALPHABET

# The public tables that grow with the records; facets are kept while they are written.
LARGE = (
    public.Entry,
    public.Document,
    public.Search,
    public.Participation,
    public.Source,
    public.Version,
)
# All but primary keys, and of the table of entries its unique reference, by which the gate's
# writer looks for records.
DROPPED = """
SELECT conrelid::regclass::text, conname, true,
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
        pg_get_constraintdef(oid))
FROM pg_constraint
WHERE conrelid::regclass::text = ANY(%s) AND (contype = 'f'
    OR contype = 'u' AND conrelid <> %s::regclass)
UNION ALL
SELECT indrelid::regclass::text, relname, false, pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid::regclass::text = ANY(%s)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
DATASET = "Seeded records, not real"
BATCH = 2000
# One more than there are processors: while one waits for the database another one works.
WORKERS = (os.cpu_count() or 1) + 1
PER_BLOCK = 30_000
REFERENCES = 32**6
# Odd, so that it runs through all references and meets none twice.
STRIDE = 387_420_489
LONGEST_SENTENCE = 300
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
FIRST_YEAR, LAST_YEAR = 1945, 2026


def reference(prefix: str, number: int) -> str:
    """Return the reference of a number: always the same, and spread over all there are."""
    number = number * STRIDE % REFERENCES
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, 32)
        digits = ALPHABET[rest] + digits
    return f"{prefix}-{digits}"


@dataclass
class Templates:
    """Real records as the gate would freeze them, and sentences of real summaries."""

    snapshots: list[Snapshot]
    sentences: list[str]
    by_activity: dict[str, list[Snapshot]]
    called: dict[str, Called]


def read_templates(path: Path) -> Templates:
    """Import the file, take the snapshots and undo the import: the real path, nothing kept."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        tally = run(path, accounts.importer())
        ids = list(
            Engagement.objects.filter(pk__in=tally.engagements)
            .order_by("source_dataset", "source_id")
            .values_list("pk", flat=True)
        )
        taken: dict[int, Snapshot] = {}
        for batch in batched(ids, BATCH):
            taken |= snapshot.take(batch)
        transaction.set_rollback(True)
    snapshots = [taken[pk] for pk in ids]
    called = _renumbered(snapshots)
    by_activity: dict[str, list[Snapshot]] = {}
    for one in snapshots:
        by_activity.setdefault(one["activity"], []).append(one)
    return Templates(snapshots, list(_sentences(path)), by_activity, called)


def _renumbered(snapshots: Sequence[Snapshot]) -> dict[str, Called]:
    """Give actors the same references in every run; those of the import are drawn by chance."""
    actors = {
        row["actor"]["reference"]: row["actor"]
        for one in snapshots
        for row in one["participations"]
        if row["actor"]
    }
    ordered = sorted(actors.values(), key=lambda a: (a["type"], a["name"], a["country"] or ""))
    new = {actor["reference"]: reference("MA", n) for n, actor in enumerate(ordered, 1)}
    for one in snapshots:
        for row in one["participations"]:
            if row["actor"]:
                row["actor"]["reference"] = new[row["actor"]["reference"]]
                row["actor"]["parent"] = new.get(row["actor"]["parent"])
    return {
        new[old]: Called(new[old], None, (), (actor["name"], *actor["other_names"]))
        for old, actor in actors.items()
    }


def _sentences(path: Path) -> Iterator[str]:
    for line in lines(path, load("engagements").columns):
        text = line.cells.get("summary") or line.cells.get("public_summary") or ""
        for sentence in SENTENCE.split(" ".join(text.split())):
            if 20 < len(sentence) <= LONGEST_SENTENCE:
                yield sentence


class Seeder:
    """Makes record after record; number and seed decide what each of them says."""

    def __init__(self, templates: Templates, seed: int, now: datetime | None = None):
        self.templates, self.seed = templates, seed
        self.now = now or timezone.now()
        self.atlas = atlas()
        self.promised = Protections()
        self.actors: set[str] = set()

    def rendered(self, number: int) -> Rendered:
        made = self.made(number)
        found = self._rendered(made)
        if found.leaks:
            # A sentence holds a name that the record withholds: as the gate would have it.
            found = self._rendered(made | {"narrative": ""})
        if found.leaks:
            found = self._rendered(made | {"narrative": "", "participations": []})
        return found

    def _rendered(self, made: Snapshot) -> Rendered:
        version = {
            "number": 1,
            "snapshot": made,
            "engagement__marking": made["marking"],
            "published_at": self.now,
            "change_note": "",
        }
        return Rendered([version], self.promised, self.templates.called, self.atlas)

    def made(self, number: int) -> Snapshot:
        """Return the snapshot of a made-up record."""
        chance = random.Random(f"{self.seed} {number}")  # noqa: S311
        one = chance.choice(self.templates.snapshots)
        alike = self.templates.by_activity[one["activity"]]
        places = chance.choice(alike) if chance.random() < 0.3 else one
        people = chance.choice(alike) if chance.random() < 0.3 else one
        years = chance.randint(-3, 3)
        sources = [
            source | {"reference": reference("MS", number * 8 + at)}
            for at, source in enumerate(one["sources"][:8])
        ]
        said = chance.choices(self.templates.sentences or [""], k=chance.randint(1, 4))
        return one | {
            "reference": reference("MD", number),
            "title": f"{one['title'][:470]}, no. {number}",
            "narrative": " ".join(said),
            "start": moved(one["start"], years),
            "end": moved(one["end"], years),
            "source_dataset": DATASET,
            "source_id": f"{self.seed}-{number}",
            "places": places["places"],
            "participations": [row | {"sources": []} for row in people["participations"]],
            "sources": sources,
            "outcomes": [outcome | {"source": None} for outcome in one["outcomes"]],
            "related": [],
            "review": snapshot.UNREVIEWED
            | {
                "decision": ReviewDecision.CLEARED,
                "kind": ReviewKind.BULK,
                "decided_on": self.now.date().isoformat(),
            },
        }

    def write(self, numbers: Sequence[int]) -> int:
        """Make and write neighbouring records in one transaction, by the gate's own writer."""
        batch = [self.rendered(number) for number in numbers]
        named = {ref: facts for one in batch for ref, facts in one.disclosed.actors.items()}
        rows = []
        for ref in sorted(named.keys() - self.actors):
            facts = {key: value for key, value in named[ref].items() if key != "parent"}
            rows.append(actor_row(ref, digest_of(facts), facts))
        with transaction.atomic():
            if rows:
                # Two processes may meet the same actor for the first time.
                lock_register()
            store(batch, self.atlas, first=numbers[0])
            upsert_rows(public.Actor, rows)
            raise_revision()
        self.actors |= named.keys()
        return len(batch)


def moved(date: str, years: int) -> str:
    """Return an honest date some years later, within the years that the register knows."""
    if not date:
        return date
    year = min(max(int(date[:4]) + years, FIRST_YEAR), LAST_YEAR)
    rest = date[4:]
    return f"{year}{'-02-28' if rest == '-02-29' else rest}"


def seed_public(
    path: Path, entries: int, seed: int, progress: Callable[[int], Any] = lambda number: None
) -> int:
    """Bring a register of seeded records up to ``entries``; return how many were added."""
    there = public.Entry.objects.count()
    if there >= entries:
        return 0
    seeder = Seeder(read_templates(path), seed)
    if entries - there > there:
        drop_indexes()
    with (
        TemporaryDirectory() as directory,
        ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=django.setup) as pool,
    ):
        kept = Path(directory) / "seeder"
        kept.write_bytes(pickle.dumps(seeder))
        for number in _in_lanes(
            pool, partial(_write, kept, connection.settings_dict["NAME"]), _missing(entries)
        ):
            progress(number)
    return entries - there


def _missing(entries: int) -> Iterator[Iterator[Sequence[int]]]:
    """Yield what is missing of each block of ordinals, in batches.

    Counts are kept for each block, so that two processes never wait for each other when each
    writes to another one. Within a block records are written in their order.
    """
    blocks = public.Entry.objects.values_list(models.F("ordinal") / PER_BLOCK)
    there = dict(blocks.annotate(n=models.Count("pk")).order_by())
    for block in range(entries // PER_BLOCK + 1):
        first = max(1, block * PER_BLOCK) + there.get(block, 0)
        yield batched(range(first, min(entries + 1, (block + 1) * PER_BLOCK)), BATCH)


def _in_lanes(
    pool: Executor,
    work: Callable[[Sequence[int]], int],
    lanes: Iterator[Iterator[Sequence[int]]],
) -> Iterator[int]:
    """Work through some lanes at once, one batch of each at a time; yield what comes back."""
    running: dict[Future[int], Iterator[Sequence[int]]] = {}

    def go_on(lane: Iterator[Sequence[int]] | None) -> None:
        while lane is not None:
            if batch := next(lane, ()):
                running[pool.submit(work, batch)] = lane
                return
            lane = next(lanes, None)

    for lane in islice(lanes, WORKERS):
        go_on(lane)
    while running:
        done, _rest = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            lane = running.pop(future)
            yield future.result()
            go_on(lane)


def drop_indexes() -> None:
    """Drop what is quicker made in one go: indexes and foreign keys of the large tables.

    How to make each again is kept in a table, so that a run that was stopped can do it too.
    """
    with owner_role(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS seeding_put_back (name text, statement text)")
        tables = [model._meta.db_table for model in LARGE]
        cursor.execute(DROPPED, [tables, public.Entry._meta.db_table, tables])
        for table, name, constraint, statement in cursor.fetchall():
            cursor.execute("INSERT INTO seeding_put_back VALUES (%s, %s)", [name, statement])
            cursor.execute(
                f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'
                if constraint
                else f'DROP INDEX "{name}"'
            )


def make_indexes(progress: Callable[[str], Any] = lambda name: None) -> None:
    """Make everything again that was dropped."""
    with owner_role(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('seeding_put_back')")
        if cursor.fetchone() == (None,):
            return
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("SELECT name, statement FROM seeding_put_back")
        for name, statement in cursor.fetchall():
            progress(name)
            with transaction.atomic():
                cursor.execute(statement)
                cursor.execute("DELETE FROM seeding_put_back WHERE name = %s", [name])
        cursor.execute("DROP TABLE seeding_put_back")
        cursor.execute("RESET maintenance_work_mem")


def _write(kept: Path, database: str, numbers: Sequence[int]) -> int:
    return _taken_up(kept, database).write(numbers)


@cache
def _taken_up(kept: Path, database: str) -> Seeder:
    """Return the seeder of the process that began; read once, since it is large."""
    connection.settings_dict["NAME"] = database
    # Batches are large, and nothing in them goes round in circles: to look for that takes long.
    gc.disable()
    seeder: Seeder = pickle.loads(kept.read_bytes())  # noqa: S301 (our own, a moment ago)
    return seeder


def write_rows(path: Path, rows: int, to: Path) -> None:
    """Write a file of ``rows`` rows to import: the real ones over and over, renumbered."""
    columns = load("engagements").columns
    inspect(path, columns)
    good = [copy.copy(line.cells) for line in lines(path, columns) if not line.problem]
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, good[0].keys(), extrasaction="ignore")
        writer.writeheader()
        for number in range(rows):
            round_, at = divmod(number, len(good))
            row = dict(good[at])
            row["source_id"] += f"~{round_}" if round_ else ""
            writer.writerow(row)
