"""The list as a table: columns that the reader chooses, in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue import labels
from milidip.catalogue.models import Entry
from milidip.catalogue.parameters import BadParameters, printable
from milidip.catalogue.words import honest_date, honest_span
from milidip.codebook.choices import UNKNOWN


def _terms(vocabulary: str, codes: Iterable[str]) -> str:
    return "; ".join(labels.label(vocabulary, code) for code in codes if code != UNKNOWN)


def _who(entry: Entry) -> str:
    names = "; ".join(entry.parties)
    return (
        _("%(names)s and %(n)s more") % {"names": names, "n": entry.more_parties}
        if entry.more_parties
        else names
    )


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column on the page: what it says of an entry; nothing known is an empty cell."""

    name: str
    label: Promise
    text: Callable[[Entry], str]


COLUMNS = {
    column.name: column
    for column in (
        TableColumn(
            "when",
            gettext_lazy("When"),
            lambda e: honest_span(e.date_start, e.date_end, e.status),
        ),
        TableColumn(
            "places", gettext_lazy("Places"), lambda e: "; ".join(e.document.place_names[:3])
        ),
        TableColumn(
            "countries",
            gettext_lazy("Countries where it happened"),
            lambda e: _terms("country", e.place_countries),
        ),
        TableColumn("track", gettext_lazy("Track"), lambda e: labels.label("track", e.track)),
        TableColumn(
            "touches", gettext_lazy("Tracks it touches"), lambda e: _terms("track", e.touches)
        ),
        TableColumn(
            "activity", gettext_lazy("Activity"), lambda e: labels.label("activity", e.activity)
        ),
        TableColumn("who", gettext_lazy("Who took part"), _who),
        TableColumn(
            "military_role",
            gettext_lazy("What the military did"),
            lambda e: _terms("military_role", e.military_role),
        ),
        TableColumn(
            "objectives",
            gettext_lazy("Objectives"),
            lambda e: _terms("objective", e.objectives),
        ),
        TableColumn("status", gettext_lazy("Status"), lambda e: labels.label("status", e.status)),
        TableColumn(
            "outcomes",
            gettext_lazy("What came of it"),
            lambda e: _terms("outcome_kind", e.outcome_kinds),
        ),
        TableColumn(
            "conduct",
            gettext_lazy("Ethics: conduct"),
            lambda e: labels.label("conduct_status", e.conduct_assessment),
        ),
        TableColumn(
            "clearance",
            gettext_lazy("Ethics: how it was cleared"),
            lambda e: labels.label("review_kind", e.review_kind),
        ),
        TableColumn("sources", gettext_lazy("Sources"), lambda e: str(e.source_count)),
        TableColumn(
            "published", gettext_lazy("Published"), lambda e: honest_date(e.last_published)
        ),
        TableColumn("reference", gettext_lazy("Reference"), lambda e: e.reference),
    )
}
AT_FIRST = ("when", "places", "track", "activity", "who", "conduct")


def chosen_columns(request: HttpRequest) -> list[str]:
    """Return the columns asked for, in the order of the table; the usual ones when none is."""
    asked = [name for value in request.GET.getlist("column") if (name := value.strip())]
    for name in asked:
        if name not in COLUMNS:
            message = _("column: “%(value)s” is not one of %(words)s.")
            words = ", ".join(COLUMNS)
            raise BadParameters([message % {"value": printable(name[:40]), "words": words}])
    return [name for name in COLUMNS if name in (asked or AT_FIRST)]


def rows(
    entries: Iterable[Entry], columns: Iterable[str]
) -> list[tuple[Entry, list[tuple[TableColumn, str]]]]:
    """Return each entry with its cells."""
    shown = [COLUMNS[name] for name in columns]
    return [(entry, [(column, column.text(entry)) for column in shown]) for entry in entries]
