"""A draft from five answers: what, when, where, who, and how we know.

What is said is read elsewhere (`whens`, `wheres`, `whos`); here it is stored, whole or not at
all, with the defaults of every new record. Everything else can follow.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from engagements import defaults
from engagements.defaults import Default
from engagements.editions import last_edition
from engagements.importing.records import SOURCE_TITLE_LENGTH, TITLE_LENGTH, URL_LENGTH, cut
from engagements.models import Engagement, Participation, Place, Series, Source
from engagements.whens import When, honest_date_in_words
from engagements.wheres import ReadPlace
from engagements.whos import Line, Proposal, make_actor
from milidip.codebook.choices import Independence, SourceKind
from milidip.codebook.folding import folded
from milidip.codebook.models import ActivityType
from stakeholders.models import Stakeholder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

OTHER = "other"
PARTICIPANT = "participant"


@dataclass(frozen=True, slots=True)
class Taking:
    """One line of who took part, after all questions about it are answered."""

    line: Line
    roles: tuple[str, ...]
    actor: Stakeholder | None = None
    make: Proposal | None = None
    kind: str = ""
    """What the new actor is."""


@dataclass(slots=True)
class Draft:
    """What is to be stored: nothing of it is in doubt any more."""

    title: str
    activity: ActivityType | None
    when: When
    places: Sequence[ReadPlace]
    who: Sequence[Taking]
    sources: Sequence["Citation"]
    series: Series | None = None
    edition: str = ""
    announced: bool = False
    told: list[Default] = field(default_factory=list)
    """What was set because nobody chose."""


# --- how we know ----------------------------------------------------------------------------------

OWN = {"own", "own report", "our own report", "first-hand", "first-hand report", "i was there"}
OWN |= {"rapport personnel", "notre rapport", "notre propre rapport", "j'y etais"}
ADDRESS = re.compile(r"(?:https?://\S+|(?:[\w-]+\.)+[a-z]{2,}(?:[/?#:]\S*)?)", re.IGNORECASE)
OFFICIAL = re.compile(
    r"(?:^|\.)(?:gov|mil|gouv|gob|gc|admin|europa)(?:\.|$)|\.int$|(?:^|\.)un\.org$"
)
ORGANISATION = re.compile(r"\.(?:org|ngo|ong)$")
ACADEMIC = re.compile(r"\.edu(?:\.|$)|\.ac\.|(?:^|\.)doi\.org$")
SOCIAL = re.compile(
    r"(?:^|\.)(?:x|twitter|facebook|instagram|linkedin|youtube|t|tiktok)\.(?:com|me)$"
)


@dataclass(frozen=True, slots=True)
class Citation:
    """A source as far as quick logging asks for one."""

    kind: str
    title: str = ""
    url: str = ""


class SourceError(ValueError):
    """Why a text is no source, as a sentence for who wrote it."""


def read_sources(text: str, *, own: bool) -> list[Citation]:
    """Return the sources that ``text`` and the tick beside it name."""
    said = " ".join(text.split())
    says_own = folded(said.replace("\u2019", "'")).strip(" .") in OWN
    found = [Citation(SourceKind.OWN_REPORT)] if own or says_own else []
    if said and not says_own:
        found.append(_citation(said))
    return found


def _citation(said: str) -> Citation:
    if ADDRESS.fullmatch(said):
        url = said if "://" in said else f"https://{said}"
        try:
            URLValidator(schemes=["http", "https"])(url)
        except ValidationError:
            url = ""
        if url and len(url) <= URL_LENGTH:
            return Citation(kind_of(url), url=url)
        raise SourceError(_("“%(text)s” is no address that works.") % {"text": said[:80]})
    if "://" in said or re.match(r"www\.", said, re.IGNORECASE):
        raise SourceError(
            _("“%(text)s” is no address: write it like https://news.example/report, and alone.")
            % {"text": said[:80]}
        )
    if len(said) > SOURCE_TITLE_LENGTH:
        raise SourceError(_("That is too long for the title of a source."))
    return Citation(SourceKind.NEWS, title=said)


def kind_of(url: str) -> str:
    """Return the kind of source that an address speaks for; it is shown, and can be changed."""
    host = (urlsplit(url).hostname or "").lower()
    for hosts, kind in (
        (SOCIAL, SourceKind.SOCIAL_MEDIA),
        (ACADEMIC, SourceKind.ACADEMIC),
        (OFFICIAL, SourceKind.OFFICIAL_DOCUMENT),
        (ORGANISATION, SourceKind.ORGANISATION_REPORT),
    ):
        if hosts.search(host):
            return kind
    return SourceKind.NEWS


# --- what it is called ------------------------------------------------------------------------------

EDITION = re.compile(r"[\s,:-]*([\d]{1,4}(?:[-/]\d{1,4})?|[IVXL]{1,6})$")


def series_of(title: str) -> tuple[Series, str] | None:
    """Return the series whose name a title is, with what tells the edition: “Bright Path 2019”."""
    title = " ".join(title.split())
    if not title:
        return None
    match = EDITION.search(title)
    names = {title: ""} | ({title[: match.start()]: match[1]} if match else {})
    for name, edition in names.items():
        if name and (found := Series.objects.filter(name__unaccent__iexact=name).first()):
            return found, edition
    return None


def supplied_title(activity: ActivityType, places: Sequence[ReadPlace], when: When) -> str:
    """Describe what has no name, in the language of the record: “Port visit, Kenya, May 1980”."""
    with override("en"):
        named = dict.fromkeys(place.title for place in places[:2])
        parts = [activity.label, *named, honest_date_in_words(when.start or when.end)]
        return cut(", ".join(part for part in parts if part), TITLE_LENGTH)


# --- storing ----------------------------------------------------------------------------------------


@transaction.atomic
def log(draft: Draft, by: "User", today: date) -> Engagement:
    """Store a draft with all its parts, or nothing; `draft.told` then says what was set."""
    record = Engagement(created_by=by, updated_by=by, start=draft.when.start, end=draft.when.end)
    record.series, record.edition = draft.series, draft.edition
    record.activity = draft.activity or _usual_activity(draft)
    record.title = " ".join(draft.title.split())
    if not record.title:
        record.title = supplied_title(record.activity, draft.places, draft.when)
        record.title_supplied = True
    dates = {"start": draft.when.start, "end": draft.when.end}
    for default in defaults.unchosen(dates, today, ongoing=draft.when.ongoing):
        setattr(record, default.field, default.value)
        draft.told.append(default)
    if embargo := defaults.embargo_of(record, announced=draft.announced):
        record.embargo_until = embargo.value
        draft.told.append(embargo)
    if draft.when.rounded:
        record.working_note = _("When, as it was said: “%(text)s”.") % {"text": draft.when.said}
    record.save()
    for place in draft.places:
        _add_place(record, place)
    _add_participants(record, draft.who)
    for citation in draft.sources:
        _add_source(record, citation, today)
    return record


def _usual_activity(draft: Draft) -> ActivityType:
    """The kind of the last edition; else “other”, until somebody says more."""
    last = last_edition(draft.series) if draft.series else None
    if last:
        told = _("We took the kind of activity from the last edition: %(kind)s.")
        kind = last.activity
    else:
        told = _("We set the kind of activity to “%(kind)s”, because none was chosen: choose one.")
        kind = ActivityType.objects.get(pk=OTHER)
    draft.told.append(Default("activity", kind, told % {"kind": kind}))
    return kind


def _add_place(record: Engagement, place: ReadPlace) -> None:
    where = place.where
    Place.objects.create(
        engagement=record,
        name=where.name,
        country_id=where.country,
        region_id=where.region
        or defaults.region_for(where.precision, where.country, where.region),
        precision=where.precision,
    )


def _add_participants(record: Engagement, who: Sequence[Taking]) -> None:
    """Each actor once in a role; a new one is made once, however often it is in the list."""
    made: dict[tuple[str, str, str | None], Stakeholder] = {}
    there = set()
    for taking in who:
        actor = taking.actor
        if taking.make:
            key = (folded(taking.make.name), taking.kind, taking.make.country)
            actor = made.get(key) or make_actor(taking.make, taking.kind)
            made[key] = actor
        for role in taking.roles or (PARTICIPANT,):
            if actor and (actor.pk, role) in there:
                continue
            there.add((actor.pk if actor else None, role))
            rows = taking.line.number if actor is None else 1
            for _row in range(rows):
                Participation.objects.create(
                    engagement=record,
                    stakeholder=actor,
                    actor_type_id=None if actor else taking.line.group,
                    role_id=role,
                    people_min=taking.line.people,
                    people_max=taking.line.people,
                )


def _add_source(record: Engagement, citation: Citation, today: date) -> None:
    own = citation.kind == SourceKind.OWN_REPORT
    Source.objects.create(
        engagement=record,
        kind=citation.kind,
        title=citation.title,
        url=citation.url,
        independence=Independence.OWN if own else Independence.UNKNOWN,
        accessed=today if citation.url else None,
    )
