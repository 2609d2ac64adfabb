"""What keeps a record, or the names in it, off the public side for a while; and what waits."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stakeholders.tracking import keep_history

from .engagement import Engagement
from .review import EthicalReview


class HoldQuerySet(models.QuerySet):
    def standing(self):
        """Those that nobody has released yet."""
        return self.filter(released_at=None)


@keep_history
class Hold(models.Model):
    """Names, or a whole record, kept from the public until somebody has looked at it.

    The public is not told why. Every version is concerned, and those to come, until release.
    """

    class Kind(models.TextChoices):
        NAMES = "names", _("all names in it")
        RECORD = "record", _("the whole record")

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="holds")
    kind = models.CharField(_("what is hidden"), max_length=10, choices=Kind.choices)
    reason = models.TextField(_("reason"), help_text=_("For staff only; never published."))
    held_at = models.DateTimeField(_("hidden"), auto_now_add=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("hidden by"),
        help_text=_("Nobody: a reader reported a risk."),
    )
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-held_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "kind"],
                condition=Q(released_at=None),
                name="one_standing_hold_of_a_kind",
                violation_error_message=_("This is hidden already."),
            ),
            models.CheckConstraint(
                condition=(Q(released_at=None) & Q(released_by=None))
                | (Q(released_at__isnull=False) & Q(released_by__isnull=False)),
                name="released_by_somebody",
                violation_error_message=_("Say who released it."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["names", "record"]),
                name="hold_kind_known",
                violation_error_message=_("Choose from the list what is hidden."),
            ),
            models.CheckConstraint(
                condition=Q(kind="names") | Q(held_by__isnull=False),
                name="record_hidden_by_somebody",
                violation_error_message=_("A whole record is hidden by an editor only."),
            ),
        ]

    def __str__(self):
        return f"{self.engagement.reference}: {self.get_kind_display()}"


@keep_history
class Schedule(models.Model):
    """An editor's word that a cleared record is published when its embargo ends.

    It covers the clearance that the editor saw: another review asks for another word.
    """

    engagement = models.OneToOneField(
        Engagement, on_delete=models.CASCADE, related_name="schedule"
    )
    review = models.ForeignKey(EthicalReview, on_delete=models.CASCADE, related_name="+")
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("scheduled by"),
    )
    scheduled_at = models.DateTimeField(_("scheduled"), auto_now=True)
    change_note = models.CharField(_("what changed"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("scheduled publication")
        verbose_name_plural = _("scheduled publications")
        ordering = ["engagement__embargo_until", "pk"]

    def __str__(self):
        return str(self.engagement)
