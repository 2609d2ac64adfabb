"""Humanitarian corridors in Ukraine in 2022: one proposed or opened route a day."""

import re

from engagements.importing.coordinates import read_point
from engagements.importing.dates import DateStyle
from engagements.importing.records import Record, Row, Where, squeezed
from engagements.importing.wording import sentences
from milidip.codebook.choices import ClaimStatus, PlacePrecision, Status

from .base import begin, finish
from .desk import Dataset, Desk
from .people import state_participants

CORRIDORS = Dataset(
    name="Humanitarian corridors in Ukraine (PeaceRep)",
    style=DateStyle(2014, 2030, dotted="dmy"),
    longest_years=1,
    publisher="PeaceRep",
)
STATUS = re.compile(r"^\[([^\]]+)\]")
PROPOSED = re.compile(r"^Proposed by: (\w+)")
PROPOSERS = {"Ukraine": "UKR", "Russia": "RUS"}


def corridor(row: Row, desk: Desk) -> Record:
    """Who proposed it is its organiser; an agreed one has both states as parties."""
    record = begin(row, desk, CORRIDORS)
    record.activity = "humanitarian_corridor"
    desk.gazetteer.known(row["countries"].split(";"))
    point = read_point(row["lat"], row["lon"])
    record.places = (
        Where(
            name=squeezed(row["location_text"]),
            country="UKR",
            precision=PlacePrecision.PLACE,
            latitude=point.latitude if point else None,
            longitude=point.longitude if point else None,
        ),
    )
    found = PROPOSED.match(row["participants_text"])
    by = found[1] if found else ""
    if proposer := PROPOSERS.get(by):
        record.participants = tuple(state_participants([proposer], "organiser", desk))
    elif by == "Agreed":
        record.participants = tuple(state_participants(["UKR", "RUS"], "party", desk))
    stated = STATUS.match(row["summary"])
    outcome = stated[1] if stated else "not stated"
    if outcome != "successful":
        record.status = Status.UNKNOWN
    if outcome == "disputed":
        record.claim_status = ClaimStatus.CONFLICTING
    record.summary = sentences(
        f"Humanitarian corridor from {squeezed(row['location_text'])} in Ukraine",
        f"It was proposed by {by}" if by in PROPOSERS else "",
        "Both Ukraine and Russia had agreed to it" if by == "Agreed" else "",
        f"The dataset records its outcome as “{outcome}”",
    )
    return finish(record, row, CORRIDORS)
