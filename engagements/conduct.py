"""Who records a conduct assessment, and who confirms one that leaves a high risk?

It is another question than the clearance, and may be answered in any state of the record.
Nobody assesses what they logged.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements.models import Allegation, ConductAssessment, CriterionFinding, Engagement
from engagements.requirements import Problem, refuse_unless
from engagements.workflow import NotAllowed, is_own_work

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def assess(
    assessment: ConductAssessment,
    by: "User",
    findings: Iterable[CriterionFinding],
    allegations: Iterable[Allegation] = (),
) -> ConductAssessment:
    """Record an assessment with its findings; it supersedes the one before."""
    stop(may_assess(assessment.engagement, by))
    assessment.assessor = by
    assessment.save()
    for part in [*findings, *allegations]:
        part.assessment = assessment
        part.save()
    return assessment


def may_assess(engagement: Engagement, by: "User") -> list[Problem]:
    """Return why somebody may not assess this record; nothing if they may."""
    return refuse_unless(
        by.has_perm("engagements.add_conductassessment"), _("You may not assess conduct.")
    ) + refuse_unless(
        settings.ONE_PERSON_MODE or engagement.created_by_id != by.pk,
        _("Nobody assesses what they logged themselves."),
    )


@transaction.atomic
def confirm(assessment: ConductAssessment, by: "User", reason: str) -> ConductAssessment:
    """Confirm an assessment that leaves a high risk, as a second reviewer.

    In the one-person mode too: a high risk takes a second person.
    """
    assessment = ConductAssessment.objects.select_for_update(no_key=True, of=("self",)).get(
        pk=assessment.pk
    )
    engagement = assessment.engagement
    newest = engagement.conduct_assessments.current().first()  # type: ignore[attr-defined]
    stop(
        refuse_unless(
            by.has_perm("engagements.review_engagement"), _("You may not review records.")
        )
        + refuse_unless(
            assessment.assessor_id != by.pk, _("The second reviewer must be somebody else.")
        )
        + refuse_unless(
            not is_own_work(engagement, by),
            _("Nobody reviews what they wrote or changed themselves."),
        )
        + refuse_unless(
            assessment.waits_for_second and newest == assessment,
            _("This assessment does not wait for a second reviewer."),
        )
        + refuse_unless(reason.strip(), _("Give the reason."), "reason")
    )
    assessment.second_reviewer = by
    assessment.confirmed_at = timezone.now()
    assessment.confirmation = reason.strip()
    assessment.save(update_fields=["second_reviewer", "confirmed_at", "confirmation"])
    return assessment


def stop(problems: list[Problem]) -> None:
    if problems:
        raise NotAllowed(problems)
