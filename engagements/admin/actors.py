"""The page of an actor, with what only the gate can do: the promise that it is named nowhere."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from engagements import publication
from engagements.forms import ReasonForm
from stakeholders.admin import StakeholderAdmin
from stakeholders.models import Protection, Stakeholder

admin.site.unregister(Stakeholder)


@admin.register(Stakeholder)
class ActorAdmin(StakeholderAdmin):
    """An actor as `stakeholders` logs it, joined to the gate."""

    change_form_template = "admin/stakeholders/stakeholder/change_form.html"

    def get_urls(self) -> list[Any]:
        protect = path(
            "<path:object_id>/protect/",
            self.admin_site.admin_view(self.protect_view),
            name="stakeholders_stakeholder_protect",
        )
        return [protect, *super().get_urls()]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A new name of a protected actor has to go from every public text as well."""
        super().save_related(request, form, formsets, change)
        if change and is_protected(form.instance):
            publication.rebuild()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = context.get("original")
        context["may_protect"] = (
            obj is not None
            and request.user.has_perm("stakeholders.add_protection")
            and not is_protected(obj)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def protect_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, promise, and say how many public records changed."""
        actor = self.get_object(request, unquote(object_id))
        if actor is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not request.user.has_perm("stakeholders.add_protection"):
            raise PermissionDenied
        back = reverse("admin:stakeholders_stakeholder_change", args=[actor.pk])
        if is_protected(actor):
            self.message_user(request, _("It is under protection already."), messages.INFO)
            return HttpResponseRedirect(back)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            changed = publication.protect(actor, request.user, form.cleaned_data["reason"])
            told = ngettext(
                "Protected. %d public record changed.",
                "Protected. %d public records changed.",
                changed,
            )
            self.message_user(request, told % changed, messages.SUCCESS)
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "title": _("Protect"),
            "subtitle": str(actor),
            "form": form,
            "adminform": AdminForm(form, [(None, {"fields": ["reason"]})], {}, model_admin=self),
            "media": self.media + form.media,
            "original": actor,
            "opts": self.opts,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/stakeholders/stakeholder/protect.html", context)


def is_protected(actor: Stakeholder) -> bool:
    return Protection.objects.filter(stakeholder=actor).exists()
