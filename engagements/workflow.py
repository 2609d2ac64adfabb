"""Who may move a record to which state, and what must be true before it moves.

A record is decided on when it was submitted, and again when there is a reason to: it was changed
after it was cleared, a country was flagged, or its clearance ends (`engagements.queues`).

Each function runs in one transaction on a locked record, and refuses with `NotAllowed`, which
says everything that is missing at once. Nobody reviews or publishes what they wrote: not a
superuser either, unless the one-person mode is on, and then the public reads it.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import checklist, publication, snapshot
from engagements.disclosure import (
    EXPIRING,
    PERSON,
    Disclosed,
    disclose,
    material,
    material_digest,
)
from engagements.models import (
    Condition,
    Drift,
    Engagement,
    EthicalReview,
    Invitation,
    Publication,
    Schedule,
)
from engagements.naming import resolved
from engagements.queues import EXPIRES_SOON, new_flags
from engagements.render import protections
from engagements.requirements import (
    Problem,
    name_problems,
    record_problems,
    refuse_unless,
    today,
)
from milidip.codebook.choices import Marking, ReviewDecision, ReviewKind, State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EDITABLE_BY_AUTHOR = (State.DRAFT, State.RETURNED)
SUBMITTABLE = {State.DRAFT, State.RETURNED, State.CLEARED, State.PUBLISHED, State.WITHDRAWN}


class NotAllowed(Exception):  # noqa: N818 - it is an answer, not a fault
    """A record may not move; ``problems`` says everything that stands in the way."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = list(problems)
        super().__init__(" ".join(str(problem) for problem in problems))


@transaction.atomic
def submit(engagement: Engagement, by: "User") -> None:
    """Hand a record over for review, once it says what `engagements.checklist` asks for."""
    engagement = _locked(engagement)
    problems = refuse_unless(
        by.has_perm("engagements.submit_engagement"), _("You may not submit records.")
    )
    problems += refuse_unless(
        engagement.created_by_id == by.pk or by.has_perm("engagements.publish_engagement"),
        _("Only its author or an editor submits a record."),
    )
    problems += refuse_unless(
        engagement.state in SUBMITTABLE,
        _("A record that is %(state)s cannot be submitted.") % {"state": _state(engagement)},
    )
    problems += checklist.submit_problems(engagement)
    problems += refuse_unless(
        not hasattr(engagement, "merged"), _("It has been merged into another record.")
    )
    problems += refuse_unless(
        not Invitation.objects.taken_back().filter(engagement=engagement).exists(),
        _("Those who sent it in have taken it back."),
    )
    _stop(problems)
    _move(engagement, State.SUBMITTED, submitted_at=timezone.now(), submitted_by=by)


def may_take_back(engagement: Engagement) -> bool:
    """Tell whether those who sent a record in can still have it back: before it is decided on."""
    undecided = engagement.state in (*EDITABLE_BY_AUTHOR, State.SUBMITTED)
    return undecided and not hasattr(engagement, "merged") and not engagement.publications.exists()


@transaction.atomic
def take_back(engagement: Engagement) -> None:
    """Take a record out of review, on the word of those who sent it in: it stays a draft."""
    engagement = _locked(engagement)
    _stop(
        refuse_unless(
            may_take_back(engagement), _("It is cleared or published: write to the editors.")
        )
    )
    _move(engagement, State.DRAFT)


