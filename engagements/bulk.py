"""Which submitted records may a reviewer clear together, without reading each?

Only what names no person, guesses no track, stands on nobody's earlier reading and gives no
support where a flag stands. The public reads that they were not individually reviewed.
"""

from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import snapshot
from engagements.disclosure import EXPIRING, PERSON, disclose, material, material_digest
from engagements.models import Drift, Engagement, EthicalReview
from engagements.publication import USUAL_CLEARANCE, BulkResult
from engagements.queues import flags_on
from engagements.render import protections
from engagements.requirements import record_problems, refuse_unless
from engagements.workflow import NotAllowed, is_own_work
from milidip.codebook.choices import Marking, ReviewDecision, ReviewKind, Risk, State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BATCH = 500


def clear_together(
    engagement_ids: Iterable[int], by: "User", *, reason: str, sample_size: int | None = None
) -> BulkResult:
    """Clear submitted records in bulk, with a sample read if ``sample_size`` says how many.

    Each is cleared or left with its reasons, 500 a transaction. Raise NotAllowed when nothing
    of it may be done at all.
    """
    ids = sorted(set(engagement_ids))
    problems = (
        refuse_unless(
            by.has_perm("engagements.review_engagement"), _("You may not review records.")
        )
        + refuse_unless(reason.strip(), _("Give the reason for clearing them together."), "reason")
        + refuse_unless(
            sample_size is None or 1 <= sample_size <= len(ids),
            _("Of %(number)d records, between 1 and %(number)d were read.") % {"number": len(ids)},
            "sample_size",
        )
    )
    if problems:
        raise NotAllowed(problems)
    result = BulkResult()
    for batch in batched(ids, BATCH):
        with transaction.atomic():
            # History triggers beside deferred foreign keys are quadratic otherwise.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            _clear_batch(batch, by, reason.strip(), sample_size, result)
    return result


def _clear_batch(
    batch: Iterable[int], by: "User", reason: str, sample_size: int | None, result: BulkResult
) -> None:
    engagements = Engagement.objects.select_for_update(no_key=True).in_bulk(list(batch))
    taken, promised = snapshot.take(batch), protections()
    read_before = set(
        EthicalReview.objects.clearing()
        .filter(engagement__in=batch, kind=ReviewKind.INDIVIDUAL)
        .values_list("engagement", flat=True)
    )
    kind = ReviewKind.BULK if sample_size is None else ReviewKind.BULK_SAMPLED
    now = timezone.now()
    reviews = []
    for pk, engagement in engagements.items():
        in_full = disclose(taken[pk], promised)
        disclosed = disclose(
            taken[pk] | {"review": snapshot.UNREVIEWED | {"kind": kind}}, promised
        )
        problems = (
            refuse_unless(engagement.state == State.SUBMITTED, _("It is not waiting for review."))
            + refuse_unless(
                settings.ONE_PERSON_MODE or not is_own_work(engagement, by),
                _("Nobody reviews what they wrote or changed themselves."),
            )
            + refuse_unless(pk not in read_before, _("It was reviewed individually before."))
            + refuse_unless(
                not any(actor["type"] == PERSON for actor in in_full.actors.values()),
                _("It would name a person: consent is confirmed one by one."),
            )
            + refuse_unless(
                engagement.marking == Marking.OPEN, _("It is not marked as open: read it.")
            )
            + refuse_unless(
                not flags_on(engagement), _("Its country is flagged: it is read one by one.")
            )
        )
        problems += [
            problem
            for problem in record_problems(engagement, disclosed)
            if problem.field != "embargo_until"
        ]
        if problems:
            for problem in problems:
                result.skip(engagement.reference, str(problem))
            continue
        reviews.append(
            EthicalReview(
                engagement=engagement,
                decision=ReviewDecision.CLEARED,
                kind=kind,
                reviewer=by,
                decided_at=now,
                valid_until=(
                    (now + USUAL_CLEARANCE).date() if engagement.status in EXPIRING else None
                ),
                identifiable=Risk.NO,
                harm_risk=Risk.NO,
                operationally_safe=True,
                nothing_classified=True,
                right_to_publish=True,
                reason=reason,
                sample_size=sample_size,
                own_work=is_own_work(engagement, by),
                digest=material_digest(disclosed),
                saw=material(disclosed),
            )
        )
    EthicalReview.objects.bulk_create(reviews)
    cleared = [review.engagement_id for review in reviews]
    Engagement.objects.filter(pk__in=cleared).update(state=State.CLEARED)
    Drift.objects.mark(cleared)
    result.published += len(cleared)
