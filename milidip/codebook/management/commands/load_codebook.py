"""Bring the shipped vocabularies into the database; safe to run at any time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from milidip.codebook.loading import CodebookError, load


class Command(BaseCommand):
    help = (
        "Create or update the terms that come with milidip; editors' own terms stay as they are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tallies = load()
        except CodebookError as error:
            raise CommandError(f"The codebook was not changed. {error}") from error
        if options["verbosity"] == 0:
            return
        for tally in tallies:
            if options["verbosity"] > 1 or tally.changed or tally.kept:
                self.stdout.write(
                    f"{tally.name}: {tally.created} created, {tally.updated} updated,"
                    f" {tally.unchanged} unchanged"
                )
            if tally.kept:
                self.stdout.write(f"  left as editors have them: {', '.join(tally.kept)}")
        changed = sum(tally.created + tally.updated for tally in tallies)
        unchanged = sum(tally.unchanged for tally in tallies)
        self.stdout.write(f"Codebook: {changed} created or updated, {unchanged} unchanged.")