@transaction.atomic
def clear(
    engagement: Engagement,
    by: "User",
    *,
    conditions: Sequence[str | Condition] = (),
    reaffirms: EthicalReview | None = None,
    **answers: Any,
) -> EthicalReview:
    """Clear a record for publication, with conditions if any are given.

    ``answers`` are the fields of `EthicalReview`. What is cleared is the record as it stands:
    a material change afterwards asks for another review. What is public already and unchanged
    stays public under the new review, without a new version.
    """
    engagement = _locked(engagement)
    decision = ReviewDecision.CLEARED_WITH_CONDITIONS if conditions else ReviewDecision.CLEARED
    disclosed = would_publish(engagement)
    consents = named_persons(engagement, disclosed)
    problems = review_problems(engagement, by)
    problems += _answer_problems(engagement, answers)
    problems += refuse_unless(
        answers.get("consent_checked") or not consents,
        _("Check the consent of each person who would be named."),
        "consent_checked",
    )
    problems += flag_problems(engagement)
    _stop(problems)
    unchanged = _unchanged_version(engagement, disclosed)
    review = _decide(
        engagement,
        by,
        decision,
        State.PUBLISHED if unchanged else State.CLEARED,
        digest=material_digest(disclosed),
        saw=material(disclosed),
        consents=consents,
        reaffirms=reaffirms,
        **answers,
    )
    for condition in conditions:
        if isinstance(condition, str):
            condition = Condition(text=condition)
        condition.review = review
        condition.save()
    Drift.objects.mark([engagement.pk])
    if unchanged:
        publication.renew(unchanged, review)
    return review


@transaction.atomic
def reaffirm(
    engagement: Engagement, by: "User", reason: str, valid_until: date | None = None
) -> EthicalReview:
    """Clear a record again with the answers of its last review, by who has seen the difference.

    Conditions go on. Whoever would be named now and was not confirmed then asks for a whole
    review, and so does a clearance that was given in bulk.
    """
    earlier = last_review(engagement)
    _stop(reaffirm_problems(engagement, earlier))
    assert earlier is not None  # reaffirm_problems() has seen to it
    conditions = [
        Condition(
            text=condition.text,
            owner=condition.owner,
            due=condition.due,
            met_on=condition.met_on,
            met_by=condition.met_by,
            met_note=condition.met_note,
        )
        for condition in earlier.conditions.all()
    ]
    answers = {name: getattr(earlier, name) for name in ANSWERS}
    if engagement.status in EXPIRING:
        answers["valid_until"] = valid_until or earlier.valid_until
    return clear(
        engagement, by, conditions=conditions, reaffirms=earlier, reason=reason.strip(), **answers
    )


def reaffirm_problems(engagement: Engagement, earlier: EthicalReview | None) -> list[Problem]:
    """Return why the last review cannot simply be said again; nothing if it can."""
    if earlier is None or not earlier.clears or earlier.kind != ReviewKind.INDIVIDUAL:
        return [Problem(_("There is no individual clearance to reaffirm: answer the questions."))]
    confirmed = {consent["actor"]: consent["basis"] for consent in earlier.consents}
    now = named_persons(engagement, would_publish(engagement))
    return refuse_unless(
        all(confirmed.get(consent["actor"]) == consent["basis"] for consent in now),
        _("Somebody would be named who was not, or on another basis: answer the questions."),
    )


# What is asked in a review and taken over when it is reaffirmed.
ANSWERS = (
    "identifiable",
    "consent_checked",
    "chatham_house_scope",
    "operationally_safe",
    "nothing_classified",
    "right_to_publish",
    "harm_risk",
)


def return_(engagement: Engagement, by: "User", reason: str) -> EthicalReview:
    """Send a record back to its author, who reads the reason."""
    return _decide_against(engagement, by, ReviewDecision.RETURNED, State.RETURNED, reason)


def refuse(engagement: Engagement, by: "User", reason: str) -> EthicalReview:
    """Refuse to publish a record at all."""
    return _decide_against(engagement, by, ReviewDecision.REFUSED, State.REFUSED, reason)


@transaction.atomic
def publish(engagement: Engagement, by: "User", change_note: str = "") -> Publication:
    """Freeze the cleared record and write its public rows."""
    engagement = _locked(engagement)
    review = last_review(engagement)
    found = problems(engagement, by)
    if change_note:
        of_names = name_problems(would_publish(engagement, review), change_note)
        found += [problem for problem in of_names if problem.field == "change_note"]
    _stop(found)
    assert review is not None  # problems() has seen to it
    published = publication.freeze([engagement.pk], {engagement.pk: review}, by, change_note)
    _move(engagement, State.PUBLISHED)
    Schedule.objects.filter(engagement=engagement).delete()
    return published[0]


