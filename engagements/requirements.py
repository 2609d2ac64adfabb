"""What must be true of a record, whoever reviewed it, before it may be published."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from engagements.disclosure import Disclosed
from engagements.models import Engagement
from engagements.texts import leaks
from milidip.codebook.choices import ConductStatus, Confidentiality, Marking, Status, TrackBasis

GUESSED_NEVER = {"2", "3"}


@dataclass(frozen=True)
class Problem:
    """One thing that stands in the way, and the field where to mend it, if there is one."""

    message: str
    field: str = ""

    def __str__(self) -> str:
        return self.message


def refuse_unless(condition: Any, message: str, field: str = "") -> list[Problem]:
    return [] if condition else [Problem(message, field)]


def today() -> date:
    """Return the UTC date, by which clearances and embargoes end."""
    return timezone.now().date()


def record_problems(engagement: Engagement, disclosed: Disclosed) -> list[Problem]:
    """Return what is wrong with the record itself, whoever reviewed it."""
    document = disclosed.document
    found = refuse_unless(
        engagement.marking != Marking.RESTRICTED,
        _("It is marked restricted, and never published."),
        "marking",
    )
    found += refuse_unless(
        document["sources"], _("No source, no publication: give at least one."), "sources"
    )
    found += refuse_unless(
        not engagement.embargo_until or engagement.embargo_until <= today(),
        _("It may not be published before %(day)s.") % {"day": engagement.embargo_until},
        "embargo_until",
    )
    found += refuse_unless(
        not (
            engagement.track_id in GUESSED_NEVER
            and engagement.track_basis == TrackBasis.DATASET_GUESS
        ),
        _("Track %(track)s is only guessed from a dataset: confirm it, and say why.")
        % {"track": engagement.track_id},
        "track",
    )
    held = document.get("dialogue", {}).get("confidentiality")
    found += refuse_unless(
        not (held == Confidentiality.CHATHAM_HOUSE and engagement.marking == Marking.OPEN),
        _("It was held under the Chatham House Rule: give the record that marking."),
        "marking",
    )
    if document["conduct"]["status"] == ConductStatus.ASSESSED:
        assessment = engagement.conduct_assessments.current().first()  # type: ignore[attr-defined]
        found += refuse_unless(
            not (assessment and assessment.waits_for_second),
            _("The risk that remains is high: a second reviewer has to confirm the assessment."),
            "conduct_assessment",
        )
    found += date_problems(engagement, today())
    return found + name_problems(disclosed)


def name_problems(disclosed: Disclosed, change_note: str = "") -> list[Problem]:
    """Return where a name stands that must not be public."""
    found = []
    for place, reference in leaks(disclosed, change_note):
        if reference:
            message = _("The name of somebody who is withheld (%(actor)s) stands in: %(place)s.")
        else:
            message = _("The name of a place that is withheld stands in: %(place)s.")
        said = message % {"actor": reference, "place": place}
        found.append(Problem(said, place.split()[0]))
    return found


def date_problems(engagement: Engagement, day: date) -> list[Problem]:
    """Return what the dates say against each other and against the status."""
    first, last = engagement.start_earliest, engagement.start_latest
    ended, status = engagement.end_latest, engagement.status
    found = refuse_unless(
        not (first and ended and ended < first), _("It ends before it starts."), "end"
    )
    found += refuse_unless(
        not (status in (Status.COMPLETED, Status.ONGOING) and first and first > day),
        _("Its start lies in the future, but it is said to be under way or over."),
        "start",
    )
    found += refuse_unless(
        not (status == Status.PLANNED and last and last < day),
        _("It is said to be planned, but its start is past."),
        "status",
    )
    found += refuse_unless(
        not (status == Status.ONGOING and ended and ended < day),
        _("It is said to be ongoing, but its end is past."),
        "status",
    )
    return found
