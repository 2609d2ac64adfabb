"""The parts of an engagement on its one screen: the usual on one line, the rest folded away."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from engagements.admin.field_help import FieldHelp
from engagements.forms import (
    HonestDateInput,
    OutcomeForm,
    PartForm,
    ParticipationForm,
    PlaceForm,
    RefersToSourcesFormSet,
    SourceForm,
)
from engagements.models import (
    Outcome,
    Participation,
    Place,
    RelatedEngagement,
    Source,
)
from milidip.codebook.dates import HonestDateField
from stakeholders.admin import ActorSelect
from stakeholders.screens import QuickSelect, VocabularyFields


class PartInline(FieldHelp, VocabularyFields, admin.StackedInline):
    """A part of the record: whoever may change the record may change its parts."""

    extra = 0
    classes = ["rows"]
    started_with = 0
    refers_to: tuple[str, ...] = ()
    formfield_overrides = {
        HonestDateField: {"widget": HonestDateInput},
        models.URLField: {"widget": forms.URLInput(attrs={"class": "vURLField"})},
        models.TextField: {"widget": admin.widgets.AdminTextareaWidget(attrs={"rows": 2})},
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        queryset = super().get_queryset(request)
        return queryset.select_related(*self.refers_to) if self.refers_to else queryset

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("widget", QuickSelect)
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """An empty record starts with empty rows; a logged one adds them when asked."""
        return self.started_with if obj is None else 0


class PlaceInline(PartInline):
    model = Place
    form = PlaceForm
    refers_to = ("country", "region")
    started_with = 1
    autocomplete_fields = ["country", "region"]
    fieldsets = [
        (None, {"fields": [("name", "country", "region", "precision")]}),
        (_("Coordinates"), {"classes": ["collapse"], "fields": [("latitude", "longitude")]}),
    ]


class ParticipationInline(PartInline):
    model = Participation
    form = ParticipationForm
    refers_to = ("stakeholder", "actor_type", "role", "capacity")
    formset = RefersToSourcesFormSet
    started_with = 2
    autocomplete_fields = ["stakeholder"]
    fieldsets = [
        (None, {"fields": [("stakeholder", "actor_type", "role", "capacity", "disclosure")]}),
        (
            _("Side, numbers, consent, sources"),
            {
                "classes": ["collapse"],
                "fields": [
                    ("side", "people_min", "people_max", "women_min"),
                    ("consent_basis", "source_rows"),
                    ("announced", "under_rule"),
                ],
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("sources")

    @admin.display(description=_("Sources"))
    def source_rows(self, obj: Participation) -> str:
        """What is shown where nothing can be changed."""
        sources: Any = obj.sources.all() if obj.pk else []
        return ", ".join(map(str, sources)) or "-"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "stakeholder":
            kwargs["widget"] = ActorSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "stakeholder":
            for action in ("change", "delete", "view"):
                setattr(formfield.widget, f"can_{action}_related", False)
        if db_field.name == "role":
            formfield.initial = "participant"
        return formfield


class SourceInline(PartInline):
    model = Source
    form = SourceForm
    started_with = 1
    fieldsets = [
        (None, {"fields": [("kind", "title", "url"), ("publisher", "published", "independence")]}),
        (
            _("Locator, archive copy, what it supports, disclosure"),
            {
                "classes": ["collapse"],
                "fields": [
                    ("author", "language", "accessed"),
                    ("locator_type", "locator", "archive_url"),
                    "supports",
                    ("withheld", "chatham_safe"),
                ],
            },
        ),
    ]


class OutcomeInline(PartInline):
    model = Outcome
    form = OutcomeForm
    refers_to = ("source",)
    formset = RefersToSourcesFormSet
    started_with = 1
    fieldsets = [
        (
            None,
            {"fields": [("kind", "statement"), ("reported_by", "source_rows", "date")]},
        ),
    ]

    @admin.display(description=_("Source that says so"))
    def source_rows(self, obj: Outcome) -> str:
        """What is shown where nothing can be changed."""
        return str(obj.source or "-")


class RelatedInline(PartInline):
    model = RelatedEngagement
    form = PartForm
    refers_to = ("target",)
    fk_name = "engagement"
    autocomplete_fields = ["target"]
    fieldsets = [(None, {"fields": [("kind", "target")]})]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "target":
            for action in ("add", "change", "delete", "view"):
                setattr(formfield.widget, f"can_{action}_related", False)
        return formfield
