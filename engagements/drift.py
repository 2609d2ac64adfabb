"""Does a record still say what was cleared, and what is public? Compared when it may not.

`Drift` remembers the answer, and triggers mark it as stale (migration 0012_drift_triggers).
The front page and the desk compare what is stale, some at a time; `publish_due` the rest.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from django.db import transaction

from engagements import snapshot
from engagements.disclosure import disclose, material_digest
from engagements.models import Drift, EthicalReview, Publication
from engagements.naming import resolved
from engagements.render import protections

AT_ONCE = 200


def refresh(limit: int = AT_ONCE) -> int:
    """Compare up to ``limit`` records that may have changed; return how many are left."""
    with transaction.atomic():
        # What somebody is changing right now is locked, and its turn comes when they are done;
        # who changes it after this waits for the lock and marks it again.
        ids = list(
            Drift.objects.select_for_update(skip_locked=True)
            .filter(stale=True)
            .order_by("pk")
            .values_list("pk", flat=True)[:limit]
        )
        alike = defaultdict(list)
        for pk, answer in compare(ids).items():
            alike[answer].append(pk)
        for (from_cleared, from_public), pks in alike.items():
            Drift.objects.filter(pk__in=pks).update(
                stale=False, from_cleared=from_cleared, from_public=from_public
            )
    return Drift.objects.filter(stale=True).count()


def refresh_all() -> None:
    """Compare everything that may have changed and that nobody is changing right now."""
    left = None
    while (now := refresh(AT_ONCE)) and now != left:
        left = now


def compare(engagement_ids: Iterable[int]) -> dict[int, tuple[bool, bool]]:
    """Return for each record whether it differs from what was cleared, and from what is public.

    A record that was never cleared, or is not public, does not differ.
    """
    ids = list(engagement_ids)
    if not ids:
        return {}
    taken, promised = snapshot.take(ids), protections()
    reviews = {
        review.engagement_id: review
        for review in EthicalReview.objects.filter(engagement__in=ids)
        .order_by("engagement_id", "-decided_at", "-pk")
        .distinct("engagement_id")
        .defer("saw")
    }
    published = {
        version.engagement_id: version
        for version in Publication.objects.current()
        .filter(engagement_id__in=ids)
        .select_related("review")
    }
    before = resolved({pk: version.snapshot for pk, version in published.items()})

    @cache
    def digest(pk: int, kind: str) -> str:
        now = taken[pk] | {"review": snapshot.UNREVIEWED | {"kind": kind}}
        return material_digest(disclose(now, promised))

    found = {}
    for pk in ids:
        review, version = reviews.get(pk), published.get(pk)
        found[pk] = (
            review is not None and review.clears and review.digest != digest(pk, review.kind),
            version is not None
            and material_digest(disclose(before[pk], promised)) != digest(pk, version.review.kind),
        )
    return found