@transaction.atomic
def schedule(engagement: Engagement, by: "User", change_note: str = "") -> Schedule:
    """Let a cleared record be published when its embargo ends, on the word of this editor.

    Everything else has to be right today, and is looked at again on the day.
    """
    engagement = _locked(engagement)
    review = last_review(engagement)
    found = [problem for problem in problems(engagement, by) if problem.field != "embargo_until"]
    found += refuse_unless(
        engagement.embargo_until and engagement.embargo_until > today(),
        _("It has no embargo that lasts: publish it."),
        "embargo_until",
    )
    _stop(found)
    assert review is not None  # problems() has seen to it
    planned, _made = Schedule.objects.update_or_create(
        engagement=engagement,
        defaults={"review": review, "scheduled_by": by, "change_note": change_note},
    )
    return planned


@transaction.atomic
def unschedule(engagement: Engagement, by: "User") -> None:
    """Take the word back: the record stays cleared, and waits for an editor."""
    _stop(
        refuse_unless(
            by.has_perm("engagements.publish_engagement"), _("You may not publish records.")
        )
        + refuse_unless(
            Schedule.objects.filter(engagement=engagement).exists(), _("It is not scheduled.")
        )
    )
    Schedule.objects.filter(engagement=engagement).delete()


def due_for_publication() -> list[Engagement]:
    """Return the cleared records whose embargo has ended."""
    return list(
        Engagement.objects.filter(state=State.CLEARED, embargo_until__lte=today())
        .select_related("schedule__scheduled_by")
        .order_by("embargo_until", "pk")
    )


@transaction.atomic
def publish_on_schedule(engagement: Engagement) -> Publication:
    """Publish a record whose day has come, in the name of the editor who scheduled it."""
    planned = Schedule.objects.filter(engagement=engagement).first()
    if planned is None:
        raise NotAllowed([Problem(_("No editor has scheduled it."))])
    review = last_review(engagement)
    if review is None or review.pk != planned.review_id:
        raise NotAllowed([Problem(_("It was reviewed again since: schedule it again."))])
    return publish(engagement, planned.scheduled_by, planned.change_note)


@transaction.atomic
def withdraw(engagement: Engagement, by: "User", reason: str) -> None:
    """Take a record and all its versions off the public side; its address says so for good."""
    engagement = _locked(engagement)
    _stop(
        refuse_unless(
            by.has_perm("engagements.withdraw_engagement"), _("You may not withdraw records.")
        )
        + refuse_unless(reason.strip(), _("Give the reason for withdrawing it."), "reason")
        + refuse_unless(
            engagement.publications.filter(withdrawn_at=None).exists(),
            _("This record is not published."),
        )
    )
    publication.withdraw(engagement, by, reason.strip())
    _move(engagement, State.WITHDRAWN)


def problems(engagement: Engagement, by: "User | None" = None) -> list[Problem]:
    """Return everything that stands between a record and its publication."""
    found: list[Problem] = []
    if by is not None:
        found += refuse_unless(
            by.has_perm("engagements.publish_engagement"), _("You may not publish records.")
        )
        found += refuse_unless(
            settings.ONE_PERSON_MODE or engagement.created_by_id != by.pk,
            _("Nobody publishes what they logged themselves."),
        )
    review = last_review(engagement)
    disclosed = would_publish(engagement, review)
    if review is None or not review.clears or engagement.state != State.CLEARED:
        found.append(Problem(_("It is not cleared for publication.")))
    else:
        found += _clearance_problems(engagement, review, disclosed)
    found += record_problems(engagement, disclosed)
    if review and review.kind == ReviewKind.INDIVIDUAL and engagement.gives_support:
        found += refuse_unless(
            engagement.conduct_assessments.exists(),
            _("It gives support to security forces: a conduct assessment is needed."),
            "conduct_assessment",
        )
    return found


def would_publish(engagement: Engagement, review: EthicalReview | None = None) -> Disclosed:
    """Return the record as it would be published today, for the reviewer and the gate."""
    taken = snapshot.take([engagement.pk])[engagement.pk]
    if review is not None:
        taken = snapshot.with_review(taken, review)
    return disclose(taken, protections())


