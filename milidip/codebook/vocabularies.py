"""Every vocabulary in the order in which the public codebook prints them, and its rules.

The page needs no knowledge of the tables: a vocabulary gives its terms, and a term its code,
label, definition, source and further facts (``extra``), as text.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from milidip.codebook import entries
from milidip.codebook.choices import FIXED, CountryKind, RegionKind
from milidip.codebook.entries import Entry
from milidip.codebook.models import (
    Capacity,
    Criterion,
    Family,
    MilitaryRole,
    Objective,
    Role,
    TrackLink,
)

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A named list of terms; ``parameter`` is the filter that takes its codes, if one does."""

    code: str
    label: Text
    description: Text
    read: Callable[[], Iterable[Entry]]
    parameter: str = ""

    def terms(self) -> list[Entry]:
        """Read the terms from the database, in order."""
        return list(self.read())


@dataclass(frozen=True, slots=True)
class Note:
    """A rule of the codebook that the public page prints."""

    title: Text
    text: Text


NOTES = [
    Note(
        gettext_lazy("Where it happened"),
        gettext_lazy(
            "Region and country say where an engagement took place. A region follows from the "
            "country of the place, or was set directly: a region, a sea area, or World (001) for "
            "what is world-wide or held online. A filter on a region includes its sub-regions; "
            "001 does not mean everything. Where participants come from is another filter."
        ),
    ),
    Note(
        gettext_lazy("Disputed territories"),
        gettext_lazy(
            "The register takes no view on the status of any territory or on borders. It uses "
            "the code under which ISO 3166 files a place, also where somebody else is in control: "
            "Crimea is found under UKR, the whole of Cyprus under CYP, Somaliland under SOM, "
            "Western Sahara under ESH. Where ISO is silent, a place that is known by coordinates "
            "only gets the country that Natural Earth draws there. For the Golan Heights, Abyei "
            "and the Siachen Glacier nothing is derived: a cataloguer sets what the source says."
        ),
    ),
    Note(
        gettext_lazy("Kosovo"),
        gettext_lazy(
            "ISO 3166-1 has no code for Kosovo. The register uses XKX, from the range that ISO "
            "leaves to users, for every date, and places it in Southern Europe like its "
            "neighbours. This takes no view on its status."
        ),
    ),
    Note(
        gettext_lazy("States that have ended"),
        gettext_lazy(
            "States that have ended keep their own code, with their days of existence and their "
            "successors. The days are those of Gleditsch and Ward (Czechoslovakia to 1992-12-31, "
            "not to ISO's withdrawal of the code in 1993); the end of the Soviet Union follows "
            "the Correlates of War list of its successors. Sources that write Russia for the "
            "Soviet Union are kept as they are, and the state of the day is shown. A state that "
            "only changed its name (Zaire, Burma, Upper Volta) is found under today's code. The "
            "register assigns the region of such states."
        ),
    ),
    Note(
        gettext_lazy("Alias regions"),
        gettext_lazy(
            "Regions such as the Sahel are not part of any standard. Their members are printed "
            "with the rule, the source, the day the list is true for, and what was checked. They "
            "overlap, so they never enter a total. A state that has ended counts as a member "
            "when all its successors do."
        ),
    ),
    Note(
        gettext_lazy("Sea areas"),
        gettext_lazy(
            "What happened at sea carries a named sea area and no country. Names follow the "
            "International Hydrographic Organization and take no side where they are disputed."
        ),
    ),
    Note(
        gettext_lazy("Unknown and withheld"),
        gettext_lazy(
            "“unknown” means that no source says it, “withheld” that it is known and not shown. "
            "Both can be filtered like any other value."
        ),
    ),
]


