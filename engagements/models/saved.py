"""What a person of the staff keeps for the next day: lists they come back to, regions they follow."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stakeholders.tracking import keep_history


@keep_history
class SavedFilter(models.Model):
    """A list with its filters and order, under a name. Never public: a name may say too much."""

    class Of(models.TextChoices):
        ENGAGEMENTS = "engagements", _("engagements")
        STAKEHOLDERS = "stakeholders", _("actors")
        CATALOGUE = "catalogue", _("the public catalogue")

    name = models.CharField(
        _("name"),
        max_length=120,
        help_text=_("What your desk calls it: “Sahel, without a source date”."),
    )
    of = models.CharField(_("list"), max_length=12, choices=Of.choices, editable=False)
    query = models.JSONField(
        _("filters"),
        editable=False,
        default=list,
        help_text="Pairs of parameter and value, as read: an erasure finds a name in them.",
    )
    shared = models.BooleanField(
        _("shared"),
        default=False,
        help_text=_(
            "All staff see it, under your name. Write nothing in it that only you may know."
        ),
    )
    order = models.PositiveSmallIntegerField(
        _("order"), default=100, help_text=_("Lower comes first: 10 before 20.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        editable=False,
        verbose_name=_("saved by"),
    )
    saved_at = models.DateTimeField(_("saved"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["order", "name", "pk"]
        permissions = [("share_savedfilter", "Can share a saved filter with all staff")]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "of", "name"],
                name="saved_filter_once",
                violation_error_message=_("You have a saved filter of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(of__in=["engagements", "stakeholders", "catalogue"]),
                name="saved_filter_list_known",
                violation_error_message=_("Choose from the list what it filters."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="saved_filter_has_name",
                violation_error_message=_("Give it a name."),
            ),
        ]

    def __str__(self):
        return self.name


class FollowedRegion(models.Model):
    """A region whose changes somebody wants to read on their front page. A preference: no history."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    region = models.ForeignKey("codebook.Region", on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "followed region"
        verbose_name_plural = "followed regions"
        constraints = [
            models.UniqueConstraint(fields=["user", "region"], name="region_followed_once")
        ]

    def __str__(self):
        return f"{self.user_id}: {self.region_id}"
