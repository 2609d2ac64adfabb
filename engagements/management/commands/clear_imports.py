"""Clear the desk: uploaded rows, and what was typed and not saved, that nobody came back to."""

from typing import Any

from django.core.management.base import BaseCommand

from engagements import unsaved
from engagements.importing import staging


class Command(BaseCommand):
    help = (
        f"Delete uploaded files that nobody has worked on for {staging.KEPT.days} days, and what "
        f"was typed and not saved for {unsaved.KEPT.days} days."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{staging.clear_desk()} imports deleted.")
        self.stdout.write(f"{unsaved.forget()} unsaved texts deleted.")
