from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from milidip.embedded import project


class Command(BaseCommand):
    help = "The development database in var/: start it, stop it, ask about it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = {
            "start": "start it, if it is not running",
            "stop": "stop it, for every program that uses it",
            "status": "say whether it runs",
            "url": "print its address, for psql and others",
            "dump-hint": "print the commands that save it and load it again",
        }
        chosen = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, help_text in actions.items():
            chosen.add_parser(action, help=help_text)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED_DATABASE:
            raise CommandError("DATABASE_URL is set: there is no embedded database to look after.")
        getattr(self, options["action"].replace("-", "_"))()

    def start(self) -> None:
        project.start()
        self.status()

    def stop(self) -> None:
        self.stdout.write("Stopped." if project.stop() else "It was not running.")

    def status(self) -> None:
        if project.running():
            self.stdout.write(f"PostgreSQL {project.version()} runs on {project.data}")
        else:
            self.stdout.write("It is not running.")

    def url(self) -> None:
        self.stdout.write(project.url())

    def dump_hint(self) -> None:
        self.stdout.write(
            "Save, while it runs, into a file that only you can read:\n"
            "  umask 077\n"
            f"  {project.binaries}/pg_dump --format=custom --file=milidip.dump \\\n"
            f"    '{project.url()}'\n"
            "Load into a new, empty database (move the old one away first):\n"
            "  python manage.py embedded start\n"
            f"  {project.binaries}/pg_restore --no-owner --no-privileges --exit-on-error \\\n"
            f"    --dbname='{project.url()}' milidip.dump\n"
            "  python manage.py migrate"
        )