_FIXED_TEXTS: dict[str, tuple[Text, Text]] = {
    "track_basis": (
        gettext_lazy("Basis of the track"),
        gettext_lazy("How the register came to the track of a record."),
    ),
    "status": (gettext_lazy("Status"), gettext_lazy("How far an engagement has come.")),
    "date_precision": (
        gettext_lazy("Precision of a date"),
        gettext_lazy("How much of a date is known."),
    ),
    "place_precision": (
        gettext_lazy("Precision of a place"),
        gettext_lazy("How exactly a place is known or shown, from the finest to the coarsest."),
    ),
    "region_kind": (gettext_lazy("Kinds of region"), gettext_lazy("Where a region comes from.")),
    "country_kind": (
        gettext_lazy("Kinds of country code"),
        gettext_lazy("Where a country code comes from."),
    ),
    "number_system": (
        gettext_lazy("State systems"),
        gettext_lazy("Lists of states whose numbers the files carry."),
    ),
    "theme_group": (
        gettext_lazy("Groups of themes"),
        gettext_lazy("The trends themes belong to."),
    ),
    "exercise_form": (gettext_lazy("Forms of exercise"), gettext_lazy("How an exercise is held.")),
    "exercise_environment": (
        gettext_lazy("Environments of an exercise"),
        gettext_lazy("Where the forces of an exercise act."),
    ),
    "exercise_focus": (
        gettext_lazy("Focus of an exercise"),
        gettext_lazy("What an exercise prepares for."),
    ),
    "mandating_body": (
        gettext_lazy("Mandating bodies"),
        gettext_lazy("Who gave a peace operation its mandate. Several may have."),
    ),
    "mandate_task": (
        gettext_lazy("Tasks of a peace operation"),
        gettext_lazy("What a mandate asks for. Several may apply."),
    ),
    "dialogue_format": (
        gettext_lazy("Formats of dialogue"),
        gettext_lazy("How those who talk come together."),
    ),
    "dialogue_facilitation": (
        gettext_lazy("Facilitation"),
        gettext_lazy("Whether somebody stood between the sides, and from where."),
    ),
    "dialogue_confidentiality": (
        gettext_lazy("Confidentiality of a dialogue"),
        gettext_lazy(
            "How the meeting itself was held. What the register shows of it follows from its "
            "disclosure marking."
        ),
    ),
    "level": (gettext_lazy("Level of an actor"), gettext_lazy("How far an actor reaches.")),
    "name_kind": (
        gettext_lazy("Kinds of other name"),
        gettext_lazy("How another name of an actor relates to its name."),
    ),
    "identifier_scheme": (
        gettext_lazy("Identifier schemes"),
        gettext_lazy("Registers elsewhere that identify an actor."),
    ),
    "side": (
        gettext_lazy("Side"),
        gettext_lazy(
            "Which side of a divide a participant stands for, in dialogues and agreements."
        ),
    ),
    "participant_disclosure": (
        gettext_lazy("Disclosure asked for"),
        gettext_lazy("What may be shown of a participant."),
    ),
    "public_disclosure": (
        gettext_lazy("Disclosure of a participation"),
        gettext_lazy("How a participation is shown in public."),
    ),
    "outcome_kind": (
        gettext_lazy("Kinds of outcome"),
        gettext_lazy("What came of it. A count of outcomes is not a measure of effect."),
    ),
    "reported_by": (
        gettext_lazy("Who reports an outcome"),
        gettext_lazy("Whose word an outcome rests on."),
    ),
    "relation_kind": (
        gettext_lazy("Relations between engagements"),
        gettext_lazy("How one engagement relates to another."),
    ),
    "source_kind": (
        gettext_lazy("Kinds of source"),
        gettext_lazy("What kind of text a source is."),
    ),
    "independence": (
        gettext_lazy("Independence of a source"),
        gettext_lazy("Whether a source had a part in what it reports."),
    ),
    "source_independence": (
        gettext_lazy("Independence of the sources of a record"),
        gettext_lazy("The best that the sources of a record offer together."),
    ),
    "locator_type": (gettext_lazy("Locators"), gettext_lazy("How a spot in a source is given.")),
    "claim_status": (
        gettext_lazy("Claim status"),
        gettext_lazy("How well the sources support a record. Publishers are not graded."),
    ),
    "marking": (
        gettext_lazy("Disclosure marking"),
        gettext_lazy("What was promised about the meeting as a whole."),
    ),
    "withheld_rule": (
        gettext_lazy("Why something is withheld"),
        gettext_lazy("The rule under which something is known and not shown."),
    ),
    "state": (
        gettext_lazy("State of a record"),
        gettext_lazy("Where a record stands between its author and the public."),
    ),
    "review_decision": (
        gettext_lazy("Decision on publication"),
        gettext_lazy("What a reviewer decides: may this be public, and how?"),
    ),
    "review_kind": (
        gettext_lazy("Kinds of review"),
        gettext_lazy("How closely a record was read before it was cleared."),
    ),
    "risk": (
        gettext_lazy("Risk of publication"),
        gettext_lazy("Whether publishing a record may harm someone."),
    ),
    "consent_basis": (
        gettext_lazy("Basis for naming a person"),
        gettext_lazy("Why a person may be named. Without one, the person is withheld."),
    ),
    "rating": (
        gettext_lazy("Ratings of conduct"),
        gettext_lazy("The finding on one ethical criterion."),
    ),
    "conduct_status": (
        gettext_lazy("Conduct assessment"),
        gettext_lazy("Whether the four ethical criteria were judged."),
    ),
}

