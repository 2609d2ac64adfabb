from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from engagements.publication import rebuild


class Command(BaseCommand):
    """Render the public side again from its snapshots."""

    help = (
        "Render the public side from the private snapshots. Nothing changes when nothing differs."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--anew", action="store_true", help="write every row again, even where nothing differs"
        )

    def handle(self, *args, **options):
        done = 0

        def progress(number: int) -> None:
            nonlocal done
            done += number
            self.stderr.write(_("%(done)d records looked at") % {"done": done})

        changed = rebuild(anew=options["anew"], progress=progress)
        self.stdout.write(_("%(changed)d public records changed") % {"changed": changed})
