"""Vocabularies that editors may extend, and the definitions of the fixed ones."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import ThemeGroup
from milidip.codebook.models.coded import Bilingual, Coded

TERM_CODE = r"^[a-z0-9][a-z0-9_.]*$"


class Term(Coded):
    """One word of a vocabulary, with what it means here."""

    code = models.CharField(
        _("code"),
        max_length=50,
        primary_key=True,
        validators=[RegexValidator(TERM_CODE, _("Use small letters, digits and underscores."))],
        help_text=_("Small letters and underscores. It is in addresses and files for good."),
    )
    definition = models.TextField(
        _("definition"), help_text=_("One or two plain sentences in the register's own words.")
    )
    definition_fr = models.TextField(_("definition in French"), blank=True)

    class Meta(Coded.Meta):
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=TERM_CODE),
                name="%(app_label)s_%(class)s_code_form",
                violation_error_message=_("Use small letters, digits and underscores."),
            )
        ]


class Track(Term):
    """A level of diplomacy, by who takes part."""

    caveat = models.TextField(
        _("caveat"), blank=True, help_text=_("What a reader should know before comparing.")
    )
    caveat_fr = models.TextField(_("caveat in French"), blank=True)

    class Meta(Term.Meta):
        verbose_name = _("track")
        verbose_name_plural = _("tracks")


class Family(Term):
    """A group of activity types that are described by the same details."""

    class Meta(Term.Meta):
        verbose_name = _("activity family")
        verbose_name_plural = _("activity families")


class ActivityType(Term):
    """What was done, by main purpose: one per engagement."""

    family = models.ForeignKey(
        Family, on_delete=models.PROTECT, related_name="types", verbose_name=_("family")
    )
    dac_code = models.CharField(
        _("DAC purpose code"),
        max_length=5,
        null=True,
        blank=True,
        help_text=_("The nearest OECD DAC purpose code; blank when none is near."),
    )
    plover_code = models.CharField(
        _("PLOVER event type"),
        max_length=20,
        null=True,
        blank=True,
        help_text=_("The nearest PLOVER event type; blank when none is near."),
    )

    class Meta(Term.Meta):
        verbose_name = _("activity type")
        verbose_name_plural = _("activity types")

    @classmethod
    def by_family(cls) -> models.QuerySet["ActivityType"]:
        """Return all of them with their families, in the order in which they are chosen from."""
        return cls._default_manager.select_related("family").order_by(
            "family__sort_order", "family__code", "sort_order", "code"
        )


class Objective(Term):
    """What an engagement was meant to achieve, as stated by those who held it."""

    class Meta(Term.Meta):
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")


class Theme(Term):
    """A trend of the field that an engagement takes up."""

    group = models.CharField(_("group"), max_length=30, choices=ThemeGroup.choices)

    class Meta(Term.Meta):
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        constraints = [
            *Term.Meta.constraints,
            models.CheckConstraint(
                condition=Q(group__in=ThemeGroup.values),
                name="codebook_theme_group_known",
                violation_error_message=_("Choose a group from the list."),
            ),
        ]


class ActorType(Term):
    """What kind of body, unit or person an actor is."""

    plover = models.CharField(
        _("PLOVER sector"), max_length=20, null=True, blank=True, help_text=_("Joined with “;”.")
    )
    iati = models.CharField(
        _("IATI organisation type"),
        max_length=20,
        null=True,
        blank=True,
        help_text=_("Joined with “;”."),
    )

    class Meta(Term.Meta):
        verbose_name = _("actor type")
        verbose_name_plural = _("actor types")


class Role(Term):
    """What an actor did in an engagement."""

    class Meta(Term.Meta):
        verbose_name = _("role")
        verbose_name_plural = _("roles")


class Capacity(Term):
    """In which position an actor took part; the track follows from it."""

    class Meta(Term.Meta):
        verbose_name = _("capacity")
        verbose_name_plural = _("capacities")


class MilitaryRole(Term):
    """What defence actors did in an engagement."""

    class Meta(Term.Meta):
        verbose_name = _("military role")
        verbose_name_plural = _("military roles")


class TrackLink(Term):
    """How an engagement reaches Track III."""

    class Meta(Term.Meta):
        verbose_name = _("link to Track III")
        verbose_name_plural = _("links to Track III")


class Criterion(Term):
    """One of the four ethical criteria of the conduct assessment."""

    class Meta(Term.Meta):
        verbose_name = _("ethical criterion")
        verbose_name_plural = _("ethical criteria")


class FixedTerm(Bilingual):
    """The definition of a word that the code branches on; see ``choices.py``."""

    vocabulary = models.CharField(_("vocabulary"), max_length=50)
    code = models.CharField(_("code"), max_length=50)
    label = models.CharField(_("label"), max_length=100)
    definition = models.TextField(_("definition"))
    definition_fr = models.TextField(_("definition in French"), blank=True)
    source = models.CharField(_("source"), max_length=300)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=500)

    class Meta:
        verbose_name = _("fixed term")
        verbose_name_plural = _("fixed terms")
        ordering = ["vocabulary", "sort_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["vocabulary", "code"], name="codebook_fixedterm_once_per_vocabulary"
            )
        ]
        triggers = Coded.Meta.triggers
