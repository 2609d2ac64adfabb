"""What an import in the admin works on: rows that are no records yet, kept for some days only.

No history is kept of these tables: they are a desk that is cleared, and what comes of a row is in
the history of its record.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .engagement import Engagement


class Stage(models.TextChoices):
    """How far an import is."""

    MATCHING = "matching", _("Columns to be matched")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked, nothing written yet")
    WRITING = "writing", _("Being imported")
    UNDOING = "undoing", _("Being undone")
    DONE = "done", _("Imported")
    UNDONE = "undone", _("Undone: nothing was imported")


class Import(models.Model):
    """One uploaded file on its way into the register."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(_("file"), max_length=200)
    header = ArrayField(models.TextField(), verbose_name=_("columns"))
    signature = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(_("rows"))
    mapping = models.JSONField(_("mapping"), default=dict)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.MATCHING)
    whole = models.BooleanField(_("all rows or none"), default=False)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    changed_at = models.DateTimeField(_("last worked on"), auto_now=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values),
                name="import_stage_known",
                violation_error_message=_("This stage of an import does not exist."),
            )
        ]

    def __str__(self):
        return self.file_name


class ImportRow(models.Model):
    """One row of an uploaded file, what it would do, and what it did."""

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    cells = models.JSONField(default=list)
    problem = models.TextField(blank=True)
    dataset = models.CharField(max_length=200, blank=True)
    identifier = models.CharField(max_length=200, blank=True)
    verdict = models.CharField(max_length=10, blank=True)
    reason = models.TextField(blank=True)
    reference = models.CharField(max_length=9, blank=True)
    changes = models.JSONField(default=list)
    twins = ArrayField(models.CharField(max_length=9), default=list, blank=True)
    written = models.BooleanField(default=False)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="import_row_once"),
        ]
        indexes = [
            models.Index(fields=["batch", "dataset", "identifier"], name="import_row_key"),
            models.Index(fields=["batch", "verdict", "number"], name="import_row_verdict"),
        ]

    def __str__(self):
        return f"{self.batch_id}: {self.number}"


class ImportName(models.Model):
    """A name in a file that no actor has, and actors whose names are like it."""

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="names")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=300)
    country = models.CharField(max_length=3, blank=True)
    candidates = ArrayField(models.BigIntegerField(), default=list)
    chosen = models.ForeignKey(
        "stakeholders.Stakeholder", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    decided = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("name in an import")
        verbose_name_plural = _("names in imports")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "kind", "name", "country"], name="import_name_once"
            ),
        ]

    def __str__(self):
        return self.name


class RememberedMapping(models.Model):
    """How somebody matched the columns of a file: offered again for a file with the same."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("remembered mapping")
        verbose_name_plural = _("remembered mappings")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["owner", "signature"], name="mapping_once"),
        ]

    def __str__(self):
        return f"{self.owner}: {self.signature[:8]}"


class PossibleDuplicate(models.Model):
    """Two records that may be of one engagement: flagged, never merged or dropped."""

    first = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="+")
    likeness = models.FloatField()
    found_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="possible_duplicate_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="possible_duplicate_in_order"
            ),
        ]

    def __str__(self):
        return f"{self.first_id} / {self.second_id}"
