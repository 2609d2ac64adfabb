"""Publication clearance: may this be public, and how? And the conditions it hangs on.

A review is added and never changed: the next one supersedes it. The working side's own database
role cannot change one either (`milidip/database/setup.py`).
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import ReviewDecision, ReviewKind, Risk
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


@keep_history(exclude=["saw"])
class EthicalReview(models.Model):
    """Decision A, publication clearance: may this be public, and how."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="reviews")
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
    saw = models.JSONField(
        null=True,
        editable=False,
        help_text="The would-be public document of that day, without the names of actors; private.",
    )
    consents = models.JSONField(
        default=list,
        blank=True,
        editable=False,
        help_text="Each person who would be named, by reference, and on which basis.",
    )
    reaffirms = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("reaffirms"),
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

    def clean(self):
        if self.valid_until and self.valid_until < self.decided_at.date():
            raise ValidationError({"valid_until": _("This day is past.")})

    @property
    def clears(self) -> bool:
        return self.decision in CLEARING


class ConditionQuerySet(models.QuerySet):
    def counting(self):
        """Those of the review that counts: conditions of superseded ones went on into it."""
        newest = (
            EthicalReview.objects.filter(engagement=OuterRef("review__engagement"))
            .current()
            .values("pk")[:1]
        )
        return self.filter(review=Subquery(newest), review__decision__in=CLEARING)

    def open(self):
        """Not met yet, the most urgent first."""
        return self.filter(met_on=None).order_by(F("due").asc(nulls_last=True), "pk")


@keep_history
class Condition(models.Model):
    """What has to be done for a clearance with conditions to hold."""

    review = models.ForeignKey(EthicalReview, on_delete=models.PROTECT, related_name="conditions")
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
    met_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("marked as met by"),
    )
    met_note = models.CharField(
        _("what was done"), max_length=500, blank=True, help_text=_("For staff only.")
    )

    objects = ConditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(met_on__isnull=False) | Q(met_by__isnull=True),
                name="met_on_a_day",
                violation_error_message=_("Say on which day it was met."),
            ),
        ]

    def __str__(self):
        return self.text