def may_edit(user: "User", author_id: int, state: str) -> bool:
    """Tell whether somebody who may change records may change this one.

    An author changes what is in their hands; an editor, anything.
    """
    if user.has_perm("engagements.publish_engagement"):
        return True
    return author_id == user.pk and state in EDITABLE_BY_AUTHOR


def last_review(engagement: Engagement) -> EthicalReview | None:
    """Return the review that counts: the newest, which supersedes those before it."""
    return engagement.reviews.current().prefetch_related("conditions__owner").first()


def review_problems(engagement: Engagement, by: "User") -> list[Problem]:
    """Return why somebody may not decide on this record now; nothing if they may."""
    found = refuse_unless(
        by.has_perm("engagements.review_engagement"), _("You may not review records.")
    )
    found += refuse_unless(
        settings.ONE_PERSON_MODE or not is_own_work(engagement, by),
        _("Nobody reviews what they wrote or changed themselves."),
    )
    found += refuse_unless(
        engagement.state == State.SUBMITTED or due_again(engagement, last_review(engagement)),
        _("A record that is %(state)s is not waiting for review.") % {"state": _state(engagement)},
    )
    return found


def named_persons(engagement: Engagement, disclosed: Disclosed) -> list[dict[str, Any]]:
    """Return each person who would be named, by reference, with every basis of consent given."""
    bases: dict[str, set[str]] = {
        actor["reference"]: set() for actor in disclosed.actors.values() if actor["type"] == PERSON
    }
    if bases:
        given = engagement.participations.filter(stakeholder__reference__in=bases)
        for reference, basis in given.values_list("stakeholder__reference", "consent_basis"):
            bases[reference].add(basis)
    return [{"actor": actor, "basis": sorted(basis)} for actor, basis in sorted(bases.items())]


def due_again(engagement: Engagement, review: EthicalReview | None) -> list[str]:
    """Return why a decided record has to be decided on again: nothing, if there is no reason."""
    if review is None or engagement.state not in (State.CLEARED, State.PUBLISHED):
        return []
    reasons = []
    if engagement.state == State.PUBLISHED:
        lapsed = has_unpublished_changes(engagement)
    else:
        lapsed = review.digest != material_digest(would_publish(engagement, review))
    if lapsed:
        reasons.append("lapsed")
    if new_flags(engagement, review):
        reasons.append("flagged")
    ends = review.valid_until if engagement.status in EXPIRING else None
    if ends and ends <= today() + EXPIRES_SOON:
        reasons.append("expired" if ends < today() else "expiring")
    return reasons


def is_own_work(engagement: Engagement, by: "User") -> bool:
    """Tell whether somebody wrote, changed or submitted a record themselves."""
    wrote = (engagement.created_by_id, engagement.submitted_by_id, engagement.updated_by_id)
    return by.pk in wrote


def has_unpublished_changes(engagement: Engagement) -> bool:
    """Tell whether the working record says something else than its current publication."""
    newest = _newest_version(engagement)
    if newest is None:
        return False
    now = would_publish(engagement, newest.review)
    return material_digest(_as_published(newest)) != material_digest(now)


def flag_problems(engagement: Engagement) -> list[Problem]:
    """A flag asks whether the support is still right: another assessment answers that."""
    flags = new_flags(engagement, last_review(engagement))
    if not flags:
        return []
    assessment = engagement.conduct_assessments.current().first()
    flag = max(flags, key=lambda flag: flag.set_at)
    return refuse_unless(
        assessment and assessment.recorded_at > flag.set_at,
        _("A flag was set (%(flag)s): assess its conduct anew.") % {"flag": flag},
        "conduct_assessment",
    )


# --- inside -----------------------------------------------------------------------------------


def _newest_version(engagement: Engagement) -> Publication | None:
    standing = engagement.publications.filter(withdrawn_at=None).select_related("review")
    return standing.order_by("-number").first()


def _as_published(version: Publication) -> Disclosed:
    return disclose(resolved({version.pk: version.snapshot})[version.pk], protections())


