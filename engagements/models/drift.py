"""How far a record has moved away from what was cleared, and from what is public."""

from django.db import models

from .engagement import Engagement


class DriftQuerySet(models.QuerySet):
    def mark(self, engagement_ids):
        """Ask for another comparison of these records."""
        self.bulk_create(
            [Drift(engagement_id=pk, stale=True) for pk in engagement_ids],
            update_conflicts=True,
            unique_fields=["engagement"],
            update_fields=["stale"],
        )

    def settle(self, engagement_ids):
        """These were cleared and published as they stand: nothing to compare."""
        self.bulk_create(
            [Drift(engagement_id=pk, stale=False) for pk in engagement_ids],
            update_conflicts=True,
            unique_fields=["engagement"],
            update_fields=["stale", "from_cleared", "from_public"],
        )


class Drift(models.Model):
    """What the last comparison found (`engagements.drift`), for every record ever cleared.

    To compare means to disclose the record twice: nothing to do for a whole register on every
    page. Database triggers mark a row as stale whenever something changes that could matter, by
    whatever way; only those are compared again.
    """

    engagement = models.OneToOneField(
        Engagement, on_delete=models.CASCADE, primary_key=True, related_name="drift"
    )
    stale = models.BooleanField(default=True)
    from_cleared = models.BooleanField(default=False)
    from_public = models.BooleanField(default=False)

    objects = DriftQuerySet.as_manager()

    class Meta:
        verbose_name = "drift"
        verbose_name_plural = "drifts"
        indexes = [
            models.Index(
                fields=["engagement"], name="drift_stale", condition=models.Q(stale=True)
            ),
            models.Index(
                fields=["engagement"], name="drift_public", condition=models.Q(from_public=True)
            ),
        ]

    def __str__(self):
        return str(self.engagement_id)
