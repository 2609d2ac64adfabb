"""Themes, objectives or series of the selected records: asked, shown, given a reason, changed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from engagements import bulk_edit
from engagements.bulk_edit import LISTS, Edit, How
from engagements.forms import ThemeField
from engagements.models import Engagement, Series
from engagements.workflow import NotAllowed
from milidip.codebook.models import Objective, Theme
from stakeholders.screens import QuickSelect

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin

SHOWN = 100
LEAVE = ("", _("Leave as they are"))
HOW = [
    LEAVE,
    (How.ADD, _("Add those ticked")),
    (How.REMOVE, _("Take out those ticked")),
    (How.REPLACE, _("Replace all by those ticked")),
]
SET, CLEAR = "set", "clear"


class EditForm(forms.Form):
    """What to change; of each of the three nothing, unless it is said."""

    themes_how = forms.ChoiceField(
        label=_("Themes"), choices=HOW, required=False, widget=forms.RadioSelect
    )
    themes = ThemeField(
        Theme.objects.all(),
        label=_("Which themes"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "terms"}),
    )
    objectives_how = forms.ChoiceField(
        label=_("Objectives"), choices=HOW, required=False, widget=forms.RadioSelect
    )
    objectives = forms.ModelMultipleChoiceField(
        Objective.objects.all(),
        label=_("Which objectives"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "terms"}),
    )
    series_how = forms.ChoiceField(
        label=_("Series"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("", _("Leave it as it is")),
            (SET, _("Put them into the series below")),
            (CLEAR, _("Take them out of their series")),
        ],
    )
    series = forms.ModelChoiceField(
        Series.objects.all(), label=_("Which series"), required=False, widget=QuickSelect
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in LISTS:
            how, terms = data.get(f"{name}_how"), data.get(name)
            if how and not terms:
                self.add_error(name, _("Tick at least one."))
            elif terms and not how:
                self.add_error(f"{name}_how", _("Say what becomes of those that you ticked."))
        if data.get("series_how") == SET and not data.get("series"):
            self.add_error("series", _("Choose the series."))
        elif data.get("series") and data.get("series_how") != SET:
            self.add_error(
                "series_how", _("Say that they are put into the series, or choose none.")
            )
        if not self.errors and not self.edit(data):
            raise forms.ValidationError(_("Say what to change."))
        return data

    def edit(self, data: dict[str, Any]) -> Edit:
        lists = {
            name: (How(data[f"{name}_how"]), frozenset(term.pk for term in data[name]))
            for name in LISTS
            if data.get(f"{name}_how")
        }
        series = {SET: data.get("series"), CLEAR: None}
        how = data.get("series_how")
        key = (series[how].pk if series[how] else None,) if how else None
        return Edit(lists, key)

    def sent_again(self) -> list[tuple[str, str]]:
        """What was chosen, for hidden fields of the next step."""
        return [(name, value) for name in self.fields for value in self.data.getlist(name)]  # type: ignore[attr-defined]


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason for the change"),
        max_length=500,
        widget=AdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Kept in the history of each record, for staff only."),
    )
    seen = forms.CharField(widget=forms.HiddenInput)


def edit_selected_view(
    model_admin: "EngagementAdmin", request: HttpRequest, queryset: QuerySet[Engagement]
) -> HttpResponse | None:
    """Ask what to change, show what would come of it, and do it; each step is a page."""
    ids = list(queryset.order_by().values_list("pk", flat=True).distinct())
    step = request.POST.get("step", "")
    form = EditForm(request.POST if step else None, label_suffix="")
    if step not in ("preview", "write") or not form.is_valid():
        return _page(model_admin, request, "bulk_edit.html", form=form, number=len(ids))
    user: Any = request.user
    edit = form.edit(form.cleaned_data)
    why = WhyForm(request.POST if step == "write" else None, label_suffix="")
    if why.is_valid():
        told = why.cleaned_data
        try:
            done = bulk_edit.write(ids, edit, user, reason=told["reason"], seen=told["seen"])
        except NotAllowed as refusal:
            for problem in refusal.problems:
                why.add_error(problem.field or None, str(problem))
        else:
            number = len(done.changes)
            text = ngettext("%d record changed.", "%d records changed.", number)
            model_admin.message_user(request, text % number, messages.SUCCESS)
            return None
    plan = bulk_edit.plan(ids, edit, user)
    return _page(
        model_admin,
        request,
        "bulk_edit_preview.html",
        form=form,
        why=why,
        plan=plan,
        digest=plan.digest,
        number=len(plan.changes),
        shown=bulk_edit.in_words(plan.changes[:SHOWN]),
        more=max(0, len(plan.changes) - SHOWN),
        refused=plan.refused[:SHOWN],
        more_refused=max(0, len(plan.refused) - SHOWN),
        reviews=user.has_perm("engagements.review_engagement"),
    )


def _page(
    model_admin: "EngagementAdmin", request: HttpRequest, template: str, **context: Any
) -> HttpResponse:
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(
        request,
        f"admin/engagements/engagement/{template}",
        {
            **model_admin.admin_site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "title": _("Change many records"),
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "media": model_admin.media,
            "opts": model_admin.opts,
            **context,
        },
    )
