"""What leaves the building, in which order: the columns of every export.

An allow-list. Append, never rename or reorder: other people's programs read these names. The
headers, the codebook, the data package, the schema of the API and the tests are made from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, OuterRef, Subquery, TextField, Value
from django.db.models.expressions import Combinable, Expression
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from milidip.catalogue.models import Actor


@dataclass(frozen=True, slots=True)
class Cut:
    """What every row of one export has in common."""

    base_url: str
    revision: int


Build = Callable[[Cut], Combinable]
KINDS = {"list", "integer", "decimal", "boolean", "date"}


@dataclass(frozen=True, slots=True)
class Content:
    """The SQL of a cell: ``text`` as a table prints it, ``value`` with its type.

    A text is guarded against spreadsheets and a list is joined with ``;``. A value is raw.
    """

    text: Build
    value: Build


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``null`` says that a cell may be empty, ``parts`` are those of nested lines."""

    name: str
    type: str
    null: bool
    definition: Promise | str
    content: Content
    parts: Sequence["Column"] = ()

    @property
    def kind(self) -> str:
        """Return ``list``, ``integer``, ``decimal``, ``boolean``, ``date`` or ``string``."""
        first = self.type.split()[0]
        return first if first in KINDS else "string"


class Cell(Func):
    """A cell made by SQL that is written here, once for all columns of its kind."""

    output_field = TextField()

    @classmethod
    def value(cls, field: str) -> Combinable:
        """Return the raw value; where this class does not say otherwise, the text is it."""
        return cls(F(field))


class Filled(Cell):
    """A text, a code or an honest date; nothing when there is none."""

    template = "NULLIF(%(expressions)s, '')"


class Text(Cell):
    """Free text. A spreadsheet would run what starts like a formula, so that gets a ``'``."""

    template = (
        "CASE WHEN ascii(%(expressions)s) IN (61, 43, 45, 64, 9, 13)"
        " THEN '''' || %(expressions)s ELSE NULLIF(%(expressions)s, '') END"
    )

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[str | int, ...]]:
        """Give the parameters as often as the template has the expression."""
        sql, params = super().as_sql(*args, **kwargs)
        return sql, (*params, *params, *params)

    @classmethod
    def value(cls, field: str) -> Combinable:
        return Filled(F(field))


class Known(Cell):
    """A code; nothing when it is not known."""

    template = "NULLIF(NULLIF(%(expressions)s, 'unknown'), '')"


class Stored(Cell):
    """A cell whose raw value is the column of the table as it is."""

    @classmethod
    def value(cls, field: str) -> Combinable:
        return F(field)


class KnownOnes(Cell):
    """Codes as a list, without ``unknown``."""

    template = "array_remove(%(expressions)s, 'unknown')"


class Codes(Cell):
    """Codes joined with ``;``, without ``unknown``."""

    template = "NULLIF(array_to_string(array_remove(%(expressions)s, 'unknown'), ';'), '')"

    @classmethod
    def value(cls, field: str) -> Combinable:
        return KnownOnes(F(field))


class CodesAsTheyAre(Stored):
    """Codes joined with ``;`` where ``unknown`` is a code like the others."""

    template = "NULLIF(array_to_string(%(expressions)s, ';'), '')"


class Texts(Stored):
    """Free texts joined with ``;``, which in one of them becomes a comma."""

    template = (
        "replace(replace(array_to_string(%(expressions)s, chr(31)), ';', ','), chr(31), ';')"
    )


class Truth(Stored):
    """True or false in words."""

    template = "CASE WHEN %(expressions)s THEN 'true' ELSE 'false' END"


class TruthIfKnown(Stored):
    """True, false, or nothing where nobody has said."""

    template = "CASE %(expressions)s WHEN TRUE THEN 'true' WHEN FALSE THEN 'false' END"


class Number(Cell):
    """A decimal without zeros that would promise more precision than there is."""

    template = "trim_scale(%(expressions)s)"


class Address(Cell):
    """The permanent address of a record."""

    template = "concat(%(expressions)s, '/')"


def made(build: Build) -> Content:
    """Return a cell that looks alike in every format."""
    return Content(build, build)


def raw(field: str) -> Content:
    return made(lambda cut: F(field))


def cell(kind: type[Cell], field: str) -> Content:
    return Content(lambda cut: kind(F(field)), lambda cut: kind.value(field))


def text(field: str) -> Content:
    return cell(Text, field)


def texts(field: str) -> Content:
    return Content(lambda cut: Text(Texts(F(field))), lambda cut: F(field))


def address(cut: Cut) -> Expression:
    return Address(Value(f"{cut.base_url}/engagements/"), F("reference"))


def parent(cut: Cut) -> Expression:
    actor = Actor.objects.filter(pk=OuterRef("actor_reference"))
    return Filled(Subquery(actor.values("parent_reference")))


