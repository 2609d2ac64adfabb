"""Dated releases: frozen, numbered for good, withdrawn by a later promise and then issued again.

A release is cut from the public side. What is issued again is cut anew from the public side of
that day, for the records of the one that was withdrawn, and never from its files: those are gone,
because they hold what was taken back.
"""

from collections.abc import Iterator

import psycopg
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements.tables import copy_rows
from milidip.catalogue.exports.extracts import reading_connection, register_of
from milidip.catalogue.files import shelf
from milidip.catalogue.files.package import CHANGES
from milidip.catalogue.files.writing import Say, fetch, write_files
from milidip.catalogue.models import Entry, Register, Release, ReleaseRecord

Records = dict[str, tuple[int, str]]
"""Reference -> version and digest."""
Change = tuple[str, str, str, str]


class NothingToRelease(Exception):  # noqa: N818
    """The register is as the last release has it, or was changed under the cut."""


def waiting() -> list[Release]:
    """Return the withdrawn releases that nothing has taken the place of, oldest first."""
    newest: dict[tuple[int, int], Release] = {}
    for release in Release.objects.order_by("year", "sequence", "issue"):
        newest[release.year, release.sequence] = release
    return [release for release in newest.values() if release.withdrawn_on]


def make_release(base_url: str, say: Say) -> Release:
    """Freeze the whole register as the next release of the year."""
    today = timezone.now().date()
    last = Release.objects.filter(year=today.year).aggregate(last=Max("sequence"))["last"] or 0
    release = Release(year=today.year, sequence=last + 1, made_on=today)
    before = Release.objects.standing().first()
    return _cut(release, before, Entry.objects.all(), base_url, say)


def issue_again(withdrawn: Release, base_url: str, say: Say) -> Release:
    """Issue a withdrawn release again: its records as they are public today, without the rest."""
    release = Release(
        year=withdrawn.year,
        sequence=withdrawn.sequence,
        issue=withdrawn.issue + 1,
        made_on=timezone.now().date(),
    )
    members = ReleaseRecord.objects.filter(release=withdrawn).values("reference")
    entries = Entry.objects.filter(reference__in=members)
    return _cut(release, withdrawn, entries, base_url, say)


def number_of(release: Release) -> str:
    """Return ``2026.1``, or ``2026.1.1`` for the first that is issued again."""
    number = f"{release.year}.{release.sequence}"
    return f"{number}.{release.issue}" if release.issue else number


def _cut(
    release: Release,
    before: Release | None,
    entries: QuerySet[Entry],
    base_url: str,
    say: Say,
) -> Release:
    release.number = number_of(release)
    address = f"{base_url}/data/releases/{release.number}/"
    reading = reading_connection()
    try:
        reading.execute("SET statement_timeout TO 0")
        register = register_of(reading)
        release.revision = register.revision
        records = _records(reading, entries)
        changes = list(_changes(_members(before), records))
        if before and before.revision == release.revision and not changes:
            message = _("Revision %(revision)s is release %(number)s already.")
            raise NothingToRelease(
                message % {"revision": release.revision, "number": before.number}
            )
        _count(release, before, changes)
        title = _("What changed since %(number)s") % {"number": before} if before else ""
        tables = {"changes.csv": (title, tuple(CHANGES), changes)} if before else {}
        with shelf.unfinished_folder() as folder:
            written = write_files(
                folder,
                reading,
                register,
                base_url=base_url,
                address=address,
                number=release.number,
                entries=entries,
                tables=tables,
                say=say,
            )
            release.files = [file.as_dict() for file in written.files]
            with transaction.atomic():
                _refuse_if_recalled(release.revision)
                release.save(force_insert=True)
                copy_rows(
                    ReleaseRecord,
                    [
                        {
                            "release_id": release.number,
                            "reference": reference,
                            "version": version,
                            "digest": digest,
                        }
                        for reference, (version, digest) in records.items()
                    ],
                )
                shelf.move(folder, shelf.release_folder(release.number))
    finally:
        reading.close()
    return release


def _refuse_if_recalled(revision: int) -> None:
    """Behind the register's lock: nothing may have been taken back since the cut was begun."""
    register = Register.objects.select_for_update().get()
    if register.files_from > revision:
        raise NothingToRelease(
            _("Something was taken back from the register meanwhile. Please run it again.")
        )


def _records(reading: psycopg.Connection, entries: QuerySet[Entry]) -> Records:
    rows = entries.order_by("ordinal").values_list("reference", "version", "digest")
    return {reference: (version, digest) for reference, version, digest in fetch(reading, rows)}


def _members(release: Release | None) -> Records:
    rows = ReleaseRecord.objects.filter(release=release).values_list(
        "reference", "version", "digest"
    )
    return {reference: (version, digest) for reference, version, digest in rows}


def _changes(before: Records, now: Records) -> Iterator[Change]:
    """Yield what was added, changed and withdrawn, by reference."""
    for reference in sorted(now.keys() - before.keys()):
        yield "added", reference, "", str(now[reference][0])
    for reference in sorted(now.keys() & before.keys()):
        if now[reference] != before[reference]:
            yield "changed", reference, str(before[reference][0]), str(now[reference][0])
    for reference in sorted(before.keys() - now.keys()):
        yield "withdrawn", reference, str(before[reference][0]), ""


def _count(release: Release, before: Release | None, changes: list[Change]) -> None:
    release.since = before.number if before else ""
    if before:
        kinds = [kind for kind, *_rest in changes]
        release.added = kinds.count("added")
        release.changed = kinds.count("changed")
        release.withdrawn = kinds.count("withdrawn")
