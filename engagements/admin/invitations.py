"""Invitations: who may send something in without an account, what came of it, and the answers."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminDateWidget, AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from engagements import invitations
from engagements.models import Invitation, InvitationMessage
from engagements.models.invitation import today, usual_end, validate_until
from engagements.workflow import NotAllowed
from milidip.catalogue.addresses import base_url
from milidip.languages import in_language
from stakeholders.admin import ActorSelect
from stakeholders.history import Part
from stakeholders.screens import WorkingAdmin

# --- the letter ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Letter:
    """What is sent to who is invited, in their language; the address in it is told once."""

    address: str
    subject: str
    text: str
    contact: str

    @property
    def mailto(self) -> str:
        """An address that opens the letter in the mail program of who invites."""
        return (
            f"mailto:{quote(self.contact, safe='@')}"
            f"?subject={quote(self.subject)}&body={quote(self.text)}"
        )


def letter(request: HttpRequest, invitation: Invitation, token: str) -> Letter:
    where = in_language(reverse("readers:invited", args=[token]), invitation.language)
    address = base_url(request) + where
    with translation.override(invitation.language):
        return Letter(
            address=address,
            subject=gettext("Tell the register of an engagement"),
            text=render_to_string(
                "engagements/invitation_letter.txt",
                {
                    "invitation": invitation,
                    "address": address,
                    "editor": invitations.name_of(invitation.invited_by),
                },
            ).strip(),
            contact=invitation.contact,
        )


# --- the list and the page -------------------------------------------------------------------


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = _("state"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Invitation.State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        known = self.value() in Invitation.State.values
        return queryset.in_state(self.value()) if known else queryset


class WaitingFilter(admin.SimpleListFilter):
    title, parameter_name = _("messages"), "messages"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("unanswered", _("Not answered yet"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.unanswered() if self.value() == "unanswered" else queryset


class InvitationForm(forms.ModelForm):
    answer = forms.CharField(
        label=_("Answer, or ask"),
        required=False,
        max_length=4000,
        widget=AdminTextareaWidget(attrs={"rows": 4}),
        help_text=_(
            "The sender reads it at the address of the invitation, with your name. The reason of "
            "a review is not shown there: say here what of it the sender should know."
        ),
    )

    class Meta:
        model = Invitation
        fields = ("organisation", "stakeholder", "contact", "language", "until", "hint", "note")
        widgets = {
            "hint": AdminTextareaWidget(attrs={"rows": 3}),
            "note": AdminTextareaWidget(attrs={"rows": 3}),
        }

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        return not_past(until) if "until" in self.changed_data else until


def not_past(day: date) -> date:
    if day < today():
        raise forms.ValidationError(_("This day is past: to close it, revoke it."))
    return day


class RenewForm(forms.Form):
    until = forms.DateField(
        label=_("Open until"),
        widget=AdminDateWidget,
        initial=usual_end,
        validators=[validate_until],
        help_text=_("The last day on which something can be sent in, by UTC."),
    )

    def clean_until(self) -> Any:
        return not_past(self.cleaned_data["until"])


class RevokeForm(forms.Form):
    """Nothing to fill in."""


@dataclass(frozen=True)
class Step:
    """What is asked before an address is closed or made anew."""

    button: Any
    title: Any
    intro: Any
    form: type[forms.Form]
    grave: bool = False


REVOKE = Step(
    _("Revoke"),
    _("Revoke the invitation"),
    _(
        "Its address is closed at once, and says whom to ask. What was sent in stays and goes its "
        "way; its sender can then neither read where it stands nor take it back."
    ),
    RevokeForm,
    grave=True,
)
RENEW = Step(
    _("Make a new address"),
    _("Make a new address"),
    _(
        "For an invitation that was lost, has ended or was revoked. The address that there is now "
        "works no more, and the new one is shown once."
    ),
    RenewForm,
)


@admin.register(Invitation)
class InvitationAdmin(WorkingAdmin):
    """Made, answered, closed and renewed by editors; what comes of one is an ordinary draft."""

    form = InvitationForm
    list_display = [
        "organisation",
        "state_shown",
        "until",
        "record",
        "messages_shown",
        "invited_by",
    ]
    list_filter = [StateFilter, WaitingFilter]
    list_select_related = ["invited_by", "engagement"]
    search_fields = ["organisation", "note", "engagement__reference"]
    date_hierarchy = "invited_at"
    readonly_fields = ["state_shown", "record", "steps", "talk", "invited", "times"]
    history_parts = (Part(Invitation, "pk"), Part(InvitationMessage, "invitation"))

    class Media:
        js = [Script("admin_extra/copy.js", defer=True)]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One is revoked: who was invited by whom stays."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        who = (None, {"fields": ["organisation", ("stakeholder", "contact")]})
        how = (_("The form"), {"fields": [("language", "until"), "hint"]})
        staff = (_("For staff"), {"fields": ["note"]})
        if obj is None:
            return [who, how, staff]
        answer = ["answer"] if self.has_change_permission(request, obj) else []
        return [
            (_("Where it stands"), {"fields": [("state_shown", "record"), "steps"]}),
            (_("Messages"), {"fields": ["talk", *answer]}),
            who,
            how,
            (_("For staff"), {"fields": ["note", ("invited", "times")]}),
        ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "stakeholder":
            kwargs["widget"] = ActorSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        if not change:
            # Kept for the answer to this very request, and nowhere else.
            request.token = invitations.invite(obj, user)  # type: ignore[attr-defined]
            return
        super().save_model(request, obj, form, change)
        if text := form.cleaned_data.get("answer"):
            invitations.answer(obj, user, text)
            if obj.is_closed:
                self.message_user(
                    request,
                    _("The address is closed, so the sender cannot read your message there."),
                    messages.WARNING,
                )

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.show_address(request, obj, request.token)  # type: ignore[attr-defined]

    def show_address(self, request: HttpRequest, obj: Invitation, token: str) -> HttpResponse:
        """Show the address, once: it is stored nowhere, not even to be shown after a redirect."""
        context = {
            **self.admin_site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "title": _("The address of the invitation"),
            "subtitle": str(obj),
            "letter": letter(request, obj, token),
            "media": self.media,
            "original": obj,
            "opts": self.opts,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/engagements/invitation/address.html", context)

    # --- closing it, and making it anew -------------------------------------------------------

    def get_urls(self) -> list[Any]:
        def page(slug: str, view: Any) -> Any:
            return path(
                f"<path:object_id>/{slug}/",
                self.admin_site.admin_view(view),
                name=f"engagements_invitation_{slug}",
            )

        return [
            page("revoke", self.revoke_view),
            page("renew", self.renew_view),
            *super().get_urls(),
        ]

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def revoke(obj: Invitation, form: forms.Form) -> HttpResponse:
            invitations.revoke(obj, request.user)  # type: ignore[arg-type]
            self.message_user(request, _("Revoked. The address is closed."), messages.SUCCESS)
            return HttpResponseRedirect(
                reverse("admin:engagements_invitation_change", args=[obj.pk])
            )

        return self.step_view(request, object_id, REVOKE, revoke)

    def renew_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def renew(obj: Invitation, form: forms.Form) -> HttpResponse:
            token = invitations.renew(obj, request.user, form.cleaned_data["until"])  # type: ignore[arg-type]
            obj.refresh_from_db()
            return self.show_address(request, obj, token)

        return self.step_view(request, object_id, RENEW, renew)

    def step_view(
        self, request: HttpRequest, object_id: str, step: Step, take: Any
    ) -> HttpResponse:
        """Ask, and do it; or say what stands in the way."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        form = step.form(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                return take(obj, form)
            except NotAllowed as refusal:
                for problem in refusal.problems:
                    form.add_error(None, str(problem))
        context = {
            **self.admin_site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "title": step.title,
            "subtitle": str(obj),
            "step": step,
            "form": form,
            "adminform": AdminForm(
                form, [(None, {"fields": list(form.fields)})], {}, model_admin=self
            ),
            "media": self.media + form.media,
            "original": obj,
            "opts": self.opts,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/engagements/invitation/step.html", context)

    # --- what is shown -----------------------------------------------------------------------

    @admin.display(description=_("state"))
    def state_shown(self, obj: Invitation) -> SafeString:
        """The state in the colours of records: green came in, red is closed."""
        return format_html(
            '<span class="state state-{}">{}</span>', COLOURS[obj.state], obj.state.label
        )

    @admin.display(description=_("record"), ordering="engagement__reference")
    def record(self, obj: Invitation) -> str | SafeString:
        if obj.engagement is None:
            return gettext("The draft was deleted.") if obj.sent_at else "-"
        address = reverse("admin:engagements_engagement_change", args=[obj.engagement.pk])
        return format_html(
            '<a href="{}">{}</a> {}',
            address,
            obj.engagement.reference,
            obj.engagement.get_state_display(),
        )

    @admin.display(description=_("messages"))
    def messages_shown(self, obj: Invitation) -> str | SafeString:
        """How many, and whether the last word is the sender's."""
        written = list(obj.messages.all())  # type: ignore[attr-defined]
        if not written:
            return "-"
        text = ngettext("%d message", "%d messages", len(written)) % len(written)
        if written[-1].written_by_id is None:
            return format_html("{}, <strong>{}</strong>", text, gettext("not answered yet"))
        return text

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("messages__written_by")

    @admin.display(description=_("messages"))
    def talk(self, obj: Invitation) -> str | SafeString:
        written = obj.messages.all()  # type: ignore[attr-defined]
        if not written:
            return gettext("None yet.")
        return format_html(
            '<ol class="talk">{}</ol>',
            format_html_join(
                "",
                '<li><p class="quiet">{}, {}</p><p dir="auto">{}</p></li>',
                (
                    (
                        message.written_by or gettext("The sender"),
                        message.written_at.strftime("%Y-%m-%d %H:%M UTC"),
                        message.text,
                    )
                    for message in written
                ),
            ),
        )

    @admin.display(description=_("invited by"))
    def invited(self, obj: Invitation) -> str:
        return f"{obj.invited_by}, {obj.invited_at.date().isoformat()}"

    @admin.display(description=_("what happened"))
    def times(self, obj: Invitation) -> str:
        moments = [
            (gettext("first opened %s"), obj.opened_at),
            (gettext("sent in %s"), obj.sent_at),
            (gettext("taken back %s"), obj.taken_back_at),
            (gettext("revoked %s"), obj.revoked_at),
        ]
        told = [text % when.date().isoformat() for text, when in moments if when]
        return ", ".join(told) or gettext("nothing yet")

    @admin.display(description=_("the address"))
    def steps(self, obj: Invitation) -> SafeString:
        """It is shown once; afterwards it can be closed or made anew."""
        steps = [("renew", RENEW.button)]
        if obj.revoked_at is None:
            steps.append(("revoke", REVOKE.button))
        return format_html_join(
            " · ", '<a href="{}">{}</a>', ((f"../{slug}/", label) for slug, label in steps)
        )


COLOURS = {
    Invitation.State.WAITING: "draft",
    Invitation.State.OPENED: "submitted",
    Invitation.State.SENT: "published",
    Invitation.State.TAKEN_BACK: "withdrawn",
    Invitation.State.EXPIRED: "withdrawn",
    Invitation.State.REVOKED: "withdrawn",
}