def revision(cut: Cut) -> Expression:
    return Value(cut.revision)


REVISION = Column(
    "register_revision",
    "integer",
    False,
    _("Revision of the register the file was cut from"),
    made(revision),
)

# fmt: off
ENGAGEMENTS: list[Column] = [
    Column("reference", "string MD-XXXXXX", False, _("Permanent public identifier; one row each"), raw("reference")),
    Column("version", "integer", False, _("Public version of this record that the row states"), raw("version")),
    Column("url", "uri", False, _("Permanent address of the record"), made(address)),
    Column("title", "string", False, _("Name as given by the source or supplied by the cataloguer"), text("document__title")),
    Column("title_supplied", "boolean", False, _("True when the register composed the title"), cell(Truth, "title_supplied")),
    Column("series", "string", True, _("Series the engagement belongs to"), text("document__series_name")),
    Column("edition", "string", True, _("Edition within the series as written"), text("document__edition")),
    Column("summary", "string", True, _("The register's own words; never a source's text"), text("document__summary")),
    Column("track", "enum 1|1.5|2|3|unknown", False, _("Primary track by who took part"), raw("track")),
    Column("track_basis", "enum rule code", False, _("Rule that produced the track"), raw("track_basis")),
    Column("touches", "list track", True, _("Every track touched, the primary one included"), cell(Codes, "touches")),
    Column("track3_link", "list enum", True, _("How it reaches Track III; empty: none recorded"), cell(Codes, "track3_link")),
    Column("military_role", "list enum", False, _("What defence actors did; none and unknown are values"), cell(CodesAsTheyAre, "military_role")),
    Column("initiated_by", "enum actor type", True, _("Type of the actor that convened it"), cell(Known, "initiated_by")),
    Column("family", "enum", False, _("Activity family"), raw("family")),
    Column("activity", "enum", False, _("Activity type: one, by main purpose"), raw("activity")),
    Column("objectives", "list enum", True, _("Stated objectives"), cell(Codes, "objectives")),
    Column("themes", "list enum", True, _("Themes"), cell(Codes, "themes")),
    Column("status", "enum", False, _("Planned, ongoing, completed, postponed, cancelled or unknown"), raw("status")),
    Column("date_start", "EDTF level 1", True, _("Start as known: 1980-05-14, 1980-05 or 1980"), cell(Filled, "date_start")),
    Column("date_end", "EDTF level 1", True, _("End as known; empty: not stated; “..”: it goes on"), cell(Filled, "date_end")),
    Column("start_earliest", "date", True, _("First day the start may be"), raw("start_earliest")),
    Column("start_latest", "date", True, _("Last day the start may be"), raw("start_latest")),
    Column("end_earliest", "date", True, _("First day the end may be"), raw("end_earliest")),
    Column("end_latest", "date", True, _("Last day the end may be"), raw("end_latest")),
    Column("place_names", "list string", True, _("Places where it happened, as published; a “;” in a name is written as a comma"), texts("document__place_names")),
    Column("place_countries", "list iso3", True, _("Countries of those places only"), cell(Codes, "place_countries")),
    Column("place_areas", "list code", True, _("Sea areas and other places that are no country"), cell(Codes, "place_areas")),
    Column("place_precision", "enum", False, _("The coarsest precision among the places"), raw("place_precision")),
    Column("latitude", "decimal", True, _("WGS84; only of one place that is known as a spot or a town"), cell(Number, "latitude")),
    Column("longitude", "decimal", True, _("WGS84; as latitude"), cell(Number, "longitude")),
    Column("regions", "list M49 code", True, _("M49 codes of the places' countries at the most detailed level; set directly where there is no country"), cell(Codes, "regions")),
    Column("participant_countries", "list iso3", True, _("Countries of disclosed participants; never of withheld ones"), cell(Codes, "participant_countries")),
    Column("actors", "list reference", True, _("References of disclosed actors; they join to participations"), cell(Codes, "actors")),
    Column("actor_types", "list enum", True, _("Types that took part, after merging of small cells"), cell(Codes, "actor_types")),
    Column("actor_count", "integer", True, _("Distinct disclosed organisations and states; never joined rows"), raw("actor_count")),
    Column("people_min", "integer", True, _("Lower bound of the head count"), raw("people_min")),
    Column("people_max", "integer", True, _("Upper bound of the head count"), raw("people_max")),
    Column("exercise_form", "enum", True, _("Exercises: live, command post, computer assisted, table top or mixed"), cell(Known, "exercise_form")),
    Column("exercise_environments", "list enum", True, _("Exercises: where the forces act"), cell(Codes, "exercise_environments")),
    Column("exercise_focus", "list enum", True, _("Exercises: what they prepare for"), cell(Codes, "exercise_focus")),
    Column("mandating_body", "list enum", True, _("Peace operations: who gave the mandate"), cell(Codes, "mandating_body")),
    Column("mandate_document", "string", True, _("Peace operations: the document of the mandate, such as S/RES/743 (1992)"), text("document__mandate_document")),
    Column("authorised_strength", "integer", True, _("Peace operations: uniformed personnel that the mandate allows; not how many came"), raw("authorised_strength")),
    Column("dialogue_format", "enum", True, _("Dialogues: how those who talk come together"), cell(Known, "dialogue_format")),
    Column("training_course", "string", True, _("Exchanges and training: name or subject of the course"), text("document__training_course")),
    Column("outcome_kinds", "list enum", True, _("Kinds of outcome recorded"), cell(Codes, "outcome_kinds")),
    Column("outcome_reported_by", "list enum", True, _("Who reports the outcomes"), cell(Codes, "outcome_reported_by")),
    Column("marking", "enum", False, _("Open, or how the Chatham House Rule applies"), raw("marking")),
    Column("withheld", "list rule code", True, _("Rules under which something was withheld; empty: nothing was"), cell(Codes, "withheld")),
    Column("source_count", "integer", False, _("Published sources"), raw("source_count")),
    Column("source_independence", "enum", False, _("The best that the sources offer together"), raw("source_independence")),
    Column("claim_status", "enum", False, _("Accepted, conflicting or needs work"), raw("claim_status")),
    Column("publication_review", "enum", False, _("Decision of the publication review"), raw("publication_review")),
    Column("review_kind", "enum", False, _("Individual, bulk with a sample read, or bulk"), raw("review_kind")),
    Column("reviewed_on", "date", False, _("Date of the publication decision"), raw("reviewed_on")),
    Column("review_until", "date", True, _("Last day of the clearance; empty: it does not end"), raw("review_until")),
    Column("conduct_assessment", "enum", False, _("Assessed, not required or not assessed"), raw("conduct_assessment")),
    Column("rating_international_standards", "enum", True, _("Finding on international standards; empty unless assessed"), cell(Filled, "rating_international_standards")),
    Column("rating_transparency_accountability", "enum", True, _("Finding on transparency and accountability; empty unless assessed"), cell(Filled, "rating_transparency_accountability")),
    Column("rating_human_rights", "enum", True, _("Finding on human rights; empty unless assessed"), cell(Filled, "rating_human_rights")),
    Column("rating_national_global_balance", "enum", True, _("Finding on the balance of national and global interest; empty unless assessed"), cell(Filled, "rating_national_global_balance")),
    Column("conditions_open", "integer", False, _("Review conditions that are still open"), raw("conditions_open")),
    Column("source_dataset", "string", True, _("Dataset the record came from"), text("source_dataset")),
    Column("source_id", "string", True, _("Identifier in that dataset"), text("source_id")),
    Column("content_licence", "string", False, _("Licence of this row"), text("content_licence")),
    Column("first_published", "date", False, _("Day it first became public"), raw("first_published")),
    Column("last_published", "date", False, _("Day of this version"), raw("last_published")),
    REVISION,
    Column("own_work", "boolean", False, _("True when the person who logged the record also reviewed, assessed or published it"), cell(Truth, "own_work")),
    Column("exercise_live_fire", "boolean", True, _("Exercises: were weapons fired with live rounds? Empty: not known"), cell(TruthIfKnown, "exercise_live_fire")),
    Column("exercise_multi_service", "boolean", True, _("Exercises: did several services of a state take part? Empty: not known"), cell(TruthIfKnown, "exercise_multi_service")),
    Column("mandate_tasks", "list enum", True, _("Peace operations: what the mandate asks for"), cell(Codes, "mandate_tasks")),
    Column("dialogue_rounds", "integer", True, _("Dialogues: meetings that the record stands for"), raw("dialogue_rounds")),
    Column("dialogue_facilitation", "enum", True, _("Dialogues: whether somebody stood between the sides, and from where"), cell(Known, "dialogue_facilitation")),
    Column("dialogue_sides", "integer", True, _("Dialogues: sides of the divide at the table"), raw("dialogue_sides")),
    Column("dialogue_confidentiality", "enum", True, _("Dialogues: how the meeting itself was held"), cell(Known, "dialogue_confidentiality")),
    Column("training_people", "integer", True, _("Exchanges and training: people sent or taught; empty where it could point at somebody"), raw("training_people")),
    Column("training_days", "integer", True, _("Exchanges and training: length in days, where the dates do not say it"), raw("training_days")),
    Column("sending_side", "string", True, _("Exchanges and training: who sends; never under the Chatham House Rule"), text("document__sending_side")),
    Column("receiving_side", "string", True, _("Exchanges and training: who receives or teaches; never under the Chatham House Rule"), text("document__receiving_side")),
    Column("case_study", "boolean", False, _("True when the record has a fuller account that is listed as a case study"), cell(Truth, "case_study")),
]

