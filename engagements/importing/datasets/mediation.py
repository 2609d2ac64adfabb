"""Mediation: the events of MEND, and the mediations in civil wars of CWM.

Both name persons, who stay in the source's text. Third parties and local parties become
participants only where they are states, or bodies of the curated list.
"""

import re
from collections.abc import Iterable, Sequence

from engagements.importing.coordinates import Point, read_point, written
from engagements.importing.dates import DateStyle, day_of, is_missing
from engagements.importing.gazetteer import capitals
from engagements.importing.places import country_only, place_of, said_to_be_virtual, virtual_place
from engagements.importing.records import Actor, Participant, Record, Row, Where, squeezed
from engagements.importing.wording import listed, sentences, states
from milidip.codebook.choices import ClaimStatus, PlacePrecision, Side
from milidip.codebook.folding import folded

from .base import begin, finish
from .desk import Dataset, Desk
from .people import (
    CAPACITIES,
    as_the_text_says,
    body_participant,
    in_words,
    of_the_day,
    once,
    state_participants,
)

MEND = Dataset(
    name="MEND (mediation events)",
    style=DateStyle(2010, 2030),
    longest_years=2,
    publisher="Harvard Dataverse",
)
CWM = Dataset(
    name="Civil War Mediation (CWM)",
    style=DateStyle(1946, 2011, slashed="mdy"),
    longest_years=20,
    publisher="Journal of Peace Research",
)

LABELLED = re.compile(r"^(Third parties|Local parties|Named): ?(.*)$", re.DOTALL)
MEND_TITLE = re.compile(r"^(Mediation(?:-related meeting)?): .* - (.+)$")
CWM_TITLE = re.compile(r"^Mediation in (.+?): (.*?) - (.*)$")
WITHOUT_YEARS = re.compile(r" \(\d{4}-(?:\d{4})?\).*")
ITEMS = re.compile(r"[;,/&()]|\band\b")
OF_THE_US = re.compile(
    r"^(?:the )?(?:US|U\.S\.|USA)\b(?!-)(?! (?:Institute|based|citizen|NGO))|(?<!to )\b(?:US|USA)$"
)


def mend(row: Row, desk: Desk) -> Record:
    """One meeting; where it took place is the text and the point, not the conflict's country."""
    record = begin(row, desk, MEND)
    involved = desk.gazetteer.known(row["countries"].split(";"))
    parties = labelled(row["participants_text"])
    related = record.title.startswith("Mediation-related")
    third = resolve(parties.get("Third parties", []), involved, desk)
    local = resolve(parties.get("Local parties", []), involved, desk)
    record.participants = once(
        [
            *third_parties(third, "participant" if related else "mediator", desk),
            *local_parties(local, desk),
        ]
    )
    unnamed = [name for name in parties.get("Local parties", []) if name and name not in local]
    if unnamed:
        record.notes.append(f"Local parties not listed as actors: {', '.join(unnamed)}.")
    if ";" in record.series:
        record.series, *others = (name.strip() for name in record.series.split(";"))
        record.notes.append(f"The source also counts it to: {'; '.join(others)}.")
    record.places = meeting_place(row, involved, record, desk)
    record.military_roles = ()
    record.summary = mend_summary(record, third, related, desk)
    return finish(record, row, MEND)


def labelled(text: str) -> dict[str, list[str]]:
    """Return the lists of the participants' text by their labels."""
    found = {}
    for part in text.split(" | "):
        if match := LABELLED.match(part.strip()):
            found[match[1]] = [squeezed(item) for item in match[2].split(";")]
    return found


def resolve(names: Iterable[str], involved: Sequence[str], desk: Desk) -> dict[str, str | Actor]:
    """Return what each name stands for: a country's code or a body; others are left out."""
    found: dict[str, str | Actor] = {}
    for name in names:
        if body := desk.bodies.named(name, involved) or desk.bodies.named(name):
            found[name] = body.actor
        elif code := desk.gazetteer.code(WITHOUT_YEARS.sub("", name)):
            found[name] = code
    return found


def third_parties(found: dict[str, str | Actor], role: str, desk: Desk) -> list[Participant]:
    return [
        state_participants([who], role, desk, side=Side.THIRD)[0]
        if isinstance(who, str)
        else body_participant(who, role, side=Side.THIRD)
        for who in found.values()
        if isinstance(who, str) or who.name
    ]


def local_parties(found: dict[str, str | Actor], desk: Desk) -> list[Participant]:
    participants = []
    for who in found.values():
        if isinstance(who, str):
            participants += state_participants([who], "party", desk)
        elif who.name:
            participants.append(body_participant(who, "party"))
        else:
            participants.append(
                Participant(
                    actor=None,
                    actor_type=who.type,
                    role="party",
                    capacity=CAPACITIES.get(who.type, "unknown"),
                )
            )
    return participants


