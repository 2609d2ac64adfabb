"""How dates are said in words, never with a day that nobody knows."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from milidip.codebook.choices import Status
from milidip.codebook.dates import bounds

OPEN = ".."
DASH = "\N{EN DASH}"


def honest_date(value: str | date | None) -> str:
    """Return ``1980-05-14`` as “14 May 1980”, ``1980-05`` as “May 1980”, ``1980`` as itself."""
    if not value or value == OPEN:
        return ""
    text = value.isoformat()[:10] if isinstance(value, date) else str(value)[:10]
    try:
        first, _last = bounds(text)
    except ValueError:
        return text
    if len(text) == 4:
        return text
    # Translators: format of a month ("May 1980") and of a day ("14 May 1980").
    return date_format(first, _("F Y") if len(text) == 7 else _("j F Y"))


def honest_span(start: str | None, end: str | None, status: str = "") -> str:
    """Return “14 to 20 May 1980” with a dash, “May 1980 to 1982”, “since 1978”, “until 1990” or nothing."""
    start, end = start or "", end or ""
    if not start and not end:
        return ""
    if not start:
        return _("until %(end)s") % {"end": honest_date(end)} if end != OPEN else ""
    if end == OPEN or (not end and status == Status.ONGOING):
        return _("since %(start)s") % {"start": honest_date(start)}
    if not end or end == start:
        return honest_date(start)
    return _short_span(start, end) or _("%(start)s to %(end)s") % {
        "start": honest_date(start),
        "end": honest_date(end),
    }


def _short_span(start: str, end: str) -> str:
    """Return a span without repeating the month or year that both ends share."""
    if len(start) != len(end):
        return ""
    if len(start) == 4:
        return f"{start}{DASH}{end}"
    if start[:4] != end[:4]:
        return ""
    try:
        first, last = bounds(start)[0], bounds(end)[0]
    except ValueError:
        return ""
    if len(start) == 7:
        return f"{date_format(first, _('F'))} {DASH} {honest_date(end)}"
    if start[:7] == end[:7]:
        return f"{first.day}{DASH}{honest_date(last)}"
    return f"{date_format(first, _('j F'))} {DASH} {honest_date(end)}"
