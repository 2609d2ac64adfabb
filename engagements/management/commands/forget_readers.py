from typing import Any

from django.core.management.base import BaseCommand

from engagements import invitations, reports


class Command(BaseCommand):
    """What people gave to be answered is kept no longer than it takes. Safe at any time."""

    help = (
        "Delete contacts of readers whose reports, and of people whose invitations, were closed "
        "a month ago, and old hashes."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        contacts = reports.forget_contacts() + invitations.forget_contacts()
        senders = reports.forget_senders()
        self.stdout.write(f"{contacts} contacts and {senders} hashes of addresses deleted.")
