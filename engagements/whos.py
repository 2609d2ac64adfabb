"""Who took part? A list as a person types or pastes it, matched line by line with the register.

A line is an actor with what it did: in brackets, after a tab, a comma or a dash, or before a
colon. “3 NGOs” are unnamed. A name that is exactly one body's is that body; whatever is doubtful
is asked; an actor is made, or two are taken for one, only when somebody says so.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Func, Q, TextField
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from engagements.importing.bodies import Bodies
from engagements.importing.dates import is_missing
from engagements.importing.gazetteer import Gazetteer
from engagements.importing.likely import OFFERED
from engagements.importing.records import NAME_LENGTH, squeezed
from engagements.wheres import Days
from milidip.codebook.choices import Level
from milidip.codebook.folding import folded
from milidip.codebook.models import ActorType, Role
from stakeholders.models import PERSON, STATE, FormerReference, OtherName, Stakeholder

PARTING = re.compile(r"[;\r\n]+")
MOST = 300
MOST_BODIES = 20
ALIKE = 0.45
"""Lower than an import's: a person looks at each, and a tired one leaves out words."""

NOT_STATED = {"not stated", "not known", "nobody named", "non precise", "non indique", "inconnu"}
REFERENCE = re.compile(r"[\[(]?\b(MA-[0-9A-Z]{6})\b[\])]?", re.IGNORECASE)
BULLET = re.compile(r"^(?:[-*•·–—]\s*|\d{1,3}[.)]\s+)")
BRACKETS = re.compile(r"(.+?)\s*\(([^()]*)\)\s*")
SEVERAL_ROLES = re.compile(r"\s*(?:[,/&+;]|\band\b|\bet\b)\s*")
NUMBERED = re.compile(r"(?:about |around |some |environ )?(\d{1,6})\s+(.+)")
NUMBERS = {
    word: number
    for number, words in enumerate(
        ("one", "two deux", "three trois", "four quatre", "five cinq", "six",
         "seven sept", "eight huit", "nine neuf", "ten dix"), start=1)
    for word in words.split()
}  # fmt: skip
SOME = re.compile(r"(?:some|several|various|a number of|plusieurs|quelques|divers|diverses) (.+)")

ROLE_WORDS = {
    "organizer": "organiser", "co-organiser": "organiser", "co-organizer": "organiser",
    "organised": "organiser", "co-organisateur": "organiser", "convener": "organiser",
    "hosted": "host", "host nation": "host", "host country": "host", "co-host": "host",
    "pays hote": "host", "donor": "funder", "sponsor": "funder", "funded": "funder",
    "bailleur": "funder", "donateur": "funder", "attendee": "participant", "took part": "participant",
    "participante": "participant", "instructor": "trainer", "instructeur": "trainer",
    "trainee": "recipient", "beneficiaire": "beneficiary", "lecturer": "speaker", "orateur": "speaker",
    "mediatrice": "mediator", "facilitatrice": "facilitator", "observatrice": "observer",
    "partenaire": "implementing_partner",
}  # fmt: skip
BODIES = {
    "ngo": "ngo", "ong": "ngo", "non-governmental organization": "ngo", "charity": "ngo",
    "civil society organisation": "ngo", "civil society organization": "ngo", "cso": "ngo",
    "state": "state", "country": "state", "countrie": "state", "pays": "state", "army": "armed_force",
    "armie": "armed_force", "navie": "armed_force", "armee": "armed_force", "ministrie": "government",
    "ministry": "government", "ministere": "government", "embassy": "diplomatic",
    "embassie": "diplomatic", "ambassade": "diplomatic", "university": "academic",
    "universitie": "academic", "universite": "academic", "think tank": "academic",
    "communitie": "community", "local community": "community", "local communitie": "community",
    "communaute locale": "community", "village": "community", "church": "faith_body",
    "churche": "faith_body", "international organization": "international_organisation",
    "compagnie": "defence_industry",
}  # fmt: skip
PEOPLE = {
    "soldier": "armed_force", "troop": "armed_force", "officer": "armed_force",
    "cadet": "armed_force", "military personnel": "armed_force", "soldat": "armed_force",
    "militaire": "armed_force", "officier": "armed_force", "peacekeeper": "armed_force",
    "police officer": "police_gendarmerie", "policemen": "police_gendarmerie",
    "policier": "police_gendarmerie", "gendarme": "police_gendarmerie",
    "diplomat": "diplomatic", "diplomate": "diplomatic", "mp": "parliament",
    "parliamentarian": "parliament", "parlementaire": "parliament", "official": "government",
    "fonctionnaire": "government", "researcher": "academic", "scholar": "academic",
    "academic": "academic", "student": "academic", "chercheur": "academic",
    "universitaire": "academic", "journalist": "media", "journaliste": "media",
    "elder": "traditional_authority", "people": PERSON, "person": PERSON, "participant": PERSON,
    "civilian": PERSON, "villager": PERSON, "personne": PERSON, "civil": PERSON,
}  # fmt: skip
"""Words for groups, without the s of the plural -> kind of actor. People have head counts."""

