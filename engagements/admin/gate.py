"""The pages that move a record: submit, publish, hide, withdraw. A review has its own screen.

Each is a form that says what will happen and asks what has to be known. What may happen is
decided by `engagements.workflow`; a refusal comes back with everything that is missing, and
with what was typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pghistory
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from engagements import checklist, protection, workflow
from engagements.admin.preview import Preview, preview
from engagements.admin.questions import PublishForm, ReasonForm, SubmitForm
from engagements.disclosure import material_digest
from engagements.models import Engagement, Hold, Schedule
from engagements.requirements import Problem, today
from milidip.codebook.choices import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from engagements.admin.engagement import EngagementAdmin


@dataclass(frozen=True)
class Step:
    """One way in which a record may move, and what has to be asked for it."""

    slug: str
    button: Any
    title: Any
    intro: Any
    permission: str
    states: frozenset[str]
    form: type[forms.Form]
    move: Callable[[Engagement, "User", dict[str, Any]], Any]
    done: Any
    shows_preview: bool = False
    grave: bool = False
    or_permission: str = ""
    fits: Callable[[Engagement], bool] = lambda engagement: True

    def open_to(self, user: "User", engagement: Engagement) -> bool:
        """Whether to offer it: who, and in which state. The workflow has the last word."""
        return engagement.state in self.states and self.allows(user) and self.fits(engagement)

    def allows(self, user: "User") -> bool:
        permissions = filter(None, (self.permission, self.or_permission))
        return any(user.has_perm(f"engagements.{permission}") for permission in permissions)


def _is_held(engagement: Engagement, kind: str) -> bool:
    return Hold.objects.standing().filter(engagement=engagement, kind=kind).exists()


def _may_be_held(engagement: Engagement, kind: str) -> bool:
    standing = engagement.publications.filter(withdrawn_at=None)  # type: ignore[attr-defined]
    return standing.exists() and not _is_held(engagement, kind)


def _waits_for_its_day(engagement: Engagement) -> bool:
    return bool(engagement.embargo_until and engagement.embargo_until > today())


def _is_scheduled(engagement: Engagement) -> bool:
    return Schedule.objects.filter(engagement=engagement).exists()


STEPS = (
    Step(
        slug="submit",
        button=_("Submit for review"),
        title=_("Submit for review"),
        intro=_(
            "Somebody else will decide whether this record can be published. You can change it "
            "again when it is returned to you."
        ),
        permission="submit_engagement",
        states=frozenset(workflow.SUBMITTABLE),
        form=SubmitForm,
        move=lambda engagement, by, answers: workflow.submit(engagement, by),
        done=_("Submitted for review."),
    ),
    Step(
        slug="publish",
        button=_("Publish"),
        title=_("Publish"),
        intro=_(
            "Anyone will read the record as it is shown here. What was downloaded cannot be recalled."
        ),
        permission="publish_engagement",
        states=frozenset({State.CLEARED}),
        form=PublishForm,
        move=lambda engagement, by, answers: workflow.publish(
            engagement, by, answers["change_note"]
        ),
        done=_("Published."),
        shows_preview=True,
    ),
    Step(
        slug="schedule",
        button=_("Publish on its day"),
        title=_("Publish on its day"),
        intro=_(
            "It is published by itself when its embargo ends, in your name, if nothing was "
            "changed by then."
        ),
        permission="publish_engagement",
        states=frozenset({State.CLEARED}),
        form=PublishForm,
        move=lambda engagement, by, answers: workflow.schedule(
            engagement, by, answers["change_note"]
        ),
        done=_("Will be published on its day."),
        shows_preview=True,
        fits=lambda engagement: _waits_for_its_day(engagement) and not _is_scheduled(engagement),
    ),
    Step(
        slug="unschedule",
        button=_("Do not publish on its day"),
        title=_("Do not publish on its day"),
        intro=_("It stays cleared, and waits for an editor."),
        permission="publish_engagement",
        states=frozenset({State.CLEARED}),
        form=SubmitForm,
        move=lambda engagement, by, answers: workflow.unschedule(engagement, by),
        done=_("Will not be published by itself."),
        fits=_is_scheduled,
    ),
    Step(
        slug="hide-names",
        button=_("Hide the names"),
        title=_("Hide the names"),
        intro=_(
            "Nobody who took part is named in it, in any of its versions, and texts that hold a "
            "name are left out, until somebody has looked and shows them again."
        ),
        permission="review_engagement",
        or_permission="withdraw_engagement",
        states=frozenset(State.values),
        form=ReasonForm,
        move=lambda engagement, by, answers: protection.hold_names(
            engagement, answers["reason"], by
        ),
        done=_("Its names are hidden."),
        fits=lambda engagement: _may_be_held(engagement, Hold.Kind.NAMES),
    ),
    Step(
        slug="show-names",
        button=_("Show the names again"),
        title=_("Show the names again"),
        intro=_("Whoever the record names by its own rules is named again, in every version."),
        permission="review_engagement",
        or_permission="withdraw_engagement",
        states=frozenset(State.values),
        form=SubmitForm,
        move=lambda engagement, by, answers: protection.release_names(engagement, by),
        done=_("Its names are shown again."),
        fits=lambda engagement: _is_held(engagement, Hold.Kind.NAMES),
    ),
    Step(
        slug="hide",
        button=_("Hide the record"),
        title=_("Hide the whole record"),
        intro=_(
            "It leaves the public side with all its versions, and its address says that it is "
            "not public any more, never why. Hiding its names is often enough."
        ),
        permission="withdraw_engagement",
        states=frozenset(State.values),
        form=ReasonForm,
        move=lambda engagement, by, answers: protection.hold_record(
            engagement, by, answers["reason"]
        ),
        done=_("Hidden from the public."),
        grave=True,
        fits=lambda engagement: _may_be_held(engagement, Hold.Kind.RECORD),
    ),
    Step(
        slug="show",
        button=_("Show the record again"),
        title=_("Show the whole record again"),
        intro=_("It comes back under its address, with all its versions."),
        permission="withdraw_engagement",
        states=frozenset(State.values),
        form=SubmitForm,
        move=lambda engagement, by, answers: protection.release_record(engagement, by),
        done=_("Public again."),
        fits=lambda engagement: _is_held(engagement, Hold.Kind.RECORD),
    ),
    Step(
        slug="withdraw",
        button=_("Withdraw"),
        title=_("Withdraw from the public"),
        intro=_(
            "All its versions leave the public side at once. Its address will say that it was "
            "withdrawn, for good, and never why."
        ),
        permission="withdraw_engagement",
        states=frozenset(State.values),
        form=ReasonForm,
        move=lambda engagement, by, answers: workflow.withdraw(engagement, by, answers["reason"]),
        done=_("Withdrawn from the public."),
        grave=True,
    ),
)
BY_SLUG = {step.slug: step for step in STEPS}


def open_steps(
    user: "User", engagement: Engagement, *, public: bool, may_change: bool
) -> list[Step]:
    """The buttons of the state panel. Nobody is offered to judge what they wrote."""
    return [
        step
        for step in STEPS
        if step.open_to(user, engagement)
        and (settings.ONE_PERSON_MODE or not judges_own(step, user, engagement))
        and (step.slug != "withdraw" or public)
        and (step.slug != "submit" or (may_change and worth_submitting(engagement, public)))
    ]


def judges_own(step: Step, user: "User", engagement: Engagement) -> bool:
    """Whether this step would be a judgement of one's own work."""
    return step.slug == "publish" and user.pk == engagement.created_by_id


