"""The frozen record behind each public version; private, and the only thing rendered."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stakeholders.tracking import keep_history

from .engagement import Engagement
from .review import EthicalReview


class PublicationQuerySet(models.QuerySet):
    def current(self):
        """The newest version of each engagement that is not withdrawn."""
        return (
            self.filter(withdrawn_at=None)
            .order_by("engagement_id", "-number")
            .distinct("engagement_id")
        )

    def standing(self):
        """Every version of what is not withdrawn, earlier ones included."""
        return self.filter(withdrawn_at=None)

    def knowing(self, references):
        """Versions whose snapshot knows one of these actors, named in it or not."""
        return self.filter(actors__overlap=list(references))

    def mentioning(self, spellings):
        """Versions with a text that may hold one of these spellings (`engagements.names`)."""
        found = Q(pk__in=[])
        for spelling in spellings:
            found |= Q(words__contains=spelling)
        return self.filter(found)


@keep_history(exclude=["snapshot", "words"])
class Publication(models.Model):
    """A cleared record as it was when it was published.

    The snapshot holds withheld names too: it is what `disclose()` reads, now and
    after every later promise of protection.
    """

    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, related_name="publications"
    )
    number = models.PositiveIntegerField(_("version"))
    schema = models.PositiveSmallIntegerField()
    snapshot = models.JSONField()
    words = models.TextField(
        default="",
        editable=False,
        help_text="Its public texts, each folded and without spaces, so that a name is found.",
    )
    digest = models.CharField(max_length=64)
    actors = ArrayField(
        models.CharField(max_length=9), default=list, help_text="Every actor the snapshot knows."
    )
    related = ArrayField(
        models.CharField(max_length=9), default=list, help_text="References it points at."
    )
    review = models.ForeignKey(EthicalReview, on_delete=models.PROTECT, related_name="+")
    change_note = models.CharField(_("what changed"), max_length=500, blank=True)
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawal_reason = models.TextField(_("reason for withdrawal"), blank=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["engagement", "number"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_from_one"),
        ]
        indexes = [
            GinIndex(fields=["actors"], name="publication_actors"),
            GinIndex(fields=["related"], name="publication_related"),
        ]

    def __str__(self):
        return f"{self.engagement.reference} version {self.number}"


class ActorSnapshot(models.Model):
    """What was said of an actor when a record that names it was last published; private."""

    reference = models.CharField(max_length=9, primary_key=True)
    parent = models.CharField(max_length=9, blank=True, db_index=True)
    facts = models.JSONField()

    class Meta:
        verbose_name = _("actor as published")
        verbose_name_plural = _("actors as published")

    def __str__(self):
        return self.reference