PARTICIPATIONS: list[Column] = [
    Column("engagement_reference", "string MD-XXXXXX", False, _("The engagement"), raw("entry__reference")),
    Column("engagement_version", "integer", False, _("Public version of the engagement"), raw("entry__version")),
    Column("line", "integer", False, _("Row number in the engagement; with the reference it is the primary key; not stable across versions"), raw("line")),
    Column("actor_reference", "string MA-XXXXXX", True, _("Empty when withheld or shown by type only"), cell(Filled, "actor_reference")),
    Column("actor_name", "string", True, _("Empty when withheld or shown by type only"), text("actor_name")),
    Column("actor_type", "enum", False, _("Type of actor, after merging of small cells"), raw("actor_type")),
    Column("actor_level", "enum", True, _("International, national, subnational, community or unknown"), cell(Filled, "actor_level")),
    Column("actor_country", "iso3", True, _("Empty when withheld; historical codes as of the date"), cell(Known, "actor_country")),
    Column("actor_country_cow", "integer", True, _("Correlates of War number at the date"), raw("actor_country_cow")),
    Column("actor_country_gw", "integer", True, _("Gleditsch and Ward number at the date"), raw("actor_country_gw")),
    Column("parent_reference", "string MA-XXXXXX", True, _("Parent actor, when that is public too"), made(parent)),
    Column("role", "enum", False, _("What the actor did"), raw("role")),
    Column("capacity", "enum", False, _("In which position the actor took part"), raw("capacity")),
    Column("side", "enum a|b|c|third", True, _("Side of the divide represented, in dialogues and agreements"), cell(Filled, "side")),
    Column("people_min", "integer", True, _("Lower bound of the head count"), raw("people_min")),
    Column("people_max", "integer", True, _("Upper bound of the head count"), raw("people_max")),
    Column("women_min", "integer", True, _("Women among them, where a source says so"), raw("women_min")),
    Column("disclosure", "enum", False, _("Named, by type only, or merged with others"), raw("disclosure")),
    Column("disclosure_rule", "rule code", True, _("Why it is not named"), cell(Filled, "disclosure_rule")),
    Column("source_references", "list reference", True, _("Sources that state this participation"), cell(Codes, "source_references")),
    Column("track", "enum", False, _("Repeated from the engagement, so that the file stands alone"), raw("entry__track")),
    Column("activity", "enum", False, _("Repeated from the engagement"), raw("entry__activity")),
    Column("date_start", "EDTF level 1", True, _("Repeated from the engagement"), cell(Filled, "entry__date_start")),
    Column("start_earliest", "date", True, _("Repeated from the engagement"), raw("entry__start_earliest")),
    Column("start_latest", "date", True, _("Repeated from the engagement"), raw("entry__start_latest")),
    REVISION,
]

