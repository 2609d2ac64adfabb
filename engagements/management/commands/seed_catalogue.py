"""Fill an empty database with a large register made from real records, to measure with."""

import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from engagements import blocks, seeding
from engagements.importing import accounts
from engagements.importing.reading import FileError
from engagements.importing.run import run
from engagements.management.commands.import_engagements import Progress
from engagements.models import Engagement
from engagements.publication import publish_bulk
from milidip.catalogue.models import Entry
from milidip.roles import owner_role

REAL = settings.BASE_DIR.parent / "shared" / "data" / "engagements_real.csv"
SAMPLE = settings.BASE_DIR / "sample" / "engagements.csv"
SUPERUSER = "seeder"


class Command(BaseCommand):
    help = (
        "Fill a database that holds nothing else with records made from real ones, to measure "
        "with. The same seed makes the same register. It can be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--entries", type=int, default=0, help="How many public records there will be."
        )
        parser.add_argument(
            "--gate",
            type=int,
            default=0,
            help="Instead: how many records go the whole way, from an import with its history "
            "over a bulk clearance to publication.",
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--data",
            type=Path,
            default=REAL if REAL.exists() else SAMPLE,
            help="A file of engagements to start from; without one, the sample.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["entries"]) == bool(options["gate"]):
            raise CommandError("Say how many: --entries NUMBER or --gate NUMBER.")
        if Entry.objects.exclude(source_dataset=seeding.DATASET).exists() and options["entries"]:
            raise CommandError(
                "This database holds records that were not seeded. Nothing was written: use a "
                "database of its own (DATABASE_URL)."
            )
        if options["entries"] and Engagement.objects.exists():
            raise CommandError(
                "This database has working records. Nothing was written: use a database of its "
                "own (DATABASE_URL)."
            )
        if options["gate"]:
            self._refuse_others()
        progress = Progress(self.stderr)
        try:
            if options["entries"]:
                self._public(options, progress)
            else:
                self._through_the_gate(options, progress)
        except FileError as problem:
            raise CommandError(str(problem)) from problem
        blocks.choose_words()
        with owner_role(), connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def _refuse_others(self) -> None:
        mine = Engagement.objects.filter(created_by__username=accounts.IMPORTER)
        if Engagement.objects.count() != mine.count() or (
            Entry.objects.filter(source_dataset=seeding.DATASET).exists()
        ):
            raise CommandError(
                "This database holds records of somebody else. Nothing was written: use a "
                "database of its own (DATABASE_URL)."
            )

    def _public(self, options: dict[str, Any], progress: Progress) -> None:
        there = Entry.objects.count()
        self.stderr.write(f"{there} records are there; reading {options['data'].name}.")
        missing = max(options["entries"] - there, 0)
        added = seeding.seed_public(
            options["data"],
            options["entries"],
            options["seed"],
            lambda number: progress.add(number, missing, "seeding"),
        )
        progress.done()
        seeding.make_indexes(lambda name: self.stderr.write(f"Making the index {name}."))
        self.stdout.write(f"{added} records added.")

    def _through_the_gate(self, options: dict[str, Any], progress: Progress) -> None:
        superuser, _made = User.objects.get_or_create(
            username=SUPERUSER, defaults={"is_superuser": True, "password": "!"}
        )
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "seeded.csv"
            seeding.write_rows(options["data"], options["gate"], path)
            began = time.monotonic()
            tally = run(path, accounts.importer(), on_progress=progress.rows)
            importing = time.monotonic() - began
        progress.done()
        progress = Progress(self.stderr)
        began = time.monotonic()
        ids = tally.engagements
        result = publish_bulk(
            ids,
            superuser,
            scope_note="Seeded to measure with.",
            progress=lambda number: progress.add(number, len(ids), "publishing"),
        )
        progress.done()
        self.stdout.write(
            f"{len(ids)} records imported in {importing:.0f} s, {result.published} published in "
            f"{time.monotonic() - began:.0f} s, {result.unchanged} already public."
        )
        for reason, references in sorted(result.skipped.items()):
            self.stdout.write(f"{len(references)} not published: {reason}")