def worth_submitting(engagement: Engagement, public: bool) -> bool:
    """What is cleared or public is submitted again only when it says something else by now."""
    if engagement.state == State.PUBLISHED:
        return not public or workflow.has_unpublished_changes(engagement)
    if engagement.state == State.CLEARED:
        review = workflow.last_review(engagement)
        now = material_digest(workflow.would_publish(engagement, review))
        return review is None or review.digest != now
    return True


def step_view(
    model_admin: "EngagementAdmin", request: HttpRequest, object_id: str, slug: str
) -> HttpResponse:
    """Ask, move, and say what happened; or say everything that stands in the way."""
    step = BY_SLUG[slug]
    engagement = model_admin.get_object(request, object_id)
    if engagement is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    user: Any = request.user
    if not model_admin.has_view_permission(request, engagement) or not step.allows(user):
        raise PermissionDenied
    if step.slug == "submit" and not model_admin.has_change_permission(request, engagement):
        raise PermissionDenied  # what somebody else has in hand is not submitted for them
    problems: list[Problem] = []
    if request.method == "POST":
        form = step.form(request.POST)
        if form.is_valid():
            try:
                with pghistory.context(**reason(form)):
                    step.move(engagement, user, form.cleaned_data)
            except workflow.NotAllowed as refusal:
                problems = told_at_their_fields(form, refusal.problems)
            else:
                model_admin.message_user(
                    request, f"{step.done} {engagement.reference}", messages.SUCCESS
                )
                return HttpResponseRedirect(
                    reverse("admin:engagements_engagement_change", args=[engagement.pk])
                )
    else:
        form = step.form()
        problems = foreseen(step, engagement, user)
    return render_step(model_admin, request, engagement, step, form, problems)


