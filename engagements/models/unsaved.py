"""What is typed and not saved yet, and who has a record open: for the desk, for some days only.

No history is kept of these tables: what becomes of the text is in the history of its record, and
what was thrown away is gone. What was typed is read by nobody but whoever typed it.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .engagement import Engagement


class Unsaved(models.Model):
    """The fields of one opened form as they stood when somebody typed last.

    A form that is saved or thrown away leaves an empty row for as long as a browser could still
    bring an old copy of it.
    """

    class Page(models.TextChoices):
        RECORD = "record", _("the form of a record")
        QUICK = "quick", _("the quick log")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    slot = models.CharField(max_length=40)
    """Which opening of a form: two windows do not overwrite each other."""
    page = models.CharField(max_length=10, choices=Page.choices, default=Page.RECORD)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    fields = models.JSONField(default=dict)
    """Name of a field -> what stands in it, as it would be sent."""
    typed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("unsaved text")
        verbose_name_plural = _("unsaved texts")
        ordering = ["-typed_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "slot"], name="unsaved_once"),
            models.CheckConstraint(
                condition=Q(page__in=["record", "quick"]), name="unsaved_page_known"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(fields={}),
                name="settled_text_is_gone",
            ),
        ]
        indexes = [models.Index(fields=["typed_at"], name="unsaved_age")]

    def __str__(self):
        return f"{self.user_id}: {self.slot}"


class OpenRecord(models.Model):
    """Somebody is at the form of a record, and has been since some time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("open record")
        verbose_name_plural = _("open records")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["engagement", "user"], name="record_open_once"),
        ]

    def __str__(self):
        return f"{self.user_id}: {self.engagement_id}"
