"""What a column of a file can be about: the targets of a mapping, and the columns of the template.

One line here is all that a new simple field needs to be imported: its name as files write it, what
kind of value it is, the field of `Record` that it fills, and the codes that it may have. What is
read from several columns together (places, participants, sources) has no field of its own.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from engagements.importing.datasets.base import TRACKS
from engagements.importing.datasets.desk import Desk
from engagements.importing.dates import DateError, DateStyle, read_date
from engagements.importing.details import FIELDS
from engagements.importing.records import RowError, squeezed
from engagements.models import DETAILS
from milidip.codebook.choices import UNKNOWN


class Kind(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    LONG_TEXT = "long text"
    CODE = "code"
    CODES = "codes"
    DATE = "date"
    YES_NO = "yes or no"
    DEGREES = "degrees"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a column can hold."""

    name: str
    kind: Kind
    label: Promise | str
    help: Promise | str = ""
    field: str = ""
    vocabulary: str = ""
    also: tuple[str, ...] = ()
    """Headings under which other files have it, folded and without signs."""


# fmt: off
TARGETS: tuple[Target, ...] = (
    Target("source_dataset", Kind.TEXT, _("Dataset"), _("Name of the collection; else give it once for the file."), also=("dataset", "collection")),
    Target("source_id", Kind.TEXT, _("Identifier of the row"), _("Unique and lasting: by it a row finds its record again."), also=("id", "identifier", "number", "no", "nr", "sampleid", "rowid", "eventid")),
    Target("title", Kind.TEXT, _("Title"), _("In [square brackets] when you composed it yourself."), also=("name", "engagement", "exercise", "event", "exname", "missionname")),
    Target("series", Kind.TEXT, _("Series"), field="series", also=("seriesname",)),
    Target("edition", Kind.TEXT, _("Edition"), field="edition"),
    Target("summary", Kind.LONG_TEXT, _("Summary"), _("In your own words; published."), field="summary", also=("publicsummary", "description", "abstract")),
    Target("narrative", Kind.LONG_TEXT, _("Fuller account"), field="narrative", also=("account",)),
    Target("lessons", Kind.LONG_TEXT, _("Lessons"), field="lessons", also=("lessonslearned",)),
    Target("activity", Kind.CODE, _("Kind of activity"), field="activity", vocabulary="activity", also=("activitytype", "activitytypeguess", "type", "kind")),
    Target("status", Kind.CODE, _("Status"), _("Left out: worked out from the dates."), field="status", vocabulary="status"),
    Target("date_start", Kind.DATE, _("Start"), field="start", also=("start", "startdate", "startdateraw", "begin", "from", "datefrom", "date")),
    Target("date_end", Kind.DATE, _("End"), field="end", also=("end", "enddate", "enddateraw", "until", "to", "dateto")),
    Target("track", Kind.CODE, _("Track"), field="track", vocabulary="track", also=("tracklevel", "tracklevelguess")),
    Target("track_basis", Kind.CODE, _("Basis of the track"), field="track_basis", vocabulary="track_basis"),
    Target("track_note", Kind.TEXT, _("Why this track"), field="track_note"),
    Target("touches", Kind.CODES, _("Tracks it touches"), field="touches", vocabulary="track"),
    Target("track3_link", Kind.CODES, _("How it reaches Track III"), field="track3_links", vocabulary="track3_link"),
    Target("military_role", Kind.CODES, _("What the military did"), field="military_roles", vocabulary="military_role"),
    Target("initiated_by", Kind.CODE, _("Initiated by"), field="initiated_by", vocabulary="actor type"),
    Target("objectives", Kind.CODES, _("Objectives"), field="objectives", vocabulary="objective", also=("objective",)),
    Target("themes", Kind.CODES, _("Themes"), field="themes", vocabulary="theme", also=("theme",)),
    Target("gives_support", Kind.YES_NO, _("Support to security forces"), field="gives_support", also=("conductsupport",)),
    Target("place_name", Kind.TEXT, _("Place"), _("Town, base or area. Countries and seas in it are found."), also=("place", "location", "locationtext", "venue", "city", "town", "missionlocation", "placenames")),
    Target("place_country", Kind.LIST, _("Country of the place"), _("ISO 3166-1 alpha-3 or name; several joined with “;”."), also=("country", "hostcountry", "placecountries")),
    Target("place_region", Kind.CODE, _("Region or sea"), vocabulary="region", also=("region", "sea", "placeareas")),
    Target("place_precision", Kind.CODE, _("How precise the place is"), vocabulary="place_precision"),
    Target("latitude", Kind.DEGREES, _("Latitude"), also=("lat", "missionlatitude")),
    Target("longitude", Kind.DEGREES, _("Longitude"), also=("lon", "long", "lng", "missionlongitude")),
    Target("participants", Kind.LIST, _("Participants"), _("name|kind|country|role|capacity|side|least|most, joined with “;”; or names of states."), also=("participantstext", "actors", "countries", "states")),
    Target("outcomes", Kind.LIST, _("Outcomes"), _("kind|reported by|statement, joined with “ || ”."), also=("outcome",)),
    Target("source_kind", Kind.CODE, _("Kind of source"), vocabulary="source_kind"),
    Target("source_independence", Kind.CODE, _("Whose word the source is"), vocabulary="independence"),
    Target("source_title", Kind.TEXT, _("Title of the source"), also=("source", "citation", "reference")),
    Target("source_publisher", Kind.TEXT, _("Publisher of the source"), also=("publisher",)),
    Target("source_url", Kind.TEXT, _("Address of the source"), also=("url", "link", "sourcelink")),
    Target("source_published", Kind.DATE, _("Date of the source")),
    Target("source_locator", Kind.TEXT, _("Locator in the source"), also=("page", "locator")),
    Target("source_language", Kind.TEXT, _("Language of the source"), also=("language",)),
    Target("marking", Kind.CODE, _("Marking"), field="marking", vocabulary="marking"),
    Target("claim_status", Kind.CODE, _("State of the evidence"), field="claim_status", vocabulary="claim_status"),
    Target("content_licence", Kind.TEXT, _("Licence"), field="licence", also=("licence", "license")),
    *(Target(column, Kind.TEXT, DETAILS[block]._meta.get_field(name).verbose_name) for column, (block, name) in FIELDS.items()),
    Target("note", Kind.LONG_TEXT, _("Note for staff"), _("Never published."), also=("notes", "remark", "remarks", "comment", "workingnote")),
)
# fmt: on
BY_NAME = {target.name: target for target in TARGETS}
YES = {"yes", "y", "true", "1", "x"}
NO = {"no", "n", "false", "0"}


