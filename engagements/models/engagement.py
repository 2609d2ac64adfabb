"""The engagement itself: what happened, when, in which track, and where its record stands."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import (
    ClaimStatus,
    Marking,
    NotStated,
    RelationKind,
    ReportedBy,
    State,
    Status,
    TrackBasis,
)
from milidip.codebook.dates import HonestDateField, earliest_column, latest_column
from stakeholders.references import unused_reference
from stakeholders.tracking import keep_history


@keep_history
class Series(models.Model):
    """Engagements that return under one name, such as a yearly exercise."""

    code = models.SlugField(
        _("code"),
        max_length=80,
        unique=True,
        help_text=_("Short name in addresses and files; it stays for good."),
    )
    name = models.CharField(_("name"), max_length=300)
    note = models.TextField(_("note"), blank=True, help_text=_("For staff only."))

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["name"]

    def __str__(self):
        return self.name


class EngagementQuerySet(models.QuerySet):
    def awaiting_review(self):
        """Submitted and not yet decided, oldest first."""
        return self.filter(state=State.SUBMITTED).order_by("submitted_at", "pk")

    def public(self):
        """Those with a publication that is not withdrawn."""
        return self.filter(publications__withdrawn_at=None, publications__isnull=False).distinct()

    def imported_from(self, dataset: str):
        return self.filter(source_dataset=dataset)


@keep_history(exclude=["start_earliest", "start_latest", "end_earliest", "end_latest"])
class Engagement(models.Model):
    """One engagement of armed forces with others, as staff know it."""

    reference = models.CharField(_("reference"), max_length=9, unique=True, editable=False)
    title = models.CharField(
        _("title"),
        max_length=500,
        help_text=_(
            "The name used by those who took part, or a plain description if it has none."
        ),
    )
    title_supplied = models.BooleanField(
        _("title is ours"),
        default=False,
        help_text=_("Tick when the engagement has no name and you described it yourself."),
    )
    series = models.ForeignKey(
        Series,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="engagements",
        verbose_name=_("series"),
        help_text=_(
            "When it returns under one name, without year or number: “Combined Endeavor”, not "
            "“Combined Endeavor 2005”. Leave blank for a single event."
        ),
    )
    edition = models.CharField(
        _("edition"),
        max_length=100,
        blank=True,
        help_text=_(
            "What tells it from the others of the series, as written: 2019, 80-1, III. The "
            "register counts and sorts editions by their dates."
        ),
    )
    activity = models.ForeignKey(
        "codebook.ActivityType",
        on_delete=models.PROTECT,
        verbose_name=_("kind of activity"),
        help_text=_("One kind, by its main purpose."),
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.COMPLETED
    )
    start = HonestDateField(
        _("start"), help_text=_("As much as is known: 1980, 1980-05 or 1980-05-14.")
    )
    end = HonestDateField(
        _("end"), help_text=_("Leave blank when the source does not say, or while it goes on.")
    )
    start_earliest = earliest_column("start", _("first day"))
    start_latest = latest_column("start")
    end_earliest = earliest_column("end")
    end_latest = latest_column("end")
    summary = models.TextField(
        _("summary"),
        blank=True,
        help_text=_(
            "What happened, in one to three sentences of your own. Published. "
            "Never paste a source’s text here."
        ),
    )
    narrative = models.TextField(
        _("fuller account"),
        blank=True,
        help_text=_("In your own words, when there is more to say. Published."),
    )
    case_study = models.BooleanField(
        _("case study"),
        default=False,
        help_text=_(
            "The fuller account is then shown as an essay and listed among the case studies. "
            "Each of its sentences needs a source of this record: write [1] for the first one."
        ),
    )
    lessons = models.TextField(
        _("lessons"),
        blank=True,
        help_text=_("What those involved, or later studies, learned. Published."),
    )
    lessons_reported_by = models.CharField(
        _("who says so"),
        max_length=12,
        choices=ReportedBy.choices,
        blank=True,
        help_text=_("Whose word the lessons rest on. Published beside them."),
    )

    track = models.ForeignKey(
        "codebook.Track",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("track"),
        help_text=_("By who took part. Leave blank when it cannot be told."),
    )
    touches = models.ManyToManyField(
        "codebook.Track",
        blank=True,
        related_name="+",
        verbose_name=_("tracks it touches"),
        help_text=_("Every track it reaches; the track above is added by itself."),
    )
    track_basis = models.CharField(
        _("basis of the track"),
        max_length=20,
        choices=TrackBasis.choices,
        default=TrackBasis.CODER_JUDGEMENT,
    )
    track_note = models.CharField(
        _("why this track"), max_length=500, blank=True, help_text=_("One sentence. Published.")
    )
    track3_links = models.ManyToManyField(
        "codebook.TrackLink",
        blank=True,
        related_name="+",
        verbose_name=_("how it reaches Track III"),
    )
    military_roles = models.ManyToManyField(
        "codebook.MilitaryRole",
        blank=True,
        related_name="+",
        verbose_name=_("what the military did"),
    )
    initiated_by = models.ForeignKey(
        "codebook.ActorType",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("initiated by"),
        help_text=_("The kind of actor that called it together."),
    )
    objectives = models.ManyToManyField(
        "codebook.Objective", blank=True, related_name="+", verbose_name=_("objectives")
    )
    themes = models.ManyToManyField(
        "codebook.Theme", blank=True, related_name="+", verbose_name=_("themes")
    )
    gives_support = models.BooleanField(
        _("support to security forces"),
        null=True,
        blank=True,
        help_text=_(
            "Does it train, equip or advise security forces? “Yes” asks for a conduct assessment."
        ),
    )

    not_stated = ArrayField(
        models.CharField(max_length=20, choices=NotStated.choices),
        verbose_name=_("not stated"),
        blank=True,
        default=list,
        help_text=_(
            "Tick what you looked for and no source states. For staff only: the public reads "
            "that it is not known."
        ),
    )

    marking = models.CharField(
        _("marking"),
        max_length=20,
        choices=Marking.choices,
        default=Marking.OPEN,
        help_text=_("Under the Chatham House Rule nobody who took part is named in public."),
    )
    embargo_until = models.DateField(
        _("not before"),
        null=True,
        blank=True,
        help_text=_("Nothing is published before this day."),
    )
    nothing_classified = models.BooleanField(
        _("nothing in it is classified"),
        default=False,
        help_text=_(
            "Tick when you have looked: every text, the notes for staff included. Needed before "
            "it is submitted, and asked again in the review."
        ),
    )
    claim_status = models.CharField(
        _("state of the evidence"),
        max_length=12,
        choices=ClaimStatus.choices,
        default=ClaimStatus.ACCEPTED,
    )
    content_licence = models.CharField(
        _("licence of the record"), max_length=200, default="CC BY 4.0"
    )
    working_note = models.TextField(
        _("note for staff"), blank=True, help_text=_("Never published.")
    )
    source_text = models.TextField(
        _("text of the source"),
        blank=True,
        help_text=_("A source’s own words, kept for the work and never published."),
    )
    source_dataset = models.CharField(_("dataset"), max_length=200, blank=True)
    source_id = models.CharField(_("identifier in the dataset"), max_length=200, blank=True)
    import_digest = models.CharField(max_length=64, blank=True, editable=False)

    state = models.CharField(
        _("state of the record"),
        max_length=10,
        choices=State.choices,
        default=State.DRAFT,
        editable=False,
    )
    created_at = models.DateTimeField(_("logged"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("logged by"),
    )
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("last changed by"),
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("submitted by"),
    )

    objects = EngagementQuerySet.as_manager()

    class Meta:
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        ordering = [F("start_earliest").desc(nulls_last=True), "-pk"]
        permissions = [
            ("submit_engagement", "Can submit an engagement for review"),
            ("review_engagement", "Can clear, return or refuse an engagement"),
            ("publish_engagement", "Can publish a cleared engagement"),
            ("withdraw_engagement", "Can withdraw a published engagement"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(case_study=False) | ~Q(narrative=""),
                name="case_study_has_account",
                violation_error_message=_("A case study needs its fuller account."),
            ),
            models.CheckConstraint(
                condition=Q(end="") | Q(start="") | Q(end_latest__gte=F("start_earliest")),
                name="end_not_before_start",
                violation_error_message=_("It cannot end before it starts. Check both dates."),
            ),
            models.CheckConstraint(
                condition=Q(start="") | Q(start__regex=r"^[12]\d{3}(-\d\d(-\d\d)?)?$"),
                name="start_is_honest_date",
                violation_error_message=_("Write the start as 1980, 1980-05 or 1980-05-14."),
            ),
            models.CheckConstraint(
                condition=Q(end="") | Q(end__regex=r"^[12]\d{3}(-\d\d(-\d\d)?)?$"),
                name="end_is_honest_date",
                violation_error_message=_("Write the end as 1980, 1980-05 or 1980-05-14."),
            ),
            models.CheckConstraint(
                condition=~Q(title=""),
                name="engagement_has_title",
                violation_error_message=_("Give the engagement a title."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="status_known",
                violation_error_message=_("Choose a status from the list."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values),
                name="state_known",
                violation_error_message=_("This state of a record does not exist."),
            ),
            models.CheckConstraint(
                condition=Q(not_stated__contained_by=NotStated.values),
                name="not_stated_known",
                violation_error_message=_("Choose from the list what is not stated."),
            ),
            models.CheckConstraint(
                condition=Q(marking__in=Marking.values),
                name="marking_known",
                violation_error_message=_("Choose a marking from the list."),
            ),
            models.CheckConstraint(
                condition=Q(claim_status__in=ClaimStatus.values),
                name="claim_status_known",
                violation_error_message=_("Choose the state of the evidence from the list."),
            ),
            models.CheckConstraint(
                condition=Q(lessons_reported_by__in=["", *ReportedBy.values]),
                name="lessons_reporter_known",
                violation_error_message=_("Choose from the list who says so."),
            ),
            models.CheckConstraint(
                condition=Q(track_basis__in=TrackBasis.values),
                name="track_basis_known",
                violation_error_message=_("Choose the basis of the track from the list."),
            ),
            models.UniqueConstraint(
                fields=["source_dataset", "source_id"],
                condition=~Q(source_dataset=""),
                name="imported_once",
                violation_error_message=_("This row of the dataset is already in the register."),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at"], name="engagement_queue"),
            models.Index(
                F("start_earliest").desc(nulls_last=True), F("id").desc(), name="engagement_newest"
            ),
        ]

    def __str__(self):
        return f"{self.reference} {self.title}"

    def save(self, *args, **kwargs):
        if not self.reference:
            self.reference = unused_reference(Engagement, "MD")
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("catalogue:record", args=[self.reference])


@keep_history
class RelatedEngagement(models.Model):
    """A link from one engagement to another: shown only while both are public."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="related")
    kind = models.CharField(_("this engagement"), max_length=12, choices=RelationKind.choices)
    target = models.ForeignKey(
        Engagement,
        on_delete=models.PROTECT,
        related_name="referrers",
        verbose_name=_("the other engagement"),
    )

    class Meta:
        verbose_name = _("related engagement")
        verbose_name_plural = _("related engagements")
        ordering = ["kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "kind", "target"],
                name="related_once",
                violation_error_message=_("This link is already there."),
            ),
            models.CheckConstraint(
                condition=~Q(engagement=F("target")),
                name="not_related_to_itself",
                violation_error_message=_("An engagement cannot be related to itself."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=RelationKind.values),
                name="relation_kind_known",
                violation_error_message=_("Choose from the list how they are related."),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.target.reference}"


def _history_of(name: str):
    """Track the rows of a many-to-many field like any other table."""
    through = getattr(Engagement, name).through
    meta = type("Meta", (), {"proxy": True, "app_label": "engagements"})
    model = type(
        f"Engagement{name.title().replace('_', '')}",
        (through,),
        {"Meta": meta, "__module__": __name__, "__doc__": f"History of {name}."},
    )
    return keep_history(model, only_rows=True)


for _name in ("touches", "track3_links", "military_roles", "objectives", "themes"):
    _history_of(_name)
