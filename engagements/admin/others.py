"""Conduct assessments, flags on countries, and the versions that were published."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from engagements.models import (
    Allegation,
    ConductAssessment,
    CountryFlag,
    CriterionFinding,
    Publication,
)
from stakeholders.history import Part
from stakeholders.screens import VocabularyFields, WorkingAdmin

TEXTAREA = {models.TextField: {"widget": admin.widgets.AdminTextareaWidget(attrs={"rows": 2})}}


# --- conduct -----------------------------------------------------------------------------------


class ReadOnly:
    """To be read here: it is written on another screen, or by the gate."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FindingInline(ReadOnly, VocabularyFields, admin.StackedInline):
    model = CriterionFinding
    classes = ["rows"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The restricted note is for reviewers."""
        notes = ["evidence", "public_note"]
        if may_read_restricted(request):
            notes.append("restricted_note")
        return [("criterion", "rating"), tuple(notes)]


class AllegationInline(ReadOnly, admin.TabularInline):
    model = Allegation
    fields = ["dated", "statement", "source"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_read_restricted(request)


@admin.register(ConductAssessment)
class ConductAssessmentAdmin(ReadOnly, WorkingAdmin):
    """Decision B, as it was recorded on the review screen. It is superseded, never edited."""

    list_display = ["engagement", "assessed_on", "serious_risk", "residual_risk", "assessor"]
    list_select_related = ["engagement", "assessor"]
    search_fields = ["engagement__reference", "engagement__title"]
    inlines = [FindingInline, AllegationInline]
    fieldsets = [
        (
            None,
            {"fields": ["engagement", ("assessed_on", "assessor", "independence_declared")]},
        ),
        (
            _("Risk of the support"),
            {
                "fields": [
                    "recipient_units",
                    "country_context",
                    "allegations",
                    "serious_risk",
                    ("human_rights_law", "human_rights_law_evidence"),
                    ("humanitarian_law", "humanitarian_law_evidence"),
                    "mitigation",
                    ("residual_risk", "approval_level"),
                    "monitoring",
                    ("second_reviewer", "confirmed_at"),
                ]
            },
        ),
    ]
    readonly_fields = ["second_reviewer", "confirmed_at"]
    history_restricted = (
        ("engagements.criterionfinding", "restricted_note", "engagements.review_engagement"),
    )

    def get_history_parts(self) -> tuple[Part, ...]:
        return (
            Part(ConductAssessment, "pk"),
            Part(CriterionFinding, "assessment"),
            Part(Allegation, "assessment"),
        )


# --- flags on countries ----------------------------------------------------------------------------


@admin.register(CountryFlag)
class CountryFlagAdmin(WorkingAdmin):
    """A flag brings the country's records of support back to the desk; lifting it, none away."""

    list_display = ["country", "kind", "since", "set_on", "set_by", "lifted_on"]
    list_filter = ["kind", ("lifted_on", admin.EmptyFieldListFilter)]
    list_select_related = ["country", "set_by"]
    search_fields = ["country__label", "source", "note"]
    autocomplete_fields = ["country"]
    fields = [("country", "kind", "since"), "source", "note", "lifted_on"]
    formfield_overrides = TEXTAREA

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What a flag says stays; another event is another flag."""
        return ["country", "kind", "since", "source"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else self.fields[:-1]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.set_by = request.user
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("flagged"), ordering="set_at")
    def set_on(self, obj: CountryFlag) -> str:
        return obj.set_at.date().isoformat()


def may_read_restricted(request: HttpRequest) -> bool:
    return request.user.has_perm("engagements.review_engagement")


# --- what was published --------------------------------------------------------------------------


@admin.register(Publication)
class PublicationAdmin(ReadOnly, admin.ModelAdmin):
    """Every version that was published, to be read by administrators. Never the snapshot."""

    list_display = ["reference", "number", "published_at", "published_by", "withdrawn_at"]
    list_select_related = ["engagement", "published_by"]
    search_fields = ["engagement__reference", "engagement__title"]
    date_hierarchy = "published_at"
    show_full_result_count = False
    fields = readonly_fields = [
        "engagement",
        "number",
        "change_note",
        "published_at",
        "published_by",
        "withdrawn_at",
        "withdrawn_by",
        "withdrawal_reason",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("snapshot")

    @admin.display(description=_("reference"), ordering="engagement__reference")
    def reference(self, obj: Publication) -> str:
        return obj.engagement.reference

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
