"""Multinational exercises: MME v7, JME before 1980, and joint exercises involving Russia.

`countries` are the participants; where it happened is the text and the coordinates.
"""

import re
from collections.abc import Iterable
from typing import Any

from engagements.importing.coordinates import read_point
from engagements.importing.dates import DateStyle, day_of, is_missing
from engagements.importing.places import place_of
from engagements.importing.records import Participant, Record, Row, squeezed
from engagements.importing.wording import listed, sentences, states
from milidip.codebook.choices import (
    ExerciseEnvironment,
    ExerciseFocus,
    ExerciseForm,
    Independence,
)

from .base import begin, finish
from .desk import Dataset, Desk
from .people import (
    body_participant,
    in_words,
    note_changed_states,
    of_the_day,
    once,
    state_participants,
)

MME = Dataset(
    name="MME v7",
    style=DateStyle(1980, 2011, slashed="mdy"),
    longest_years=2,
    publisher="Harvard Dataverse",
)
JME = Dataset(
    name="JME v3 (pre-1980 part)",
    style=DateStyle(1970, 1980, slashed="mdy"),
    longest_years=2,
)
RUSSIA = Dataset(
    name="Joint Military Exercises Involving Russia",
    style=DateStyle(1992, 2024),
    longest_years=2,
    independence=Independence.UNKNOWN,
)

CODED = re.compile(r"\[(?:coded|type): ([^\]]*)\]\s*$")
CODES = {
    "CPX": "command post exercise",
    "FTX": "field training exercise",
    "Air": "air",
    "Land": "land",
    "Sea": "sea",
    "Amphibious": "amphibious",
    "Cyber": "cyber",
    "Warfighting": "warfighting",
    "Peacekeeping": "peacekeeping",
    "Humanitarian": "humanitarian aid",
}
# What the coded words say in our columns. That an exercise is no command post exercise does not
# make it a live one.
FORMS = {"CPX": ExerciseForm.COMMAND_POST, "FTX": ExerciseForm.LIVE}
ENVIRONMENTS = {
    "Air": ExerciseEnvironment.AIR,
    "Land": ExerciseEnvironment.LAND,
    "Sea": ExerciseEnvironment.SEA,
    "Amphibious": ExerciseEnvironment.AMPHIBIOUS,
    "Cyber": ExerciseEnvironment.CYBER,
}
FOCUS = {
    "Warfighting": ExerciseFocus.WARFIGHTING,
    "Peacekeeping": ExerciseFocus.PEACEKEEPING,
    "Humanitarian": ExerciseFocus.HUMANITARIAN,
}
# Partners and candidates of an alliance are not the alliance.
PARTNERS = re.compile(
    r"\bNATO(?:['\u2019]s)? (?:partnership for peace|partner|candidate|mediterranean dialogue)\w*",
    re.IGNORECASE,
)
THE_ALLIANCE = re.compile(r"\bnorth atlantic treaty organi[sz]ation\b|\bnato\b", re.IGNORECASE)


def exercise(row: Row, desk: Desk, dataset: Dataset) -> Record:
    record = begin(row, desk, dataset)
    coded = desk.gazetteer.known(row["countries"].split(";"))
    codes = of_the_day(coded, record, desk)
    note_changed_states(coded, codes, record, desk)
    record.places = place_of(
        row["location_text"],
        read_point(row["lat"], row["lon"]),
        desk.gazetteer,
        day_of(record.start, record.end),
        coded,
        record.notes,
    )
    record.participants = once(
        [*state_participants(codes, "participant", desk), *bodies(row, desk)]
    )
    if not record.participants and not is_missing(row["participants_text"]):
        record.notes.append("Who took part is in the source's words only: name them.")
    record.title = title(record, codes, desk)
    record.military_roles = ("participant",)
    coded_as = coded_words(row)
    record.details = details(coded_as)
    record.summary = summary(record, coded_as, codes, desk)
    return finish(record, row, dataset)


def coded_words(row: Row) -> list[str]:
    """Return the words that the dataset codes an exercise with, at the end of its summary."""
    coded = CODED.search(squeezed(row["summary"]))
    return [word.strip() for word in coded[1].split(",")] if coded else []


def details(words: Iterable[str]) -> dict[str, Any]:
    """Return form, environments and focus as far as they are coded."""
    words = list(words)
    forms = {FORMS[word] for word in words if word in FORMS}
    found = {
        "exercise_form": ExerciseForm.MIXED if len(forms) > 1 else "".join(forms),
        "exercise_environments": sorted(ENVIRONMENTS[w] for w in words if w in ENVIRONMENTS),
        "exercise_focus": sorted(FOCUS[word] for word in words if word in FOCUS),
    }
    return {column: value for column, value in found.items() if value}


def bodies(row: Row, desk: Desk) -> list[Participant]:
    """The bodies that the additional words, after the bar, name."""
    words = PARTNERS.sub(" ", squeezed(row["participants_text"].partition("|")[2]))
    words = THE_ALLIANCE.sub("NATO", words)
    return [body_participant(actor, "participant") for actor in desk.bodies.mentioned(words)]


def title(record: Record, codes: list[str], desk: Desk) -> str:
    """A composed title names the states of the day, and names rather than codes."""
    head, colon, names = record.title.partition(": ")
    if not (record.title_supplied and colon and head == "Unnamed exercise"):
        return record.title
    found = [
        name if name in desk.gazetteer.labels else desk.gazetteer.code(name)
        for name in names.split(", ")
    ]
    if None in found:
        return record.title
    shown = of_the_day([code for code in found if code], record, desk)
    return f"{head}: {', '.join(map(desk.label, shown))}"


def summary(record: Record, words: list[str], codes: list[str], desk: Desk) -> str:
    others = [p.actor for p in record.participants if p.actor and p.actor.type != "state"]
    who = states(codes, desk.label) or listed([in_words(actor, desk) for actor in others])
    shown = ", ".join(filter(None, (CODES.get(word, "") for word in words)))
    alone = len(record.participants) == 1 and len(codes) == 1
    what = f"Joint exercise in which {who} took part" if alone else f"Joint exercise of {who}"
    return sentences(
        f"{what}{place_phrase(record, desk)}" if who else "",
        f"Coded in the dataset as: {shown}" if who and shown else "",
    )


def place_phrase(record: Record, desk: Desk) -> str:
    """Return “, in Poland” or “, in the Baltic Sea”, or nothing."""
    codes = [place.country for place in record.places if place.country]
    if codes:
        return f", in {states(dict.fromkeys(codes), desk.label)}"
    seas = [place.region for place in record.places if place.region]
    return "" if not seas else f", in {listed([desk.area(code) for code in seas])}"


def mme(row: Row, desk: Desk) -> Record:
    return exercise(row, desk, MME)


def jme(row: Row, desk: Desk) -> Record:
    return exercise(row, desk, JME)


def russia(row: Row, desk: Desk) -> Record:
    return exercise(row, desk, RUSSIA)
