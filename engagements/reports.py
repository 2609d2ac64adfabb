"""What becomes of a reader's report: it is stored, and a risk hides the names at once.

A switch that anybody may press is also a way to censor. So it hides names and never the record,
it is limited by sender, record and register, and it does not work twice against somebody who has
looked: see docs/decisions/0016-history-and-readers.md.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from engagements import protection
from engagements.models import Engagement, Hold, Publication, ReaderReport, RecentSender

logger = logging.getLogger("milidip.reports")

A_DAY = timedelta(days=1)
FROM_ONE_ADDRESS = 5
ON_ONE_RECORD = 10
# Whoever rents a thousand addresses still cannot blank the register.
HOLDS_A_DAY = 20
CONTACT_KEPT = timedelta(days=30)
# One household or server has that many addresses of version 6.
OF_ONE_OWNER = 64


class TooManyReports(Exception):  # noqa: N818 - it is an answer, not a fault
    """The sender, or readers of the record, have reported enough for a day."""


@dataclass(frozen=True)
class Message:
    """What a reader sends: the kind, the version that was read, the text, a way to answer."""

    kind: str
    version: int
    text: str
    contact: str = ""


def sender_digest(address: str) -> str:
    """Return a keyed hash of a visitor's address; of version 6, of the network it is in."""
    try:
        found = ip_address(address)
    except ValueError:
        owner = address
    else:
        whole = found.version == 4
        owner = str(found if whole else ip_network((found, OF_ONE_OWNER), strict=False))
    return salted_hmac("milidip.reader-reports", owner, algorithm="sha256").hexdigest()


def receive(reference: str, message: Message, address: str) -> ReaderReport:
    """Store what a reader says about a public record; a risk hides its names at once.

    Raises TooManyReports. The report is kept even if hiding fails: its clock runs.
    """
    report = _store(reference, message, address)
    if report.kind == ReaderReport.Kind.RISK:
        try:
            _hide_names(report)
        except Exception:
            logger.exception(
                "Report %d: the names in %s could not be hidden", report.pk, reference
            )
        logger.warning(
            "Report %d: a risk in %s, names %s",
            report.pk,
            reference,
            "hidden by it" if report.names_hidden else "not hidden by it",
        )
    return report


@transaction.atomic
def _store(reference: str, message: Message, address: str) -> ReaderReport:
    engagement = Engagement.objects.select_for_update(no_key=True).get(reference=reference)
    digest = sender_digest(address)
    with connection.cursor() as cursor:  # two at once from one address are counted in turn
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])
    forget_senders()
    if RecentSender.objects.filter(digest=digest).count() >= FROM_ONE_ADDRESS:
        logger.warning("Reports from one address have reached the limit of a day")
        raise TooManyReports(_("From this address enough was sent for today."))
    today = ReaderReport.objects.filter(received_at__gt=timezone.now() - A_DAY)
    if today.filter(engagement=engagement, kind=message.kind).count() >= ON_ONE_RECORD:
        logger.warning("Reports on %s have reached the limit of a day", reference)
        raise TooManyReports(
            _("This record was reported several times today, and somebody is going to look.")
        )
    RecentSender.objects.create(digest=digest)
    return ReaderReport.objects.create(
        engagement=engagement,
        kind=message.kind,
        version=message.version,
        text=message.text,
        contact=message.contact,
    )


@transaction.atomic
def _hide_names(report: ReaderReport) -> None:
    if not settings.RISK_REPORT_HIDES_NAMES or shown_again_since_published(report.engagement):
        return
    standing = Hold.objects.standing().filter(engagement=report.engagement)
    if standing.filter(kind=Hold.Kind.NAMES).exists():
        return
    by_readers = Hold.objects.filter(kind=Hold.Kind.NAMES, held_by=None)
    if by_readers.filter(held_at__gt=timezone.now() - A_DAY).count() >= HOLDS_A_DAY:
        logger.error(
            "Reports of risks hid the names in %d records today: look at them", HOLDS_A_DAY
        )
        return
    protection.hold_names(
        report.engagement, _("A reader reported a risk (report %d).") % report.pk
    )
    report.names_hidden = True
    report.save(update_fields=["names_hidden"])


def shown_again_since_published(engagement: Engagement) -> Hold | None:
    """Return the hold on names that somebody released after the current version was published.

    Who looked at this very version and showed its names again is not overruled by the next
    report; a new version is another question.
    """
    newest = (
        Publication.objects.standing().filter(engagement=engagement).order_by("-number").first()
    )
    if newest is None:
        return None
    released = Hold.objects.filter(
        engagement=engagement, kind=Hold.Kind.NAMES, released_at__gt=newest.published_at
    )
    return released.order_by("-released_at").first()


def forget_senders() -> int:
    """Delete the hashes of addresses that are older than a day."""
    return RecentSender.objects.filter(sent_at__lte=timezone.now() - A_DAY).delete()[0]


def forget_contacts() -> int:
    """Delete how to answer the readers whose reports were closed a month ago."""
    old = ReaderReport.objects.filter(closed_at__lte=timezone.now() - CONTACT_KEPT)
    return old.exclude(contact="").update(contact="")