KINDS = tuple(
    (re.compile(rf"\b(?:{words})"), kind)
    for words, kind in (
        ((r"^(?:lt|lieutenant|col|colonel|maj|major|gen|general|brig|brigadier|capt|captain|sgt|"
         r"sergeant|adm|admiral|amiral|commandant|mr|mrs|ms|mme|dr|prof|hon|sir|sheikh|ambassador|"
         r"ambassadeur|ambassadrice)\b\.? (?!assembly|staff|secretar|direct|headquart|council)\S"),
         PERSON),
        (r"veterans?\b|anciens combattants", "veterans_organisation"),
        (r"women|femmes", "womens_organisation"),
        (r"youth|jeunesse|jeunes\b", "youth_organisation"),
        (r"police|gendarmerie|carabinieri", "police_gendarmerie"),
        (r"embassy|ambassade|ministry of foreign|ministere des affaires etrangeres", "diplomatic"),
        (r"parliament|senate|congress\b|parlement|assemblee nationale", "parliament"),
        (r"minist|government|gouvernement|department of|agency\b|agence\b", "government"),
        ((r"army|navy|air force|armed forces|defence forces?|defense forces?|regiment|brigade|"
         r"battalion|division\b|squadron|marines?\b|coast ?guard|military|command\b|armee|"
         r"forces armees|bataillon|marine nationale"), "armed_force"),
        (r"universit|institute|institut|college\b|academy|academie|think tank", "academic"),
        (r"united nations|nations unies|european union|african union|nato\b|otan\b|osce\b",
         "international_organisation"),
        (r"church|diocese|mosque|council of churches|eglise|imams?\b", "faith_body"),
        (r"foundation|fondation", "foundation"),
        (r"city of|county|municipality|mairie|ville de|municipal", "local_government"),
        (r"elders|chiefs?\b|kingdom of|traditional", "traditional_authority"),
        (r"community|communaute|village", "community"),
        (r"newspaper|radio|television|broadcast", "media"),
        (r"association|ngo\b|ong\b|red cross|croix-rouge|croissant-rouge|red crescent|society\b",
         "ngo"),
    )
)  # fmt: skip
"""Words in a new actor's name -> the kind that is proposed for it, the surest first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list, taken apart."""

    said: str
    names: tuple[str, ...] = ()
    """Spellings to look for; the first is what a new actor would be called."""
    acronym: str = ""
    """In brackets after the name; others may have it too, so it makes nothing sure."""
    roles: tuple[str, ...] = ()
    country: str | None = None
    reference: str = ""
    group: str = ""
    """Kind of an unnamed group."""
    number: int = 1
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a new actor would be, if somebody says that it is to be made."""

    name: str
    type: str
    country: str | None = None
    level: str = Level.UNKNOWN
    sure: bool = False
    """A state, or a body of the curated list: its kind is no guess."""


@dataclass(slots=True)
class Matched:
    """A line and what the register has for it."""

    line: Line
    actor: Stakeholder | None = None
    """The one body that it is, beyond doubt."""
    candidates: list[Stakeholder] = field(default_factory=list)
    proposal: Proposal | None = None

    @property
    def settled(self) -> bool:
        return bool(self.actor or self.line.group)


# --- reading --------------------------------------------------------------------------------------


class Words:
    """The words for roles and for kinds of actors, in English and French."""

    def __init__(self) -> None:
        self.roles = {_single(word): role for word, role in ROLE_WORDS.items()}
        for role in Role.objects.all():
            for word in (role.code, role.label, role.label_fr):
                self.roles[_single(word)] = role.code
        self.bodies = {_single(word): kind for word, kind in BODIES.items()}
        self.people = {_single(word): kind for word, kind in PEOPLE.items()}
        for kind in ActorType.objects.exclude(code__in=[PERSON, "unknown"]):
            for word in (kind.label, kind.label_fr):
                self.bodies[_single(word)] = kind.code

    def roles_in(self, text: str) -> tuple[str, ...]:
        """Return the roles that ``text`` consists of; none when anything else is in it."""
        words = [_single(word) for word in SEVERAL_ROLES.split(text.strip()) if word]
        if not words or not all(word in self.roles for word in words):
            return ()
        return tuple(dict.fromkeys(self.roles[word] for word in words))


def _single(words: str) -> str:
    """Return words folded and without the s of the plural, each of them."""
    plain = folded(words.replace("\u2019", "'"))
    return " ".join(word.rstrip(".").removesuffix("s") for word in plain.split())


def read_lines(text: str, words: Words, gazetteer: Gazetteer) -> list[Line]:
    """Return the lines of a list; the same line twice counts once."""
    found: dict[str, Line] = {}
    for part in PARTING.split(text):
        said = re.sub(r"[ \u00a0]+", " ", BULLET.sub("", part.strip()))
        said = re.sub(r" ?\t[ \t]*", "\t", said.strip())
        if said and not is_missing(said) and folded(said) not in NOT_STATED:
            found.setdefault(said, _line(said, words, gazetteer))
    return list(found.values())


def _line(said: str, words: Words, gazetteer: Gazetteer) -> Line:
    rest, reference = said, ""
    if match := REFERENCE.search(rest):
        reference, rest = match[1].upper(), REFERENCE.sub("", rest).strip()
    head, *cells = [cell.strip() for cell in rest.split("\t") if cell.strip()] or [said]
    before, colon, after = head.partition(":")
    if colon and after.strip() and words.roles_in(before):
        head, cells = after.strip(), [*cells, before]
    names, acronym = [squeezed(head)], ""
    while match := BRACKETS.fullmatch(head):
        inside = match[2].strip()
        head = match[1].strip()
        if not (words.roles_in(inside) or gazetteer.code(inside)):
            names.append(squeezed(head))  # it is an acronym, or a part of the name
            acronym = inside if re.fullmatch(r"[A-Z][\w&.-]{1,11}", inside) else ""
            break
        cells.append(inside)
        names = [squeezed(head)]
    else:
        for mark in (",", " - ", " – ", " — "):
            start, found, end = head.rpartition(mark)
            if found and words.roles_in(end):
                names, cells = [squeezed(start)], [*cells, end]
                break
            if found and gazetteer.code(end) and not gazetteer.code(start):
                names, cells = [squeezed(start), squeezed(head)], [*cells, end]
                break
    roles = tuple(dict.fromkeys(role for cell in cells for role in words.roles_in(cell)))
    countries = [code for cell in cells if (code := gazetteer.code(cell))]
    line = Line(
        said=said,
        names=tuple(dict.fromkeys(name for name in names if name)),
        acronym=acronym,
        roles=roles,
        country=countries[0] if countries else None,
        reference=reference,
    )
    return _group(line, words) or line


def _group(line: Line, words: Words) -> Line | None:
    """Return the line as an unnamed group, if it is the word for one."""
    if line.reference or not line.names:
        return None
    text, number = folded(line.names[0]), None
    first, _space, after = text.partition(" ")
    if match := NUMBERED.fullmatch(text):
        number, text = int(match[1]), match[2]
    elif first in NUMBERS and after:
        number, text = NUMBERS[first], after
    elif match := SOME.fullmatch(text):
        text = match[1]
    elif text == _single(text) and text not in ("people", "military personnel"):
        return None  # one of them, by its name: “Parliament”
    single = _single(text)
    kind = words.bodies.get(single)
    if kind:
        kept = number if number and number <= MOST_BODIES else 1
        return replace(line, group=kind, number=kept)
    if people := words.people.get(single):
        return replace(line, group=people, people=number)
    return None


# --- matching -------------------------------------------------------------------------------------


@cache
def _listed() -> Bodies:
    """The curated bodies: they come from a file, and are half a second of patterns."""
    return Bodies.listed()


def match(lines: Sequence[Line], gazetteer: Gazetteer, days: Days) -> list[Matched]:
    """Return what the register has for each line, in a few queries however many lines there are."""
    listed = _listed()
    proposals = {line.said: _proposal(line, listed, gazetteer, days) for line in lines}
    named = [line for line in lines if not line.group]
    keys = {line.said: _keys(line, proposals[line.said]) for line in named}
    exact = _exact({key for found in keys.values() for key in found})
    references = _by_reference([line.reference for line in named if line.reference])
    states = _states([p.country for p in proposals.values() if p and p.type == STATE])
    found = []
    for line in lines:
        matched = Matched(line, proposal=proposals[line.said])
        if line.reference:
            matched.actor = references.get(line.reference)
        elif matched.proposal and matched.proposal.type == STATE:
            matched.actor = states.get(matched.proposal.country)
        elif not line.group:
            matched.actor, matched.candidates = _same(line, keys[line.said], exact)
        found.append(matched)
    doubtful = [
        matched
        for matched in found
        if not (matched.settled or matched.candidates)
        and not (matched.proposal and matched.proposal.type == STATE)
    ]
    _add_alike(doubtful, keys)
    return found


def _same(
    line: Line, keys: Sequence[str], exact: Mapping[str, list[Stakeholder]]
) -> tuple[Stakeholder | None, list[Stakeholder]]:
    """Return the one body of which a spelling is the whole name; else those that it may be."""
    for key in keys:
        same = [actor for actor in exact.get(key, []) if _fits(actor, line)]
        if not same:
            continue
        # Two persons may share a name: of a person somebody says that it is the same one.
        sure = len(same) == 1 and not same[0].is_person and key != folded(line.acronym)
        return (same[0], []) if sure else (None, same)
    return None, []


def _keys(line: Line, proposal: Proposal | None) -> list[str]:
    names = [*line.names, *([proposal.name] if proposal and proposal.sure else []), line.acronym]
    return list(dict.fromkeys(folded(name) for name in names if name))


def _proposal(line: Line, listed: Bodies, gazetteer: Gazetteer, days: Days) -> Proposal | None:
    """What the line would be as a new actor; a state and a well-known body are known as such."""
    if line.group or not line.names:
        return None
    for name in line.names:
        if code := gazetteer.code(name):
            code = gazetteer.state_of(gazetteer.standing(code, days), days)
            return Proposal(gazetteer.labels[code], STATE, code, Level.NATIONAL, sure=True)
        body = listed.named(name)
        if body and not body.unnamed:
            actor = body.actor
            return Proposal(actor.name, actor.type, actor.country, actor.level, sure=True)
    name = line.names[0][:NAME_LENGTH]
    return Proposal(name, kind_of(name), line.country)


def kind_of(name: str) -> str:
    """Return the kind that the words of a name speak for; `unknown` when none does."""
    bare = folded(name)
    return next((kind for words, kind in KINDS if words.search(bare)), "unknown")


def _fits(actor: Stakeholder, line: Line) -> bool:
    return not (line.country and actor.country_id) or line.country == actor.country_id


def _actors() -> Any:
    return Stakeholder.objects.select_related("type", "country")


def _exact(keys: Iterable[str]) -> Mapping[str, list[Stakeholder]]:
    """Return the actors of which a key is the whole name, or a whole other name."""
    keys = sorted(keys)
    found: dict[str, list[Stakeholder]] = defaultdict(list)
    for actor in _actors().filter(sort_key__in=keys).order_by("pk"):
        found[actor.sort_key].append(actor)
    plain_name = Lower(Func(F("name"), function="unaccent", output_field=TextField()))
    others = OtherName.objects.annotate(key=plain_name).filter(key__in=keys)
    for other in others.select_related("stakeholder__type", "stakeholder__country"):
        if other.stakeholder not in found[other.key]:
            found[other.key].append(other.stakeholder)
    return found


def _by_reference(references: Sequence[str]) -> dict[str, Stakeholder]:
    if not references:
        return {}
    found = {actor.reference: actor for actor in _actors().filter(reference__in=references)}
    former = FormerReference.objects.filter(reference__in=references)
    for row in former.select_related("stakeholder__type", "stakeholder__country"):
        found[row.reference] = row.stakeholder
    return found


def _states(countries: Sequence[str | None]) -> dict[str | None, Stakeholder]:
    wanted = [code for code in countries if code]
    if not wanted:
        return {}
    return {actor.country_id: actor for actor in _actors().filter(type=STATE, country__in=wanted)}


NAMES_ALIKE = """
SELECT key, id FROM (
    SELECT key, id, max(alike) AS alike,
        row_number() OVER (PARTITION BY key ORDER BY max(alike) DESC, id) AS place
    FROM (
        SELECT k.key, a.id, similarity(a.sort_key, k.key) AS alike
        FROM unnest(%(keys)s::text[]) AS k (key)
        JOIN stakeholders_stakeholder a ON a.sort_key %% k.key
        UNION ALL
        SELECT k.key, o.stakeholder_id, similarity(lower(unaccent(o.name)), k.key)
        FROM unnest(%(keys)s::text[]) AS k (key)
        JOIN stakeholders_othername o ON lower(unaccent(o.name)) %% k.key
    ) AS every
    GROUP BY key, id
) AS ranked
WHERE place <= %(offered)s
ORDER BY key, place
"""


def _add_alike(doubtful: Sequence[Matched], keys: Mapping[str, list[str]]) -> None:
    """Give each line the actors with a name that is spelled like one of its own."""
    wanted = sorted({key for matched in doubtful for key in keys.get(matched.line.said, [])})
    if not wanted:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(ALIKE)])
        cursor.execute(NAMES_ALIKE, {"keys": wanted, "offered": OFFERED})
        rows = cursor.fetchall()
    actors = _actors().in_bulk({pk for _key, pk in rows})
    alike: dict[str, list[Stakeholder]] = defaultdict(list)
    for key, pk in rows:
        alike[key].append(actors[pk])
    for matched in doubtful:
        found = {
            actor.pk: actor
            for key in keys.get(matched.line.said, [])
            for actor in alike[key]
            if _fits(actor, matched.line)
        }
        matched.candidates = list(found.values())[:OFFERED]


# --- an actor that is not there yet -----------------------------------------------------------------


def twin_of(proposal: Proposal, kind: str) -> Stakeholder | None:
    """Return the body that is logged already; two persons may share a name."""
    if kind == PERSON:
        return None
    same = Q(sort_key=folded(proposal.name), type=kind, country=proposal.country)
    if kind == STATE:
        same = Q(type=STATE, country=proposal.country)
    return Stakeholder.objects.filter(same).first()


def problem_with(proposal: Proposal, kind: str) -> str:
    """Return why an actor cannot be made of a line as this kind; empty when it can."""
    if kind == STATE and not proposal.country:
        return _("A state needs its country.")
    if twin := twin_of(proposal, kind):
        return _("“%(name)s” is already in the register as %(reference)s: choose that one.") % {
            "name": twin.name,
            "reference": twin.reference,
        }
    return ""


def make_actor(proposal: Proposal, kind: str) -> Stakeholder:
    """Make an actor because somebody said so; a person starts withheld by itself."""
    level = proposal.level if proposal.type == kind else Level.UNKNOWN
    return Stakeholder.objects.create(
        name=proposal.name, type_id=kind, country_id=proposal.country, level=level
    )
