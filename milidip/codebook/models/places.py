"""Countries, states that have ended, and the regions and seas people look for."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import WORLD, CountryKind, NumberSystem, RegionKind
from milidip.codebook.folding import folded
from milidip.codebook.models.coded import Coded

# “unknown” and its like are values of every filter, so no region may have such a code.
REGION_CODE = r"^(?!(unknown|withheld|none)$)([0-9]{3}|[a-z][a-z0-9]*(-[a-z0-9]+)*)$"
COUNTRY_CODE = r"^[A-Z]{3}$"


class Region(Coded):
    """A part of the world where engagements happen: a UN M49 region, an alias or a sea.

    ``001`` is the world: for what is world-wide or held online. It has no children here,
    since a filter on it must not mean everything.
    """

    code = models.CharField(
        _("code"),
        max_length=40,
        primary_key=True,
        validators=[RegexValidator(REGION_CODE, _("Use small letters, digits and hyphens."))],
        help_text=_("Small letters and hyphens. It is in addresses and files for good."),
    )
    kind = models.CharField(
        _("kind"), max_length=10, choices=RegionKind.choices, default=RegionKind.ALIAS
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
        help_text=_("UN M49 regions only."),
    )
    synonym_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="synonyms",
        verbose_name=_("another name of"),
        help_text=_("When it is only a readable name of a UN M49 region."),
    )
    countries: models.ManyToManyField = models.ManyToManyField(
        "Country",
        blank=True,
        related_name="alias_regions",
        verbose_name=_("member countries"),
        help_text=_("Alias regions only; a UN M49 region has the countries that name it."),
    )
    from_countries = models.BooleanField(
        _("follows from the country"),
        default=True,
        help_text=_(
            "Untick when the region covers only a part of its members, like the Arctic: "
            "it is then found only where it was set by hand."
        ),
    )
    rule = models.TextField(
        _("rule"), blank=True, help_text=_("Who belongs to it, and by which list.")
    )
    rule_fr = models.TextField(_("rule in French"), blank=True)
    as_of = models.DateField(
        _("as of"), null=True, blank=True, help_text=_("The day the list of members is true for.")
    )
    checked = models.BooleanField(
        _("checked against the source"),
        default=False,
        help_text=_("Tick only after reading the source itself."),
    )
    check_note = models.CharField(
        _("what was checked"), max_length=300, blank=True, help_text=_("What was read, and where.")
    )
    check_note_fr = models.CharField(_("what was checked, in French"), max_length=300, blank=True)

    class Meta(Coded.Meta):
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=REGION_CODE),
                name="codebook_region_code_form",
                violation_error_message=_("Use small letters, digits and hyphens."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=RegionKind.values),
                name="codebook_region_kind_known",
                violation_error_message=_("Choose a kind from the list."),
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | Q(kind=RegionKind.M49),
                name="codebook_region_only_m49_has_parent",
                violation_error_message=_("Only a UN M49 region is part of another one."),
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=WORLD),
                name="codebook_region_world_has_no_children",
                violation_error_message=_("001 is not everything: leave “part of” blank."),
            ),
            models.CheckConstraint(
                condition=Q(synonym_of=None) | Q(kind=RegionKind.ALIAS),
                name="codebook_region_only_alias_is_synonym",
                violation_error_message=_("Only an alias is another name of a region."),
            ),
        ]


class Country(Coded):
    """A country or territory by its ISO code, a state that has ended, or Kosovo.

    Dates are given where another code stands before or after this one: ``valid_from`` of
    Czechia is 1993-01-01, because Czechoslovakia (``CSK``) stands before it.
    """

    code = models.CharField(
        _("code"),
        max_length=3,
        primary_key=True,
        validators=[RegexValidator(COUNTRY_CODE, _("Use three capital letters."))],
        help_text=_("Three capital letters: ISO 3166-1 alpha-3, or XAA to XZZ for others."),
    )
    formal_name = models.CharField(_("formal name"), max_length=150, blank=True)
    other_names = models.CharField(
        _("other names and codes"),
        max_length=300,
        blank=True,
        help_text=_("Former names, withdrawn codes and other spellings, joined with “;”."),
    )
    kind = models.CharField(
        _("kind"), max_length=20, choices=CountryKind.choices, default=CountryKind.USER_ASSIGNED
    )
    iso2 = models.CharField(_("ISO alpha-2"), max_length=2, null=True, blank=True, unique=True)
    numeric = models.CharField(
        _("ISO numeric and M49 code"), max_length=3, null=True, blank=True, unique=True
    )
    valid_from = models.DateField(_("first day"), null=True, blank=True)
    valid_to = models.DateField(_("last day"), null=True, blank=True)
    successors = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="predecessors",
        verbose_name=_("successors"),
    )
    region = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="located",
        limit_choices_to={"kind": RegionKind.M49},
        verbose_name=_("region"),
        help_text=_("The most detailed UN M49 region."),
    )
    region_assigned = models.BooleanField(
        _("region assigned by the register"),
        default=False,
        help_text=_("Ticked where UN M49 itself says nothing."),
    )
    note = models.TextField(_("note"), blank=True, help_text=_("Shown in the public codebook."))
    note_fr = models.TextField(_("note in French"), blank=True)
    sort_key = models.CharField(max_length=100, editable=False, db_collation="C")

    class Meta(Coded.Meta):
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ["sort_key", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=COUNTRY_CODE),
                name="codebook_country_code_form",
                violation_error_message=_("Use three capital letters."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CountryKind.values),
                name="codebook_country_kind_known",
                violation_error_message=_("Choose a kind from the list."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")),
                name="codebook_country_ends_after_start",
                violation_error_message=_("The last day is before the first."),
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = folded(self.label)
        super().save(*args, **kwargs)


class CountryNumber(models.Model):
    """The number of a state in a list of the state system, for the days it was listed."""

    country = models.ForeignKey(
        Country, on_delete=models.CASCADE, related_name="numbers", verbose_name=_("country")
    )
    system = models.CharField(_("system"), max_length=3, choices=NumberSystem.choices)
    number = models.PositiveSmallIntegerField(_("number"))
    valid_from = models.DateField(_("first day"))
    valid_to = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Blank while the list goes on.")
    )

    class Meta:
        verbose_name = _("number in a state system")
        verbose_name_plural = _("numbers in state systems")
        ordering = ["country", "system", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "system", "valid_from"],
                name="codebook_countrynumber_one_per_start",
            ),
            models.CheckConstraint(
                condition=Q(system__in=NumberSystem.values),
                name="codebook_countrynumber_system_known",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")),
                name="codebook_countrynumber_ends_after_start",
                violation_error_message=_("The last day is before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_system_display()} {self.number}"
