"""Who takes part: bodies, units and persons, and the promise made to each of them."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import IdentifierScheme, Level, NameKind, ParticipantDisclosure
from milidip.codebook.folding import folded
from stakeholders.references import unused_reference
from stakeholders.tracking import keep_history

PERSON = "person"
STATE = "state"


class StakeholderQuerySet(models.QuerySet):
    def persons(self):
        return self.filter(type_id=PERSON)

    def protected(self):
        """Those whose name must appear nowhere in public, whatever a record says."""
        return self.filter(protection__isnull=False)


@keep_history
class Stakeholder(models.Model):
    """A body, unit or person that takes part in engagements."""

    reference = models.CharField(_("reference"), max_length=9, unique=True, editable=False)
    name = models.CharField(
        _("name"),
        max_length=300,
        help_text=_("The name it uses itself, in English where it has one."),
    )
    sort_key = models.CharField(max_length=300, editable=False, db_index=True)
    type = models.ForeignKey(
        "codebook.ActorType", on_delete=models.PROTECT, verbose_name=_("kind of actor")
    )
    level = models.CharField(
        _("level"), max_length=20, choices=Level.choices, default=Level.UNKNOWN
    )
    country = models.ForeignKey(
        "codebook.Country",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("country"),
        help_text=_("Leave blank for international bodies and where it is not known."),
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
        help_text=_("The body that it belongs to, such as the army of a regiment."),
    )
    default_disclosure = models.CharField(
        _("named in public"),
        max_length=10,
        choices=ParticipantDisclosure.choices,
        blank=True,
        help_text=_(
            "What a new participation starts with. Left blank: persons are withheld, bodies named."
        ),
    )
    note = models.TextField(_("note"), blank=True, help_text=_("For staff only; never published."))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StakeholderQuerySet.as_manager()

    class Meta:
        verbose_name = _("actor")
        verbose_name_plural = _("actors")
        ordering = ["sort_key", "reference"]
        permissions = [
            ("merge_stakeholder", "Can merge two entries of one actor"),
            ("erase_person", "Can ask for and confirm the erasure of a person"),
        ]
        indexes = [
            GinIndex(fields=["sort_key"], name="stakeholder_similar", opclasses=["gin_trgm_ops"])
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["country"],
                condition=Q(type=STATE),
                name="one_actor_per_state",
                violation_error_message=_("This state is already in the register as an actor."),
            ),
            models.CheckConstraint(
                condition=~Q(type=STATE) | Q(country__isnull=False),
                name="state_has_country",
                violation_error_message=_("A state needs its country."),
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values),
                name="stakeholder_level_known",
                violation_error_message=_("Choose a level from the list."),
            ),
            models.CheckConstraint(
                condition=Q(default_disclosure__in=["", *ParticipantDisclosure.values]),
                name="stakeholder_disclosure_known",
                violation_error_message=_("Choose from the list how it is named in public."),
            ),
            models.CheckConstraint(
                condition=~Q(parent=models.F("id")),
                name="not_its_own_parent",
                violation_error_message=_("An actor cannot be part of itself."),
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        if not self.reference:
            self.reference = unused_reference(Stakeholder, "MA")
        self.sort_key = folded(self.name)
        if not self.default_disclosure:
            self.default_disclosure = self.usual_disclosure
        super().save(*args, **kwargs)

    @property
    def is_person(self) -> bool:
        return self.type_id == PERSON

    @property
    def usual_disclosure(self) -> str:
        """A person is withheld unless somebody decides otherwise; a body is named."""
        if self.type_id == PERSON:
            return ParticipantDisclosure.WITHHELD
        return ParticipantDisclosure.NAMED

    @staticmethod
    def retired_references(references) -> set[str]:
        """Return those of ``references`` that were merged away: they are never used again."""
        former = FormerReference.objects.filter(reference__in=references)
        return set(former.values_list("reference", flat=True))


@keep_history
class OtherName(models.Model):
    """Another name of an actor: searched by the gate wherever the actor is withheld."""

    stakeholder = models.ForeignKey(
        Stakeholder, on_delete=models.CASCADE, related_name="other_names"
    )
    name = models.CharField(_("other name"), max_length=300)
    kind = models.CharField(
        _("kind"), max_length=20, choices=NameKind.choices, default=NameKind.ALIAS
    )
    language = models.CharField(
        _("language"), max_length=12, blank=True, help_text=_("Language code, such as fr or ar.")
    )

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["stakeholder", "name"],
                name="other_name_once",
                violation_error_message=_("This other name is already listed."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=NameKind.values),
                name="other_name_kind_known",
                violation_error_message=_("Choose a kind of name from the list."),
            ),
        ]

    def __str__(self):
        return self.name


@keep_history
class Identifier(models.Model):
    """What another register calls the actor."""

    stakeholder = models.ForeignKey(
        Stakeholder, on_delete=models.CASCADE, related_name="identifiers"
    )
    scheme = models.CharField(_("register"), max_length=20, choices=IdentifierScheme.choices)
    value = models.CharField(
        _("identifier"), max_length=100, help_text=_("Such as Q7184 in Wikidata.")
    )

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        ordering = ["scheme", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "value"],
                name="identifier_once",
                violation_error_message=_("Another actor already has this identifier."),
            ),
            models.CheckConstraint(
                condition=Q(scheme__in=IdentifierScheme.values),
                name="identifier_scheme_known",
                violation_error_message=_("Choose a register from the list."),
            ),
        ]

    def __str__(self):
        return f"{self.get_scheme_display()} {self.value}"


@keep_history
class Protection(models.Model):
    """A promise that this actor's name appears nowhere in public, past records included."""

    stakeholder = models.OneToOneField(
        Stakeholder, on_delete=models.PROTECT, related_name="protection"
    )
    reason = models.TextField(_("reason"), help_text=_("For staff only; never published."))
    protected_at = models.DateTimeField(auto_now_add=True)
    protected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("protection")
        verbose_name_plural = _("protections")

    def __str__(self):
        return str(self.stakeholder)


@keep_history
class FormerReference(models.Model):
    """The reference of an entry that was merged into another: snapshots still know it."""

    reference = models.CharField(_("reference"), max_length=9, primary_key=True)
    stakeholder = models.ForeignKey(
        Stakeholder, on_delete=models.PROTECT, related_name="former_references"
    )
    redirects = models.BooleanField(
        default=False, help_text="Both were public when they were merged: its address leads on."
    )
    merged_at = models.DateTimeField(auto_now_add=True)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("former reference")
        verbose_name_plural = _("former references")
        ordering = ["reference"]

    def __str__(self):
        return self.reference


@keep_history
class DistinctPair(models.Model):
    """Two actors that look alike and are not the same: somebody has looked."""

    first = models.ForeignKey(Stakeholder, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Stakeholder, on_delete=models.CASCADE, related_name="+")
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    said_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("pair of different actors")
        verbose_name_plural = _("pairs of different actors")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="distinct_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="distinct_in_order"),
        ]

    def __str__(self):
        return f"{self.first} / {self.second}"
