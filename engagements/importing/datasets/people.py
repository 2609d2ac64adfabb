"""Who takes part: states of the day, and bodies, in the position that their type stands for."""

from collections.abc import Collection, Iterable, Sequence

from engagements.importing.dates import day_of
from engagements.importing.records import Actor, Participant, Record
from engagements.importing.wording import states
from milidip.codebook.choices import Level

from .desk import Desk

OFFICIAL = "official"
INTERGOVERNMENTAL = "intergovernmental_official"
CAPACITIES = {
    "state": OFFICIAL,
    "government": OFFICIAL,
    "armed_force": OFFICIAL,
    "parliament": OFFICIAL,
    "local_government": OFFICIAL,
    "international_organisation": INTERGOVERNMENTAL,
    "armed_group": "armed_group_member",
    "ngo": "non_official",
    "faith_body": "non_official",
    "foundation": "non_official",
    "community": "non_official",
    "womens_organisation": "non_official",
    "youth_organisation": "non_official",
    "veterans_organisation": "non_official",
    "traditional_authority": "traditional_authority",
}

# Codes of lands that take part without being a state: territories, and colonies of their day.
NUMBERLESS_STATES = {"PSE", "VAT", "XKX"}
FORMER_TERRITORIES = {"ANT", "PCZ", "PCI", "GEL", "NTZ", "XFI", "XDI"}

TYPES_WITH_ARTICLE = {"international_organisation", "ngo", "faith_body", "government"}


def state_actor(code: str, desk: Desk) -> Actor:
    """Return the actor that stands for a whole state, or for a territory's authorities."""
    facts = desk.gazetteer.atlas.countries[code]
    is_state = code not in FORMER_TERRITORIES and (
        facts.kind != "iso" or facts.numbers or code in NUMBERLESS_STATES
    )
    return Actor(
        name=desk.label(code),
        type="state" if is_state else "local_government",
        level=Level.NATIONAL if is_state else Level.SUBNATIONAL,
        country=code,
    )


def state_participants(
    codes: Iterable[str], role: str, desk: Desk, *, side: str = ""
) -> list[Participant]:
    return [
        Participant(actor=state_actor(code, desk), role=role, capacity=OFFICIAL, side=side)
        for code in codes
    ]


def body_participant(actor: Actor, role: str, *, side: str = "") -> Participant:
    return Participant(
        actor=actor, role=role, capacity=CAPACITIES.get(actor.type, "unknown"), side=side
    )


def in_words(who: str | Actor, desk: Desk) -> str:
    """Return a state by its code, or a body, as it stands in a sentence."""
    if isinstance(who, str):
        return states([who], desk.label)
    article = "the " if who.type in TYPES_WITH_ARTICLE else ""
    return f"{article}{who.name}"


def once(participants: Iterable[Participant]) -> tuple[Participant, ...]:
    """Return the participants without those whose actor is there already."""
    seen, kept = set(), []
    for participant in participants:
        key = participant.actor or (participant.actor_type, participant.role, participant.side)
        if key not in seen:
            seen.add(key)
            kept.append(participant)
    return tuple(kept)


def of_the_day(codes: Iterable[str], record: Record, desk: Desk) -> list[str]:
    """Return the states that stood there when the engagement began, once each."""
    days = day_of(record.start, record.end)
    return list(dict.fromkeys(desk.gazetteer.state_of(code, days) for code in codes))


def as_the_text_says(codes: Sequence[str], text: str, record: Record, desk: Desk) -> list[str]:
    """Return the states of the day; a former state that the text names stands for its heir."""
    gazetteer = desk.gazetteer
    days = day_of(record.start, record.end)
    named = [
        code for code in gazetteer.countries_in(text) if gazetteer.standing(code, days) == code
    ]
    found = []
    for code in codes:
        before = [name for name in named if name in gazetteer.atlas.countries[code].predecessors]
        found.append(before[0] if before else gazetteer.state_of(code, days))
    return list(dict.fromkeys(found))


def note_changed_states(
    codes: Collection[str], shown: Collection[str], record: Record, desk: Desk
) -> None:
    for code in codes:
        if code not in shown:
            record.notes.append(
                f"The source writes {desk.label(code)} ({code}): shown as the state of that day."
            )
