"""The one screen of a review: the record as it would be published, beside the questions.

What may happen is decided by `engagements.workflow` and `engagements.conduct`. A refusal comes
back with everything that is missing and with what was typed.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pghistory
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements import conduct, workflow
from engagements.admin.differences import since_cleared
from engagements.admin.preview import preview
from engagements.admin.questions import ReasonForm
from engagements.admin.review_forms import (
    CLEAR,
    ConditionFormSet,
    Conduct,
    ReviewForm,
    lines,
    with_names,
)
from engagements.disclosure import EXPIRING
from engagements.models import Condition, Engagement
from engagements.publication import USUAL_CLEARANCE
from engagements.queues import flags_on, new_flags
from engagements.requirements import Problem, record_problems, today
from milidip.codebook.choices import Risk, State

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin

DONE = {
    CLEAR: gettext_lazy("Cleared for publication."),
    "return": gettext_lazy("Returned to its author."),
    "refuse": gettext_lazy("Publication refused."),
    "reaffirm": gettext_lazy("Cleared again."),
    "assess": gettext_lazy("The conduct assessment is recorded."),
    "confirm": gettext_lazy("The conduct assessment is confirmed."),
}
WHY = {
    "lapsed": gettext_lazy("It was changed after it was cleared."),
    "flagged": gettext_lazy("A flag was set on its country since it was cleared."),
    "expiring": gettext_lazy("Its clearance ends soon."),
    "expired": gettext_lazy("Its clearance has ended."),
}


class ReaffirmForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=lines(2))
    valid_until = forms.DateField(label=gettext_lazy("Valid until"), widget=AdminDateWidget)

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if engagement.status not in EXPIRING:
            del self.fields["valid_until"]


@dataclass
class Sheet:
    """Everything that is on the screen, filled in or not."""

    engagement: Engagement
    user: Any
    action: str = ""
    data: Any = None
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        record = self.engagement
        self.preview = preview(
            record, tells_protection=self.user.has_perm("stakeholders.view_protection")
        )
        self.last = workflow.last_review(record)
        self.due = workflow.due_again(record, self.last)
        self.flags, self.new = flags_on(record), new_flags(record, self.last)
        self.earlier, self.differences = since_cleared(record)
        own = workflow.is_own_work(record, self.user)
        self.own = own and not settings.ONE_PERSON_MODE
        self.own_work = own and settings.ONE_PERSON_MODE
        self.may_decide = not self.own and bool(record.state == State.SUBMITTED or self.due)
        self.may_refuse = self.may_decide and record.state != State.PUBLISHED
        self.may_assess = not conduct.may_assess(record, self.user)
        self.conduct = Conduct(record, self.data if self.action in QUESTIONS else None)
        self.assessing = self.action == "assess" or (
            self.action in QUESTIONS and self.conduct.has_changed()
        )
        if not self.assessing:  # nothing was filled in, so nothing is missing
            self.conduct = Conduct(record)
        named = workflow.named_persons(record, workflow.would_publish(record))
        asked = self.data if self.action in QUESTIONS else None
        self.form = ReviewForm(
            asked,
            engagement=record,
            named=with_names(named),
            decision=self.action,
            initial={"valid_until": today() + USUAL_CLEARANCE},
        )
        self.conditions = ConditionFormSet(
            asked,
            prefix="conditions",
            initial=[
                {"text": each.text, "owner": each.owner_id, "due": each.due}
                for each in (self.last.conditions.all() if self.last else ())
                if each.met_on is None
            ],
        )
        assessment = self.conduct.earlier
        self.to_confirm = (
            assessment
            if assessment
            and assessment.waits_for_second
            and assessment.assessor_id != self.user.pk
            and not own
            else None
        )
        self.confirm_form = ReasonForm(
            self.data if self.action == "confirm" else None, prefix="confirm"
        )
        self.cannot_reaffirm = workflow.reaffirm_problems(record, self.last)
        self.may_reaffirm = (
            self.may_decide
            and not self.cannot_reaffirm
            and not (self.new and not self.assessed_since)
        )
        self.reaffirm_form = ReaffirmForm(
            self.data if self.action == "reaffirm" else None,
            prefix="reaffirm",
            engagement=record,
            initial={"reason": self.usual_reason(), "valid_until": today() + USUAL_CLEARANCE},
        )

    @property
    def assessed_since(self) -> bool:
        """Whether conduct was assessed after the newest flag."""
        assessment = self.conduct.earlier
        return bool(assessment) and all(flag.set_at < assessment.recorded_at for flag in self.new)

    def usual_reason(self) -> str:
        if self.last is None:
            return ""
        day = date_format(self.last.decided_at)
        if self.differences:
            return _("Read what changed since %(day)s: the answers given then still hold.") % {
                "day": day
            }
        return _("Nothing changed since %(day)s: the answers given then still hold.") % {
            "day": day
        }

    def why(self) -> list[Any]:
        return [WHY[reason] for reason in self.due]

    def foreseen(self) -> list[Problem]:
        """What stands in the way of publication is said before anything is filled in."""
        found = record_problems(self.engagement, workflow.would_publish(self.engagement))
        if self.engagement.gives_support and self.conduct.earlier is None:
            found.append(
                Problem(
                    _("It gives support to security forces: a conduct assessment is needed."),
                    "conduct_assessment",
                )
            )
        if self.new and not self.assessed_since:
            found.append(
                Problem(
                    _("A flag was set on its country: assess its conduct anew."),
                    "conduct_assessment",
                )
            )
        return found

    def refused(self) -> list[Problem]:
        """Why this button is not theirs to press: said before what was typed is looked at."""
        if self.action == "assess":
            return conduct.may_assess(self.engagement, self.user)
        if self.action == "confirm":
            return []
        return workflow.review_problems(self.engagement, self.user)

    # --- what was sent -------------------------------------------------------------------------

    def is_valid(self) -> bool:
        """Whether everything that this button needs is there; every error is told at once."""
        if self.action == "reaffirm":
            return self.reaffirm_form.is_valid()
        if self.action == "confirm":
            return self.confirm_form.is_valid()
        valid = not self.assessing or self.conduct.is_valid()
        if self.action == "assess":
            return valid
        valid = self.form.is_valid() and valid
        if self.action == CLEAR:
            valid = self.conditions.is_valid() and valid
            if self.form.cleaned_data.get("harm_risk") != Risk.NO and not self.asked_conditions():
                self.form.add_error(
                    "harm_risk",
                    _(
                        "Where harm is possible or not known, say below under which conditions "
                        "it is cleared."
                    ),
                )
                valid = False
        return valid

    def asked_conditions(self) -> list[Condition]:
        return [
            Condition(
                text=row.cleaned_data["text"],
                owner=row.cleaned_data.get("owner"),
                due=row.cleaned_data.get("due"),
            )
            for row in self.conditions
            if row.is_valid() and row.cleaned_data.get("text")
        ]

    def reason(self) -> str:
        if self.action == "reaffirm":
            return self.reaffirm_form.cleaned_data["reason"]
        if self.action == "confirm":
            return self.confirm_form.cleaned_data["reason"]
        return self.form.cleaned_data.get("reason", "") if self.action != "assess" else ""

    def carry_out(self) -> None:
        record, user = self.engagement, self.user
        if self.action == "confirm":
            if self.to_confirm is None:
                raise workflow.NotAllowed(
                    [Problem(_("This assessment does not wait for you to confirm it."))]
                )
            conduct.confirm(self.to_confirm, user, self.reason())
            return
        if self.action == "reaffirm":
            until = self.reaffirm_form.cleaned_data.get("valid_until")
            workflow.reaffirm(record, user, self.reason(), until)
            return
        if self.assessing:
            conduct.assess(*_in_order(self.conduct.instances(), user))
        if self.action == CLEAR:
            workflow.clear(record, user, conditions=self.asked_conditions(), **self.form.answers())
        elif self.action == "return":
            workflow.return_(record, user, self.reason())
        elif self.action == "refuse":
            workflow.refuse(record, user, self.reason())

    def tell(self, refusal: workflow.NotAllowed) -> None:
        """Put each problem at the question it belongs to; keep those of the record itself."""
        form = {"reaffirm": self.reaffirm_form, "confirm": self.confirm_form}.get(
            self.action, self.form
        )
        for problem in refusal.problems:
            if problem.field in form.fields:
                form.add_error(problem.field, problem.message)
            else:
                self.problems.append(problem)


QUESTIONS = (CLEAR, "return", "refuse", "assess")


def _in_order(parts: Any, user: Any) -> tuple[Any, ...]:
    assessment, findings, allegations = parts
    return assessment, user, findings, allegations


def review_view(
    model_admin: "EngagementAdmin", request: HttpRequest, object_id: str
) -> HttpResponse:
    """Show the record and the questions; on POST decide, or say everything that is missing."""
    engagement = model_admin.get_object(request, object_id)
    if engagement is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    user: Any = request.user
    if not (
        model_admin.has_view_permission(request, engagement)
        and user.has_perm("engagements.review_engagement")
    ):
        raise PermissionDenied
    action = request.POST.get("action", "") if request.method == "POST" else ""
    if request.method == "POST" and action in DONE:
        # The record is locked from reading it to deciding on it: who changes it has to wait.
        with transaction.atomic():
            Engagement.objects.select_for_update(no_key=True).get(pk=engagement.pk)
            engagement.refresh_from_db()
            sheet = Sheet(engagement, user, action, request.POST)
            moved = decide(sheet, request.POST.get("seen", ""))
        if moved:
            model_admin.message_user(
                request, f"{DONE[action]} {engagement.reference}", messages.SUCCESS
            )
            page = "review" if action in ("assess", "confirm") else "change"
            address = reverse(f"admin:engagements_engagement_{page}", args=[engagement.pk])
            return HttpResponseRedirect(address)
    else:
        sheet = Sheet(engagement, user)
    return render_review(model_admin, request, sheet)


def decide(sheet: Sheet, seen: str) -> bool:
    """Carry out what was asked; return whether it was done."""
    if refused := sheet.refused():
        sheet.problems += refused
        return False
    if not sheet.is_valid():
        return False
    if sheet.action != "confirm" and seen != sheet.preview.digest:
        sheet.problems.append(
            Problem(
                _(
                    "The record was changed while you read it. Read it again as it stands below, "
                    "and decide then."
                )
            )
        )
        return False
    try:
        with transaction.atomic(), pghistory.context(**_kept(sheet.reason())):
            sheet.carry_out()
    except workflow.NotAllowed as refusal:
        sheet.tell(refusal)
        return False
    return True


def _kept(reason: str) -> dict[str, str]:
    """What history keeps beside who and when."""
    return {"reason": reason} if reason else {}


def render_review(
    model_admin: "EngagementAdmin", request: HttpRequest, sheet: Sheet
) -> HttpResponse:
    engagement = sheet.engagement
    reviews: Any = engagement.reviews  # type: ignore[attr-defined]
    media = (
        model_admin.media + sheet.form.media + ReaffirmForm.base_fields["valid_until"].widget.media
    )
    context = {
        **model_admin.admin_site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("Review"),
        "subtitle": str(engagement),
        "sheet": sheet,
        "preview": sheet.preview,
        "foreseen": [(problem, model_admin.anchor(problem.field)) for problem in sheet.foreseen()],
        "problems": sheet.problems,
        "reviews": reviews.current()
        .select_related("reviewer", "reaffirms")
        .prefetch_related("conditions__owner")
        .defer("saw", "reaffirms__saw"),
        "assessments": engagement.conduct_assessments.current()  # type: ignore[attr-defined]
        .select_related("assessor", "second_reviewer")
        .prefetch_related("findings__criterion", "allegations_consulted"),
        "media": media,
        "original": engagement,
        "opts": model_admin.opts,
    }
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/engagements/engagement/review.html", context)