def meeting_place(
    row: Row, involved: Sequence[str], record: Record, desk: Desk
) -> tuple[Where, ...]:
    """The place as “town, country”. Its text is a geocoder's, like its point: where the two
    contradict each other, or the town is the capital of another state that took part, the
    country is left open, and the region is given only if both lie in one.
    """
    text = squeezed(row["location_text"])
    if said_to_be_virtual(text, row["lat"], row["lon"]):
        return (virtual_place(),)
    if is_missing(text):
        return ()
    point = read_point(row["lat"], row["lon"])
    town, _comma, last = text.rpartition(", ")
    if desk.gazetteer.code(text):
        town, last = "", text
    elif text.endswith("Korea, South"):
        town, last = text.removesuffix(", Korea, South"), "South Korea"
    stated = desk.gazetteer.code(last)
    capital_of = capitals().get(folded(town))
    if stated and capital_of in involved and stated not in involved:
        assert capital_of is not None
        return doubtful(text, town, stated, capital_of, record, desk, "that is the capital of")
    pinned = desk.gazetteer.country_of(point) if point else None
    if stated and pinned and stated != pinned:
        reason = f"the coordinates {written(point)} lie in"
        return doubtful(text, town, stated, pinned, record, desk, reason)
    if not stated:
        days = day_of(record.start, record.end)
        return place_of(text, point, desk.gazetteer, days, involved, record.notes)
    if not town:
        return (country_only(stated, text),)
    return (on_the_spot(text, stated, point),)


def on_the_spot(text: str, country: str, point: Point | None) -> Where:
    return Where(
        name=text,
        country=country,
        precision=PlacePrecision.PLACE,
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
    )


def doubtful(
    text: str, town: str, stated: str, other: str, record: Record, desk: Desk, reason: str
) -> tuple[Where, ...]:
    """A named place whose country nobody should guess."""
    record.claim_status = ClaimStatus.NEEDS_WORK
    record.notes.append(
        f"The source writes “{text}”, but {reason} {desk.label(other)}: decide which country."
    )
    regions = [desk.gazetteer.atlas.countries[code].region for code in (stated, other)]
    return (
        Where(
            name=town or text,
            region=regions[0] if regions[0] == regions[1] else None,
            precision=PlacePrecision.PLACE,
        ),
    )


def mend_summary(record: Record, third: dict[str, str | Actor], related: bool, desk: Desk) -> str:
    title = MEND_TITLE.match(record.title)
    names = [squeezed(name) for name in title[2].split(";")] if title else []
    codes = [code for code in map(desk.gazetteer.code, names) if code]
    who = [
        in_words(name, desk)
        for name in dict.fromkeys(third.values())
        if isinstance(name, str) or name.name
    ]
    shown = (
        listed(who)
        if len(who) <= 8
        else f"{len(who)} third parties, among them " + listed(who[:5])
    )
    what = "Meeting about mediation" if related else "Mediation"
    where = record.places[0] if record.places else None
    online = where is not None and where.precision == PlacePrecision.VIRTUAL
    return sentences(
        what
        + (f" in the conflict in {states(codes, desk.label)}" if codes else " in a conflict")
        + (f", by {shown}" if shown and not related else "")
        + (f", with {shown}" if shown and related else ""),
        "It was held online or by telephone" if online else "",
        f"It was held in {where.name}" if where and where.name and not online else "",
    )


def cwm(row: Row, desk: Desk) -> Record:
    """One mediation in a civil war; only the country of the war is known as its place."""
    record = begin(row, desk, CWM)
    coded = desk.gazetteer.known(row["countries"].split(";"))
    names = CWM_TITLE.match(record.title)
    country, side_a, side_b = names.groups() if names else ("", "", "")
    shown = as_the_text_says(coded, country, record, desk)
    record.places = tuple(country_only(code) for code in shown)
    governments = as_the_text_says(
        [
            code
            for code in (desk.gazetteer.code(name) for name in side_a.split(", "))
            if code in {*coded, *shown}
        ],
        country,
        record,
        desk,
    )
    groups = [
        body.actor
        for name in re.split(r", |/| and |, and ", side_b)
        if (body := desk.bodies.named(name, [*coded, *shown])) and body.actor.name
    ]
    third = mediators(row["participants_text"], record, desk)
    record.participants = once(
        [
            *state_participants(governments, "party", desk, side=Side.A),
            *(body_participant(actor, "party", side=Side.B) for actor in groups),
            *third,
        ]
    )
    who = [
        in_words(actor.country if actor.type == "state" and actor.country else actor, desk)
        for actor in (participant.actor for participant in third)
        if actor
    ]
    sides = f", between the government side and {side_b.strip()}" if side_b.strip() else ""
    record.summary = sentences(
        f"Mediation in the conflict in {states(shown, desk.label)}{sides}",
        f"Third parties that the dataset names plainly: {listed(who)}" if who else "",
    )
    return finish(record, row, CWM)


def mediators(text: str, record: Record, desk: Desk) -> list[Participant]:
    """States and organisations among the third parties; of persons, nothing is taken."""
    text = squeezed(text.removeprefix("Third party:"))
    found: list[Participant] = []
    for item in ITEMS.split(text):
        name = item.strip(" .")
        code = desk.gazetteer.code(name) or ("USA" if OF_THE_US.search(name) else None)
        if code:
            codes = of_the_day([code], record, desk)
            found += state_participants(codes, "mediator", desk, side=Side.THIRD)
    bodies = desk.bodies.mentioned(text)
    found += [
        body_participant(actor, "mediator", side=Side.THIRD)
        for actor in bodies
        if actor.country is None
    ]
    return list(once(found))
