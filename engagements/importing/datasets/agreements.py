"""Peace agreements of PA-X: signed on one day, about the conflict of a country."""

import re
from dataclasses import replace

from engagements.importing.bodies import FORMER
from engagements.importing.coordinates import read_point
from engagements.importing.dates import DateStyle, day_of, is_missing
from engagements.importing.gazetteer import Gazetteer
from engagements.importing.places import country_only, place_of
from engagements.importing.records import Record, Row, Where, squeezed
from engagements.importing.wording import day_in_words, sentences, states
from milidip.codebook.folding import folded

from .base import begin, finish
from .citing import split_citation
from .desk import Dataset, Desk
from .people import body_participant, of_the_day, once, state_participants

PAX = Dataset(
    name="PA-X v10",
    style=DateStyle(1989, 2030),
    longest_years=1,
    publisher="University of Edinburgh",
)

THIRD = re.compile(r"\|\s*Third parties:")
# Each looks ahead, so that a name does not hide the next one.
GOVERNMENT = re.compile(
    r"\b(?:government|govt\.?|gov['\u2019]t|gouvernement|gobierno) "
    r"(?:of|du|de la|de|d['\u2019]) ?(?=(.{3,90}))",
    re.IGNORECASE,
)
OFFICE = re.compile(
    r"\b(?:president|prime minister|minister for foreign affairs|minister of foreign affairs|"
    r"foreign minister) of (?=(.{3,90}))",
    re.IGNORECASE,
)
GOVERNMENT_AFTER = re.compile(r"\b((?:[A-Z]\w+ ){1,4})[Gg]overnment\b")
OF_THE_COUNTRY = re.compile(r"\b(?:national government|gobierno nacional)\b", re.IGNORECASE)
# “Sudan People's Liberation Movement” begins with the name of a state, and is none.
GOES_ON = re.compile(
    r"(?:people|peoples|liberation|revolutionary|national|democratic|patriotic|armed|army|"
    r"opposition|defen[cs]e|unity|united|resistance|council|call|restoration|movement|alliance|"
    r"freedom|islamic|socialist|workers|popular|progressive|police|red)\b",
    re.IGNORECASE,
)
INITIALS = {"GRP": "PHL", "GPH": "PHL"}
BETWEEN = re.compile(r"\b(?:between|and) (?=(.{3,90}))")
ON_BEHALF = re.compile(
    r"(?:^|[\n;|])[-•*\d.) ]*(?:for|on behalf of|pour)\s+(?=(.{3,90}))", re.IGNORECASE
)
PIECES = re.compile(r"[\n;,/]|\band\b")
FORM_OF_STATE = re.compile(
    r"^(?:(?:islamic|federal|democratic|socialist|people['\u2019]?s|arab|peoples) )*"
    r"(?:republic|republique|state|kingdom) (?:of|du|de la|de) (?:the )?"
)


def agreement(row: Row, desk: Desk) -> Record:
    """The day is that of signing; the place is the country of the conflict, unless given."""
    record = begin(row, desk, PAX)
    record.end = record.start
    if record.activity == "peace_agreement" and record.track == "3":
        record.activity = "local_agreement"
    coded = desk.gazetteer.known(row["countries"].split(";"))
    shown = of_the_day(coded, record, desk)
    record.places = places(row, coded, shown, record, desk)
    signed = THIRD.split(row["participants_text"])[0]
    main = squeezed(f"{record.title} ; {signed}")
    named = governments_in(main, coded, desk.gazetteer)
    named += signatories(record.title, signed, desk.gazetteer)
    governments = of_the_day(named, record, desk)
    sides = {*coded, *shown}
    record.participants = once(
        [
            *state_participants([c for c in governments if c in sides], "party", desk),
            *state_participants([c for c in governments if c not in sides], "participant", desk),
            *(
                body_participant(actor, "party")
                for actor in desk.bodies.mentioned(main, coded)
                if actor.country
            ),
        ]
    )
    kind = "local agreement" if record.activity == "local_agreement" else "peace agreement"
    about = f" about {states(shown, desk.label)}" if shown else ""
    process = f", in the process that it calls “{record.series}”" if record.series else ""
    record.summary = sentences(
        f"Document of {day_in_words(record.start)}{about}, which the dataset counts as a "
        f"{kind}{process}"
    )
    links = split_citation(row["citation"])[1]
    return finish(record, row, PAX, **({"url": links[0]} if links else {}))


def places(
    row: Row, coded: list[str], shown: list[str], record: Record, desk: Desk
) -> tuple[Where, ...]:
    """The place of a local agreement where the row has one, else the countries as wholes."""
    point = read_point(row["lat"], row["lon"])
    if point or not is_missing(row["location_text"]):
        found = place_of(
            row["location_text"],
            point,
            desk.gazetteer,
            day_of(record.start, record.end),
            coded,
            record.notes,
        )
        if found:
            # The row itself says in which country: only another one was worked out.
            return tuple(
                replace(place, country_derived=False) if place.country in shown else place
                for place in found
            )
    return tuple(country_only(code) for code in shown)


def governments_in(text: str, coded: list[str], gazetteer: Gazetteer) -> list[str]:
    """Return the states whose governments or heads the text names in so many words."""
    found = [
        _longest_country(match[1], gazetteer)
        for pattern in (GOVERNMENT, OFFICE)
        for match in pattern.finditer(text)
        if not FORMER.search(text[max(0, match.start() - 12) : match.start()])
    ]
    for match in GOVERNMENT_AFTER.finditer(text):
        words = match[1].split()
        names = (" ".join(words[at:]) for at in range(len(words)))
        found.append(next(filter(None, map(gazetteer.code, names)), None))
    if OF_THE_COUNTRY.search(text) and len(coded) == 1:
        found.append(coded[0])
    found += [code for initials, code in INITIALS.items() if re.search(rf"\b{initials}\b", text)]
    return [code for code in found if code]


def signatories(title: str, signed: str, gazetteer: Gazetteer) -> list[str]:
    """Return the states that signed as such: “between the Republic of X”, “For Y:”, or “Z”."""
    found = [_longest_country(match[1], gazetteer) for match in ON_BEHALF.finditer(signed)]
    found += [_country(piece, gazetteer) for piece in PIECES.split(signed)]
    if " between " in title.casefold():
        found += [_longest_country(match[1], gazetteer) for match in BETWEEN.finditer(title)]
    return [code for code in found if code]


def _longest_country(text: str, gazetteer: Gazetteer) -> str | None:
    """Return the country whose name the text begins with, the longest name first."""
    words = text.split()
    for length in range(min(8, len(words)), 0, -1):
        if code := _country(" ".join(words[:length]), gazetteer):
            goes_on = len(words) > length and GOES_ON.match(words[length])
            return None if goes_on and words[length - 1][-1].isalnum() else code
    return None


def _country(name: str, gazetteer: Gazetteer) -> str | None:
    """Return the country that a name is of, with or without its form of state."""
    plain = re.sub(r"^(?:the|la|le) ", "", folded(name).strip(" .,;:()[]'\u2019\""))
    return gazetteer.code(plain) or gazetteer.code(FORM_OF_STATE.sub("", plain))
