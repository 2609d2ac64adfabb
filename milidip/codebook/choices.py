"""The vocabularies that the code branches on.

Their definitions and sources are rows of ``FixedTerm``, loaded from ``data/fixed_terms.csv``;
a test keeps the two equal. Words that editors may add to are tables in ``models.py``.
"""

from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

UNKNOWN = "unknown"
# The region of what is world-wide or held online.
WORLD = "001"


class TrackBasis(TextChoices):
    DERIVED = "derived", _("Derived from capacities")
    CODER_JUDGEMENT = "coder_judgement", _("Cataloguer's judgement")
    SOURCE_STATES = "source_states", _("Stated by the source")
    DATASET_GUESS = "dataset_guess", _("Guessed from a dataset")


class NotStated(TextChoices):
    """What was looked for and no source states. An honest gap, which is not asked for again."""

    DATE = "date", _("The date")
    PLACE = "place", _("The place")
    PARTICIPANTS = "participants", _("Who took part, or who besides those listed")
    TRACK = "track", _("Anything that tells the track")


class Status(TextChoices):
    PLANNED = "planned", _("Planned")
    ONGOING = "ongoing", _("Ongoing")
    COMPLETED = "completed", _("Completed")
    POSTPONED = "postponed", _("Postponed")
    CANCELLED = "cancelled", _("Cancelled")
    UNKNOWN = UNKNOWN, _("Unknown")


class PlacePrecision(TextChoices):
    """From the finest to the coarsest."""

    EXACT = "exact", _("Exact spot")
    PLACE = "place", _("Town or named place")
    COUNTRY = "country", _("Country only")
    REGION = "region", _("Region only")
    VIRTUAL = "virtual", _("Held online")
    WITHHELD = "withheld", _("Withheld")
    UNKNOWN = UNKNOWN, _("Unknown")

    @classmethod
    def coarsest(cls, precisions: Iterable[str]) -> str:
        """Return the coarsest of ``precisions``; ``unknown`` when there is none."""
        return max(precisions, key=cls.values.index, default=UNKNOWN)


class Level(TextChoices):
    INTERNATIONAL = "international", _("International")
    NATIONAL = "national", _("National")
    SUBNATIONAL = "subnational", _("Subnational")
    COMMUNITY = "community", _("Community")
    UNKNOWN = UNKNOWN, _("Unknown")


class Side(TextChoices):
    A = "a", _("Side A")
    B = "b", _("Side B")
    C = "c", _("Side C")
    THIRD = "third", _("Third party")


class ParticipantDisclosure(TextChoices):
    NAMED = "named", _("Named")
    TYPE_ONLY = "type_only", _("Type only")
    WITHHELD = "withheld", _("Withheld")


class PublicDisclosure(TextChoices):
    NAMED = "named", _("Named")
    TYPE_ONLY = "type_only", _("Type only")
    MERGED = "merged", _("Merged with others")


class Marking(TextChoices):
    OPEN = "open", _("Open")
    CHATHAM_HOUSE = "chatham_house", _("Chatham House Rule")
    CHATHAM_HOUSE_PART = "chatham_house_part", _("Chatham House Rule in part")
    RESTRICTED = "restricted", _("Restricted")


class State(TextChoices):
    """Where a record stands between its author and the public."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted for review")
    RETURNED = "returned", _("Returned to the author")
    CLEARED = "cleared", _("Cleared for publication")
    REFUSED = "refused", _("Refused")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class SourceKind(TextChoices):
    OFFICIAL_DOCUMENT = "official_document", _("Official document")
    PRESS_RELEASE = "press_release", _("Press release")
    NEWS = "news", _("News report")
    DATASET = "dataset", _("Dataset")
    ACADEMIC = "academic", _("Academic work")
    AGREEMENT_TEXT = "agreement_text", _("Text of an agreement")
    ORGANISATION_REPORT = "organisation_report", _("Report of an organisation")
    SOCIAL_MEDIA = "social_media", _("Social media post")
    OWN_REPORT = "own_report", _("First-hand report")


class Independence(TextChoices):
    OWN = "own", _("The register's own")
    PARTY = "party", _("From a party to it")
    INDEPENDENT = "independent", _("Independent")
    UNKNOWN = UNKNOWN, _("Unknown")


class SourceIndependence(TextChoices):
    """The best that a record's sources offer together."""

    OWN_REPORT_ONLY = "own_report_only", _("First-hand report only")
    PARTY_ONLY = "party_only", _("Parties' word only")
    INDEPENDENT = "independent", _("At least one independent source")


