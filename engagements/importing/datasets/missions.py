"""Peace operations: of the United Nations, of third parties, and EU missions (CSDP).

`countries` begins with the host; contributors or the lead state follow. The participants'
text says how many of each.
"""

import re
from dataclasses import replace
from typing import Any

from engagements.importing.coordinates import read_point
from engagements.importing.dates import DateStyle, is_missing
from engagements.importing.gazetteer import capitals
from engagements.importing.places import country_only
from engagements.importing.records import Participant, Record, Row, Where, squeezed
from engagements.importing.wording import counted, sentences, states
from milidip.codebook.choices import Independence, MandatingBody, PlacePrecision, Status
from milidip.codebook.folding import folded

from .base import begin, finish, status_of
from .desk import Dataset, Desk
from .people import (
    OFFICIAL,
    as_the_text_says,
    body_participant,
    once,
    state_actor,
    state_participants,
)

UN = Dataset(
    name="UN DPPA-DPO peacekeeping missions",
    style=DateStyle(1945, 2040),
    longest_years=90,
    publisher="United Nations",
    independence=Independence.PARTY,
)
THIRD_PARTY = Dataset(
    name="Third-Party Peacekeeping Missions 3.1",
    style=DateStyle(1945, 2016),
    longest_years=70,
)
CSDP = Dataset(
    name="EU CSDP missions (Univ. Catania matrix)",
    style=DateStyle(2000, 2040),
    longest_years=60,
    publisher="University of Catania",
)

HOSTS = re.compile(r"^Host: ([A-Z]{3}(?:, [A-Z]{3})*)")
CONTRIBUTORS = re.compile(r"Contributors (\d{4})-(\d{4}):")
LEAD = re.compile(r"^Lead state: ([^|]+)")
NUMBER_OF_STATES = re.compile(r"number of states: (\d+)")
MANDATE = re.compile(r"UN mandate: (.+?\))\.")
HEADS = re.compile(r"([^;(]+) \((\d+)\)")
CSDP_KIND = re.compile(r"^(CIVILIAN-MILITARY|CIVILIAN|MILITARY)\.")
KOSOVO = "XKX"
# How the document of a mandate begins -> who gave it.
GIVEN_BY = (
    (r"UNSC\b|UNGA\b|UN ", MandatingBody.UNITED_NATIONS),
    (r"EU\b|European", MandatingBody.EUROPEAN_UNION),
    (r"OSCE\b|CSCE\b", MandatingBody.OSCE),
    (r"North Atlantic Council|NATO\b", MandatingBody.NATO),
    (r"AU\b|OAU\b|African Union", MandatingBody.AFRICAN_UNION),
    (r"ECOWAS\b", MandatingBody.ECOWAS),
    (r"OAS\b", MandatingBody.OAS),
    (r"LAS\b", MandatingBody.ARAB_LEAGUE),
    (r"CIS\b", MandatingBody.CIS),
)


def un(row: Row, desk: Desk) -> Record:
    """A mission of the United Nations; whether it goes on is what the dataset says."""
    record = begin(row, desk, UN)
    coded = desk.gazetteer.known(row["countries"].split(";"))
    given = HOSTS.match(row["participants_text"])
    hosts = coded[: given[1].count(",") + 1] if given else []
    contributors = coded[len(hosts) :]
    shown = as_the_text_says(hosts, row["title"], record, desk)
    record.places = headquarters(row, shown, desk)
    record.participants = once(
        [
            *(body_participant(actor, "organiser") for actor in mandating(record.title, desk)),
            *state_participants(shown, "host", desk),
            *state_participants(contributors, "contributor", desk),
        ]
    )
    record.military_roles = ("participant",)
    # Which organ did, and when, the dataset does not say.
    record.details = {"mandating_body": [MandatingBody.UNITED_NATIONS]}
    active = re.search(r"active: (\w+)", row["summary"])
    if not record.end and active:
        goes_on = active[1].casefold() == "yes"
        record.status = Status.ONGOING if goes_on else Status.COMPLETED
    years = CONTRIBUTORS.search(row["participants_text"])
    record.summary = sentences(
        f"Peace operation of the United Nations in {states(shown, desk.label)}"
        if shown
        else "Peace operation of the United Nations",
        f"The dataset counts {counted(len(contributors), 'state', 'states')} that gave personnel "
        f"between {years[1]} and {years[2]}"
        if years and contributors
        else "",
        f"The dataset gives {record.places[0].name} as its headquarters"
        if record.places and record.places[0].name
        else "",
    )
    return finish(record, row, UN)


def mandating(title: str, desk: Desk) -> list:
    """The United Nations, and whoever else the name of the mission begins with."""
    united_nations = desk.bodies.named("United Nations")
    others = ["African Union"] if title.startswith("African Union") else []
    found = [united_nations, *(desk.bodies.named(name) for name in others)]
    return [body.actor for body in found if body]


