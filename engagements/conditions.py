"""Who may say that a condition of a clearance is met? Who sees to it, or a reviewer."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Condition
from engagements.render import render
from engagements.requirements import refuse_unless, today
from engagements.workflow import NotAllowed

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def may_mark(condition: Condition, by: "User") -> bool:
    return condition.owner_id == by.pk or by.has_perm("engagements.review_engagement")


@transaction.atomic
def mark_as_met(condition: Condition, by: "User", note: str) -> Condition:
    """Say that a condition is met and what was done; what is public follows at once."""
    condition = Condition.objects.select_related("review").get(pk=condition.pk)
    problems = (
        refuse_unless(may_mark(condition, by), _("This condition is not yours to mark."))
        + refuse_unless(condition.met_on is None, _("It is met already."))
        + refuse_unless(note.strip(), _("Say what was done."), "note")
    )
    if problems:
        raise NotAllowed(problems)
    condition.met_on, condition.met_by, condition.met_note = today(), by, note.strip()
    condition.save(update_fields=["met_on", "met_by", "met_note"])
    render([condition.review.engagement_id])
    return condition
