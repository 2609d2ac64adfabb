"""What happened in a country that asks for another look at the support given there."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.tracking import keep_history


class CountryFlagQuerySet(models.QuerySet):
    def standing(self):
        """Those that nobody has lifted."""
        return self.filter(lifted_on=None)


@keep_history
class CountryFlag(models.Model):
    """A flag puts the country's records of support to security forces back on the desk."""

    class Kind(models.TextChoices):
        COUP = "coup", _("coup")
        CONFLICT = "conflict", _("conflict")
        SANCTIONS = "sanctions", _("sanctions")
        ALLEGATION = "allegation", _("credible allegation")

    country = models.ForeignKey(
        "codebook.Country",
        on_delete=models.PROTECT,
        related_name="flags",
        verbose_name=_("country"),
        help_text=_("Where it happened, or where those who took part come from."),
    )
    kind = models.CharField(_("what happened"), max_length=10, choices=Kind.choices)
    since = models.DateField(_("since"), help_text=_("The day of the event, as far as known."))
    source = models.CharField(
        _("source"), max_length=500, help_text=_("Title and page, or an address.")
    )
    note = models.TextField(_("note"), blank=True, help_text=_("For staff only."))
    set_at = models.DateTimeField(_("flagged"), default=timezone.now, editable=False)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("flagged by"),
    )
    lifted_on = models.DateField(
        _("lifted on"),
        null=True,
        blank=True,
        help_text=_("Leave blank while it holds. Say in the note why it was lifted."),
    )

    objects = CountryFlagQuerySet.as_manager()

    class Meta:
        verbose_name = _("flag on a country")
        verbose_name_plural = _("flags on countries")
        ordering = ["-set_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["coup", "conflict", "sanctions", "allegation"]),
                name="flag_kind_known",
                violation_error_message=_("Choose from the list what happened."),
            ),
            models.CheckConstraint(
                condition=~Q(source=""),
                name="flag_has_source",
                violation_error_message=_("Say where that is known from."),
            ),
            models.CheckConstraint(
                condition=Q(lifted_on__isnull=True) | Q(lifted_on__gte=models.F("since")),
                name="flag_lifted_after_it_began",
                violation_error_message=_("It cannot be lifted before it began."),
            ),
        ]

    def __str__(self):
        return f"{self.country}: {self.get_kind_display()}, {self.since}"
