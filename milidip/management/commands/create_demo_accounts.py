import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand

from engagements import groups

# Without letters and digits that look alike: people type these from a terminal.
ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"
HEADER = (
    "# Demo accounts: user name, first password. Made once; delete the users to retire them.\n"
)


class Command(BaseCommand):
    help = "One account per role, to look around with. Existing accounts are left alone."

    accounts = {
        "contributor": groups.CONTRIBUTOR,
        "reviewer": groups.REVIEWER,
        "editor": groups.EDITOR,
        "vocabularies": groups.VOCABULARY_MANAGER,
        "admin": None,
    }

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = self.read()
        for name, group in self.accounts.items():
            if User.objects.filter(username=name).exists():
                continue
            # The file first: an interruption leaves a password without its account, and the next
            # run makes the account; the other way round nobody would know the password.
            if name not in passwords:
                passwords[name] = "".join(secrets.choice(ALPHABET) for _ in range(14))
                self.append(name, passwords[name])
            user = User(username=name, is_staff=True, is_superuser=group is None)
            user.set_password(passwords[name])
            user.save()
            if group:
                user.groups.add(Group.objects.get(name=group))

    def read(self) -> dict[str, str]:
        try:
            lines = settings.DEMO_ACCOUNTS.read_text().splitlines()
        except FileNotFoundError:
            return {}
        return dict(line.split() for line in lines if len(line.split()) == 2)

    def append(self, name: str, password: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(settings.DEMO_ACCOUNTS, flags, 0o600), "a") as file:
            if not file.tell():
                file.write(HEADER)
            file.write(f"{name:<14} {password}\n")
            file.flush()
            os.fsync(file.fileno())
