"""The assessment of conduct, and the versions that were published."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from engagements.models import (
    ConductAssessment,
    CriterionFinding,
    Publication,
)
from milidip.codebook.models import Criterion
from stakeholders.history import Part
from stakeholders.screens import VocabularyFields, WorkingAdmin

TEXTAREA = {models.TextField: {"widget": admin.widgets.AdminTextareaWidget(attrs={"rows": 2})}}


# --- conduct -----------------------------------------------------------------------------------


class ConductForm(forms.ModelForm):
    class Meta:
        model = ConductAssessment
        fields: tuple[str, ...] = ()  # the fieldsets of the admin name them

    by: Any = None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        engagement = data.get("engagement") or getattr(self.instance, "engagement", None)
        own = self.by and engagement and engagement.created_by_id == self.by.pk
        if own and not settings.ONE_PERSON_MODE:
            raise ValidationError(_("Nobody assesses what they logged themselves."))
        if self.instance.assessor_id is None and self.by:
            self.instance.assessor = self.by
        return data


class FindingFormSet(BaseInlineFormSet):
    """One row for each criterion from the start; those left alone are not kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is None or instance.pk is None:
            kwargs["initial"] = [{"criterion": term.pk} for term in Criterion.objects.all()]
        super().__init__(*args, **kwargs)


class FindingInline(VocabularyFields, admin.StackedInline):
    model = CriterionFinding
    formset = FindingFormSet
    classes = ["rows"]
    formfield_overrides = TEXTAREA

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The restricted note is for reviewers."""
        notes = ["evidence", "public_note"]
        if may_read_restricted(request):
            notes.append("restricted_note")
        return [("criterion", "rating"), tuple(notes)]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else Criterion.objects.count()


@admin.register(ConductAssessment)
class ConductAssessmentAdmin(WorkingAdmin):
    """Decision B. It is reached from the engagement and leads back to it."""

    form = ConductForm
    list_display = ["engagement", "assessed_on", "serious_risk", "residual_risk", "assessor"]
    list_select_related = ["engagement", "assessor"]
    search_fields = ["engagement__reference", "engagement__title"]
    autocomplete_fields = ["engagement"]
    formfield_overrides = TEXTAREA
    inlines = [FindingInline]
    fieldsets = [
        (None, {"fields": ["engagement", ("assessed_on", "independence_declared")]}),
        (
            _("Risk of the support"),
            {
                "fields": [
                    "recipient_units",
                    "country_context",
                    "allegations",
                    ("serious_risk", "residual_risk"),
                    "mitigation",
                    ("approval_level", "second_reviewer"),
                    "monitoring",
                ]
            },
        ),
    ]
    history_parts = (
        Part(ConductAssessment, "pk"),
        Part(CriterionFinding, "assessment", of=ConductAssessment),
    )
    history_restricted = (
        ("engagements.criterionfinding", "restricted_note", "engagements.review_engagement"),
    )

    def get_history_parts(self) -> tuple[Part, ...]:
        return (
            Part(ConductAssessment, "pk"),
            Part(CriterionFinding, "assessment"),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["engagement"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"assessed_on": today(), **super().get_changeform_initial_data(request)}

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        own = obj is not None and obj.engagement.created_by_id == request.user.pk
        allowed = not own or settings.ONE_PERSON_MODE
        return super().has_change_permission(request, obj) and allowed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:engagements_engagement_change", args=[obj.engagement_id])
        )

    response_post_save_change = response_post_save_add


def today() -> date:
    return timezone.now().date()


def may_read_restricted(request: HttpRequest) -> bool:
    return request.user.has_perm("engagements.review_engagement")


# --- what was published --------------------------------------------------------------------------


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin):
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
