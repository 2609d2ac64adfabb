"""What an engagement is made of: places, participants, sources and outcomes."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import (
    ConsentBasis,
    Independence,
    LocatorType,
    OutcomeKind,
    ParticipantDisclosure,
    PlacePrecision,
    ReportedBy,
    Side,
    SourceKind,
)
from milidip.codebook.dates import HonestDateField
from stakeholders.models import PERSON
from stakeholders.references import unused_reference
from stakeholders.tracking import keep_history

from .engagement import Engagement


@keep_history
class Place(models.Model):
    """Where it happened, as precisely as may be said."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="places")
    name = models.CharField(
        _("place"), max_length=300, blank=True, help_text=_("Town, base or area, as known.")
    )
    country = models.ForeignKey(
        "codebook.Country",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("country"),
        help_text=_("The state of that day, such as Czechoslovakia in 1980."),
    )
    country_derived = models.BooleanField(
        _("country from coordinates"),
        default=False,
        help_text=_("The source gave no country; it was worked out from the coordinates."),
    )
    region = models.ForeignKey(
        "codebook.Region",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("region or sea"),
        help_text=_("Only when there is no country: a sea, a region, world-wide or virtual."),
    )
    precision = models.CharField(
        _("how precise"),
        max_length=10,
        choices=PlacePrecision.choices,
        default=PlacePrecision.PLACE,
        help_text=_("“Withheld” publishes nothing of this place."),
    )
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(latitude__isnull=True) & Q(longitude__isnull=True))
                | (Q(latitude__range=(-90, 90)) & Q(longitude__range=(-180, 180))),
                name="coordinates_whole",
                violation_error_message=_(
                    "Give both latitude (-90 to 90) and longitude (-180 to 180), or neither."
                ),
            ),
            models.CheckConstraint(
                condition=Q(precision__in=PlacePrecision.values),
                name="place_precision_known",
                violation_error_message=_("Choose from the list how precise the place is."),
            ),
            models.CheckConstraint(
                condition=~Q(name="") | Q(country__isnull=False) | Q(region__isnull=False),
                name="place_says_something",
                violation_error_message=_("Give a place, a country, or a region or sea."),
            ),
        ]

    def __str__(self):
        return self.name or str(self.country or self.region or self.get_precision_display())


@keep_history
class Source(models.Model):
    """Where a claim comes from. No source, no publication."""

    reference = models.CharField(_("reference"), max_length=9, unique=True, editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(_("kind"), max_length=20, choices=SourceKind.choices)
    independence = models.CharField(
        _("whose word"),
        max_length=12,
        choices=Independence.choices,
        default=Independence.UNKNOWN,
        help_text=_("Ours, that of a party to it, or independent."),
    )
    title = models.CharField(_("title"), max_length=1000, blank=True)
    author = models.CharField(_("author"), max_length=300, blank=True)
    publisher = models.CharField(_("publisher"), max_length=300, blank=True)
    url = models.URLField(_("address"), max_length=2000, blank=True)
    archive_url = models.URLField(
        _("archive copy"), max_length=2000, blank=True, help_text=_("Such as a web archive.")
    )
    published = HonestDateField(_("published"))
    accessed = models.DateField(_("read on"), null=True, blank=True)
    locator_type = models.CharField(
        _("found at"), max_length=10, choices=LocatorType.choices, blank=True
    )
    locator = models.CharField(
        _("locator"), max_length=200, blank=True, help_text=_("Page, paragraph or cell.")
    )
    language = models.CharField(
        _("language"), max_length=12, blank=True, help_text=_("Language code, such as en or fr.")
    )
    supports = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("what it supports"),
        blank=True,
        default=list,
    )
    withheld = models.BooleanField(
        _("withhold from the public"),
        default=False,
        help_text=_("The record then says that a source is withheld, and nothing more."),
    )
    chatham_safe = models.BooleanField(
        _("safe under the Chatham House Rule"),
        default=False,
        help_text=_("Tick when neither text nor address tells who took part."),
    )

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(title="") | ~Q(url="") | Q(kind=SourceKind.OWN_REPORT),
                name="source_can_be_found",
                violation_error_message=_("Give the source a title or an address."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SourceKind.values),
                name="source_kind_known",
                violation_error_message=_("Choose a kind of source from the list."),
            ),
            models.CheckConstraint(
                condition=Q(independence__in=Independence.values),
                name="source_independence_known",
                violation_error_message=_("Choose from the list whose word it is."),
            ),
            models.CheckConstraint(
                condition=Q(locator_type__in=["", *LocatorType.values]),
                name="locator_type_known",
                violation_error_message=_("Choose from the list what the locator is."),
            ),
        ]

    def __str__(self):
        return self.title or self.url or self.get_kind_display()

    def save(self, *args, **kwargs):
        if not self.reference:
            self.reference = unused_reference(Source, "MS")
        super().save(*args, **kwargs)


