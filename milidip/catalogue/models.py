"""The public side: what anyone may see, and nothing else.

Only the gate (`engagements.publication`) writes these tables. A name that was
promised protection is not hidden here: it is absent.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

UNKNOWN = "unknown"


def codes(length: int = 40) -> ArrayField:
    """A column of codes; what is missing is stored as the code ``unknown``."""
    return ArrayField(models.CharField(max_length=length), default=list)


def not_known() -> list[str]:
    return [UNKNOWN]


def details(length: int = 40) -> ArrayField:
    """A column of codes that only one family of activities has: ``unknown`` for all others."""
    return ArrayField(models.CharField(max_length=length), default=not_known)


class Register(models.Model):
    """One row: the revision of the whole register, and the last day it was swept."""

    revision = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)
    swept_on = models.DateField(null=True)
    files_from = models.PositiveBigIntegerField(
        default=0,
        help_text="Files cut at an earlier revision may hold what was taken back since.",
    )
    words_of = models.PositiveIntegerField(
        default=0, help_text="How many records there were when frequent words were chosen."
    )
    terms = models.UUIDField(
        db_default=RandomUUID(), help_text="Drawn afresh when a term of the codebook changes."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_register")]

    def __str__(self):
        return f"revision {self.revision}"


class EntryQuerySet(models.QuerySet):
    def involving(self, actor_reference: str):
        return self.filter(actors__contains=[actor_reference])

    def case_studies(self):
        return self.filter(case_study=True)

    def newest_first(self):
        """By first known day; records without a date come last. Stable by ordinal."""
        return self.order_by(
            models.F("start_earliest").desc(nulls_last=True), models.F("ordinal").desc()
        )


class Entry(models.Model):
    """One public record, narrow: codes, dates and an ordinal, for filters and counts."""

    ordinal = models.PositiveIntegerField(primary_key=True)
    reference = models.CharField(max_length=9, unique=True)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sort_key = models.CharField(max_length=500, db_collation="C")
    title_supplied = models.BooleanField()
    series = models.CharField(max_length=80, default=UNKNOWN)
    track = models.CharField(max_length=10)
    track_basis = models.CharField(max_length=20)
    touches = codes(10)
    track3_link = codes()
    military_role = codes()
    initiated_by = models.CharField(max_length=40)
    family = models.CharField(max_length=40)
    activity = models.CharField(max_length=40)
    objectives = codes()
    themes = codes()
    status = models.CharField(max_length=12)
    date_start = models.CharField(max_length=10, blank=True)
    date_end = models.CharField(max_length=10, blank=True)
    start_earliest = models.DateField(null=True)
    start_latest = models.DateField(null=True)
    end_earliest = models.DateField(null=True)
    end_latest = models.DateField(null=True)
    overlap_from = models.DateField(
        null=True,
        help_text="First day the engagement may have been going on; null: no start known.",
    )
    overlap_to = models.DateField(
        null=True, help_text="Last such day; null while it goes on, or when no start is known."
    )
    place_countries = codes()
    place_areas = codes()
    place_precision = models.CharField(max_length=10)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    regions = codes()
    region_codes = ArrayField(
        models.CharField(max_length=40),
        default=list,
        help_text="Every region that contains it, sub-regions, parents and aliases alike.",
    )
    participant_countries = codes()
    actors = ArrayField(models.CharField(max_length=9), default=list)
    actor_types = codes()
    roles = codes()
    actor_count = models.PositiveIntegerField(null=True)
    people_min = models.PositiveIntegerField(null=True)
    people_max = models.PositiveIntegerField(null=True)
    exercise_form = models.CharField(max_length=40, default=UNKNOWN)
    exercise_environments = details()
    exercise_focus = details()
    exercise_live_fire = models.BooleanField(null=True)
    exercise_multi_service = models.BooleanField(null=True)
    mandating_body = details()
    authorised_strength = models.PositiveIntegerField(null=True)
    mandate_tasks = details()
    dialogue_format = models.CharField(max_length=40, default=UNKNOWN)
    dialogue_rounds = models.PositiveIntegerField(null=True)
    dialogue_facilitation = models.CharField(max_length=40, default=UNKNOWN)
    dialogue_sides = models.PositiveIntegerField(null=True)
    dialogue_confidentiality = models.CharField(max_length=40, default=UNKNOWN)
    training_people = models.PositiveIntegerField(null=True)
    training_days = models.PositiveIntegerField(null=True)
    outcome_kinds = codes()
    outcome_reported_by = codes()
    marking = models.CharField(max_length=20)
    withheld = ArrayField(models.CharField(max_length=40), default=list)
    source_count = models.PositiveIntegerField()
    source_independence = models.CharField(max_length=20)
    claim_status = models.CharField(max_length=12)
    publication_review = models.CharField(max_length=25)
    review_kind = models.CharField(max_length=15)
    reviewed_on = models.DateField()
    review_until = models.DateField(null=True)
    own_work = models.BooleanField(default=False)
    case_study = models.BooleanField(default=False)
    conduct_assessment = models.CharField(max_length=15)
    rating_international_standards = models.CharField(max_length=20, blank=True)
    rating_transparency_accountability = models.CharField(max_length=20, blank=True)
    rating_human_rights = models.CharField(max_length=20, blank=True)
    rating_national_global_balance = models.CharField(max_length=20, blank=True)
    conditions_open = models.PositiveIntegerField(default=0)
    source_dataset = models.CharField(max_length=200, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    content_licence = models.CharField(max_length=200)
    first_published = models.DateField()
    last_published = models.DateField()
    leaves_on = models.DateField(
        null=True, help_text="The day on which an expired clearance takes it off the public side."
    )

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        ordering = ["ordinal"]
        indexes = [
            models.Index(
                models.F("start_earliest").desc(nulls_last=True),
                models.F("ordinal").desc(),
                name="entry_newest",
            ),
            models.Index(fields=["start_earliest", "ordinal"], name="entry_oldest"),
            models.Index(fields=["sort_key", "ordinal"], name="entry_by_title"),
            models.Index(fields=["overlap_from", "overlap_to"], name="entry_overlap"),
            models.Index(fields=["-first_published", "-ordinal"], name="entry_latest"),
            models.Index(
                fields=["-last_published", "-ordinal"],
                name="entry_corrected",
                condition=Q(version__gt=1),
            ),
            models.Index(fields=["source_dataset"], name="entry_dataset"),
            models.Index(fields=["activity"], name="entry_activity"),
            models.Index(
                fields=["series", "start_earliest", "ordinal"], name="entry_series_order"
            ),
            models.Index(
                fields=["leaves_on"], name="entry_leaves", condition=Q(leaves_on__isnull=False)
            ),
            models.Index(
                models.F("start_earliest").desc(nulls_last=True),
                models.F("ordinal").desc(),
                name="entry_case_studies",
                condition=Q(case_study=True),
            ),
            GinIndex(fields=["touches"], name="entry_touches"),
            GinIndex(fields=["region_codes"], name="entry_regions"),
            GinIndex(fields=["place_countries"], name="entry_places"),
            GinIndex(fields=["participant_countries"], name="entry_participants"),
            GinIndex(fields=["actors"], name="entry_actors"),
            GinIndex(fields=["themes"], name="entry_themes"),
            GinIndex(fields=["sort_key"], name="entry_alike", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self):
        return self.reference

    def get_absolute_url(self):
        return reverse("catalogue:record", args=[self.reference])


class Bits(models.Field):
    """A row of bits, of any length; the database alone reads and writes them."""

    def db_type(self, connection):
        return "bit varying"


class FacetBlock(models.Model):
    """Which of 30,000 neighbouring ordinals have one value of one facet: a bit for each.

    Kept by triggers on the table of entries, whoever writes there, so that it is never behind.
    """

    pk = models.CompositePrimaryKey("facet", "value", "block")
    facet = models.CharField(max_length=20, db_collation="C")
    value = models.CharField(max_length=40, db_collation="C")
    block = models.PositiveSmallIntegerField(help_text="Ordinal divided by 30,000.")
    n = models.PositiveSmallIntegerField(help_text="How many of the bits are set.")
    bits = Bits()

    class Meta:
        # Neither the sums of everything nor what is emptied is worth a look at the wide rows.
        indexes = [
            models.Index(fields=["facet", "value"], include=["n"], name="facet_sums"),
            models.Index(fields=["block"], condition=Q(n=0), name="facet_emptied"),
        ]

    def __str__(self):
        return f"{self.facet} {self.value} {self.block}"


class FrequentWord(models.Model):
    """A word of so many records that blocks of bits are kept of it, like those of facets.

    They are rows of FacetBlock: the facet is ``word``, kept by triggers on the table of searches.
    """

    word = models.CharField(max_length=40, primary_key=True, db_collation="C")

    def __str__(self):
        return self.word


class EntryRedirect(models.Model):
    """The reference of a record that was merged into another, which is public."""

    reference = models.CharField(max_length=9, primary_key=True)
    target = models.ForeignKey(Entry, on_delete=models.DB_CASCADE, related_name="+")

    class Meta:
        ordering = ["reference"]

    def __str__(self):
        return f"{self.reference} is {self.target_id}"

    @classmethod
    def of(cls, reference: str) -> str | None:
        """Return the reference of the public record that it lives on in, if it was merged."""
        merged = cls.objects.filter(pk=reference)
        return merged.values_list("target__reference", flat=True).first()


class Document(models.Model):
    """The long text of a public record, and its whole page as JSON."""

    entry = models.OneToOneField(
        Entry, on_delete=models.DB_CASCADE, primary_key=True, related_name="document"
    )
    title = models.CharField(max_length=500)
    series_name = models.CharField(max_length=300, blank=True)
    edition = models.CharField(max_length=100, blank=True)
    summary = models.TextField(blank=True)
    place_names = ArrayField(models.CharField(max_length=300), default=list)
    mandate_document = models.CharField(max_length=300, blank=True)
    training_course = models.CharField(max_length=300, blank=True)
    sending_side = models.CharField(max_length=300, blank=True)
    receiving_side = models.CharField(max_length=300, blank=True)
    data = models.JSONField()

    class Meta:
        indexes = [
            GinIndex(
                OpClass(
                    models.Func("place_names", function="catalogue_folded"), name="gin_trgm_ops"
                ),
                name="document_places_alike",
            )
        ]

    def __str__(self):
        return self.title


class Search(models.Model):
    """What full-text search looks through: the disclosed document only."""

    entry = models.OneToOneField(
        Entry, on_delete=models.DB_CASCADE, primary_key=True, related_name="search"
    )
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="search_vector")]

    def __str__(self):
        return self.entry_id


class Actor(models.Model):
    """An actor named in at least one public record."""

    reference = models.CharField(max_length=9, primary_key=True)
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=300)
    sort_key = models.CharField(max_length=300, db_collation="C", db_index=True)
    type = models.CharField(max_length=40)
    level = models.CharField(max_length=20)
    country = models.CharField(max_length=8, default=UNKNOWN)
    parent_reference = models.CharField(max_length=9, blank=True, db_index=True)
    other_names = ArrayField(models.CharField(max_length=300), default=list)
    identifiers = models.JSONField(default=list)

    class Meta:
        verbose_name = _("actor")
        verbose_name_plural = _("actors")
        ordering = ["sort_key", "reference"]
        indexes = [
            GinIndex(fields=["sort_key"], name="actor_typeahead", opclasses=["gin_trgm_ops"])
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("catalogue:actor", args=[self.reference])


class ActorRedirect(models.Model):
    """The reference that an actor had before it was merged with another that is public too."""

    reference = models.CharField(max_length=9, primary_key=True)
    target = models.ForeignKey(Actor, on_delete=models.DB_CASCADE, related_name="+")

    class Meta:
        ordering = ["reference"]

    def __str__(self):
        return f"{self.reference} is {self.target_id}"

    @classmethod
    def of(cls, reference: str) -> str | None:
        """Return the reference of the public record that it lives on in, if it was merged."""
        merged = cls.objects.filter(pk=reference)
        return merged.values_list("target__reference", flat=True).first()


class Participation(models.Model):
    """One public line of who took part: named, by kind only, or merged."""

    entry = models.ForeignKey(Entry, on_delete=models.DB_CASCADE, related_name="participations")
    line = models.PositiveIntegerField()
    actor_reference = models.CharField(max_length=9, blank=True, db_index=True)
    actor_name = models.CharField(max_length=300, blank=True)
    actor_type = models.CharField(max_length=40)
    actor_level = models.CharField(max_length=20, blank=True)
    actor_country = models.CharField(max_length=8, blank=True)
    actor_country_cow = models.PositiveIntegerField(null=True)
    actor_country_gw = models.PositiveIntegerField(null=True)
    role = models.CharField(max_length=40)
    capacity = models.CharField(max_length=40)
    side = models.CharField(max_length=5, blank=True)
    people_min = models.PositiveIntegerField(null=True)
    people_max = models.PositiveIntegerField(null=True)
    women_min = models.PositiveIntegerField(null=True)
    disclosure = models.CharField(max_length=10)
    disclosure_rule = models.CharField(max_length=40, blank=True)
    source_references = ArrayField(models.CharField(max_length=9), default=list)

    class Meta:
        ordering = ["entry", "line"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "line"], name="participation_line_once")
        ]

    def __str__(self):
        return f"{self.entry_id} {self.line}"


class Source(models.Model):
    """One public source; withheld ones keep their kind and say by which rule."""

    entry = models.ForeignKey(Entry, on_delete=models.DB_CASCADE, related_name="sources")
    line = models.PositiveIntegerField()
    reference = models.CharField(max_length=9, db_index=True)
    kind = models.CharField(max_length=20)
    independence = models.CharField(max_length=12)
    title = models.CharField(max_length=1000, blank=True)
    author = models.CharField(max_length=300, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=12, blank=True)
    published = models.CharField(max_length=10, blank=True)
    accessed = models.DateField(null=True)
    url = models.CharField(max_length=2000, blank=True)
    archive_url = models.CharField(max_length=2000, blank=True)
    locator_type = models.CharField(max_length=10, blank=True)
    locator = models.CharField(max_length=200, blank=True)
    supports = codes()
    disclosure_rule = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["entry", "line"]
        constraints = [models.UniqueConstraint(fields=["entry", "line"], name="source_line_once")]

    def __str__(self):
        return self.reference


class Relation(models.Model):
    """A link between two records that are both public; apart, so that either can leave."""

    entry = models.ForeignKey(Entry, on_delete=models.DB_CASCADE, related_name="relations")
    kind = models.CharField(max_length=12)
    target = models.ForeignKey(Entry, on_delete=models.DB_CASCADE, related_name="referrers")

    class Meta:
        ordering = ["entry", "kind", "target"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "kind", "target"], name="relation_once")
        ]

    def __str__(self):
        return f"{self.entry_id} {self.kind} {self.target_id}"


class Version(models.Model):
    """A public version as it reads today: earlier ones are rendered anew like the current."""

    entry = models.ForeignKey(Entry, on_delete=models.DB_CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    change_note = models.CharField(max_length=500, blank=True)
    data = models.JSONField()

    class Meta:
        ordering = ["entry", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="public_version_once")
        ]
        indexes = [
            models.Index(models.F("published_at").desc(), name="version_newest"),
            models.Index(
                models.F("published_at").desc(),
                name="version_corrections",
                condition=Q(number__gt=1),
            ),
        ]

    def __str__(self):
        return f"{self.entry_id} version {self.number}"


class Tombstone(models.Model):
    """The reference of a record that was public and is not any more."""

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("clearance expired")

    reference = models.CharField(max_length=9, primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    left_on = models.DateField()

    class Meta:
        ordering = ["reference"]
        indexes = [models.Index(models.F("left_on").desc(), "reference", name="tombstone_newest")]

    def __str__(self):
        return self.reference


class ReleaseQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(withdrawn_on=None)

    def withdrawn(self):
        return self.exclude(withdrawn_on=None)

    def holding(self, references):
        """Return the releases that have one of these records."""
        return self.filter(
            pk__in=ReleaseRecord.objects.filter(reference__in=references).values("release")
        )


class Release(models.Model):
    """A dated cut of the whole register that keeps its bytes. Its number is never used again.

    A promise made later withdraws it, and what is issued again has the next ``issue``.
    """

    number = models.CharField(max_length=20, primary_key=True)
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveSmallIntegerField()
    issue = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveBigIntegerField()
    made_on = models.DateField()
    files = models.JSONField(help_text="Name, title, rows, bytes and SHA-256 of each file.")
    since = models.CharField(
        max_length=20, blank=True, help_text="The release that its changes are counted from."
    )
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    withdrawn_on = models.DateField(null=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["-year", "-sequence", "-issue"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "sequence", "issue"], name="release_number_once"
            )
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("catalogue:release", args=[self.number])


class ReleaseRecord(models.Model):
    """A record in a release, to know which release a promise concerns and what has changed."""

    release = models.ForeignKey(Release, on_delete=models.DB_CASCADE, related_name="+")
    reference = models.CharField(max_length=9)
    version = models.PositiveIntegerField()
    digest = models.CharField(
        max_length=64, blank=True, help_text="Empty when the record was taken back since."
    )

    class Meta:
        ordering = ["release", "reference"]
        constraints = [
            models.UniqueConstraint(fields=["release", "reference"], name="release_record_once")
        ]
        indexes = [models.Index(fields=["reference"], name="release_record")]

    def __str__(self):
        return f"{self.reference} in {self.release_id}"
