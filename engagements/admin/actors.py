"""The page of an actor, with what only the gate can do: promise, spell anew, merge, erase."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from engagements import erasure, merging, protection, renaming
from engagements.admin.questions import ReasonForm, SubmitForm
from engagements.workflow import NotAllowed
from stakeholders.admin import ActorSelect, StakeholderAdmin
from stakeholders.models import Erasure, OtherName, Protection, Stakeholder

admin.site.unregister(Stakeholder)


class OtherActorForm(forms.Form):
    """Which other entry is the same actor."""

    other = forms.ModelChoiceField(Stakeholder.objects.all(), label=_("The other entry"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The field of a participation: the type-ahead that tells namesakes apart.
        field = Stakeholder._meta.get_field("parent")
        other: Any = self.fields["other"]
        other.widget = ActorSelect(field, admin.site)
        other.widget.choices = other.choices


@admin.register(Stakeholder)
class ActorAdmin(StakeholderAdmin):
    """An actor as `stakeholders` logs it, joined to the gate."""

    change_form_template = "admin/stakeholders/stakeholder/change_form.html"
    change_list_template = "admin/stakeholders/stakeholder/change_list.html"

    def get_urls(self) -> list[Any]:
        def page(view: Callable[..., HttpResponse], slug: str) -> Any:
            return path(
                f"<path:object_id>/{slug}/",
                self.admin_site.admin_view(view),
                name=f"stakeholders_stakeholder_{slug}",
            )

        return [
            path(
                "duplicates/",
                self.admin_site.admin_view(self.duplicates_view),
                name="stakeholders_stakeholder_duplicates",
            ),
            page(self.protect_view, "protect"),
            page(self.lift_view, "lift"),
            page(self.spell_view, "spell"),
            page(self.merge_view, "merge"),
            page(self.erase_view, "erase"),
            *super().get_urls(),
        ]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A new name follows into what is public, or goes from every text if it is withheld."""
        super().save_related(request, form, formsets, change)
        names = next((one for one in formsets if one.model is OtherName), None)
        if change and ("name" in form.changed_data or (names and names.has_changed())):
            self.tell(request, renaming.names_changed(form.instance, request.user))
            if renaming.is_spelled_otherwise(form.instance) and not renaming.may_rename(
                request.user
            ):
                told = _(
                    "The public reads the old spelling until an editor publishes the new one."
                )
                self.message_user(request, told, messages.INFO)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = context.get("original")
        if obj is not None:
            context["tools"] = self.tools(request.user, obj)
        return super().render_change_form(request, context, *args, **kwargs)

    def tools(self, user: Any, obj: Stakeholder) -> list[tuple[str, Any]]:
        """What this person may do with this actor beside changing it: address and words."""
        protected, asked = is_protected(obj), Erasure.objects.filter(stakeholder=obj).first()
        may = user.has_perm
        offered = [
            ("protect", _("Protect"), not protected and may("stakeholders.add_protection")),
            (
                "lift",
                _("Lift the protection"),
                protected and not asked and may("stakeholders.delete_protection"),
            ),
            (
                "spell",
                _("Publish the new spelling"),
                renaming.may_rename(user) and not protected and renaming.is_spelled_otherwise(obj),
            ),
            ("merge", _("Merge"), not asked and merging.may_merge(user)),
            (
                "erase",
                _("Erase"),
                obj.is_person
                and may("stakeholders.erase_person")
                and not (asked and asked.erased_at),
            ),
        ]
        return [
            (reverse(f"admin:stakeholders_stakeholder_{slug}", args=[obj.pk]), label)
            for slug, label, offers in offered
            if offers
        ]

    # --- one question, one answer --------------------------------------------------------------

    def protect_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, promise, and say how many public records changed."""
        return self.decide(
            request,
            object_id,
            "stakeholders.add_protection",
            ReasonForm,
            lambda actor, answers: protection.protect(actor, request.user, answers["reason"]),
            title=_("Protect"),
            intro=_(
                "Its name and other names leave every public page, export and earlier version at "
                "once, and a record that holds one of them in a text goes offline until it is "
                "mended. What was downloaded cannot be recalled."
            ),
            done=_("It is named nowhere in public now."),
            stop=lambda actor: _("It is under protection already.") if is_protected(actor) else "",
        )

    def lift_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.decide(
            request,
            object_id,
            "stakeholders.delete_protection",
            ReasonForm,
            lambda actor, answers: protection.lift_protection(
                actor, request.user, answers["reason"]
            ),
            title=_("Lift the protection"),
            intro=_(
                "Whatever names it by its own rules names it again at once, in every version. "
                "Do this only when the person asks for it, or the promise was a mistake."
            ),
            done=_("The protection is lifted."),
            facts=lambda actor: [
                (
                    _("Published records that know it"),
                    [str(len(protection.concerned({actor.reference})))],
                )
            ],
            stop=lambda actor: "" if is_protected(actor) else _("It is not under protection."),
        )

    def spell_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.decide(
            request,
            object_id,
            "engagements.publish_engagement",
            SubmitForm,
            lambda actor, answers: renaming.rename(actor, request.user),
            title=_("Publish the new spelling"),
            intro=_(
                "Every public record that names it spells it so from now on, earlier versions "
                "included. No new version is made."
            ),
            done=_("The new spelling is public."),
            facts=lambda actor: [
                (_("The public reads"), renaming.published_spelling(actor)),
                (_("It would read"), [renaming.spelling(actor)[0], *renaming.spelling(actor)[1]]),
            ],
            stop=lambda actor: (
                ""
                if renaming.is_spelled_otherwise(actor)
                else _("The public reads this spelling already.")
            ),
            grave=False,
        )

    def erase_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The first who comes here asks, the second confirms; a command carries it out."""
        asked = Erasure.objects.filter(stakeholder_id=unquote(object_id)).first()
        if asked is None:
            return self.decide(
                request,
                object_id,
                "stakeholders.erase_person",
                SubmitForm,
                lambda actor, answers: erasure.request_erasure(actor, request.user),
                title=_("Ask for the erasure"),
                intro=_(
                    "The name goes from every record, every published version and the history. "
                    "It cannot be undone. Somebody else has to confirm it; until it is done the "
                    "person is under protection, from now on."
                ),
                done=_("Asked for. Somebody else has to confirm it now."),
            )
        if request.method == "POST" and "_cancel" in request.POST:
            self.need(request, "stakeholders.erase_person")
            erasure.cancel_erasure(asked, request.user)  # type: ignore[arg-type]
            self.message_user(request, _("Nothing will be erased. The protection stays."))
            return self.back_to(asked.stakeholder)
        return self.decide(
            request,
            object_id,
            "stakeholders.erase_person",
            SubmitForm,
            lambda actor, answers: erasure.confirm_erasure(asked, request.user),  # type: ignore[arg-type]
            title=_("Confirm the erasure"),
            intro=_(
                "The name goes from every record, every published version and the history. It "
                "cannot be undone. Once it is confirmed, whoever runs the site carries it out."
            ),
            done=_("Confirmed."),
            facts=lambda actor: [
                (
                    _("Asked for"),
                    [f"{asked.requested_by}, {asked.requested_at.date().isoformat()}"],
                ),
                (_("Confirmed"), [str(asked.confirmed_by or _("Somebody else has to."))]),
                (_("To be run by the operator"), [f"manage.py erase_person {actor.reference}"]),
            ],
            answered=request.user.pk in (asked.requested_by_id, asked.confirmed_by_id),
            cancel=_("Do not erase"),
        )

    def decide(
        self,
        request: HttpRequest,
        object_id: str,
        permission: str,
        form_class: type[forms.Form],
        move: Callable[[Stakeholder, dict[str, Any]], Any],
        *,
        title: Any,
        intro: Any,
        done: Any,
        facts: Callable[[Stakeholder], list[tuple[Any, list[str]]]] = lambda actor: [],
        stop: Callable[[Stakeholder], Any] = lambda actor: "",
        grave: bool = True,
        answered: bool = False,
        cancel: Any = "",
    ) -> HttpResponse:
        """Say what would happen, ask, do it, and say what changed in public."""
        actor = self.get_object(request, unquote(object_id))
        if actor is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        self.need(request, permission)
        if reason := stop(actor):
            self.message_user(request, reason, messages.INFO)
            return self.back_to(actor)
        form = form_class(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid() and not answered:
            try:
                effect = move(actor, form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error(None, [str(problem) for problem in refusal.problems])
            else:
                self.message_user(request, done, messages.SUCCESS)
                if isinstance(effect, protection.Effect):
                    self.tell(request, effect)
                return self.back_to(actor)
        return self.ask(
            request,
            actor,
            form,
            title=title,
            intro=intro,
            facts=facts(actor),
            grave=grave,
            answered=answered,
            cancel=cancel,
        )

    def ask(
        self, request: HttpRequest, actor: Stakeholder, form: forms.Form, **context: Any
    ) -> HttpResponse:
        fieldsets = [(None, {"fields": list(form.fields)})]
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(
            request,
            "admin/stakeholders/stakeholder/decide.html",
            {
                **self.admin_site.each_context(request),
                "is_nav_sidebar_enabled": False,
                "subtitle": str(actor),
                "form": form,
                "adminform": AdminForm(form, fieldsets, {}, model_admin=self),
                "media": self.media + form.media,
                "original": actor,
                "opts": self.opts,
                **context,
            },
        )

    # --- two entries of one actor ----------------------------------------------------------------

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Choose the other entry, read what would happen, and merge it into this one."""
        kept = self.get_object(request, unquote(object_id))
        if kept is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        self.need(request, "stakeholders.merge_stakeholder")
        if not (other := request.GET.get("other")):
            return self.ask(
                request,
                kept,
                OtherActorForm(),
                title=_("Merge"),
                intro=_("Which other entry is the same actor? It will be merged into this one."),
                method="get",
                button=_("Look at it"),
            )
        absorbed = get_object_or_404(Stakeholder, pk=other if other.isdecimal() else 0)
        form = SubmitForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                effect = merging.merge(kept, absorbed, request.user)  # type: ignore[arg-type]
            except NotAllowed as refusal:
                form.add_error(None, [str(problem) for problem in refusal.problems])
            else:
                self.message_user(request, _("The two are one now."), messages.SUCCESS)
                self.tell(request, effect)
                return self.back_to(kept)
        seen = merging.preview(kept, absorbed)
        for problem in seen.problems if request.method != "POST" else []:
            self.message_user(request, str(problem), messages.ERROR)
        swap = reverse("admin:stakeholders_stakeholder_merge", args=[absorbed.pk])
        return self.ask(
            request,
            kept,
            form,
            title=_("Merge"),
            intro=gettext(
                "“%(absorbed)s” (%(gone)s) becomes a part of “%(kept)s” (%(reference)s), which "
                "is kept. It cannot be undone."
            )
            % {
                "absorbed": absorbed.name,
                "gone": absorbed.reference,
                "kept": kept.name,
                "reference": kept.reference,
            },
            facts=self.told_of(seen),
            grave=True,
            answered=bool(seen.problems),
            swap=f"{swap}?other={kept.pk}",
        )

    def told_of(self, seen: merging.Preview) -> list[tuple[Any, list[str]]]:
        address = _("Its address leads to the one that is kept, for good.")
        silent = _("No address leads from it: not both are public.")
        facts = [
            (_("Participations that move"), [str(seen.participations)]),
            (_("Records in which two lines become one"), seen.joined),
            (_("New other names, public wherever it is named"), seen.names),
            (_("Identifiers"), seen.identifiers),
            (_("Actors that are part of it"), [str(child) for child in seen.children]),
            *((name, [str(number)]) for name, number in seen.others.items()),
            (_("Protection"), [_("The one that is kept is under protection.")] * seen.protected),
            (_("Its reference"), [address if seen.redirects else silent]),
            (_("Published records that are rendered anew"), [str(seen.records)]),
        ]
        return [(label, items) for label, items in facts if items]

    def duplicates_view(self, request: HttpRequest) -> HttpResponse:
        """Pairs that are spelled alike: merge them, or say that they are not the same."""
        self.need(request, "stakeholders.merge_stakeholder")
        search = request.GET.get("q", "").strip()[:100]
        if request.method == "POST":
            one, other = (
                get_object_or_404(Stakeholder, pk=request.POST.get(name, "0"))
                for name in ("first", "second")
            )
            merging.say_distinct(one, other, request.user)  # type: ignore[arg-type]
            told = _("“%(one)s” and “%(other)s” are not the same.")
            self.message_user(request, told % {"one": one.name, "other": other.name})
            return HttpResponseRedirect(request.get_full_path())
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(
            request,
            "admin/stakeholders/stakeholder/duplicates.html",
            {
                **self.admin_site.each_context(request),
                "is_nav_sidebar_enabled": False,
                "title": _("Possible duplicates"),
                "pairs": merging.candidates(search),
                "offered": merging.OFFERED,
                "search": search,
                "media": self.media,
                "opts": self.opts,
            },
        )

    # --- what all of them need -------------------------------------------------------------------

    def need(self, request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied

    def back_to(self, actor: Stakeholder) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:stakeholders_stakeholder_change", args=[actor.pk])
        )

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
        for problem in effect.refused:
            self.message_user(request, str(problem), messages.ERROR)


def is_protected(actor: Stakeholder) -> bool:
    return Protection.objects.filter(stakeholder=actor).exists()
