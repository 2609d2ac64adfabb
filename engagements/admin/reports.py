"""Reports of readers: what came in, how much time is left, and what was done about it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from engagements import protection
from engagements.models import Hold, Publication, ReaderReport
from engagements.reports import shown_again_since_published
from milidip.catalogue import models as public
from stakeholders.screens import WorkingAdmin


class DeadlineFilter(admin.SimpleListFilter):
    title, parameter_name = _("deadline"), "deadline"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("Risk, overdue")), ("open", _("Risk, in time"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "overdue":
            return queryset.overdue()
        if self.value() == "open":
            return queryset.open().risks().exclude(pk__in=queryset.overdue().values("pk"))
        return queryset


KEEP, SHOW, HIDE_NAMES, HIDE_RECORD = "keep", "show-names", "hide-names", "hide"
DECISIONS = {
    KEEP: _("Leave the record as it is now"),
    SHOW: _("Show its names again"),
    HIDE_NAMES: _("Hide its names"),
    HIDE_RECORD: _("Hide the whole record"),
}


class TriageForm(forms.ModelForm):
    """What to do about the record, and what was done about the report."""

    decision = forms.ChoiceField(
        label=_("The record"),
        widget=forms.RadioSelect,
        initial=KEEP,
        required=False,
        help_text=_(
            "Hiding its names is often enough. To protect somebody in every record, open the "
            "actor; to mend the record, open it."
        ),
    )

    class Meta:
        model = ReaderReport
        fields = ("state", "outcome")
        widgets = {"outcome": AdminTextareaWidget(attrs={"rows": 3})}

    by: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "decision" in self.fields:
            self.fields["decision"].choices = [
                (code, DECISIONS[code]) for code in open_decisions(self.instance, self.by)
            ]

    def clean(self) -> dict[str, Any]:
        """Who closes it is who handled it: the database asks for somebody."""
        data = super().clean() or {}
        if data.get("state") != ReaderReport.State.OPEN:
            self.instance.handled_by = self.by
            self.instance.closed_at = self.instance.closed_at or timezone.now()
        else:
            self.instance.closed_at = None
        return data


def open_decisions(report: ReaderReport, user: Any) -> list[str]:
    """Return what may be done about the record of a report, as things stand."""
    standing = Hold.objects.standing().filter(engagement=report.engagement)
    held = set(standing.values_list("kind", flat=True))
    public_versions = Publication.objects.standing().filter(engagement=report.engagement)
    if not public_versions.exists():
        return [KEEP]
    found = [KEEP, SHOW if Hold.Kind.NAMES in held else HIDE_NAMES]
    if user.has_perm("engagements.withdraw_engagement") and Hold.Kind.RECORD not in held:
        found.append(HIDE_RECORD)
    return found


@admin.register(ReaderReport)
class ReaderReportAdmin(WorkingAdmin):
    """The queue of editors and reviewers. Readers write it; nobody else adds to it."""

    form = TriageForm
    list_display = ["record", "kind", "received_at", "deadline", "state", "handled_by"]
    list_filter = [DeadlineFilter, "kind", "state"]
    list_select_related = ["engagement", "handled_by"]
    search_fields = ["engagement__reference", "engagement__title"]
    date_hierarchy = "received_at"
    readonly_fields = [
        "kind",
        "record",
        "version",
        "received_at",
        "deadline",
        "text",
        "contact",
        "links",
        "names",
        "handled_by",
        "closed_at",
    ]
    fieldsets = [
        (None, {"fields": [("kind", "received_at", "deadline"), "record", "links"]}),
        (_("What the reader says"), {"fields": ["text", "contact"]}),
        (_("Answer"), {"fields": ["names", "decision", "state", "outcome"]}),
        (_("Closed"), {"classes": ["collapse"], "fields": [("handled_by", "closed_at")]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever only reads it is asked nothing."""
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f != "decision"]})
            for name, options in self.fieldsets
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        decision = form.cleaned_data.get("decision") or KEEP
        record = obj.engagement
        reason = gettext("After a report of a reader (report %d).") % obj.pk
        if decision == SHOW:
            protection.release_names(record, request.user)
        elif decision == HIDE_NAMES:
            protection.hold_names(record, reason, request.user)
        elif decision == HIDE_RECORD:
            protection.hold_record(record, request.user, reason)
        if obj.state != ReaderReport.State.OPEN or obj.handled_by_id is None:
            obj.handled_by = request.user
        super().save_model(request, obj, form, change)
        if decision != KEEP:
            self.message_user(request, DONE[decision], messages.SUCCESS)
        standing = Hold.objects.standing().filter(engagement=record, kind=Hold.Kind.NAMES)
        if obj.state != ReaderReport.State.OPEN and standing.exists():
            self.message_user(request, _("The names in the record stay hidden."), messages.WARNING)

    @admin.display(description=_("record"), ordering="engagement__reference")
    def record(self, obj: ReaderReport) -> str:
        return gettext("%(record)s, version %(number)d") % {
            "record": obj.engagement,
            "number": obj.version,
        }

    @admin.display(description=_("looked at by"), ordering="received_at")
    def deadline(self, obj: ReaderReport) -> str | SafeString:
        """The clock of a risk: how many hours are left, or since when it is late."""
        if obj.due_at is None:
            return "-"
        left = obj.due_at - timezone.now()
        hours = int(abs(left.total_seconds()) // 3600)
        if left.total_seconds() > 0:
            return ngettext("%d hour left", "%d hours left", hours) % hours
        late = ngettext("overdue by %d hour", "overdue by %d hours", hours) % hours
        return format_html('<span class="overdue">{}</span>', late)

    @admin.display(description=_("names in the record"))
    def names(self, obj: ReaderReport) -> str:
        """Whether they are hidden now, and if this report did not hide them, why."""
        standing = Hold.objects.standing().filter(engagement=obj.engagement)
        if standing.filter(kind=Hold.Kind.RECORD).exists():
            return gettext("The whole record is hidden.")
        if standing.filter(kind=Hold.Kind.NAMES).exists():
            return gettext("Hidden now.")
        shown = shown_again_since_published(obj.engagement)
        if obj.kind == ReaderReport.Kind.RISK and not obj.names_hidden and shown:
            return gettext(
                "Not hidden by this report: %(who)s looked at this version and showed them "
                "again on %(day)s."
            ) % {"who": shown.released_by, "day": shown.released_at.date().isoformat()}
        return gettext("Shown, as far as the record’s own rules show them.")

    @admin.display(description=_("where to look"))
    def links(self, obj: ReaderReport) -> SafeString:
        """To the record, its history, and the version that was read, while it is public."""
        record = obj.engagement
        pages = [
            (reverse("admin:engagements_engagement_change", args=[record.pk]), _("The record")),
            (reverse("admin:engagements_engagement_history", args=[record.pk]), _("Its history")),
        ]
        shown = public.Version.objects.filter(entry__reference=record.reference)
        if shown.filter(number=obj.version).exists():
            address = reverse("catalogue:version", args=[record.reference, obj.version])
            pages.append((address, _("The version that was read")))
        return format_html_join(" · ", '<a href="{}">{}</a>', pages)


DONE = {
    SHOW: _("Its names are shown again."),
    HIDE_NAMES: _("Its names are hidden."),
    HIDE_RECORD: _("Hidden from the public."),
}
