"""Ethical review: two decisions, made by different questions and never mixed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import Rating, ReviewDecision, ReviewKind, Risk
from stakeholders.tracking import keep_history

from .engagement import Engagement

CLEARING = [ReviewDecision.CLEARED, ReviewDecision.CLEARED_WITH_CONDITIONS]


class EthicalReviewQuerySet(models.QuerySet):
    def clearing(self):
        """Reviews that let a record be published."""
        return self.filter(decision__in=CLEARING)

    def current(self):
        """The newest first; a review is superseded by the next, never edited."""
        return self.order_by("-decided_at", "-pk")


@keep_history
class EthicalReview(models.Model):
    """Decision A, publication clearance: may this be public, and how."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="reviews")
    decision = models.CharField(_("decision"), max_length=25, choices=ReviewDecision.choices)
    kind = models.CharField(
        _("kind of review"),
        max_length=15,
        choices=ReviewKind.choices,
        default=ReviewKind.INDIVIDUAL,
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("reviewer"),
    )
    decided_at = models.DateTimeField(_("decided"), default=timezone.now)
    valid_until = models.DateField(
        _("valid until"),
        null=True,
        blank=True,
        help_text=_("Needed for what is planned or under way; blank for what is over."),
    )
    identifiable = models.CharField(
        _("can a person be identified?"),
        max_length=7,
        choices=Risk.choices,
        default=Risk.UNKNOWN,
        help_text=_("Through any text, source, place, date, or all of them together."),
    )
    consent_checked = models.BooleanField(_("consent of each named person checked"), default=False)
    chatham_house_scope = models.CharField(
        _("Chatham House Rule: which part"), max_length=300, blank=True
    )
    operationally_safe = models.BooleanField(
        _("gives away nothing of what is planned or under way"), default=False
    )
    nothing_classified = models.BooleanField(_("nothing classified"), default=False)
    right_to_publish = models.BooleanField(_("right to publish each text"), default=False)
    harm_risk = models.CharField(
        _("could publishing harm someone?"),
        max_length=7,
        choices=Risk.choices,
        default=Risk.UNKNOWN,
        help_text=_("“Yes” and “unknown” cannot be cleared without conditions."),
    )
    reason = models.TextField(_("reason"), help_text=_("Why this decision. For staff only."))
    sample_size = models.PositiveIntegerField(
        _("records read of the sample"), null=True, blank=True
    )
    own_work = models.BooleanField(
        _("by the person who wrote it"),
        default=False,
        editable=False,
        help_text=_("Possible in one-person mode only; the public reads it."),
    )
    digest = models.CharField(
        max_length=64,
        editable=False,
        blank=True,
        help_text=_("What the reviewer saw: a clearance covers that and nothing else."),
    )

    objects = EthicalReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("publication review")
        verbose_name_plural = _("publication reviews")
        ordering = ["-decided_at", "-pk"]
        get_latest_by = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=ReviewDecision.values),
                name="review_decision_known",
                violation_error_message=_("Choose a decision from the list."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ReviewKind.values),
                name="review_kind_known",
                violation_error_message=_("Choose a kind of review from the list."),
            ),
            models.CheckConstraint(
                condition=Q(identifiable__in=Risk.values) & Q(harm_risk__in=Risk.values),
                name="review_risk_known",
                violation_error_message=_("Answer yes, no or unknown."),
            ),
            models.CheckConstraint(
                condition=~Q(decision=ReviewDecision.CLEARED) | Q(harm_risk=Risk.NO),
                name="risk_needs_conditions",
                violation_error_message=_(
                    "A record that may harm someone, or where it is not known, "
                    "can only be cleared with conditions."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(kind=ReviewKind.BULK_SAMPLED) | Q(sample_size__gte=1),
                name="sampled_says_how_many",
                violation_error_message=_("Say how many records of the sample were read."),
            ),
        ]

    def __str__(self):
        return f"{self.get_decision_display()}, {self.decided_at:%Y-%m-%d}"

    @property
    def clears(self) -> bool:
        return self.decision in CLEARING


@keep_history
class Condition(models.Model):
    """What has to be done for a clearance with conditions to hold."""

    review = models.ForeignKey(EthicalReview, on_delete=models.CASCADE, related_name="conditions")
    text = models.CharField(
        _("condition"), max_length=500, help_text=_("In words that may be public.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who sees to it"),
    )
    due = models.DateField(_("due"), null=True, blank=True)
    met_on = models.DateField(_("met on"), null=True, blank=True)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ["pk"]

    def __str__(self):
        return self.text


@keep_history
class ConductAssessment(models.Model):
    """Decision B: how the engagement was conducted, by the four ethical criteria."""

    class Residual(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")
        UNKNOWN = "unknown", _("not known")

    engagement = models.OneToOneField(
        Engagement, on_delete=models.CASCADE, related_name="conduct_assessment"
    )
    assessor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("assessed by"),
    )
    assessed_on = models.DateField(_("assessed on"))
    recipient_units = models.TextField(_("units that receive support"), blank=True)
    country_context = models.TextField(_("country context"), blank=True)
    allegations = models.TextField(
        _("allegations consulted"), blank=True, help_text=_("With dates and sources.")
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
        verbose_name=_("second reviewer"),
        help_text=_("Needed when the risk that remains is high."),
    )
    monitoring = models.TextField(_("monitoring"), blank=True)
    independence_declared = models.BooleanField(_("assessor declares independence"), default=False)

    class Meta:
        verbose_name = _("conduct assessment")
        verbose_name_plural = _("conduct assessments")
        constraints = [
            models.CheckConstraint(
                condition=~Q(residual_risk="high") | Q(second_reviewer__isnull=False),
                name="high_risk_two_reviewers",
                violation_error_message=_("A high remaining risk needs a second reviewer."),
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
        ]

    def __str__(self):
        return f"{self.engagement.reference}, {self.assessed_on}"


@keep_history
class CriterionFinding(models.Model):
    """The finding on one ethical criterion, with its evidence."""

    assessment = models.ForeignKey(
        ConductAssessment, on_delete=models.CASCADE, related_name="findings"
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
                condition=~Q(rating__in=[Rating.MET, Rating.MET_WITH_CONCERNS]) | ~Q(evidence=""),
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
