"""What a draft and a record that is submitted have to say: one list for whoever fills in the form
and for the workflow, which refuses exactly what the list calls missing.

It judges facts, and those come from a saved record or from what stands in a form at the moment.
What no source states is ticked as such, and asked no longer. A record that came with a dataset is
asked for a source only: a row says what it says, and whoever reads it sees what it lacks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from engagements.models import Engagement
from engagements.requirements import Problem
from engagements.typed import Row, first, is_gone, rows_of
from milidip.codebook.choices import (
    Confidentiality,
    ConsentBasis,
    Marking,
    NotStated,
    ParticipantDisclosure,
    SourceKind,
)
from milidip.codebook.dates import bounds
from stakeholders.models import Stakeholder

COPIED = 12
"""So many words in a row, the same as in the text of the source, are the source's own."""
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Participant:
    """A line of who took part, and its place on the form."""

    number: int
    named: bool
    """A person whose name would be shown if the consent were there."""
    consent: bool


@dataclass(frozen=True)
class Facts:
    """What a record says so far, as far as a requirement hangs on it."""

    title: str = ""
    activity: str = ""
    start: str = ""
    places: int = 0
    participants: list[Participant] = field(default_factory=list)
    sources: list[tuple[int, bool]] = field(default_factory=list)
    """Place on the form of each source, and whether it says what it supports."""
    not_stated: frozenset[str] = frozenset()
    track: str = ""
    track_basis: str = ""
    summary: str = ""
    source_text: str = ""
    marking: str = ""
    confidentiality: str = ""
    nothing_classified: bool = False
    imported: bool = False


@dataclass(frozen=True)
class Item:
    """One requirement: met or not, what to do about it, and where."""

    label: str
    done: bool
    message: str
    field: str
    """As `Problem.field`."""
    anchor: str
    """The id of the place on the form."""
    waived: bool = False
    """Not asked of this record, since it came with a dataset."""
    or_not_stated: bool = False
    """It may be ticked that no source states it."""

    @property
    def missing(self) -> bool:
        return not self.done and not self.waived


# --- the two lists -------------------------------------------------------------------------------


def of_draft(facts: Facts) -> list[Item]:
    """What, when, where, who, and how we know."""
    return [
        Item(
            _("What it was"),
            bool(facts.title and facts.activity),
            _("Give it a title and a kind of activity."),
            "title",
            "id_activity" if facts.title else "id_title",
            waived=facts.imported,
        ),
        Item(
            _("When"),
            _is_date(facts.start) or NotStated.DATE in facts.not_stated,
            _("Give the start, as much as is known."),
            "start",
            "id_start",
            waived=facts.imported,
            or_not_stated=True,
        ),
        Item(
            _("Where"),
            bool(facts.places) or NotStated.PLACE in facts.not_stated,
            _("Give a place: a country, a sea or “virtual” will do."),
            "places",
            "places-group",
            waived=facts.imported,
            or_not_stated=True,
        ),
        Item(
            _("Who took part"),
            bool(facts.participants) or NotStated.PARTICIPANTS in facts.not_stated,
            _("Say who took part."),
            "participations",
            "participations-group",
            waived=facts.imported,
            or_not_stated=True,
        ),
        Item(
            _("How we know"),
            bool(facts.sources),
            _("Give at least one source."),
            "sources",
            "sources-group",
        ),
    ]


def of_submission(facts: Facts) -> list[Item]:
    """What is asked in addition before somebody else decides on it."""
    unsaid = [number for number, says in facts.sources if not says]
    unasked = [who.number for who in facts.participants if who.named and not who.consent]
    under_rule = (
        facts.confidentiality == Confidentiality.CHATHAM_HOUSE and facts.marking == Marking.OPEN
    )
    copied = is_copied(facts.summary, facts.source_text)
    return [
        Item(
            _("Track and its basis"),
            bool(facts.track and facts.track_basis) or NotStated.TRACK in facts.not_stated,
            _("Choose the track and its basis."),
            "track",
            "id_track_basis" if facts.track else "id_track",
            waived=facts.imported,
            or_not_stated=True,
        ),
        Item(
            _("Two participants"),
            len(facts.participants) >= 2 or NotStated.PARTICIPANTS in facts.not_stated,
            _("Give at least two who took part."),
            "participations",
            "participations-group",
            waived=facts.imported,
            or_not_stated=True,
        ),
        Item(
            _("Summary in your own words"),
            bool(facts.summary) and not copied,
            _("The summary repeats the text of the source: say it in your own words.")
            if copied
            else _("Write a summary, in your own words."),
            "summary",
            "id_summary",
            waived=facts.imported,
        ),
        Item(
            _("What each source supports"),
            bool(facts.sources) and not unsaid,
            _("Tick for each source what it supports."),
            "sources",
            f"id_sources-{unsaid[0]}-supports" if unsaid else "sources-group",
            waived=facts.imported,
        ),
        Item(
            _("Marking"),
            bool(facts.marking) and not under_rule,
            _("It was held under the Chatham House Rule: give the record that marking."),
            "marking",
            "id_marking",
            waived=facts.imported,
        ),
        Item(
            _("Consent of each person who is named"),
            not unasked,
            _("Say for each person who is named why that is right, or withhold the name."),
            "participations",
            f"id_participations-{unasked[0]}-consent_basis" if unasked else "participations-group",
            waived=facts.imported,
        ),
        Item(
            _("Nothing classified"),
            facts.nothing_classified,
            _("Confirm that nothing in it is classified."),
            "nothing_classified",
            "id_nothing_classified",
            waived=facts.imported,
        ),
    ]


