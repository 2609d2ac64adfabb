"""What every vocabulary row has in common: a code that the database never lets change."""

from collections.abc import Collection
from typing import Any, Self

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ProtectedError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Bilingual(models.Model):
    """A row with a label in English, and in French as far as somebody has written it."""

    label_fr = models.CharField(
        _("label in French"),
        max_length=150,
        blank=True,
        help_text=_("Blank: French readers see the English label."),
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.said("label")

    def said(self, name: str) -> str:
        """Return the text ``name`` in the reader's language; in English where that lacks it."""
        french = getattr(self, f"{name}_fr") if get_language() == "fr" else ""
        return french or getattr(self, name)


class Coded(Bilingual):
    """A row known by a code that never changes."""

    label = models.CharField(
        _("label"), max_length=100, help_text=_("What people read, in sentence case.")
    )
    source = models.CharField(
        _("source"),
        max_length=300,
        help_text=_("Where the meaning comes from: a document with its year, or “milidip”."),
    )
    sort_order = models.PositiveSmallIntegerField(
        _("order"), default=500, help_text=_("Lower comes first in lists.")
    )
    shipped = models.BooleanField(
        _("comes with milidip"),
        default=False,
        editable=False,
        help_text=_("Kept up to date from the register's own files."),
    )

    class Meta:
        abstract = True
        ordering = ["sort_order", "code"]
        triggers = [
            pgtrigger.Trigger(
                name="code_never_changes",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("code"),
                condition=pgtrigger.Q(old__code__df=pgtrigger.F("new__code")),
                func="RAISE EXCEPTION 'a code is never renamed: % in %', OLD.code, TG_TABLE_NAME"
                " USING ERRCODE = 'integrity_constraint_violation';",
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse a changed code, which would otherwise be saved as a second row."""
        if getattr(self, "_code_in_database", self.pk) != self.pk:
            raise ValidationError(_("A code is never renamed: add a new term instead."))
        super().save(*args, **kwargs)
        self._code_in_database = self.pk

    @classmethod
    def from_db(
        cls,
        db: str | None,
        field_names: Collection[str],
        values: Collection[Any],
        **options: Any,
    ) -> Self:
        loaded = super().from_db(db, field_names, values, **options)
        loaded._code_in_database = loaded.pk
        return loaded

    def uses(self) -> str:
        """Say what refers to this term, such as “engagements (3)”; empty when nothing does."""
        counts = {}
        for relation in self._meta.related_objects:
            if getattr(relation, "on_delete", None) is models.CASCADE:
                continue  # a part of the term itself
            users = relation.related_model._base_manager.filter(**{relation.field.name: self})
            if number := users.count():
                counts[str(relation.related_model._meta.verbose_name_plural)] = number
        return ", ".join(f"{name} ({number})" for name, number in counts.items())


def refuse_deletion_in_use(instance: Coded, **_signal: Any) -> None:
    """Protect a term that a many-to-many field holds: its rows would go without a word."""
    if uses := instance.uses():
        raise ProtectedError(
            _("“%(term)s” is in use: %(uses)s.") % {"term": instance, "uses": uses}, {instance}
        )
