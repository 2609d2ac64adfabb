import os
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from milidip.catalogue.exports.extracts import reading_connection, register_of
from milidip.catalogue.files import shelf
from milidip.catalogue.files.writing import write_files

SECONDS_BETWEEN = 2


class Progress:
    """Says which file is being written, and now and then how far it is."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.name, self.said_at = "", 0.0

    def __call__(self, name: str, size: int) -> None:
        now = time.monotonic()
        if name != self.name or now - self.said_at > SECONDS_BETWEEN:
            self.stream.write(f"{name}  {size / 1e6:,.1f} MB" if size else name)
            self.name, self.said_at = name, now


def site_address(given: str) -> str:
    """Return what stands before the addresses in files; raise CommandError when nobody says."""
    if base := given or settings.PUBLIC_BASE_URL:
        return base.rstrip("/")
    if settings.PRODUCTION:
        raise CommandError(
            _("Say where the site is: set PUBLIC_BASE_URL, or give --base-url https://…")
        )
    return f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"


class Command(BaseCommand):
    """Cuts and replaces the files on /data/. Interrupted, it leaves those that were there."""

    help = "Write the files of the whole register, in every format, for the page /data/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default="", help="what stands before the addresses")
        parser.add_argument(
            "--anew", action="store_true", help="write them also when the register is unchanged"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        base = site_address(options["base_url"])
        connection = reading_connection()
        try:
            connection.execute("SET statement_timeout TO 0")
            register = register_of(connection)
            there = shelf.newest()
            if there and there.about.revision == register.revision and not options["anew"]:
                self.stdout.write(
                    _("The files of revision %(revision)s are there already.")
                    % {"revision": register.revision}
                )
                return
            with shelf.unfinished_folder() as folder:
                written = write_files(
                    folder,
                    connection,
                    register,
                    base_url=base,
                    address=f"{base}/data/",
                    say=Progress(self.stderr if sys.stderr.isatty() else self.stdout),
                )
                place = shelf.put(folder, written)
        finally:
            connection.close()
        shelf.clear()
        self.stdout.write(
            _("%(count)d files of revision %(revision)s are in %(place)s")
            % {"count": len(written.files), "revision": register.revision, "place": place}
        )
