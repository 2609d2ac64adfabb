"""What readers answer: corrections they suggest, and risks they report."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.tracking import keep_history

from .engagement import Engagement

# A risk is looked at by somebody within a day of its report.
LOOKED_AT_WITHIN = timedelta(hours=24)


class ReaderReportQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=ReaderReport.State.OPEN)

    def risks(self):
        return self.filter(kind=ReaderReport.Kind.RISK)

    def corrections(self):
        return self.filter(kind=ReaderReport.Kind.CORRECTION)

    def overdue(self):
        """Risks that nobody has dealt with in time."""
        return self.open().risks().filter(received_at__lte=timezone.now() - LOOKED_AT_WITHIN)


# What a reader wrote is no part of history: it can be deleted, and history cannot.
@keep_history(exclude=["text", "contact"])
class ReaderReport(models.Model):
    """What a reader says about a public record; for staff only, never published."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", _("Correction")
        RISK = "risk", _("Risk to somebody")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Acted on")
        NOTHING = "nothing", _("Nothing to change")
        ABUSE = "abuse", _("Abuse")

    kind = models.CharField(_("what it is"), max_length=10, choices=Kind.choices)
    engagement = models.ForeignKey(
        Engagement,
        on_delete=models.PROTECT,
        related_name="reports",
        verbose_name=_("engagement"),
    )
    version = models.PositiveIntegerField(_("version that was read"))
    text = models.TextField(_("message"), max_length=4000)
    contact = models.CharField(_("how to answer"), max_length=300, blank=True)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    names_hidden = models.BooleanField(
        _("hid the names at once"),
        default=False,
        help_text=_("The names in the record were hidden the moment it arrived."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handled by"),
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    outcome = models.TextField(
        _("what was done"), blank=True, help_text=_("And, if nothing was, why. For staff only.")
    )

    objects = ReaderReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report of a reader")
        verbose_name_plural = _("reports of readers")
        ordering = ["received_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["correction", "risk"]),
                name="report_kind_known",
                violation_error_message=_("Choose from the list what kind of report it is."),
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None)
                | (
                    Q(state__in=["done", "nothing", "abuse"])
                    & Q(closed_at__isnull=False, handled_by__isnull=False)
                    & ~Q(outcome="")
                ),
                name="closed_report_says_what",
                violation_error_message=_("Say what was done before you close it."),
            ),
            models.CheckConstraint(
                condition=~Q(text="") & Q(version__gte=1),
                name="report_says_something",
                violation_error_message=_("A report has a message and a version."),
            ),
        ]
        indexes = [models.Index(fields=["state", "kind", "received_at"], name="report_queue")]

    def __str__(self):
        return f"{self.engagement.reference}: {self.get_kind_display()}"

    def save(self, *args, **kwargs):
        if self.state == self.State.OPEN:
            self.closed_at = None
        elif self.closed_at is None:
            self.closed_at = timezone.now()
        super().save(*args, **kwargs)

    def clean(self):
        if self.state != self.State.OPEN and not self.outcome.strip():
            raise ValidationError({"outcome": _("Say what was done before you close it.")})

    @property
    def due_at(self):
        """When somebody has to have looked; None where no clock runs."""
        if self.kind != self.Kind.RISK or self.state != self.State.OPEN:
            return None
        return self.received_at + LOOKED_AT_WITHIN


class RecentSender(models.Model):
    """That somebody sent a report within the last day: a hash of the address, and the time.

    Deleted after a day, and kept in no history: it limits abuse and tells nobody who wrote.
    """

    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["digest", "sent_at"], name="recent_sender")]

    def __str__(self):
        return self.digest[:8]
