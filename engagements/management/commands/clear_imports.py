"""Delete uploaded rows that nobody has worked on for some time."""

from typing import Any

from django.core.management.base import BaseCommand

from engagements.importing import staging


class Command(BaseCommand):
    help = f"Delete uploaded files that nobody has worked on for {staging.KEPT.days} days."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{staging.clear_desk()} imports deleted.")
