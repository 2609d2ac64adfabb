"""Conduct assessment: how was it conducted, by the four ethical criteria?

Like a review it is added and never changed. The newest counts.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import Rating, Risk
from milidip.codebook.dates import HonestDateField
from stakeholders.tracking import keep_history

from .engagement import Engagement

MET = [Rating.MET, Rating.MET_WITH_CONCERNS]


class ConductAssessmentQuerySet(models.QuerySet):
    def current(self):
        """The newest first; an assessment is superseded by the next, never edited."""
        return self.order_by("-recorded_at", "-pk")

    def unconfirmed(self):
        """High remaining risk, and no second reviewer has confirmed it."""
        return self.filter(residual_risk=ConductAssessment.Residual.HIGH, confirmed_at=None)


@keep_history
class ConductAssessment(models.Model):
    """Decision B: how the engagement was conducted, by the four ethical criteria."""

    class Residual(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")
        UNKNOWN = "unknown", _("not known")

    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, related_name="conduct_assessments"
    )
    assessor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("assessed by"),
    )
    assessed_on = models.DateField(_("assessed on"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    recipient_units = models.TextField(_("units that receive support"), blank=True)
    country_context = models.TextField(_("country context"), blank=True)
    allegations = models.TextField(
        _("where allegations were looked for"),
        blank=True,
        help_text=_(
            "Reports, databases and people asked, and for which years. None found? Say so."
        ),
    )
    serious_risk = models.CharField(
        _("serious risk of contributing to a violation?"),
        max_length=7,
        choices=Risk.choices,
        default=Risk.UNKNOWN,
        help_text=_(
            "Is there a serious risk that the support might directly or significantly "
            "contribute to a violation of human rights law or humanitarian law?"
        ),
    )
    human_rights_law = models.CharField(
        _("human rights law"), max_length=20, choices=Rating.choices, default=Rating.NOT_ASSESSED
    )
    human_rights_law_evidence = models.TextField(_("evidence on human rights law"), blank=True)
    humanitarian_law = models.CharField(
        _("humanitarian law"), max_length=20, choices=Rating.choices, default=Rating.NOT_ASSESSED
    )
    humanitarian_law_evidence = models.TextField(_("evidence on humanitarian law"), blank=True)
    mitigation = models.TextField(_("mitigation"), blank=True)
    residual_risk = models.CharField(
        _("risk that remains"),
        max_length=7,
        choices=Residual.choices,
        default=Residual.UNKNOWN,
    )
    approval_level = models.CharField(_("approved at which level"), max_length=200, blank=True)
    second_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("second reviewer"),
        help_text=_("Confirms it when the risk that remains is high."),
    )
    confirmed_at = models.DateTimeField(
        _("confirmed by a second reviewer"), null=True, blank=True, editable=False
    )
    confirmation = models.TextField(_("why it was confirmed"), blank=True, editable=False)
    monitoring = models.TextField(_("monitoring"), blank=True)
    independence_declared = models.BooleanField(_("assessor declares independence"), default=False)

    objects = ConductAssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("conduct assessment")
        verbose_name_plural = _("conduct assessments")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(second_reviewer__isnull=False),
                name="confirmed_by_somebody",
                violation_error_message=_("Say which second reviewer confirmed it."),
            ),
            models.CheckConstraint(
                condition=Q(second_reviewer__isnull=True)
                | ~Q(second_reviewer=models.F("assessor")),
                name="second_reviewer_is_another",
                violation_error_message=_("The second reviewer must be somebody else."),
            ),
            models.CheckConstraint(
                condition=Q(serious_risk__in=Risk.values)
                & Q(residual_risk__in=["low", "medium", "high", "unknown"]),
                name="conduct_risk_known",
                violation_error_message=_("Choose the risk from the list."),
            ),
            models.CheckConstraint(
                condition=(~Q(human_rights_law__in=MET) | ~Q(human_rights_law_evidence=""))
                & (~Q(humanitarian_law__in=MET) | ~Q(humanitarian_law_evidence="")),
                name="no_law_met_without_evidence",
                violation_error_message=_("“Met” needs its evidence."),
            ),
            models.CheckConstraint(
                condition=Q(human_rights_law__in=Rating.values)
                & Q(humanitarian_law__in=Rating.values),
                name="law_rating_known",
                violation_error_message=_("Choose a rating from the list."),
            ),
        ]

    def __str__(self):
        return f"{self.engagement.reference}, {self.assessed_on}"

    @property
    def waits_for_second(self) -> bool:
        return self.residual_risk == self.Residual.HIGH and self.confirmed_at is None


@keep_history
class Allegation(models.Model):
    """One allegation that was consulted, with its date and source. Never published."""

    assessment = models.ForeignKey(
        ConductAssessment, on_delete=models.PROTECT, related_name="allegations_consulted"
    )
    dated = HonestDateField(_("dated"))
    statement = models.TextField(_("what is alleged, of whom"))
    source = models.CharField(
        _("source"), max_length=500, help_text=_("Title and page, or an address.")
    )

    class Meta:
        verbose_name = _("allegation")
        verbose_name_plural = _("allegations")
        ordering = ["dated", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(dated=""),
                name="allegation_has_date",
                violation_error_message=_("Give the date, as far as it is known."),
            ),
        ]

    def __str__(self):
        return f"{self.dated}: {self.statement[:80]}"


@keep_history
class CriterionFinding(models.Model):
    """The finding on one ethical criterion, with its evidence."""

    assessment = models.ForeignKey(
        ConductAssessment, on_delete=models.PROTECT, related_name="findings"
    )
    criterion = models.ForeignKey(
        "codebook.Criterion", on_delete=models.PROTECT, verbose_name=_("criterion")
    )
    rating = models.CharField(
        _("rating"), max_length=20, choices=Rating.choices, default=Rating.NOT_ASSESSED
    )
    evidence = models.TextField(
        _("evidence"), blank=True, help_text=_("No “met” without evidence. For staff only.")
    )
    public_note = models.TextField(_("public note"), blank=True)
    restricted_note = models.TextField(
        _("restricted note"), blank=True, help_text=_("For staff only; never published.")
    )

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["criterion"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "criterion"],
                name="one_finding_per_criterion",
                violation_error_message=_("This criterion already has a finding."),
            ),
            models.CheckConstraint(
                condition=~Q(rating__in=MET) | ~Q(evidence=""),
                name="no_met_without_evidence",
                violation_error_message=_("“Met” needs its evidence."),
            ),
            models.CheckConstraint(
                condition=Q(rating__in=Rating.values),
                name="rating_known",
                violation_error_message=_("Choose a rating from the list."),
            ),
        ]

    def __str__(self):
        return f"{self.criterion}: {self.get_rating_display()}"