def headquarters(row: Row, hosts: list[str], desk: Desk) -> tuple[Where, ...]:
    """The seat, in the host in which it lies; and each further host as a whole."""
    point = read_point(row["lat"], row["lon"])
    name = "" if is_missing(row["location_text"]) else squeezed(row["location_text"])
    if not (name or point):
        return tuple(country_only(code) for code in hosts)
    pinned = desk.gazetteer.country_of(point) if point else None
    before = desk.gazetteer.atlas.countries[pinned].predecessors if pinned else frozenset()
    lying_in = [pinned] if pinned in hosts else [code for code in hosts if code in before]
    if not lying_in and pinned is None and len(hosts) == 1:
        lying_in = hosts
    own = lying_in[0] if lying_in else None
    seat = Where(
        name=name,
        country=own or pinned,
        country_derived=own is None and pinned is not None,
        precision=PlacePrecision.PLACE,
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
    )
    if seat.country is None and (country := capitals().get(folded(name))):
        seat = replace(seat, country=country)
    return (seat, *(country_only(code) for code in hosts if code != own))


def third_party(row: Row, desk: Desk) -> Record:
    """A mission of a regional organisation, a coalition or a single state."""
    record = begin(row, desk, THIRD_PARTY)
    coded = desk.gazetteer.known(row["countries"].split(";"))
    lead = LEAD.match(row["participants_text"])
    leaders = coded[-1:] if lead and desk.gazetteer.code(lead[1]) == coded[-1] else []
    hosts = coded[: len(coded) - len(leaders)]
    if "indochina" in row["location_text"].casefold() and len(hosts) > 1:
        hosts = [code for code in hosts if code != "FRA"]  # its colony, not its own land
    shown = as_the_text_says(hosts, row["location_text"], record, desk)
    record.places = area(row, shown, desk)
    regional = row["summary"].startswith("Regional-organisation mission")
    senders = list(desk.bodies.mentioned(record.title)) if regional else []
    record.participants = once(
        [
            *(body_participant(actor, "organiser") for actor in senders),
            *state_participants(leaders, "organiser", desk),
            *state_participants(shown, "host", desk),
        ]
    )
    record.military_roles = ("participant",)
    record.status = status_of(record.start, record.end, desk.today, without_end=Status.UNKNOWN)
    many = NUMBER_OF_STATES.search(row["participants_text"])
    mandate = MANDATE.search(row["summary"])
    record.details = mandate_details(squeezed(mandate[1])) if mandate else {}
    kind = "humanitarian operation" if record.activity == "humanitarian_mission" else "operation"
    record.summary = sentences(
        f"{'Peace ' if kind == 'operation' else ''}{kind} in {states(shown, desk.label)}"
        + (f", led by {states(leaders, desk.label)}" if leaders else ""),
        "The dataset counts it as a mission of a regional organisation"
        if regional
        else "The dataset counts it as a mission of a coalition or of a single state",
        f"It names {counted(int(many[1]), 'state', 'states')} as taking part" if many else "",
        f"Mandate as the dataset gives it: {mandate[1]}" if mandate else "",
        "It was going on when the dataset was made" if "Ongoing" in row["summary"] else "",
    )
    return finish(record, row, THIRD_PARTY)


def mandate_details(document: str) -> dict[str, Any]:
    """Return the document of a mandate, and who gave it where the document begins with that."""
    givers = [body for begins, body in GIVEN_BY if re.match(begins, document)]
    return {"mandate_document": document, **({"mandating_body": givers[:1]} if givers else {})}


def area(row: Row, hosts: list[str], desk: Desk) -> tuple[Where, ...]:
    """The hosts as whole countries, with the source's words for the area."""
    name = squeezed(row["location_text"])
    if hosts and desk.gazetteer.code(name) in hosts:
        name = ""
    named = desk.gazetteer.countries_in(row["location_text"])
    codes = [*hosts, *([KOSOVO] if KOSOVO in named and KOSOVO not in hosts else [])]
    seas = desk.gazetteer.seas_in(row["location_text"])
    places = [country_only(code, name if code == codes[0] else "") for code in codes]
    return (*places, *(Where(region=sea, precision=PlacePrecision.REGION) for sea in seas if sea))


def csdp(row: Row, desk: Desk) -> Record:
    """A mission of the European Union, with the staff that each state gave."""
    record = begin(row, desk, CSDP)
    coded = desk.gazetteer.known(row["countries"].split(";"))
    staff = {}
    for name, number in HEADS.findall(row["participants_text"]):
        if code := desk.gazetteer.code(name):
            staff[code] = int(number)
    hosts = [code for code in coded if code not in staff]
    record.places = area(row, hosts, desk)
    union = desk.bodies.named("European Union")
    record.participants = once(
        [
            *([body_participant(union.actor, "organiser")] if union else []),
            *state_participants(hosts, "host", desk),
            *(
                Participant(
                    actor=state_actor(code, desk),
                    role="contributor",
                    capacity=OFFICIAL,
                    people_min=number,
                )
                for code, number in staff.items()
                if code in coded
            ),
        ]
    )
    kind = CSDP_KIND.match(squeezed(row["summary"]))
    civilian = kind is not None and kind[1] == "CIVILIAN"
    record.military_roles = () if civilian or kind is None else ("participant",)
    if record.activity == "training_course":
        record.gives_support = True
    record.details = {"mandating_body": [MandatingBody.EUROPEAN_UNION]}
    record.summary = sentences(
        f"{kind[1].capitalize() if kind else ''} mission of the European Union in "
        f"{states(hosts, desk.label)}".strip(),
        f"The dataset counts staff from {counted(len(staff), 'state', 'states')}" if staff else "",
    )
    return finish(record, row, CSDP)
