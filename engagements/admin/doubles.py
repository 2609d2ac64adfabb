"""Pages against logging twice: look-alikes, the next edition, templates, and merging two records."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from engagements import doubles, editions
from engagements.look_alikes import Found, Given, given_of, keep_answer, look_alikes
from engagements.models import Engagement, LookAlike, Template
from engagements.workflow import NotAllowed
from stakeholders.history import Part
from stakeholders.screens import WorkingAdmin

ANSWER = "look_alike_"
"""How the answer on a look-alike is called in the form of a record: this and its key."""


def urls_of(model_admin: Any) -> list[Any]:
    """The pages of this file that belong to an engagement."""

    def page(view: Any) -> Any:
        def wrapped(request: HttpRequest, object_id: str) -> HttpResponse:
            record = model_admin.get_object(request, unquote(object_id))
            if record is None:
                return model_admin._get_obj_does_not_exist_redirect(
                    request, model_admin.opts, object_id
                )
            return view(model_admin, request, record)

        return model_admin.admin_site.admin_view(wrapped)

    def name(slug: str) -> str:
        return f"engagements_engagement_{slug}"

    return [
        path(
            "look-alikes/",
            model_admin.admin_site.admin_view(require_POST(look_alikes_view)),
            name=name("look_alikes"),
        ),
        path("<path:object_id>/merge/", page(merge_view), name=name("merge")),
        path("<path:object_id>/next/", page(next_view), name=name("next")),
        path("<path:object_id>/template/", page(template_view), name=name("template")),
    ]


# --- is it logged already? ------------------------------------------------------------------------


def look_alikes_view(request: HttpRequest) -> HttpResponse:
    """The look-alikes of what is typed so far, as a piece of the form. Nothing is stored."""
    if not request.user.has_perm("engagements.view_engagement"):
        raise PermissionDenied
    found = look_alikes(_given(request.POST))
    return TemplateResponse(
        request, "admin/engagements/engagement/look_alikes.html", shown(found, request.POST)
    )


def _given(data: Mapping[str, str]) -> Given:
    def key(name: str) -> int | None:
        return int(data[name]) if data.get(name, "").isdecimal() else None

    def codes(name: str) -> tuple[str, ...]:
        ends = f"-{name}"
        return tuple(
            value
            for field, value in data.items()
            if field.startswith("places-") and field.endswith(ends) and value
        )

    return Given(
        title=" ".join(data.get("title", "").split())[:500],
        start=data.get("start", "").strip(),
        end=data.get("end", "").strip(),
        countries=codes("country"),
        regions=codes("region"),
        series=key("series"),
        own=key("own"),
    )


def shown(found: list[Found], given: Mapping[str, str]) -> dict[str, Any]:
    """What the template of look-alikes is given; an answer that was chosen stays chosen."""
    return {
        "look_alikes": [
            {
                "record": one.engagement,
                "reasons": ", ".join(one.reasons),
                "name": f"{ANSWER}{one.engagement.pk}",
                "chosen": given.get(f"{ANSWER}{one.engagement.pk}", ""),
            }
            for one in found
        ],
        "answers": LookAlike.Answer.choices,
    }


def look_alikes_of(record: Engagement | None, request: HttpRequest) -> dict[str, Any]:
    """The look-alikes of a saved record, for its page; of one that is new there are none yet."""
    return shown(look_alikes(given_of(record)) if record else [], request.POST)


def remind(request: HttpRequest, record: Engagement) -> None:
    """Say of a new record that it may be logged already: without script nobody was asked."""
    if look_alikes(given_of(record)):
        address = reverse("admin:engagements_engagement_change", args=[record.pk])
        text = _("Other records look like this one. {}Say whether they are the same.{}")
        link = format_html('<a href="{}#look-alikes">', address)
        messages.warning(request, format_html(text, link, mark_safe("</a>")))


def keep_answers(request: HttpRequest, record: Engagement) -> Engagement | None:
    """Keep what was said of look-alikes; return the one that is the same event, if any is."""
    same = None
    for name, answer in request.POST.items():
        key = name.removeprefix(ANSWER)
        if not name.startswith(ANSWER) or answer not in LookAlike.Answer.values:
            continue
        other = Engagement.objects.filter(pk=key if key.isdecimal() else None).first()
        if other is None or other.pk == record.pk:
            continue
        keep_answer(record, other, answer, request.user)  # type: ignore[arg-type]
        if answer == LookAlike.Answer.SAME:
            same = other
    return same


def after_same(request: HttpRequest, record: Engagement, other: Engagement) -> str:
    """Say what follows from “the same”; return where to go on: an editor can merge at once."""
    if doubles.may_merge(request.user):  # type: ignore[arg-type]
        address = reverse("admin:engagements_engagement_merge", args=[other.pk])
        return f"{address}?other={record.reference}"
    messages.warning(
        request,
        gettext("You say that it is the same as %(other)s: an editor can merge them.")
        % {"other": other.reference},
    )
    return ""


# --- the next edition, and templates --------------------------------------------------------------


def next_view(model_admin: Any, request: HttpRequest, record: Engagement) -> HttpResponse:
    """Make the draft of the next edition, at the press of a button."""
    return _make_draft(request, lambda: editions.next_edition(record, request.user), record)  # type: ignore[arg-type]


def _make_draft(request: HttpRequest, make: Any, back_to: Engagement | None) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseRedirect(
            reverse("admin:engagements_engagement_change", args=[back_to.pk])
            if back_to
            else reverse("admin:engagements_template_changelist")
        )
    try:
        draft = make()
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
    messages.success(
        request,
        gettext(
            "A draft with what stays the same. Give its dates, its place and a source, and check "
            "who took part."
        ),
    )
    return HttpResponseRedirect(reverse("admin:engagements_engagement_change", args=[draft.pk]))


def template_view(model_admin: Any, request: HttpRequest, record: Engagement) -> HttpResponse:
    """Keep the record as a template, and go on to give it a name."""
    if request.method != "POST":
        return HttpResponseRedirect(
            reverse("admin:engagements_engagement_change", args=[record.pk])
        )
    try:
        template = editions.keep_template(record, request.user)  # type: ignore[arg-type]
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
    messages.success(request, gettext("Kept as a template. Give it the name that your desk uses."))
    return HttpResponseRedirect(reverse("admin:engagements_template_change", args=[template.pk]))


@admin.register(Template)
class TemplateAdmin(WorkingAdmin):
    """Recurring work of a desk. A template is made from a record, and makes drafts."""

    list_display = ["name", "note", "created_by", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["name", "note"]
    fields = ["name", "note", "holds"]
    readonly_fields = ["holds"]
    history_parts = (Part(Template, "pk", skip=frozenset({"values"})),)
    change_form_template = "admin/engagements/template/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One is made from a record that is good: “Keep as a template” stands there."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or obj.created_by_id == request.user.pk or _is_editor(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj) and super().has_delete_permission(
            request, obj
        )

    def get_urls(self) -> list[Any]:
        log = path(
            "<int:pk>/log/",
            self.admin_site.admin_view(self.log_view),
            name="engagements_template_log",
        )
        return [log, *super().get_urls()]

    def log_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        return _make_draft(
            request, lambda: editions.draft_from(template.values, request.user), None
        )  # type: ignore[arg-type]

    @admin.display(description=_("a draft starts with"))
    def holds(self, obj: Template) -> str:
        number = len(obj.values["participants"])
        said = [
            obj.values["title"],
            obj.values["activity_id"],
            gettext("participants: %d") % number,
        ]
        return ", ".join(said)


def _is_editor(request: HttpRequest) -> bool:
    return request.user.has_perm("engagements.publish_engagement")


# --- two records of one event ---------------------------------------------------------------------


class OtherForm(forms.Form):
    """Which other record is the same event?"""

    other = forms.CharField(
        label=_("Reference of the other record"),
        max_length=20,
        help_text=_("Such as MD-7K3QX9. It is merged into this one."),
    )

    def clean_other(self) -> Engagement:
        found = Engagement.objects.filter(reference__iexact=self.cleaned_data["other"].strip())
        record = found.first()
        if record is None:
            raise forms.ValidationError(_("There is no record with this reference."))
        return record


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("How you know that they are the same"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text=_("For staff only."),
    )


def merge_view(model_admin: Any, request: HttpRequest, record: Engagement) -> HttpResponse:
    """Choose the other record, read what would happen, and merge it into this one."""
    if not doubles.may_merge(request.user):  # type: ignore[arg-type]
        raise PermissionDenied
    asked = "other" in request.GET
    chosen = OtherForm(request.GET if asked else None)
    other = chosen.cleaned_data["other"] if asked and chosen.is_valid() else None
    form = ReasonForm(request.POST or None) if other else None
    problems: list[Any] = []
    if other and form and request.method == "POST" and form.is_valid():
        try:
            doubles.merge(record, other, request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
        except NotAllowed as refusal:
            problems = refusal.problems
        else:
            told = gettext("%(other)s is merged into this record, and leads here.")
            messages.success(request, told % {"other": other.reference})
            return HttpResponseRedirect(
                reverse("admin:engagements_engagement_change", args=[record.pk])
            )
    preview = doubles.preview(record, other) if other else None
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(
        request,
        "admin/engagements/engagement/merge.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": gettext("Merge two records"),
            "opts": model_admin.opts,
            "original": record,
            "chosen": chosen,
            "form": form,
            "preview": preview,
            "problems": problems or (preview.problems if preview else []),
            "swap": (
                reverse("admin:engagements_engagement_merge", args=[other.pk])
                + f"?other={record.reference}"
                if other
                else ""
            ),
        },
    )