@keep_history
class Participation(models.Model):
    """One actor, or an unnamed group of one kind, taking part in one role."""

    engagement = models.ForeignKey(
        Engagement, on_delete=models.CASCADE, related_name="participations"
    )
    stakeholder = models.ForeignKey(
        "stakeholders.Stakeholder",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
        verbose_name=_("actor"),
        help_text=_("Leave blank for an unnamed group, and give its kind."),
    )
    actor_type = models.ForeignKey(
        "codebook.ActorType",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kind, if unnamed"),
    )
    role = models.ForeignKey("codebook.Role", on_delete=models.PROTECT, verbose_name=_("role"))
    capacity = models.ForeignKey(
        "codebook.Capacity",
        on_delete=models.PROTECT,
        default="unknown",
        verbose_name=_("in which position"),
    )
    side = models.CharField(
        _("side"),
        max_length=5,
        choices=Side.choices,
        blank=True,
        help_text=_("In dialogues and agreements: which side of the divide."),
    )
    people_min = models.PositiveIntegerField(_("people, at least"), null=True, blank=True)
    people_max = models.PositiveIntegerField(_("people, at most"), null=True, blank=True)
    women_min = models.PositiveIntegerField(_("women, at least"), null=True, blank=True)
    disclosure = models.CharField(
        _("in public"),
        max_length=10,
        choices=ParticipantDisclosure.choices,
        blank=True,
        help_text=_("Left blank: as the actor’s own entry says."),
    )
    consent_basis = models.CharField(
        _("why a person may be named"),
        max_length=20,
        choices=ConsentBasis.choices,
        default=ConsentBasis.NONE,
        help_text=_("Needed for persons. Without it the name stays out."),
    )
    announced = models.BooleanField(
        _("announced the meeting"),
        default=False,
        help_text=_("An organiser, host or funder that announced it may be named even then."),
    )
    under_rule = models.BooleanField(
        _("in the part under the Rule"),
        default=False,
        help_text=_("When only a part was held under the Chatham House Rule."),
    )
    sources = models.ManyToManyField(
        Source,
        blank=True,
        related_name="participations",
        verbose_name=_("sources"),
        help_text=_("Those that state this participation."),
    )

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stakeholder__isnull=False) | Q(actor_type__isnull=False),
                name="participant_is_somebody",
                violation_error_message=_("Choose an actor, or the kind of an unnamed group."),
            ),
            models.CheckConstraint(
                condition=Q(people_min__isnull=True)
                | Q(people_max__isnull=True)
                | Q(people_max__gte=F("people_min")),
                name="people_in_order",
                violation_error_message=_("“At most” cannot be less than “at least”."),
            ),
            models.CheckConstraint(
                condition=Q(women_min__isnull=True)
                | Q(people_max__isnull=True)
                | Q(women_min__lte=F("people_max")),
                name="women_among_people",
                violation_error_message=_("There cannot be more women than people."),
            ),
            models.CheckConstraint(
                condition=Q(side__in=["", *Side.values]),
                name="side_known",
                violation_error_message=_("Choose a side from the list."),
            ),
            models.CheckConstraint(
                condition=Q(disclosure__in=["", *ParticipantDisclosure.values]),
                name="participant_disclosure_known",
                violation_error_message=_("Choose from the list what is said in public."),
            ),
            models.CheckConstraint(
                condition=Q(consent_basis__in=ConsentBasis.values),
                name="consent_basis_known",
                violation_error_message=_("Choose from the list why the person may be named."),
            ),
            models.UniqueConstraint(
                fields=["engagement", "stakeholder", "role", "capacity", "side"],
                name="participant_once_per_role",
                violation_error_message=_("This actor is already listed in this role."),
            ),
        ]

    def __str__(self):
        return str(self.stakeholder or self.actor_type)

    def save(self, *args, **kwargs):
        if not self.disclosure:
            self.disclosure = self.usual_disclosure
        super().save(*args, **kwargs)

    @property
    def usual_disclosure(self) -> str:
        if self.stakeholder is None:
            return ParticipantDisclosure.TYPE_ONLY
        return self.stakeholder.default_disclosure or self.stakeholder.usual_disclosure

    @property
    def is_person(self) -> bool:
        return self.stakeholder is not None and self.stakeholder.type_id == PERSON


@keep_history(only_rows=True)
class ParticipationSource(Participation.sources.through):
    """History of which sources state a participation."""

    class Meta:
        proxy = True


@keep_history
class Outcome(models.Model):
    """One thing that came of it, who says so, and the source that says it."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="outcomes")
    kind = models.CharField(_("kind"), max_length=30, choices=OutcomeKind.choices)
    statement = models.TextField(
        _("what came of it"), help_text=_("One statement in your own words. Published.")
    )
    date = HonestDateField(_("date"))
    reported_by = models.CharField(
        _("who says so"), max_length=12, choices=ReportedBy.choices, default=ReportedBy.CATALOGUER
    )
    source = models.ForeignKey(
        Source,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="outcomes",
        verbose_name=_("source"),
    )

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=OutcomeKind.values),
                name="outcome_kind_known",
                violation_error_message=_("Choose a kind of outcome from the list."),
            ),
            models.CheckConstraint(
                condition=Q(reported_by__in=ReportedBy.values),
                name="outcome_reporter_known",
                violation_error_message=_("Choose from the list who says so."),
            ),
        ]

    def __str__(self):
        return self.statement[:80]
