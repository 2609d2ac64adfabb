"""Load and publish the sample catalogue that ships with the project."""

from argparse import ArgumentParser
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from engagements import workflow
from engagements.importing import accounts, case_studies
from engagements.importing.reading import FileError
from engagements.importing.run import BusyError, Tally, run, touched_by_others
from engagements.importing.verdicts import REFUSED, VERDICTS, Verdict
from engagements.management.commands.import_engagements import Progress
from engagements.models import Engagement
from engagements.publication import BulkResult, publish_bulk
from milidip.codebook.choices import ReviewKind, State

SAMPLE = settings.BASE_DIR / "sample"


class Command(BaseCommand):
    help = (
        "Load the sample catalogue and publish it. Run again, it adds what is missing and "
        "changes nothing that is there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--directory", type=Path, default=SAMPLE, help="Where curated.csv and the rest lie."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        directory = options["directory"]
        chosen = self.load(directory / "engagements.csv", "engagements")
        curated = self.load(directory / "curated.csv", "curated")
        try:
            studies = case_studies.add(directory / "case_studies", accounts.importer())
        except FileError as problem:
            raise CommandError(str(problem)) from problem
        self.publish(
            set(chosen.engagements) - set(studies),
            kind=ReviewKind.BULK,
            scope_note="Sample catalogue: rows chosen from datasets, cleared together.",
        )
        # Last, so that the newest on the front page are those collected one by one.
        self.publish(
            set(curated.engagements) - set(studies),
            kind=ReviewKind.BULK_SAMPLED,
            scope_note="Sample catalogue: every row was read and written anew before it shipped.",
            sample_size=curated.rows,
        )
        if studies:
            self.publish(
                studies,
                kind=ReviewKind.BULK_SAMPLED,
                scope_note="Sample case studies: each was read against its sources.",
                sample_size=len(studies),
            )
        waiting = Engagement.objects.filter(
            pk__in=curated.engagements + chosen.engagements, state=State.SUBMITTED
        ).count()
        self.stdout.write(f"{waiting} records of the sample wait for review.")

    def load(self, path: Path, mapping: str) -> Tally:
        author = accounts.importer()
        refused: list[Verdict] = []
        progress = Progress(self.stderr)
        try:
            tally = run(
                path,
                author,
                mapping=mapping,
                only_new=True,
                on_verdict=lambda v: refused.append(v) if v.verdict == REFUSED else None,
                on_progress=progress.rows,
            )
        except FileError as problem:
            raise CommandError(str(problem)) from problem
        except BusyError:
            raise CommandError("Another import is running. Wait until it is done.") from None
        for verdict in refused:
            self.stdout.write(f"{path.name}, line {verdict.line}: {verdict.reason}")
        numbers = ", ".join(f"{tally.verdicts[verdict]} {verdict}" for verdict in VERDICTS)
        self.stdout.write(f"{path.name}: {tally.rows} rows: {numbers}.")
        for engagement in Engagement.objects.filter(pk__in=tally.held, state=State.DRAFT):
            workflow.submit(engagement, author)
        return tally

    def publish(self, ids: Collection[int], **clearance: Any) -> None:
        """Publish what was never public and nobody has worked on since it was loaded."""
        reviewer = accounts.sample_reviewer()
        reviewer.is_superuser = True  # for this load only: the account itself has no rights
        others = touched_by_others(list(ids), [accounts.importer()])
        fresh = (
            Engagement.objects.filter(pk__in=ids, state=State.DRAFT, publications=None)
            .exclude(pk__in=others)
            .values_list("pk", flat=True)
        )
        result: BulkResult = publish_bulk(list(fresh), reviewer, **clearance)
        self.stdout.write(f"{result.published} published.")
        for reason, references in sorted(result.skipped.items()):
            self.stdout.write(f"{len(references)} not published: {reason}")
