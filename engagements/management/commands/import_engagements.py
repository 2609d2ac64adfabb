"""Import a file of engagements into working records."""

import csv
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from engagements.importing import accounts, ahead
from engagements.importing.mapping import names
from engagements.importing.reading import FileError
from engagements.importing.run import BusyError, Tally, run, touched_by_others
from engagements.importing.spec import MappingError
from engagements.importing.verdicts import REFUSED, VERDICTS, Verdict
from engagements.publication import publish_bulk
from milidip.codebook.choices import ReviewKind

REPORT_COLUMNS = ("line", "source_dataset", "source_id", "verdict", "reference", "reason")
SHOWN = 50
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Command(BaseCommand):
    help = (
        "Import a CSV file. Every row is created, updated, unchanged or refused, with its line "
        "and a reason; the four numbers add up to the rows of the file. It can be stopped and "
        "run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--mapping",
            default="engagements",
            help=f"What the columns are: {', '.join(names())}, or the path of a .toml file.",
        )
        parser.add_argument(
            "--encoding", default="", help="Of a CSV file that is not UTF-8, such as cp1252."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Give the same verdicts and write nothing."
        )
        parser.add_argument(
            "--publish",
            action="store_true",
            help="Clear and publish what was imported, in bulk. For trusted files; needs --user.",
        )
        parser.add_argument(
            "--report", type=Path, help="Write a CSV file with the verdict on every row."
        )
        parser.add_argument(
            "--user", help="Who imports; with --publish, the superuser who vouches for the file."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, report = options["file"], options["report"]
        user = self.account(options["user"])
        if options["publish"] and not (user and user.is_superuser):
            raise CommandError("--publish needs --user NAME, and NAME must be a superuser.")
        if report and report.resolve() == path.resolve():
            raise CommandError("--report would overwrite the file that is being imported.")
        # Nobody publishes what they logged: a published import has another author.
        author = accounts.importer() if options["publish"] or user is None else user
        with ExitStack() as stack:
            verdicts = Verdicts(stack, report)
            progress = Progress(self.stderr)
            try:
                tally = run(
                    path,
                    author,
                    mapping=options["mapping"],
                    encoding=options["encoding"],
                    readers=ahead.available(),
                    dry_run=options["dry_run"],
                    flag_duplicates=not options["dry_run"],
                    on_verdict=verdicts.take,
                    on_progress=progress.rows,
                )
            except (FileError, MappingError) as problem:
                raise CommandError(f"Nothing was imported. {problem}") from problem
            except BusyError:
                raise CommandError("Another import is running. Wait until it is done.") from None
            progress.done()
        self.tell(tally, verdicts, dry_run=options["dry_run"])
        if options["publish"] and not options["dry_run"]:
            self.publish(tally, path, user, author)

    def account(self, name: str | None) -> User | None:
        if name is None:
            return None
        try:
            return User.objects.get(username=name, is_active=True)
        except User.DoesNotExist:
            raise CommandError(f"There is no active user {name}.") from None

    def tell(self, tally: Tally, verdicts: "Verdicts", *, dry_run: bool) -> None:
        for verdict in verdicts.refused[:SHOWN]:
            self.stdout.write(
                f"line {verdict.line}: {verdict.dataset} {verdict.source_id} refused: "
                f"{verdict.reason}"
            )
        if (more := len(verdicts.refused) - SHOWN) > 0:
            self.stdout.write(f"… and {more} more refused; --report FILE lists them all.")
        numbers = ", ".join(f"{tally.verdicts[verdict]} {verdict}" for verdict in VERDICTS)
        self.stdout.write(
            f"{tally.rows} rows: {numbers}.{' Dry run: nothing was written.' if dry_run else ''}"
        )
        if tally.pairs:
            self.stdout.write(
                f"{tally.pairs} pairs of records may be of one engagement: see “possible "
                "duplicate” in the list of engagements."
            )

    def publish(self, tally: Tally, path: Path, user: User | None, author: User) -> None:
        assert user is not None  # handle() has seen to it
        others = touched_by_others(tally.engagements, [author, user, accounts.importer()])
        progress = Progress(self.stderr)
        ids = [pk for pk in tally.engagements if pk not in others]
        result = publish_bulk(
            ids,
            user,
            kind=ReviewKind.BULK,
            scope_note=f"Trusted import of {path.name}: cleared together, not read one by one.",
            progress=lambda number: progress.add(number, len(ids), "publishing"),
        )
        progress.done()
        self.stdout.write(f"{result.published} published, {result.unchanged} already public.")
        if others:
            self.stdout.write(f"{len(others)} not published: somebody has worked on them since.")
        for reason, references in sorted(result.skipped.items()):
            self.stdout.write(f"{len(references)} not published: {reason}")


class Verdicts:
    """Keeps the refusals for the summary and writes every verdict to the report, if any."""

    def __init__(self, stack: ExitStack, report: Path | None):
        self.refused: list[Verdict] = []
        self.rows = None
        if report:
            try:
                file = stack.enter_context(report.open("w", encoding="utf-8", newline=""))
            except OSError as error:
                raise CommandError(f"{report}: {error.strerror}.") from error
            self.rows = csv.writer(file)
            self.rows.writerow(REPORT_COLUMNS)

    def take(self, verdict: Verdict) -> None:
        if verdict.verdict == REFUSED:
            self.refused.append(verdict)
        if self.rows:
            cells = [
                verdict.dataset,
                verdict.source_id,
                verdict.verdict,
                verdict.reference,
                verdict.reason,
            ]
            guarded = [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]
            self.rows.writerow([verdict.line, *guarded])


class Progress:
    """One line on stderr about every second."""

    def __init__(self, stream: Any):
        self.stream = stream
        self.began = self.told = time.monotonic()
        self.count = 0

    def add(self, number: int, total: int, what: str) -> None:
        self.count += number
        self.rows(self.count, total, what)

    def rows(self, done: int, total: int, what: str = "rows") -> None:
        now = time.monotonic()
        if now - self.told >= 1:
            self.told = now
            self.stream.write(
                f"{what}: {done} of {total}, {done / (now - self.began):.0f} a second"
            )

    def done(self) -> None:
        seconds = time.monotonic() - self.began
        if seconds >= 1:
            self.stream.write(f"done in {seconds:.0f} s")