@dataclass(frozen=True, slots=True)
class Reader:
    """What cells are read with, beside the desk: how this file writes dates."""

    desk: Desk
    style: DateStyle


def read_cell(target: Target, column: str, text: str, reader: Reader) -> object:
    """Return what a cell that is not empty says; raise RowError naming its column."""
    return _READ[target.kind](target, column, text, reader)


def _text(target: Target, column: str, text: str, reader: Reader) -> str:
    return squeezed(text)


def _long_text(target: Target, column: str, text: str, reader: Reader) -> str:
    return text.strip()


def _code(target: Target, column: str, text: str, reader: Reader) -> str:
    code = TRACKS.get(text.strip(), text.strip()) if target.vocabulary == "track" else text.strip()
    known = reader.desk.codes[target.vocabulary]
    if code not in known:
        raise RowError(f"{column} “{code}” is no code of the codebook{_hint(code, known)}.")
    return code


def _hint(code: str, known: Collection[str]) -> str:
    """Offer the codes where they are few."""
    return f": use {', '.join(sorted(known))}" if len(known) <= 8 else ""


def _codes(target: Target, column: str, text: str, reader: Reader) -> tuple[str, ...]:
    found = (item for item in text.split(";") if item.strip())
    return tuple(dict.fromkeys(_code(target, column, item, reader) for item in found))


def _date(target: Target, column: str, text: str, reader: Reader) -> str:
    try:
        return read_date(text, reader.style)
    except DateError as problem:
        raise RowError(f"{column} “{text.strip()}” {problem}.") from problem


def _yes_no(target: Target, column: str, text: str, reader: Reader) -> bool | None:
    word = text.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    if word == UNKNOWN:
        return None
    raise RowError(f"{column} “{text.strip()}” is neither yes nor no.")


_READ: dict[Kind, Callable[[Target, str, str, Reader], object]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _long_text,
    Kind.CODE: _code,
    Kind.CODES: _codes,
    Kind.DATE: _date,
    Kind.YES_NO: _yes_no,
    Kind.DEGREES: _text,
    Kind.LIST: _long_text,
}