def reason(form: forms.Form) -> dict[str, str]:
    """What history keeps beside who and when."""
    words = form.cleaned_data.get("reason") or form.cleaned_data.get("change_note")
    return {"reason": words} if words else {}


def told_at_their_fields(form: forms.Form, problems: list[Problem]) -> list[Problem]:
    """Put each problem at the question it belongs to; return those of the record itself."""
    of_record = []
    for problem in problems:
        if problem.field in form.fields:
            form.add_error(problem.field, problem.message)
        else:
            of_record.append(problem)
    return of_record


def foreseen(step: Step, engagement: Engagement, user: "User") -> list[Problem]:
    """What would be refused anyway is said before anything is filled in."""
    if step.slug == "publish":
        return workflow.problems(engagement, user)
    if step.slug == "submit":
        return checklist.submit_problems(engagement)
    return []


def render_step(
    model_admin: "EngagementAdmin",
    request: HttpRequest,
    engagement: Engagement,
    step: Step,
    form: forms.Form,
    problems: list[Problem],
) -> HttpResponse:
    fieldsets = [(None, {"fields": list(form.fields)})]
    adminform = AdminForm(form, fieldsets, {}, model_admin=model_admin)
    context = {
        **model_admin.admin_site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": step.title,
        "subtitle": str(engagement),
        "step": step,
        "own_work": settings.ONE_PERSON_MODE and judges_own(step, request.user, engagement),  # type: ignore[arg-type]
        "form": form,
        "adminform": adminform,
        "media": model_admin.media + form.media,
        "problems": [(problem, model_admin.anchor(problem.field)) for problem in problems],
        "preview": shown(request, engagement) if step.shows_preview else None,
        "original": engagement,
        "opts": model_admin.opts,
    }
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/engagements/engagement/step.html", context)


def shown(request: HttpRequest, engagement: Engagement) -> Preview:
    """The record as the public would read it; who is protected, for those who may know."""
    may_know = request.user.has_perm("stakeholders.view_protection")
    return preview(engagement, tells_protection=may_know)


def preview_view(
    model_admin: "EngagementAdmin", request: HttpRequest, object_id: str
) -> HttpResponse:
    """Show the record as the public would read it, to anyone who may see the record."""
    engagement = model_admin.get_object(request, object_id)
    if engagement is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    if not model_admin.has_view_permission(request, engagement):
        raise PermissionDenied
    context = {
        **model_admin.admin_site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("As it would be published"),
        "subtitle": str(engagement),
        "media": model_admin.media,
        "preview": shown(request, engagement),
        "original": engagement,
        "opts": model_admin.opts,
    }
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/engagements/engagement/step.html", context)
