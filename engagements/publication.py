"""The gate: freeze what was cleared, render it, and take it away again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import snapshot
from engagements.blocks import choose_words, recount_facets
from engagements.disclosure import (
    EXPIRING,
    SCHEMA,
    Protections,
    disclose,
    material_digest,
)
from engagements.models import (
    ActorSnapshot,
    CountryFlag,
    Drift,
    Engagement,
    EthicalReview,
    Publication,
)
from engagements.naming import all_references, resolved
from engagements.render import protections, render
from engagements.requirements import record_problems
from engagements.texts import searchable
from milidip.codebook.choices import ReviewDecision, ReviewKind, Risk, State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BATCH = 2000
USUAL_CLEARANCE = timedelta(days=365)


@transaction.atomic
def freeze(
    engagement_ids: Iterable[int],
    reviews: Mapping[int, EthicalReview],
    by: "User",
    change_note: str = "",
) -> list[Publication]:
    """Store the snapshot of each cleared record as its next version, and render it.

    The callers, `workflow.publish` and `publish_bulk`, have checked that it may be published.
    """
    ids = list(engagement_ids)
    taken = snapshot.take(ids)
    models.prefetch_related_objects(list(reviews.values()), "conditions")
    promised = protections()
    numbers = dict(
        Publication.objects.filter(engagement_id__in=ids)
        .values_list("engagement_id")
        .annotate(models.Max("number"))
    )
    own = set(
        Engagement.objects.filter(pk__in=ids, created_by_id=by.pk).values_list("pk", flat=True)
    )
    now = timezone.now()
    publications, actors = [], {}
    for engagement_id in ids:
        review = reviews[engagement_id]
        frozen = snapshot.with_review(taken[engagement_id], review, own_work=engagement_id in own)
        disclosed = disclose(frozen, promised)
        actors.update(disclosed.actors)
        publications.append(
            Publication(
                engagement_id=engagement_id,
                number=numbers.get(engagement_id, 0) + 1,
                schema=SCHEMA,
                snapshot=frozen,
                words=searchable(frozen, change_note),
                digest=material_digest(disclosed),
                actors=_known_actors(frozen),
                related=[link["reference"] for link in frozen["related"]],
                review=review,
                change_note=change_note,
                published_at=now,
                published_by=by,
            )
        )
    Publication.objects.bulk_create(publications)
    Drift.objects.settle(ids)
    respelled = _remember(actors)
    concerned = Publication.objects.standing().knowing(all_references(respelled))
    render([*ids, *concerned.values_list("engagement_id", flat=True)] if respelled else ids)
    return publications


def withdraw(engagement: Engagement, by: "User", reason: str) -> None:
    """Take every version of a record away; `workflow.withdraw` has checked that it may."""
    engagement.publications.filter(withdrawn_at=None).update(
        withdrawn_at=timezone.now(), withdrawn_by=by, withdrawal_reason=reason
    )
    Drift.objects.mark([engagement.pk])
    render([engagement.pk], taking_back=True)


def renew(version: Publication, review: EthicalReview) -> None:
    """Let a review that found nothing changed count for a version that is public already.

    Its last valid day and its conditions are told from now on, and a record that had left
    because its clearance ended is public again, on the word of the editor who published it.
    """
    version.review = review
    # Names are looked for in what is public: the conditions of the new review are by now.
    version.words = searchable(snapshot.with_review(version.snapshot, review), version.change_note)
    version.save(update_fields=["review", "words"])
    render([version.engagement_id])


def rebuild(*, anew: bool = False, progress: Callable[[int], None] | None = None) -> int:
    """Render everything from its snapshots; return how many public records changed.

    Nothing changes when nothing differs. It can be stopped and run again.
    """
    ids = list(
        Publication.objects.order_by("engagement_id")
        .values_list("engagement_id", flat=True)
        .distinct()
    )
    changed = 0
    for batch in batched(ids, BATCH):
        changed += render(batch, anew=anew)
        if progress:
            progress(len(batch))
    recount_facets()
    choose_words()
    return changed


@dataclass
class BulkResult:
    """What a trusted load published, and what it left for review, by reason."""

    published: int = 0
    unchanged: int = 0
    skipped: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, reference: str, reason: str) -> None:
        self.skipped.setdefault(reason, []).append(reference)


def publish_bulk(
    engagement_ids: Iterable[int],
    by: "User",
    *,
    kind: str = ReviewKind.BULK,
    scope_note: str,
    sample_size: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> BulkResult:
    """Clear and publish trusted imports together, 2,000 a transaction; superusers only.

    Each record gets its own bulk clearance with the scope in words. No person is named, no
    guessed Track 2 or 3 is published, and no support to security forces where a country is
    flagged. A record in somebody's hands (submitted, returned, refused, withdrawn) is left
    there. Records that are public already and unchanged are left alone, so that it can be
    stopped and run again.
    """
    if not by.is_superuser:
        raise PermissionError(_("Only a superuser may publish in bulk."))
    result = BulkResult()
    for batch in batched(sorted(set(engagement_ids)), BATCH):
        with transaction.atomic():
            # History triggers beside deferred foreign keys are quadratic otherwise.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            _publish_batch(batch, by, kind, scope_note, sample_size, result)
        if progress:
            progress(len(batch))
    return result


def _publish_batch(batch, by, kind, scope_note, sample_size, result) -> None:
    engagements = Engagement.objects.select_for_update(no_key=True).in_bulk(batch)
    taken = snapshot.take(batch)
    promised = protections()
    published = {
        newest.engagement_id: newest
        for newest in Publication.objects.current()
        .filter(engagement_id__in=batch)
        .select_related("review")
    }
    frozen_before = resolved({pk: newest.snapshot for pk, newest in published.items()})
    flagged = set(CountryFlag.objects.standing().values_list("country", flat=True))
    now = timezone.now()
    reviews = {}
    for pk, engagement in engagements.items():
        review = EthicalReview(
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
            reason=scope_note,
            sample_size=sample_size,
            own_work=engagement.created_by_id == by.pk,
        )
        frozen = taken[pk] | {"review": snapshot.UNREVIEWED | {"kind": kind}}
        disclosed = disclose(frozen, promised)
        review.digest = material_digest(disclosed)
        newest = published.get(pk)
        if newest and _says_the_same(frozen_before[pk], taken[pk], promised):
            result.unchanged += 1
            continue
        if newest and newest.review.kind == ReviewKind.INDIVIDUAL:
            result.skip(engagement.reference, _("It was reviewed individually: submit it."))
            continue
        if engagement.state not in (State.DRAFT, State.PUBLISHED):
            result.skip(engagement.reference, _("It waits for somebody’s decision."))
            continue
        if engagement.created_by_id == by.pk and not settings.ONE_PERSON_MODE:
            result.skip(engagement.reference, _("Nobody publishes what they logged themselves."))
            continue
        if taken[pk]["gives_support"] and flagged & _countries(taken[pk]):
            result.skip(engagement.reference, _("Its country is flagged: it is read one by one."))
            continue
        if problems := record_problems(engagement, disclosed):
            for problem in problems:
                result.skip(engagement.reference, str(problem))
            continue
        reviews[pk] = review
    EthicalReview.objects.bulk_create(reviews.values())
    freeze(reviews, reviews, by)
    Engagement.objects.filter(pk__in=reviews).update(state=State.PUBLISHED)
    result.published += len(reviews)


def _countries(taken: snapshot.Snapshot) -> set[str]:
    """Where it happened, and where those who took part come from."""
    where = {place["country"] for place in taken["places"]}
    return where | {row["actor"]["country"] for row in taken["participations"] if row["actor"]}


def _says_the_same(
    before: snapshot.Snapshot, taken: snapshot.Snapshot, promised: Protections
) -> bool:
    """Tell whether the working record still says what its current version says."""
    again = taken | {"review": before["review"]}
    return material_digest(disclose(again, promised)) == material_digest(
        disclose(before, promised)
    )


def _known_actors(frozen: snapshot.Snapshot) -> list[str]:
    return sorted({row["actor"]["reference"] for row in frozen["participations"] if row["actor"]})


def _remember(actors: Mapping[str, dict]) -> list[str]:
    """Keep what was said of each named actor; return those that are spelled anew by that.

    The public row of an actor is made from this, and so is its name in every other record.
    """
    before = dict(
        ActorSnapshot.objects.filter(reference__in=actors).values_list("reference", "facts")
    )
    ActorSnapshot.objects.bulk_create(
        [
            ActorSnapshot(reference=reference, parent=facts["parent"], facts=facts)
            for reference, facts in actors.items()
        ],
        update_conflicts=True,
        unique_fields=["reference"],
        update_fields=["parent", "facts"],
    )
    return [
        reference
        for reference, facts in actors.items()
        if reference in before
        and any(facts[name] != before[reference][name] for name in ("name", "other_names"))
    ]
