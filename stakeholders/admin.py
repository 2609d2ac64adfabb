"""Logging who took part: found by any of their names, and logged once."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from milidip.codebook.folding import folded
from stakeholders.history import Part
from stakeholders.models import PERSON, Identifier, OtherName, Protection, Stakeholder
from stakeholders.screens import KnownSelect, WorkingAdmin

# --- finding an actor --------------------------------------------------------------------------


class ActorSelect(KnownSelect):
    """A choice of actors that says of each what it is and where it is from."""

    url_name = "%s:stakeholders_stakeholder_find"


class FindActor(AutocompleteJsonView):
    """Actors for the type-ahead: two bodies of one name can be told apart."""

    def serialize_result(self, obj: Stakeholder, to_field_name: str) -> dict[str, str]:
        facts = ", ".join(filter(None, [str(obj.type), str(obj.country or "")]))
        return {"id": str(getattr(obj, to_field_name)), "text": f"{obj.name} ({facts})"}


def matching(queryset: QuerySet[Stakeholder], term: str) -> QuerySet[Stakeholder]:
    """Actors whose name, other name, identifier or reference holds every word of ``term``."""
    for word in term.split():
        key = folded(word)
        queryset = queryset.filter(
            Q(sort_key__contains=key)
            | Q(reference__iexact=word)
            | Q(country__code__iexact=word)
            | Exists(
                OtherName.objects.filter(
                    stakeholder=OuterRef("pk"), name__unaccent__icontains=word
                )
            )
            | Exists(Identifier.objects.filter(stakeholder=OuterRef("pk"), value__iexact=word))
        )
    return queryset


# --- the page of an actor ----------------------------------------------------------------------


class OtherNameInline(admin.TabularInline):
    model = OtherName
    extra = 0


class IdentifierInline(admin.TabularInline):
    model = Identifier
    extra = 0


class ProtectionInline(admin.StackedInline):
    """The promise, to be read. It is made through the gate, which renders the public side anew."""

    model = Protection
    fields = ["reason", "protected_at", "protected_by"]
    readonly_fields = ["reason", "protected_at", "protected_by"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StakeholderForm(forms.ModelForm):
    class Meta:
        model = Stakeholder
        fields: tuple[str, ...] = ()  # the fieldsets of the admin name them
        labels = {"default_disclosure": _("In public")}

    def clean(self) -> dict[str, Any]:
        """A body is logged once; two persons may share a name."""
        data = super().clean() or {}
        name, kind = data.get("name"), data.get("type")
        if name and kind and kind.pk != PERSON:
            twin = (
                Stakeholder.objects.filter(
                    sort_key=folded(name), type=kind, country=data.get("country")
                )
                .exclude(pk=self.instance.pk)
                .first()
            )
            if twin:
                self.add_error(
                    "name",
                    _("“%(name)s” is already in the register as %(reference)s: choose that one.")
                    % {"name": twin.name, "reference": twin.reference},
                )
        return data


class ProtectedFilter(admin.SimpleListFilter):
    title = _("protection")
    parameter_name = "protected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if not request.user.has_perm("stakeholders.view_protection"):
            return []
        return [("yes", _("Under protection"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.protected() if self.value() == "yes" else queryset


@admin.register(Stakeholder)
class StakeholderAdmin(WorkingAdmin):
    form = StakeholderForm
    list_display = ["name", "type", "country", "level", "default_disclosure", "reference"]
    list_filter = ["type", "level", "default_disclosure", ProtectedFilter]
    list_select_related = ["type", "country"]
    search_fields = ["sort_key"]
    search_help_text = _("Name, other name, identifier, reference or country code")
    ordering = ["sort_key", "reference"]
    autocomplete_fields = ["country", "parent"]
    readonly_fields = ["reference", "participations_link"]
    inlines = [OtherNameInline, IdentifierInline, ProtectionInline]
    history_parts = (
        Part(Stakeholder, "pk"),
        Part(OtherName, "stakeholder"),
        Part(Identifier, "stakeholder"),
        Part(Protection, "stakeholder"),
    )

    def get_urls(self) -> list[Any]:
        find = self.admin_site.admin_view(FindActor.as_view(admin_site=self.admin_site))
        return [
            path("find/", find, name="stakeholders_stakeholder_find"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stakeholder]:
        return super().get_queryset(request).select_related("type", "country")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Stakeholder], search_term: str
    ) -> tuple[QuerySet[Stakeholder], bool]:
        """Names that begin with what was typed come first."""
        if not search_term.strip():
            return queryset, False
        queryset = matching(queryset, search_term)
        if not request.GET.get("o"):
            key = folded(search_term)
            rank = Case(
                When(sort_key=key, then=Value(0)),
                When(sort_key__startswith=key, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
            queryset = queryset.order_by(rank, "sort_key", "reference")
        return queryset, False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "parent":
            for action in ("change", "delete", "view"):
                setattr(formfield.widget, f"can_{action}_related", False)
        return formfield

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        who: list[Any] = ["name", ("type", "country"), ("level", "parent"), "default_disclosure"]
        if obj is None:
            return [(None, {"fields": [*who, "note"]})]
        return [(None, {"fields": [*who, "note", ("reference", "participations_link")]})]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """In a pop-up an actor is added with the least; the rest can wait."""
        if "_popup" in request.GET or "_popup" in request.POST:
            return []
        if obj is None:
            return [OtherNameInline, IdentifierInline]
        promised = [ProtectionInline] if hasattr(obj, "protection") else []
        return [OtherNameInline, IdentifierInline, *promised]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        """The history of a protected actor is its names: for those who may see protections."""
        promised = Protection.objects.filter(stakeholder_id=unquote(object_id)).exists()
        if promised and not request.user.has_perm("stakeholders.view_protection"):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    @admin.display(description=_("engagements"))
    def participations_link(self, obj: Stakeholder) -> str:
        participations: Any = obj.participations  # type: ignore[attr-defined]
        number = participations.values("engagement").distinct().count()
        if not number:
            return gettext("none")
        address = reverse("admin:engagements_engagement_changelist")
        return format_html(
            '<a href="{}?actor={}">{}</a>', address, obj.reference, gettext("%d logged") % number
        )
