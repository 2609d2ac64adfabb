from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.utils import ProgrammingError

from engagements import erasure
from engagements.workflow import NotAllowed
from milidip.roles import owner_role
from stakeholders.models import Erasure

AFTERWARDS = """\
What is left to do by hand:
- dumps and backups made before today still hold the name: delete them, or erase again when one
  is restored (manage.py erase_person says what is known of it then);
- single names (a first name, a nickname) were taken out of the person's own records only;
- close the request of the person, and tell them."""


class Command(BaseCommand):
    """Carry out what two people asked for and confirmed in the admin.

    It works as the owner of the tables: the working side may add to history, never change it.
    """

    help = "Erase a person from records, snapshots and history alike. It cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", help="of the actor, such as MA-7K3QX9")
        parser.add_argument(
            "--no-input", action="store_true", help="do not ask whether it is meant"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reference = options["reference"].upper()
        found = Erasure.objects.select_related("requested_by", "confirmed_by").filter(
            stakeholder__reference=reference
        )
        asked = found.first()
        if asked is None:
            raise CommandError(f"Nobody has asked for the erasure of {reference} (in the admin).")
        if problems := erasure.problems(asked):
            raise CommandError(" ".join(map(str, problems)))
        self.stdout.write(
            f"{reference}: asked for by {asked.requested_by}, confirmed by {asked.confirmed_by}."
        )
        if not options["no_input"]:
            answer = input("It cannot be undone. Type the reference to go on: ")
            if answer.strip().upper() != reference:
                raise CommandError("Nothing was erased.")
        with owner_role():
            try:
                effect = erasure.erase(asked, progress=self.told)
            except NotAllowed as refusal:
                raise CommandError(str(refusal)) from refusal
            except ProgrammingError as error:
                raise CommandError(
                    "The login of DATABASE_URL does not own the tables: run it like migrate."
                ) from error
            self.vacuum(asked)
        asked.refresh_from_db()
        for table, number in asked.rows.items():
            self.stdout.write(f"  {number:>6} rows of {table}")
        self.stdout.write(f"Erased. {effect.changed} public records changed.")
        self.stdout.write(AFTERWARDS)

    def told(self, label: str, changed: int) -> None:
        self.stderr.write(f"{label}: {changed}")

    def vacuum(self, asked: Erasure) -> None:
        """What was deleted lies in the files of the tables until they are swept."""
        asked.refresh_from_db()
        if connection.in_atomic_block:
            return  # tests
        with connection.cursor() as cursor:
            for table in asked.rows:
                cursor.execute(f"VACUUM {connection.ops.quote_name(table)}")
