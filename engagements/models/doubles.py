"""The same event logged twice, the next of a series, and what a desk logs again and again."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stakeholders.tracking import keep_history

from .engagement import Engagement


@keep_history
class LookAlike(models.Model):
    """What somebody said of two records that look alike, so that nobody is asked again."""

    class Answer(models.TextChoices):
        SAME = "same", _("the same event")
        NEXT = "next", _("another edition of it")
        DIFFERENT = "different", _("something else")

    first = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="+")
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices)
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    said_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("look-alike")
        verbose_name_plural = _("look-alikes")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="look_alike_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="look_alike_in_order"),
            models.CheckConstraint(
                condition=Q(answer__in=["same", "next", "different"]),
                name="look_alike_answer_known",
                violation_error_message=_("Choose an answer from the list."),
            ),
        ]

    def __str__(self):
        return f"{self.first.reference} / {self.second.reference}: {self.get_answer_display()}"


@keep_history
class MergedRecord(models.Model):
    """A record that was logged twice and has been merged into the other: its reference stays."""

    engagement = models.OneToOneField(
        Engagement, on_delete=models.PROTECT, related_name="merged", verbose_name=_("merged")
    )
    kept = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, related_name="absorbed", verbose_name=_("kept")
    )
    redirects = models.BooleanField(
        default=False, help_text="It had been published: its address leads to the one kept."
    )
    merged_at = models.DateTimeField(auto_now_add=True)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("merged record")
        verbose_name_plural = _("merged records")
        constraints = [
            models.CheckConstraint(
                condition=~Q(engagement=F("kept")), name="not_merged_into_itself"
            ),
        ]

    def __str__(self):
        return f"{self.engagement.reference}: {self.kept.reference}"


@keep_history
class Template(models.Model):
    """Recurring work of a desk: what a new record starts with. No persons, dates or sources."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    note = models.TextField(
        _("note"), blank=True, help_text=_("When to use it, for colleagues. Never published.")
    )
    values = models.JSONField(_("what it holds"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("made by"),
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ["name"]

    def __str__(self):
        return self.name