SOURCES: list[Column] = [
    Column("source_reference", "string MS-XXXXXX", False, _("Permanent public identifier; one row each"), raw("reference")),
    Column("engagement_reference", "string MD-XXXXXX", False, _("The engagement"), raw("entry__reference")),
    Column("engagement_version", "integer", False, _("Public version of the engagement"), raw("entry__version")),
    Column("kind", "enum", False, _("Kind of source"), raw("kind")),
    Column("independence", "enum", False, _("The register's own, from a party, independent, or unknown"), raw("independence")),
    Column("title", "string", True, _("Empty when withheld"), text("title")),
    Column("author", "string", True, _("Empty when withheld or not stated"), text("author")),
    Column("publisher", "string", True, _("Empty when withheld or not stated"), text("publisher")),
    Column("language", "BCP 47", True, _("Language of the source"), text("language")),
    Column("published", "EDTF level 1", True, _("Date of publication as known"), cell(Filled, "published")),
    Column("accessed", "date", True, _("Day it was read"), raw("accessed")),
    Column("url", "uri", True, _("Empty when withheld"), text("url")),
    Column("archive_url", "uri", True, _("Copy in an archive; empty when withheld"), text("archive_url")),
    Column("locator_type", "enum", True, _("Page, paragraph, cell, section or timecode"), cell(Filled, "locator_type")),
    Column("locator", "string", True, _("Where in the source"), text("locator")),
    Column("supports", "list column name", True, _("Columns of the record that it supports; empty: the record as a whole"), cell(CodesAsTheyAre, "supports")),
    Column("claim_status", "enum", False, _("Repeated from the engagement: accepted, conflicting or needs work"), raw("entry__claim_status")),
    Column("disclosure_rule", "rule code", True, _("Why title or address is withheld"), cell(Filled, "disclosure_rule")),
    REVISION,
]
# fmt: on
