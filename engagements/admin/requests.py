"""Requests of the people concerned: who asked for what, by when, and what came of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stakeholders.admin import ActorSelect
from stakeholders.models import Erasure, PersonRequest, Protection
from stakeholders.screens import WorkingAdmin


class OverdueFilter(admin.SimpleListFilter):
    title, parameter_name = _("deadline"), "deadline"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("Overdue")), ("open", _("Open, in time"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "overdue":
            return queryset.overdue()
        if self.value() == "open":
            return queryset.open().exclude(pk__in=queryset.overdue().values("pk"))
        return queryset


class PersonRequestForm(forms.ModelForm):
    class Meta:
        model = PersonRequest
        fields = [
            *("kind", "received_on", "due", "stakeholder", "who", "contact", "message"),
            *("state", "outcome"),
        ]

    def clean(self) -> dict[str, Any]:
        """A request is granted when it was done: here it is looked at whether it was."""
        data = super().clean() or {}
        actor, kind = data.get("stakeholder"), data.get("kind")
        if data.get("state") != PersonRequest.State.GRANTED or actor is None:
            return data
        if kind == PersonRequest.Kind.PROTECT and not protected(actor):
            self.add_error("state", _("It is not under protection yet: see the links below."))
        if kind == PersonRequest.Kind.ERASE and not erased(actor):
            self.add_error("state", _("The person is not erased yet: see the links below."))
        return data


def protected(actor: Any) -> bool:
    return Protection.objects.filter(stakeholder=actor).exists()


def erased(actor: Any) -> bool:
    return Erasure.objects.filter(stakeholder=actor, erased_at__isnull=False).exists()


@admin.register(PersonRequest)
class PersonRequestAdmin(WorkingAdmin):
    """Cases with a deadline. What is asked is done on the page of the actor."""

    form = PersonRequestForm
    list_display = ["who_asks", "kind", "received_on", "deadline", "state", "handled_by"]
    list_filter = [OverdueFilter, "state", "kind"]
    list_select_related = ["stakeholder", "handled_by"]
    search_fields = ["who", "stakeholder__sort_key", "stakeholder__reference"]
    date_hierarchy = "received_on"
    readonly_fields = ["links", "handled_by", "closed_on"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = ("kind", "received_on", "due")
        case = [asked, "stakeholder", "who", "contact", "message"]
        if obj is None:
            return [(None, {"fields": case})]
        answer = ["links", "state", "outcome", ("handled_by", "closed_on")]
        return [(None, {"fields": case}), (_("Answer"), {"fields": answer})]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "stakeholder":
            kwargs["widget"] = ActorSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if obj.state != PersonRequest.State.OPEN and "state" in form.changed_data:
            obj.handled_by = request.user
            obj.contact = ""  # kept until it is closed
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A case is closed, and its person may be erased; that there was one stays."""
        return False

    @admin.display(description=_("who asks"), ordering="stakeholder__sort_key")
    def who_asks(self, obj: PersonRequest) -> str:
        return str(obj.stakeholder or obj.who)

    @admin.display(description=_("answer by"), ordering="due")
    def deadline(self, obj: PersonRequest) -> str | SafeString:
        if obj.is_overdue:
            late = gettext("overdue")
            return format_html('<span class="overdue">{}, {}</span>', obj.due.isoformat(), late)
        return obj.due.isoformat()

    @admin.display(description=_("where it is done"))
    def links(self, obj: PersonRequest) -> str | SafeString:
        """To the pages of the actor, and what was done there."""
        if obj.stakeholder is None:
            return gettext("Choose the actor first, if there is an entry.")
        done = []
        if protected(obj.stakeholder):
            done.append(gettext("It is under protection."))
        erasure = Erasure.objects.filter(stakeholder=obj.stakeholder).first()
        if erasure and erasure.erased_at:
            done.append(gettext("The person is erased."))
        elif erasure and erasure.confirmed_at:
            done.append(gettext("The erasure is confirmed, and not carried out yet."))
        elif erasure:
            done.append(gettext("The erasure is asked for, and not confirmed yet."))
        pages = [("change", gettext("The actor"))]
        if obj.kind == PersonRequest.Kind.PROTECT and not done:
            pages.append(("protect", gettext("Protect")))
        if obj.kind == PersonRequest.Kind.ERASE and not (erasure and erasure.erased_at):
            pages.append(("erase", gettext("Erase")))
        linked = format_html_join(
            " · ",
            '<a href="{}">{}</a>',
            (
                (
                    reverse(f"admin:stakeholders_stakeholder_{page}", args=[obj.stakeholder.pk]),
                    label,
                )
                for page, label in pages
            ),
        )
        return format_html("{} {}", linked, " ".join(done))
