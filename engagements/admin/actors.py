"""The page of an actor, with what only the gate can do: the promise that it is named nowhere."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from engagements import protection, renaming
from engagements.admin.questions import ReasonForm
from engagements.workflow import NotAllowed
from stakeholders.admin import StakeholderAdmin
from stakeholders.models import OtherName, Protection, Stakeholder

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
        """A new name follows into what is public, or goes from every text if it is withheld."""
        super().save_related(request, form, formsets, change)
        names = next((one for one in formsets if one.model is OtherName), None)
        if change and ("name" in form.changed_data or (names and names.has_changed())):
            self.tell(request, renaming.names_changed(form.instance, request.user))

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
            try:
                effect = protection.protect(actor, request.user, form.cleaned_data["reason"])
            except NotAllowed as refusal:
                form.add_error(None, [str(problem) for problem in refusal.problems])
            else:
                told = _("It is named nowhere in public now.")
                self.message_user(request, told, messages.SUCCESS)
                self.tell(request, effect)
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

    def tell(self, request: HttpRequest, effect: protection.Effect) -> None:
        """Say what changed in public, and which records are offline until somebody mends them."""
        if effect.changed:
            told = ngettext(
                "%d public record changed with it.",
                "%d public records changed with it.",
                effect.changed,
            )
            self.message_user(request, told % effect.changed, messages.SUCCESS)
        for reference, leaks in effect.offline.items():
            fields = ", ".join(sorted({place for place, _actor in leaks}))
            told = gettext("%(reference)s is offline until the name is out of: %(fields)s.")
            self.message_user(
                request, told % {"reference": reference, "fields": fields}, messages.WARNING
            )


def is_protected(actor: Stakeholder) -> bool:
    return Protection.objects.filter(stakeholder=actor).exists()
