"""Requests of the people concerned, and the erasure of one: cases with a deadline."""

from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.tracking import keep_history

from .actors import Stakeholder

# GDPR, Art. 12(3): within one month of receipt, and two months more for a complex request.
ANSWERED_WITHIN = timedelta(days=30)
AT_THE_LATEST = timedelta(days=90)


def today() -> date:
    """Return the UTC date."""
    return timezone.now().date()


def answer_due() -> date:
    return today() + ANSWERED_WITHIN


class PersonRequestQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=PersonRequest.State.OPEN)

    def overdue(self):
        """Open, and past the day by which it should have been answered."""
        return self.open().filter(due__lt=today())


@keep_history
class PersonRequest(models.Model):
    """A person who asks to be protected, corrected or erased, and what came of it."""

    class Kind(models.TextChoices):
        PROTECT = "protect", _("be named nowhere")
        CORRECT = "correct", _("be corrected")
        ERASE = "erase", _("be erased")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")

    kind = models.CharField(_("asks to"), max_length=10, choices=Kind.choices)
    received_on = models.DateField(_("received"), default=today)
    due = models.DateField(
        _("answer by"),
        default=answer_due,
        help_text=_(
            "Within a month (GDPR, Article 12(3)). A complex request may take two months more: "
            "tell the person, and say here why."
        ),
    )
    stakeholder = models.ForeignKey(
        Stakeholder,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("actor"),
        help_text=_("The entry that is concerned. Leave blank when there is none yet."),
    )
    who = models.CharField(
        _("who, in words"), max_length=300, blank=True, help_text=_("When there is no entry.")
    )
    contact = models.CharField(
        _("how to answer"), max_length=300, blank=True, help_text=_("Kept until it is closed.")
    )
    message = models.TextField(_("what is asked"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handled by"),
    )
    closed_on = models.DateField(_("closed"), null=True, blank=True, editable=False)
    outcome = models.TextField(
        _("what was done"), blank=True, help_text=_("And, if it is refused, why.")
    )

    objects = PersonRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request of a person")
        verbose_name_plural = _("requests of persons")
        ordering = ["due", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stakeholder__isnull=False) | ~Q(who=""),
                name="request_is_somebodys",
                violation_error_message=_("Choose the actor, or say in words who asks."),
            ),
            models.CheckConstraint(
                condition=Q(due__gte=F("received_on"))
                & Q(due__lte=F("received_on") + AT_THE_LATEST),
                name="request_due_in_time",
                violation_error_message=_(
                    "It has to be answered within three months of the day it was received."
                ),
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_on=None)
                | (Q(state__in=["granted", "refused"], closed_on__isnull=False) & ~Q(outcome="")),
                name="closed_request_says_what",
                violation_error_message=_("Say what was done before you close it."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["protect", "correct", "erase"]),
                name="request_kind_known",
                violation_error_message=_("Choose from the list what is asked."),
            ),
        ]

    def __str__(self):
        who = self.stakeholder or self.who
        return f"{who}: {self.get_kind_display()}"

    def save(self, *args, **kwargs):
        if self.state == self.State.OPEN:
            self.closed_on = None
        elif self.closed_on is None:
            self.closed_on = today()
        super().save(*args, **kwargs)

    def clean(self):
        if self.state != self.State.OPEN and not self.outcome.strip():
            raise ValidationError({"outcome": _("Say what was done before you close it.")})

    @property
    def is_overdue(self) -> bool:
        return self.state == self.State.OPEN and self.due < today()


@keep_history
class Erasure(models.Model):
    """The erasure of a person: who asked, who else confirmed, and when it was done.

    The one exception to "history cannot be changed", and the record of it. It holds no name.
    """

    stakeholder = models.OneToOneField(
        Stakeholder, on_delete=models.PROTECT, related_name="erasure", verbose_name=_("actor")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    requested_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    rows = models.JSONField(_("rows changed, by table"), default=dict, help_text=_("Counts only."))

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("requested_by")),
                name="erasure_takes_two",
                violation_error_message=_("Somebody else has to confirm it."),
            ),
            models.CheckConstraint(
                condition=(Q(confirmed_by=None) & Q(confirmed_at=None))
                | (Q(confirmed_by__isnull=False) & Q(confirmed_at__isnull=False)),
                name="erasure_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(confirmed_by__isnull=False),
                name="erased_only_when_confirmed",
            ),
        ]

    def __str__(self):
        return self.stakeholder.reference
