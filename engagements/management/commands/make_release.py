import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from engagements import releases
from milidip.catalogue.files import shelf
from milidip.catalogue.management.commands.make_data_files import Progress, site_address


class Command(BaseCommand):
    """Releases are made by hand, what is issued again may be by a timer (`--again`)."""

    help = (
        "Freeze the register as the next dated release. Releases that were withdrawn to keep a "
        "promise are issued again first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default="", help="what stands before the addresses")
        parser.add_argument(
            "--again", action="store_true", help="only issue again what was withdrawn"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        base = site_address(options["base_url"])
        say = Progress(self.stderr if sys.stderr.isatty() else self.stdout)
        shelf.clear()
        try:
            for withdrawn in releases.waiting():
                again = releases.issue_again(withdrawn, base, say)
                self.stdout.write(
                    _("Release %(old)s was withdrawn and is issued again as %(new)s.")
                    % {"old": withdrawn, "new": again}
                )
            if options["again"]:
                return
            release = releases.make_release(base, say)
        except releases.NothingToRelease as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write(
            _("Release %(number)s of revision %(revision)s is made: %(files)d files.")
            % {
                "number": release,
                "revision": release.revision,
                "files": len(release.files),
            }
        )
