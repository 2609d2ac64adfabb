"""What every screen of the working side shares: quick choices, and a history in words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import Script
from django.forms.models import ModelChoiceIterator
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from stakeholders.history import Change, Part, Reader, trail
from stakeholders.narrowing import Narrowing

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

    def restore_points(
        self, request: HttpRequest, obj: Any, changes: list[Change]
    ) -> dict[datetime, str]:
        """Return the address at which each former state can be restored, by its moment."""
        return {}

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        reader = Reader(request.user, self.history_restricted)
        narrowing = Narrowing.asked(request.GET)
        every = trail(obj, self.get_history_parts(), reader)
        changes = narrowing.of(every)
        page = Paginator(changes, CHANGES_PER_PAGE).get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History"),
            "subtitle": reader.veiled(str(obj)),
            "page": page,
            "page_var": PAGE_VAR,
            "narrowing": narrowing,
            "people": narrowing.people(every),
            "fields": narrowing.fields(every),
            "restore_points": self.restore_points(request, obj, every),
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/changes.html", context)
