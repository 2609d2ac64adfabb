from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connections

from engagements.groups import ensure_groups
from milidip.database import setup
from milidip.roles import owner_role


class Command(migrate.Command):
    """Django's migrate, as the owner of the tables, with the roles and grants of this project.

    Test databases come through here too: they have the same wall as production.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        # The checks before the work ask the database as well, and the roles may not exist yet.
        with owner_role(options["database"]):
            return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        connection = connections[options["database"]]
        with setup.migration_lock(connection, self.say_that_it_waits):
            setup.ensure_roles(connection)
            setup.ensure_extensions(connection)
            setup.ensure_text_search(connection)
            super().handle(*args, **options)
            call_command("createcachetable", database=options["database"], verbosity=0)
            setup.grant(connection)
            ensure_groups(options["database"])

    def say_that_it_waits(self) -> None:
        self.stdout.write("Another migrate is running in this database, waiting for it.")
        self.stdout.flush()