def _state(engagement: Engagement) -> str:
    return engagement.get_state_display().lower()


def _locked(engagement: Engagement) -> Engagement:
    """Return the record as the database has it, locked until the transaction ends."""
    return Engagement.objects.select_for_update(no_key=True).get(pk=engagement.pk)


def _move(engagement: Engagement, state: str, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(engagement, name, value)
    engagement.state = state
    engagement.save(update_fields=["state", *changes])


def _stop(found: list[Problem]) -> None:
    if found:
        raise NotAllowed(found)


def _answer_problems(engagement: Engagement, answers: dict[str, Any]) -> list[Problem]:
    found = []
    for name, message in (
        ("nothing_classified", _("Confirm that nothing in it is classified.")),
        ("right_to_publish", _("Confirm the right to publish each text.")),
        ("operationally_safe", _("Confirm that it gives away nothing planned or under way.")),
    ):
        found += refuse_unless(answers.get(name), message, name)
    found += refuse_unless(
        engagement.status not in EXPIRING or answers.get("valid_until"),
        _("It is not over yet: say until when the clearance is valid."),
        "valid_until",
    )
    found += refuse_unless(
        engagement.marking != Marking.CHATHAM_HOUSE_PART or answers.get("chatham_house_scope"),
        _("Say which part was held under the Chatham House Rule."),
        "chatham_house_scope",
    )
    return found


def _unchanged_version(engagement: Engagement, disclosed: Disclosed) -> Publication | None:
    """Return the public version that a review of what is published finds unchanged."""
    if engagement.state != State.PUBLISHED:
        return None
    newest = _newest_version(engagement)
    if newest is None or newest.review.kind != ReviewKind.INDIVIDUAL:
        return None
    return newest if material_digest(_as_published(newest)) == material_digest(disclosed) else None


def _clearance_problems(
    engagement: Engagement, review: EthicalReview, disclosed: Disclosed
) -> list[Problem]:
    found = refuse_unless(
        settings.ONE_PERSON_MODE
        or review.reviewer_id not in (engagement.created_by_id, engagement.submitted_by_id),
        _("It was cleared by somebody who wrote it."),
    )
    found += refuse_unless(
        engagement.status not in EXPIRING
        or (review.valid_until and review.valid_until >= today()),
        _("Its clearance ended on %(day)s.") % {"day": review.valid_until},
    )
    found += refuse_unless(
        review.digest == material_digest(disclosed),
        _("It was changed after it was cleared: submit it again."),
    )
    found += [
        Problem(_("A flag was set since it was cleared (%(flag)s): review it.") % {"flag": flag})
        for flag in new_flags(engagement, review)
    ]
    found += [
        Problem(_("A condition of its clearance is overdue: %(text)s") % {"text": condition.text})
        for condition in review.conditions.all()
        if condition.met_on is None and condition.due and condition.due < today()
    ]
    return found


@transaction.atomic
def _decide_against(
    engagement: Engagement, by: "User", decision: str, state: str, reason: str
) -> EthicalReview:
    engagement = _locked(engagement)
    _stop(
        review_problems(engagement, by)
        + refuse_unless(reason.strip(), _("Give the reason, for its author."), "reason")
        + refuse_unless(
            decision != ReviewDecision.REFUSED or engagement.state != State.PUBLISHED,
            _("It is public: return it, and an editor withdraws it."),
        )
    )
    return _decide(engagement, by, decision, state, reason=reason.strip())


def _decide(
    engagement: Engagement, by: "User", decision: str, state: str, **answers: Any
) -> EthicalReview:
    review = EthicalReview(
        engagement=engagement,
        reviewer=by,
        decision=decision,
        own_work=is_own_work(engagement, by),
        **answers,
    )
    try:
        review.full_clean()
    except ValidationError as error:
        raise NotAllowed(
            [
                Problem(message, "" if field == "__all__" else field)
                for field, messages in error.message_dict.items()
                for message in messages
            ]
        ) from error
    review.save()
    _move(engagement, state)
    return review
