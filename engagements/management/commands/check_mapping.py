"""Say what is wrong with a mapping for a file, before anything is imported."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from engagements.importing.lint import check
from engagements.importing.mapping import load, names
from engagements.importing.reading import FileError
from engagements.importing.spec import MappingError


class Command(BaseCommand):
    help = (
        "Check a file against a mapping: wrong columns, values that are not covered, dates that "
        "cannot be read, with line numbers and counts. Nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("mapping", help=f"{', '.join(names())}, or the path of a .toml file.")
        parser.add_argument("--encoding", default="", help="Of a CSV file that is not UTF-8.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            mapping = load(options["mapping"])
        except MappingError as error:
            raise CommandError("\n".join(error.problems)) from error
        if mapping.name == "register":
            raise CommandError("The register's own export needs no mapping: import it.")
        try:
            found = check(options["file"], mapping, timezone.now().date(), options["encoding"])
        except FileError as error:
            raise CommandError(str(error)) from error
        for problem in found.columns:
            self.stdout.write(problem)
        if found.columns:
            raise CommandError("The mapping does not fit the columns of the file.")
        for fault in sorted(found.cells.values(), key=lambda fault: -len(fault.lines)):
            self.stdout.write(str(fault))
        for fault in sorted(found.unlisted.values(), key=lambda fault: -len(fault.lines)):
            self.stdout.write(
                f"Note: no actor for “{fault.reason}”{str(fault)[len(fault.reason) :]}"
            )
        if found.unused:
            self.stdout.write(f"Not used: {', '.join(found.unused)}.")
        told = (
            f"{found.rows} rows: {found.fine} can be imported, {found.rows - found.fine} cannot."
        )
        if found.fine < found.rows:
            raise CommandError(told)
        self.stdout.write(told)
