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
import pickle
import random
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
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
from engagements.disclosure import Disclosed, Protections, Snapshot, digest_of
from engagements.importing import accounts
from engagements.importing.mapping import load
from engagements.importing.reading import inspect, lines
from engagements.importing.run import run
from engagements.models import Engagement
from engagements.naming import Called
from engagements.render import Rendered, actor_row, lock_register, store
from engagements.tables import upsert_rows
from milidip.catalogue import models as public
from milidip.codebook.choices import ReviewDecision, ReviewKind
from milidip.codebook.geography import atlas
from stakeholders.references import ALPHABET

DATASET = "Seeded records, not real"
BATCH = 2000
MAKERS = 2
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
        self.actors: dict[str, str] = {}

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

    def write(self, batch: list[Rendered]) -> None:
        """Write some records in one transaction, by the gate's own writer."""
        with transaction.atomic():
            lock_register()
            with connection.cursor() as cursor:
                # New words wait together before they go into the indexes: many share a page.
                cursor.execute("SET LOCAL gin_pending_list_limit = '64MB'")
            store(batch, self.atlas)
            self._write_actors([one.disclosed for one in batch])
            public.Register.objects.update(
                revision=models.F("revision") + 1, changed_at=timezone.now()
            )

    def _write_actors(self, disclosed: Sequence[Disclosed]) -> None:
        named = {ref: facts for one in disclosed for ref, facts in one.actors.items()}
        rows = []
        for ref in sorted(named.keys() - self.actors.keys()):
            facts = {key: value for key, value in named[ref].items() if key != "parent"}
            self.actors[ref] = digest_of(facts)
            rows.append(actor_row(ref, self.actors[ref], facts))
        upsert_rows(public.Actor, rows)


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
    numbers = iter(batched(range(there + 1, entries + 1), BATCH))
    # Batches are large, and nothing in them goes round in circles: to look for that is a third
    # of the time that it takes to receive one.
    gc.disable()
    try:
        for batch in _ahead(seeder, numbers):
            seeder.write(batch)
            progress(len(batch))
    finally:
        gc.enable()
    return entries - there


def _ahead(seeder: Seeder, numbers: Iterator[Sequence[int]]) -> Iterator[list[Rendered]]:
    """Yield batches in their order, made by other processes while this one writes."""
    with (
        TemporaryDirectory() as directory,
        ProcessPoolExecutor(MAKERS, get_context("spawn"), initializer=django.setup) as pool,
    ):
        kept = Path(directory) / "seeder"
        kept.write_bytes(pickle.dumps(seeder))
        make = partial(_render, kept)
        waiting = deque(pool.submit(make, batch) for batch in islice(numbers, 2 * MAKERS))
        while waiting:
            made = waiting.popleft().result()
            waiting.extend(pool.submit(make, batch) for batch in islice(numbers, 1))
            yield made


def _render(kept: Path, numbers: Sequence[int]) -> list[Rendered]:
    return [_taken_up(kept).rendered(number) for number in numbers]


@cache
def _taken_up(kept: Path) -> Seeder:
    """Return the seeder of the process that began; read once, since it is large."""
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