def submit_problems(engagement: Engagement) -> list[Problem]:
    """Return what a saved record lacks before it can be submitted; nothing if it lacks nothing."""
    facts = facts_of(engagement)
    return [
        Problem(item.message, item.field)
        for item in (*of_draft(facts), *of_submission(facts))
        if item.missing
    ]


# --- facts ---------------------------------------------------------------------------------------


def facts_of(engagement: Engagement) -> Facts:
    """Read the facts of a saved record."""
    parts: dict[str, Iterable] = {
        name: getattr(engagement, name).order_by("pk")
        for name in ("participations", "sources", "places")
    }
    people = parts["participations"].select_related("stakeholder")  # type: ignore[attr-defined]
    dialogue = getattr(engagement, "dialogue_details", None)
    return Facts(
        title=engagement.title,
        activity=engagement.activity_id,
        start=engagement.start,
        places=len(parts["places"]),  # type: ignore[arg-type]
        participants=[
            Participant(
                number,
                row.is_person and row.disclosure == ParticipantDisclosure.NAMED,
                row.consent_basis != ConsentBasis.NONE,
            )
            for number, row in enumerate(people)
        ],
        sources=[(number, bool(row.supports)) for number, row in enumerate(parts["sources"])],
        not_stated=frozenset(engagement.not_stated),
        track=engagement.track_id or "",
        track_basis=engagement.track_basis,
        summary=engagement.summary.strip(),
        source_text=""
        if is_told_to_us(row.kind for row in parts["sources"])
        else engagement.source_text,
        marking=engagement.marking,
        confidentiality=dialogue.confidentiality if dialogue else "",
        nothing_classified=engagement.nothing_classified,
        imported=is_imported(engagement),
    )


def facts_typed(data: QueryDict, engagement: Engagement | None = None) -> Facts:
    """Read the facts from what stands in the form, right or wrong, saved or not."""
    rows = rows_of(data)
    participations = list(_standing(rows, "participations", ("stakeholder", "actor_type")))
    keys = {first(row, "stakeholder") for _number, row in participations}
    actors = Stakeholder.objects.in_bulk([int(key) for key in keys if key.isdecimal()])
    kinds = [first(row, "kind") for _number, row in _standing(rows, "sources", ("kind",))]
    return Facts(
        title=data.get("title", "").strip(),
        activity=data.get("activity", ""),
        start=data.get("start", "").strip(),
        places=len(list(_standing(rows, "places", ("name", "country", "region", "latitude")))),
        participants=[_participant(number, row, actors) for number, row in participations],
        sources=[
            (number, bool(row.get("supports")))
            for number, row in _standing(rows, "sources", ("title", "url", "kind"))
            if first(row, "title")
            or first(row, "url")
            or first(row, "kind") == SourceKind.OWN_REPORT
        ],
        not_stated=frozenset(data.getlist("not_stated")),
        track=data.get("track", ""),
        track_basis=data.get("track_basis", ""),
        summary=data.get("summary", "").strip(),
        source_text="" if is_told_to_us(kinds) else data.get("source_text", ""),
        # Left open on a new record it follows the track: see `engagements.defaults`.
        marking=data.get("marking") or (Marking.OPEN if engagement is None else ""),
        confidentiality=next(
            (
                first(row, "confidentiality")
                for _number, row in _standing(rows, "dialogue_details", ("confidentiality",))
            ),
            "",
        ),
        nothing_classified="nothing_classified" in data,
        imported=engagement is not None and is_imported(engagement),
    )


def is_imported(engagement: Engagement) -> bool:
    """Tell whether it is a row of a dataset, by what only an import writes."""
    return bool(engagement.import_digest)


def is_told_to_us(kinds: Iterable[str]) -> bool:
    """Tell whether the text of the source was written to the register: its words may stand."""
    return SourceKind.OWN_REPORT in kinds


def is_copied(summary: str, source_text: str) -> bool:
    """Tell whether a summary has a passage word for word from the text of the source."""
    mine, theirs = _words(summary), _words(source_text)
    length = min(COPIED, len(mine))
    if length < COPIED // 2:
        return False
    passages = {tuple(theirs[at : at + length]) for at in range(len(theirs) - length + 1)}
    return any(tuple(mine[at : at + length]) in passages for at in range(len(mine) - length + 1))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def _is_date(value: str) -> bool:
    try:
        bounds(value)
    except ValueError:
        return False
    return True


def _standing(
    rows: dict[str, list[Row]], block: str, says: tuple[str, ...]
) -> Iterable[tuple[int, Row]]:
    """The rows of a block in which something stands, with their number on the form."""
    for number, row in enumerate(rows.get(block, [])):
        if not is_gone(row) and any(first(row, name) for name in says):
            yield number, row


def _participant(number: int, row: Row, actors: dict[int, Stakeholder]) -> Participant:
    key = first(row, "stakeholder")
    actor = actors.get(int(key)) if key.isdecimal() else None
    usual = (actor.default_disclosure or actor.usual_disclosure) if actor else ""
    shown = first(row, "disclosure") or usual
    return Participant(
        number,
        bool(actor and actor.is_person and shown == ParticipantDisclosure.NAMED),
        first(row, "consent_basis") not in ("", ConsentBasis.NONE),
    )
