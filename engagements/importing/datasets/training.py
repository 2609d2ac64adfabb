"""Foreign military training by the United States: one course for one unit a row."""

import re

from engagements.importing.dates import DateStyle, day_of
from engagements.importing.places import place_of
from engagements.importing.records import Participant, Record, Row, squeezed
from engagements.importing.wording import counted, sentences, states
from milidip.codebook.choices import Independence, LocatorType, SourceKind

from .base import begin, finish
from .desk import Dataset, Desk
from .people import OFFICIAL, of_the_day, state_actor, state_participants

TRAINING = Dataset(
    name="US Foreign Military Training (SFM)",
    style=DateStyle(1998, 2022, slashed="mdy"),
    longest_years=5,
    publisher="US Departments of State and Defense",
    kind=SourceKind.OFFICIAL_DOCUMENT,
    independence=Independence.PARTY,
)
TRAINEES = re.compile(r"(\d+) trainee\(s\)")
PARTNER = re.compile(r"^([^:;]+):")
PAGE = re.compile(r"\bp\. (\d+)")


def training(row: Row, desk: Desk) -> Record:
    """The partner receives; the printed programme and its cost stay in the source's text."""
    record = begin(row, desk, TRAINING)
    record.series = record.edition = ""
    record.gives_support = True
    coded = desk.gazetteer.known(row["countries"].split(";"))
    partners = of_the_day([code for code in coded if code != "USA"], record, desk)
    people = TRAINEES.search(row["participants_text"])
    number = int(people[1]) if people else None
    record.places = place_of(
        row["location_text"],
        None,
        desk.gazetteer,
        day_of(record.start, record.end),
        coded,
        record.notes,
    )
    record.participants = (
        *state_participants(["USA"] if "USA" in coded else [], "organiser", desk),
        *(
            Participant(
                actor=state_actor(code, desk),
                role="recipient",
                capacity=OFFICIAL,
                people_min=number,
                people_max=number,
            )
            for code in partners
        ),
    )
    if not partners:
        named = PARTNER.match(row["participants_text"])
        record.notes.append(
            f"The partner “{squeezed(named[1])}” is no country of that day: name it."
            if named
            else "The partner is not named: name it."
        )
    record.military_roles = ("organiser",)
    record.summary = sentences(
        f"Training course given by the United States to {states(partners, desk.label)}"
        if partners
        else "Training course given by the United States",
        f"The report counts {counted(number, 'trainee', 'trainees')}" if number else "",
    )
    page = PAGE.search(row["citation"])
    where = {"locator_type": LocatorType.PAGE, "locator": page[1]} if page else {}
    return finish(record, row, TRAINING, **where)
