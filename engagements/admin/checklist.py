"""The checklist beside the form: what each state requires, and what of it is there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from engagements import workflow
from engagements.checklist import Facts, Item, of_draft, of_submission
from engagements.models import Engagement
from engagements.requirements import Problem
from milidip.codebook.choices import State

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin

HANDED_OVER = {State.SUBMITTED, State.CLEARED, State.PUBLISHED}
DECIDED = {State.CLEARED, State.PUBLISHED}


@dataclass(frozen=True)
class Group:
    """What one state requires."""

    title: str
    items: list[Item]

    @property
    def done(self) -> int:
        return sum(not item.missing for item in self.items)

    @property
    def complete(self) -> bool:
        return self.done == len(self.items)


def while_typing(facts: Facts) -> dict[str, Any]:
    """What the form itself answers, for the template: to be judged as often as somebody types."""
    draft, submission = of_draft(facts), of_submission(facts)
    groups = [Group(_("For a draft"), draft), Group(_("To submit it"), submission)]
    missing = sum(item.missing for item in (*draft, *submission))
    return {"checklist_groups": groups, "checklist_missing": missing, "imported": facts.imported}


def once_saved(
    model_admin: "EngagementAdmin", record: Engagement | None, problems: list[Problem]
) -> list[Group]:
    """What others decide, as of the last save. ``problems`` is what stands against publication."""
    state = record.state if record else State.DRAFT
    clear = [
        _step(_("Submitted for review"), state in HANDED_OVER),
        *(
            _step(problem.message, False, problem.field, model_admin)
            for problem in (workflow.flag_problems(record) if record else [])
        ),
        _step(_("Read and cleared by somebody who did not write it"), state in DECIDED),
    ]
    publish = [
        _step(problem.message, False, problem.field, model_admin)
        for problem in problems
        if problem.message != _("It is not cleared for publication.")
    ]
    publish.append(_step(_("Published by an editor who did not log it"), state == State.PUBLISHED))
    return [Group(_("To clear it"), clear), Group(_("To publish it"), publish)]


def _step(
    label: str, done: bool, field: str = "", model_admin: "EngagementAdmin | None" = None
) -> Item:
    anchor = model_admin.anchor(field) if model_admin else ""
    return Item(label, done, label, field, anchor)