# The words of the code that a filter of the same name takes.
_FILTERED = {
    "status",
    "exercise_form",
    "exercise_environment",
    "exercise_focus",
    "mandating_body",
    "dialogue_format",
}

VOCABULARIES = [
    Vocabulary(
        "track",
        gettext_lazy("Tracks"),
        gettext_lazy(
            "A record has one primary track, by who took part, and touches every track that it "
            "reaches. An exercise with a health day run with local organisations is Track I and "
            "touches Track III."
        ),
        entries.tracks,
        "track",
    ),
    Vocabulary(
        "track3_link",
        gettext_lazy("Links to Track III"),
        gettext_lazy("How an engagement reaches Track III. Several may apply."),
        entries.plain(TrackLink),
    ),
    Vocabulary(
        "family",
        gettext_lazy("Activity families"),
        gettext_lazy("Groups of activity types."),
        entries.plain(Family),
        "family",
    ),
    Vocabulary(
        "activity",
        gettext_lazy("Activity types"),
        gettext_lazy("What was done: one type per engagement, by main purpose."),
        entries.activity_types,
        "activity",
    ),
    Vocabulary(
        "objective",
        gettext_lazy("Objectives"),
        gettext_lazy("What those who held it stated as its aim. Several may apply."),
        entries.plain(Objective),
        "objective",
    ),
    Vocabulary(
        "theme",
        gettext_lazy("Themes"),
        gettext_lazy("Trends of the field that an engagement takes up. Several may apply."),
        entries.themes,
        "theme",
    ),
    Vocabulary(
        "military_role",
        gettext_lazy("Military roles"),
        gettext_lazy("What defence actors did in an engagement. Several may apply."),
        entries.plain(MilitaryRole),
        "military_role",
    ),
    Vocabulary(
        "actor_type",
        gettext_lazy("Actor types"),
        gettext_lazy("What kind of body, unit or person an actor is."),
        entries.actor_types,
    ),
    Vocabulary(
        "role",
        gettext_lazy("Roles"),
        gettext_lazy("What an actor did in an engagement."),
        entries.plain(Role),
        "role",
    ),
    Vocabulary(
        "capacity",
        gettext_lazy("Capacities"),
        gettext_lazy("In which position an actor took part. The track follows from it."),
        entries.plain(Capacity),
    ),
    Vocabulary(
        "criterion",
        gettext_lazy("Ethical criteria"),
        gettext_lazy("The four criteria of the conduct assessment."),
        entries.plain(Criterion),
    ),
    *(
        Vocabulary(
            code, *_FIXED_TEXTS[code], entries.fixed(code), code if code in _FILTERED else ""
        )
        for code in FIXED
    ),
    Vocabulary(
        "region",
        gettext_lazy("Regions"),
        gettext_lazy("The regions of UN M49. A region includes those below it."),
        entries.regions(RegionKind.M49),
        "region",
    ),
    Vocabulary(
        "alias_region",
        gettext_lazy("Alias regions"),
        gettext_lazy("Regions that people look for. They overlap and enter no total."),
        entries.regions(RegionKind.ALIAS),
        "region",
    ),
    Vocabulary(
        "sea_area",
        gettext_lazy("Sea areas"),
        gettext_lazy("Where something happened at sea."),
        entries.regions(RegionKind.SEA),
        "region",
    ),
    Vocabulary(
        "country",
        gettext_lazy("Countries"),
        gettext_lazy("Countries and territories of today."),
        entries.countries(CountryKind.ISO, CountryKind.USER_ASSIGNED),
        "place",
    ),
    Vocabulary(
        "historical_state",
        gettext_lazy("States that have ended"),
        gettext_lazy("With their days of existence and what came after them."),
        entries.countries(CountryKind.HISTORICAL),
        "place",
    ),
]
