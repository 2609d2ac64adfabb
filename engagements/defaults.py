"""What a new record starts with where nobody has chosen: in one place, for every form.

A default is said back when it is set, with its reason, and never put in the place of a choice.
Two of them are kept where the facts are: a participation of a person starts withheld
(`Stakeholder.usual_disclosure`), and regions follow from the countries (`Atlas.regions_of`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from engagements.models import Engagement
from milidip.codebook.choices import WORLD, Marking, PlacePrecision, State, Status
from milidip.codebook.dates import bounds

USUALLY_UNDER_THE_RULE = {"2", "3"}


@dataclass(frozen=True, slots=True)
class Default:
    """One value that was set, and the sentence that says so and why."""

    field: str
    value: Any
    told: str


# --- the rules ------------------------------------------------------------------------------------


def marking_for(track: str | None) -> str:
    """Track II and III start under the Chatham House Rule: opening a record later harms nobody."""
    return Marking.CHATHAM_HOUSE if track in USUALLY_UNDER_THE_RULE else Marking.OPEN


def status_for(start: str, end: str, today: date, *, ongoing: bool = False) -> str:
    """Return the status that the dates leave no doubt of; else that it is not known.

    ``start`` and ``end`` are honest dates; a missing end is the end of the start's precision.
    """
    if ongoing:
        return Status.ONGOING
    if not (start or end):
        return Status.UNKNOWN
    first, surely_begun = bounds(start or end)
    surely_going, last = bounds(end or start)
    if start and first > today:
        return Status.PLANNED
    if last < today:
        return Status.COMPLETED
    if start and surely_begun <= today <= surely_going:
        return Status.ONGOING
    return Status.UNKNOWN


def embargo_for(status: str, start: str, end: str, *, announced: bool = False) -> date | None:
    """What is planned is not public before it is over, unless its own organisers announced it."""
    if status != Status.PLANNED or announced or not (start or end):
        return None
    return bounds(end or start)[1]


def region_for(precision: str, country: Any, region: Any) -> str | None:
    """A region follows from the country; what was held online is in none, but in the world."""
    if precision == PlacePrecision.VIRTUAL and not country and not region:
        return WORLD
    return None


# --- said back ------------------------------------------------------------------------------------


def unchosen(data: Mapping[str, Any], today: date, *, ongoing: bool = False) -> Iterator[Default]:
    """Yield what a new record gets in its fields that nobody chose.

    ``data`` has the cleaned fields of the form: an empty marking or status is not chosen.
    """
    track = getattr(data.get("track"), "pk", data.get("track"))
    if not data.get("marking"):
        yield _marking(marking_for(track))
    if not data.get("status"):
        status = status_for(data.get("start") or "", data.get("end") or "", today, ongoing=ongoing)
        yield Default("status", status, _STATUS_TOLD[status]())


def marking_of_draft(record: Engagement, before: str | None, track: str | None) -> Default | None:
    """Return the marking that a draft gets with its first track: quick logging asks for none.

    Only where the marking is still the open one that every draft has, and the row of a dataset
    did not bring it.
    """
    if before or record.state != State.DRAFT or record.source_dataset:
        return None
    if record.marking != Marking.OPEN or marking_for(track) == Marking.OPEN:
        return None
    return _marking(marking_for(track))


def embargo_of(record: Engagement, *, announced: bool = False) -> Default | None:
    """Return the embargo of a new record that has none and is planned."""
    if record.embargo_until:
        return None
    day = embargo_for(record.status, record.start, record.end, announced=announced)
    return _embargo(day) if day else None


def _marking(marking: str) -> Default:
    if marking == Marking.OPEN:
        return Default("marking", marking, "")
    told = _(
        "We set the marking to Chatham House Rule, because Track II and III usually meet under "
        "it. Choose another under “Disclosure” if this one was open."
    )
    return Default("marking", marking, told)


def _embargo(day: date) -> Default:
    told = _(
        "We set “not before” to %(day)s, because it is planned and nobody is said to have "
        "announced it. Take it out under “Disclosure” if it was announced."
    )
    return Default("embargo_until", day, told % {"day": day})


_STATUS_TOLD = {
    Status.PLANNED: lambda: _("We set the status to planned, because it is still to come."),
    Status.ONGOING: lambda: _("We set the status to ongoing, because it is going on now."),
    Status.COMPLETED: lambda: _("We set the status to completed, because its dates are past."),
    Status.UNKNOWN: lambda: _(
        "We set the status to unknown, because the dates do not tell it: choose one if you know."
    ),
}
