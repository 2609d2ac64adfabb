"""Official visits: US service secretaries and commanders, and meetings of Chinese leaders.

Both datasets are about named office holders. Nobody is named in public from a dataset: titles
are composed of offices and states, and the source's own title stays on the working side.
"""

import re

from engagements.importing.dates import DateStyle, day_of
from engagements.importing.places import place_of
from engagements.importing.records import Record, Row, squeezed
from engagements.importing.wording import sentences, states
from milidip.codebook.choices import Independence

from .base import begin, finish
from .desk import Dataset, Desk
from .people import of_the_day, state_actor, state_participants

US_VISITS = Dataset(
    name="US service secretaries and commanders visits",
    style=DateStyle(1980, 2015),
    longest_years=1,
    independence=Independence.UNKNOWN,
)
CHINA = Dataset(
    name="China Vitae (defence-related meetings)",
    style=DateStyle(1990, 2020, slashed="mdy"),
    longest_years=1,
    publisher="China Vitae",
    independence=Independence.UNKNOWN,
)

OFFICE = re.compile(r"\(([^()]+)\)\s*$")
OFFICES = {
    "Secretary of the Army": "Secretary of the Army",
    "Secretary of the Navy": "Secretary of the Navy",
    "Secretary of the Air Force": "Secretary of the Air Force",
    "Commandant of the Marine Corps": "Commandant of the Marine Corps",
    "Commandant US Marine Corps": "Commandant of the Marine Corps",
    "PACOM": "commander of Pacific Command",
    "STRATCOM": "commander of Strategic Command",
}
# The United States' own base on the island: the state around it received nobody.
OWN_BASE = re.compile(r"guantanam", re.IGNORECASE)


def us_visit(row: Row, desk: Desk) -> Record:
    record = begin(row, desk, US_VISITS)
    coded = of_the_day(desk.gazetteer.known(row["countries"].split(";")), record, desk)
    visited = [code for code in coded if code != "USA"]
    stated = OFFICE.search(row["participants_text"])
    office = OFFICES.get(squeezed(stated[1]) if stated else "", "senior defence official")
    record.title = f"Visit of the United States {office} to {states(visited, desk.label)}"
    record.title_supplied = True
    record.places = place_of(
        row["location_text"],
        None,
        desk.gazetteer,
        day_of(record.start, record.end),
        coded,
        record.notes,
    )
    received = [] if OWN_BASE.search(row["location_text"]) else visited
    record.participants = (
        *state_participants(["USA"], "participant", desk),
        *(
            host
            for host in state_participants(received, "host", desk)
            if host.actor == state_actor(host.actor.country, desk) and host.actor.type == "state"
        ),
    )
    where = record.places[0].name if record.places else ""
    record.summary = sentences(
        f"Official visit of the {office} of the United States to {states(visited, desk.label)}",
        f"The dataset gives the place as {where}"
        if where and desk.gazetteer.code(where) is None
        else "",
    )
    return finish(record, row, US_VISITS)


def china(row: Row, desk: Desk) -> Record:
    record = begin(row, desk, CHINA)
    coded = of_the_day(desk.gazetteer.known(row["countries"].split(";")), record, desk)
    others = [code for code in coded if code != "CHN"]
    with_whom = states(others, desk.label)
    record.title = f"Defence-related meeting of China with {with_whom}"
    record.title_supplied = True
    record.places = place_of(
        row["location_text"],
        None,
        desk.gazetteer,
        day_of(record.start, record.end),
        coded,
        record.notes,
    )
    at = {place.country for place in record.places}
    record.participants = tuple(
        participant
        for code in coded
        for participant in state_participants(
            [code], "host" if code in at else "participant", desk
        )
    )
    record.summary = sentences(
        f"A leader of China met representatives of {with_whom}; the dataset counts the meeting "
        "as related to defence"
    )
    return finish(record, row, CHINA)
