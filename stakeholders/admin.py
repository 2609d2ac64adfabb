"""Logging who took part. Also what every admin of the working side shares."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.forms import Script
from django.forms.models import ModelChoiceIterator
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from milidip.codebook.folding import folded
from stakeholders.history import Part, Reader, trail
from stakeholders.models import PERSON, Identifier, OtherName, Protection, Stakeholder

CHANGES_PER_PAGE = 50
SELECTED = mark_safe(" selected")


class QuickSelect(forms.Select):
    """A choice written out at once: a template for each option is slow where rows are many."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (
                    "" if code is None else code,
                    SELECTED if str(code or "") in chosen else "",
                    label,
                )
                for code, label in self.choices
            ),
        )
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>{}</select>", attributes, options)


class TermChoices(ModelChoiceIterator):
    """The terms of a field, from what was read for the first row of the page."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        for term in self.field.terms().values():
            yield self.choice(term)


class TermField(forms.ModelChoiceField):
    """One term of a vocabulary, which is read once for a page, however many rows offer it."""

    iterator = TermChoices
    widget = QuickSelect

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.shared: dict[
            str, dict[str, Any]
        ] = {}  # every row has a copy of the field: of this, none
        super().__init__(*args, **kwargs)

    def terms(self) -> dict[str, Any]:
        if "terms" not in self.shared:
            self.shared["terms"] = {str(term.pk): term for term in self.queryset}
        return self.shared["terms"]

    def to_python(self, value: Any) -> Any:
        known = self.terms().get(str(value)) if self.to_field_name in (None, "code") else None
        return known or super().to_python(value)


class KnownSelect(AutocompleteSelect):
    """A type-ahead that need not ask for the name of what it shows, if the row has it."""

    known: dict[str, str] = {}

    def optgroups(self, name: str, value: list[str], attr: Any = None) -> Any:
        chosen = [str(item) for item in value if item]
        if not chosen or not set(chosen) <= self.known.keys():
            return super().optgroups(name, value, attr)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        for pk in chosen:
            options.append(self.create_option(name, pk, self.known[pk], True, len(options)))
        return [(None, options, 0)]


def tell_what_is_known(form: forms.ModelForm) -> None:
    """Give each type-ahead of ``form`` the name of what its row already refers to."""
    for name, field in form.fields.items():
        widget = getattr(field.widget, "widget", field.widget)
        if isinstance(widget, KnownSelect):
            relation: Any = form.instance._meta.get_field(name)
            if relation.is_cached(form.instance) and (target := getattr(form.instance, name)):
                widget.known = {str(target.pk): str(target)}


class VocabularyFields:
    """Terms are chosen here and kept in the codebook: no icons that lead away from the form."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs.setdefault("widget", KnownSelect(db_field, self.admin_site))  # type: ignore[attr-defined]
        elif db_field.related_model._meta.app_label == "codebook":
            kwargs.setdefault("form_class", TermField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        related = getattr(db_field, "related_model", None)
        if formfield and related and related._meta.app_label == "codebook":
            formfield.widget = getattr(formfield.widget, "widget", formfield.widget)
        return formfield


class WorkingAdmin(VocabularyFields, admin.ModelAdmin):
    """An admin whose history page tells what the triggers wrote, in words."""

    history_parts: tuple[Part, ...] = ()
    history_restricted: tuple[tuple[str, str, str], ...] = ()
    show_facets = admin.ShowFacets.ALWAYS
    show_full_result_count = False

    class Media:
        css = {"all": ["admin_extra/working.css"]}
        js = [Script("admin_extra/labels.js", defer=True)]

    def get_history_parts(self) -> tuple[Part, ...]:
        return self.history_parts or (Part(self.model, "pk"),)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        reader = Reader(request.user, self.history_restricted)
        changes = trail(obj, self.get_history_parts(), reader)
        page = Paginator(changes, CHANGES_PER_PAGE).get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History"),
            "subtitle": reader.veiled(str(obj)),
            "page": page,
            "page_var": PAGE_VAR,
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/changes.html", context)


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
