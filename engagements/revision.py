"""The register's one row: publications wait for each other there, and raise its revision."""

from django.db.models import F
from django.utils import timezone

from milidip.catalogue.models import Register


def lock_register() -> None:
    """Wait for publications under way, and let none begin before this transaction ends."""
    Register.objects.select_for_update().get(pk=1)


def raise_revision() -> None:
    """Say that public bytes have changed: nothing that was kept is good any more."""
    Register.objects.update(revision=F("revision") + 1, changed_at=timezone.now())