class LocatorType(TextChoices):
    PAGE = "page", _("Page")
    PARAGRAPH = "paragraph", _("Paragraph")
    CELL = "cell", _("Cell or row")
    SECTION = "section", _("Section")
    TIMECODE = "timecode", _("Time in a recording")


class ClaimStatus(TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    CONFLICTING = "conflicting", _("Sources conflict")
    NEEDS_WORK = "needs_work", _("Needs work")


class OutcomeKind(TextChoices):
    AGREEMENT_REACHED = "agreement_reached", _("Agreement reached")
    FOLLOW_UP_AGREED = "follow_up_agreed", _("Follow-up agreed")
    RELATIONSHIP_ESTABLISHED = "relationship_established", _("Relationship established")
    CAPABILITY_GAINED = "capability_gained", _("Capability gained")
    TENSION_REDUCED = "tension_reduced", _("Tension reduced")
    RELIEF_DELIVERED = "relief_delivered", _("Relief delivered")
    NONE_OBSERVED = "none_observed", _("None observed")
    NEGATIVE = "negative", _("Negative effect")


class ReportedBy(TextChoices):
    ORGANISER = "organiser", _("Organiser")
    PARTICIPANT = "participant", _("Participant")
    COMMUNITY = "community", _("Community concerned")
    INDEPENDENT = "independent", _("Independent observer")
    CATALOGUER = "cataloguer", _("Cataloguer")


class RelationKind(TextChoices):
    FOLLOWS = "follows", _("Follows")
    PART_OF = "part_of", _("Part of")
    RESPONSE_TO = "response_to", _("Response to")


class ReviewDecision(TextChoices):
    CLEARED = "cleared", _("Cleared")
    CLEARED_WITH_CONDITIONS = "cleared_with_conditions", _("Cleared with conditions")
    RETURNED = "returned", _("Returned")
    REFUSED = "refused", _("Refused")


class ReviewKind(TextChoices):
    INDIVIDUAL = "individual", _("Individual review")
    BULK_SAMPLED = "bulk_sampled", _("Bulk review with a sample read")
    BULK = "bulk", _("Bulk review")


class Risk(TextChoices):
    NO = "no", _("No risk seen")
    YES = "yes", _("Risk of harm")
    UNKNOWN = UNKNOWN, _("Unknown")


class ConsentBasis(TextChoices):
    PUBLIC_ROLE = "public_role", _("Public role")
    CONSENT_RECORDED = "consent_recorded", _("Consent recorded")
    ALREADY_PUBLIC = "already_public", _("Already public")
    NONE = "none", _("None")


class Rating(TextChoices):
    MET = "met", _("Met")
    MET_WITH_CONCERNS = "met_with_concerns", _("Met with concerns")
    NOT_MET = "not_met", _("Not met")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    NOT_ASSESSED = "not_assessed", _("Not assessed")


class ConductStatus(TextChoices):
    ASSESSED = "assessed", _("Conduct assessed")
    NOT_REQUIRED = "not_required", _("Assessment not required")
    NOT_ASSESSED = "not_assessed", _("Conduct not assessed")


class WithheldRule(TextChoices):
    """Why something is not shown. The definition is the sentence that the public reads."""

    PERSON_WITHHELD = "person_withheld", _("Person not named")
    PARTICIPANT_WITHHELD = "participant_withheld", _("Participant withheld")
    TYPE_ONLY = "type_only", _("Shown by type only")
    CHATHAM_HOUSE = "chatham_house", _("Chatham House Rule")
    SMALL_CELLS_MERGED = "small_cells_merged", _("Small numbers merged")
    PROTECTED = "protected", _("Protected")
    PLACE_WITHHELD = "place_withheld", _("Place withheld")
    SOURCE_WITHHELD = "source_withheld", _("Source withheld")
    TEXT_WITHHELD = "text_withheld", _("Text withheld")
    BULK_REVIEW = "bulk_review", _("Not reviewed one by one")


class IdentifierScheme(TextChoices):
    WIKIDATA = "wikidata", _("Wikidata")
    ROR = "ror", _("ROR")
    OTHER = "other", _("Other")


class NameKind(TextChoices):
    ALIAS = "alias", _("Other name")
    FORMER = "former", _("Former name")
    ACRONYM = "acronym", _("Acronym")
    TRANSLATION = "translation", _("Name in another language")
    TRANSLITERATION = "transliteration", _("Other spelling of the same name")


class DatePrecision(TextChoices):
    DAY = "day", _("Day")
    MONTH = "month", _("Month")
    YEAR = "year", _("Year")


class ExerciseForm(TextChoices):
    LIVE = "live", _("Live")
    COMMAND_POST = "command_post", _("Command post")
    COMPUTER_ASSISTED = "computer_assisted", _("Computer assisted")
    TABLE_TOP = "table_top", _("Table top")
    MIXED = "mixed", _("Mixed")


class ExerciseEnvironment(TextChoices):
    LAND = "land", _("Land")
    SEA = "sea", _("Sea")
    AIR = "air", _("Air")
    AMPHIBIOUS = "amphibious", _("Amphibious")
    CYBER = "cyber", _("Cyber")
    SPACE = "space", _("Space")


class ExerciseFocus(TextChoices):
    WARFIGHTING = "warfighting", _("Warfighting")
    PEACEKEEPING = "peacekeeping", _("Peacekeeping")
    HUMANITARIAN = "humanitarian", _("Humanitarian")
    OTHER = "other", _("Other")


class MandatingBody(TextChoices):
    """Who gave a peace operation its mandate; which organ did is in the document."""

    UNITED_NATIONS = "united_nations", _("United Nations")
    AFRICAN_UNION = "african_union", _("African Union")
    EUROPEAN_UNION = "european_union", _("European Union")
    NATO = "nato", _("NATO")
    OSCE = "osce", _("OSCE")
    OAS = "oas", _("Organization of American States")
    ECOWAS = "ecowas", _("ECOWAS")
    ARAB_LEAGUE = "arab_league", _("League of Arab States")
    CIS = "cis", _("Commonwealth of Independent States")
    OTHER_ORGANISATION = "other_organisation", _("Another organisation")
    PARTIES = "parties", _("Agreement of the parties")
    HOST_STATE = "host_state", _("Request of the host state")
    NO_MANDATE = "no_mandate", _("No mandate by others")


class MandateTask(TextChoices):
    CEASEFIRE_MONITORING = "ceasefire_monitoring", _("Watching a ceasefire")
    SEPARATION_OF_FORCES = "separation_of_forces", _("Standing between forces")
    CIVILIAN_PROTECTION = "civilian_protection", _("Protecting civilians")
    SECURE_ENVIRONMENT = "secure_environment", _("Keeping an area safe")
    DISARMAMENT = "disarmament", _("Disarmament and reintegration")
    SECURITY_REFORM = "security_reform", _("Reform of security bodies")
    POLICE_RULE_OF_LAW = "police_rule_of_law", _("Police and rule of law")
    HUMAN_RIGHTS = "human_rights", _("Human rights")
    ELECTIONS = "elections", _("Elections")
    HUMANITARIAN_SUPPORT = "humanitarian_support", _("Support to relief")
    MINE_ACTION = "mine_action", _("Mine action")
    POLITICAL_SUPPORT = "political_support", _("Support to a political process")
    ADMINISTRATION = "administration", _("Administering a territory")
    OTHER = "other", _("Other")


class DialogueFormat(TextChoices):
    BILATERAL = "bilateral", _("Two sides meet")
    MULTILATERAL = "multilateral", _("Several sides meet")
    PROXIMITY = "proximity", _("Proximity talks")
    SHUTTLE = "shuttle", _("Shuttle")
    PROBLEM_SOLVING_WORKSHOP = "problem_solving_workshop", _("Problem-solving workshop")
    EXPERT_GROUP = "expert_group", _("Expert group")
    STANDING_BODY = "standing_body", _("Standing body")
    PUBLIC_MEETING = "public_meeting", _("Public meeting")
    MIXED = "mixed", _("Mixed")
    OTHER = "other", _("Other")


class Facilitation(TextChoices):
    NONE = "none", _("Without a facilitator")
    INSIDER = "insider", _("By insiders")
    THIRD_PARTY = "third_party", _("By a third party")
    BOTH = "both", _("By insiders and a third party")


class Confidentiality(TextChoices):
    """How the meeting itself was held; what the register may show of it is its marking."""

    PUBLIC = "public", _("In public")
    CLOSED = "closed", _("Behind closed doors")
    CHATHAM_HOUSE = "chatham_house", _("Under the Chatham House Rule")
    SECRET = "secret", _("Secret at the time")


class ThemeGroup(TextChoices):
    TECHNOLOGY = "technology", _("Technology")
    MULTILATERAL_COOPERATION = "multilateral_cooperation", _("Multilateral cooperation")
    CLIMATE = "climate", _("Climate")
    HYBRID_RESILIENCE = "hybrid_resilience", _("Hybrid resilience")


class RegionKind(TextChoices):
    M49 = "m49", _("UN M49 region")
    ALIAS = "alias", _("Region people look for")
    SEA = "sea", _("Sea area")


class CountryKind(TextChoices):
    ISO = "iso", _("Country or territory in ISO 3166-1")
    HISTORICAL = "historical", _("State or territory that has ended")
    USER_ASSIGNED = "user_assigned", _("Code outside ISO 3166-1")


class NumberSystem(TextChoices):
    COW = "cow", _("Correlates of War")
    GW = "gw", _("Gleditsch and Ward")


# Vocabulary code -> enumeration, in the order of the public codebook page.
FIXED: dict[str, type[TextChoices]] = {
    "track_basis": TrackBasis,
    "status": Status,
    "date_precision": DatePrecision,
    "place_precision": PlacePrecision,
    "region_kind": RegionKind,
    "country_kind": CountryKind,
    "number_system": NumberSystem,
    "theme_group": ThemeGroup,
    "exercise_form": ExerciseForm,
    "exercise_environment": ExerciseEnvironment,
    "exercise_focus": ExerciseFocus,
    "mandating_body": MandatingBody,
    "mandate_task": MandateTask,
    "dialogue_format": DialogueFormat,
    "dialogue_facilitation": Facilitation,
    "dialogue_confidentiality": Confidentiality,
    "level": Level,
    "name_kind": NameKind,
    "identifier_scheme": IdentifierScheme,
    "side": Side,
    "participant_disclosure": ParticipantDisclosure,
    "public_disclosure": PublicDisclosure,
    "outcome_kind": OutcomeKind,
    "reported_by": ReportedBy,
    "relation_kind": RelationKind,
    "source_kind": SourceKind,
    "independence": Independence,
    "source_independence": SourceIndependence,
    "locator_type": LocatorType,
    "claim_status": ClaimStatus,
    "marking": Marking,
    "withheld_rule": WithheldRule,
    "state": State,
    "review_decision": ReviewDecision,
    "review_kind": ReviewKind,
    "risk": Risk,
    "consent_basis": ConsentBasis,
    "rating": Rating,
    "conduct_status": ConductStatus,
}
