from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Take the second factor of somebody away who lost it, recovery codes and all, and log "
        "them out everywhere. Make sure first that it is they who ask."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.get(username=options["username"])
        except User.DoesNotExist:
            raise CommandError(f"There is no user {options['username']!r}.") from None
        for session in UserSession.objects.filter(user=user):
            session.end()
        removed, _ = Authenticator.objects.filter(user=user).delete()
        self.stdout.write("Removed." if removed else "There was none.")
