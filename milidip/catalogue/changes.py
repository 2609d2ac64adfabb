"""What was published, corrected and taken out: of one record, and of the whole register.

Everything is read from what is public today. A version that is rendered anew, since somebody was
promised protection, is no change: it keeps its day. Of what has left there is a reference and a
day, and nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

from django.db.models import FETCH_RAISE, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from milidip.catalogue import errors
from milidip.catalogue.addresses import address, path_of
from milidip.catalogue.differences import Difference, differences
from milidip.catalogue.exports import base_url
from milidip.catalogue.filters import Unrecognised
from milidip.catalogue.listing import LAST_OFFSET, PAGE_SIZE, Link, Pager
from milidip.catalogue.models import Document, Entry, Tombstone, Version
from milidip.catalogue.parameters import BadParameters, printable

IN_FEED = 50
KINDS = {
    "published": gettext_lazy("Published"),
    "corrected": gettext_lazy("New version"),
    "withdrawn": gettext_lazy("Withdrawn"),
    "expired": gettext_lazy("Clearance ended"),
}
WHICH_VERSIONS = {"published": Q(number=1), "corrected": Q(number__gt=1)}


# --- of one record -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicVersion:
    """A version as its history lists it, with what it says otherwise than the one before."""

    number: int
    published_at: datetime
    change_note: str
    url: str
    is_current: bool
    before: int | None
    changes: list[Difference]


def history_of(entry: Entry, first: int, most: int) -> list[PublicVersion]:
    """Return some of the public versions of ``entry``, newest first, each with its changes."""
    versions = entry.versions.order_by("-number")[first : first + most + 1]  # and the one before
    rows: list[Version] = list(versions.fetch_mode(FETCH_RAISE))
    earlier = [*rows[1:], None]
    return [
        PublicVersion(
            number=version.number,
            published_at=version.published_at,
            change_note=version.change_note,
            url=path_of("version", entry.reference, version.number),
            is_current=version.number == entry.version,
            before=before.number if before else None,
            changes=differences(before.data, version.data) if before else [],
        )
        for version, before in list(zip(rows, earlier, strict=True))[:most]
    ]


# --- of the register ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened in public: a version, or a record that left."""

    kind: str
    at: datetime
    reference: str
    number: int = 0
    title: str = ""
    note: str = ""

    @property
    def label(self) -> Any:
        return KINDS[self.kind]

    @property
    def url(self) -> str:
        if self.number:
            return path_of("version", self.reference, self.number)
        return path_of("record", self.reference)


def kinds_asked(request: HttpRequest) -> list[str]:
    """Return the kinds that are asked for, none for all; raise BadParameters for others."""
    asked = dict.fromkeys(text for item in request.GET.getlist("kind") if (text := item.strip()))
    wrong = [text for text in asked if text not in KINDS]
    if wrong:
        message = _("kind: “%(value)s” is not one of %(kinds)s.")
        raise BadParameters(
            [
                message % {"value": printable(text[:40]), "kinds": ", ".join(KINDS)}
                for text in wrong
            ]
        )
    return list(asked)


def _versions(kinds: Iterable[str]) -> QuerySet[Version]:
    wanted = [WHICH_VERSIONS[kind] for kind in kinds if kind in WHICH_VERSIONS]
    if not wanted:
        return Version.objects.none()
    return Version.objects.filter(*(wanted if len(wanted) < len(WHICH_VERSIONS) else []))


def _left(kinds: Iterable[str]) -> QuerySet[Tombstone]:
    return Tombstone.objects.filter(kind__in=kinds)


def count(kinds: Iterable[str]) -> int:
    """Return how many changes there are, counted no further than pages go."""
    kinds = list(kinds) or list(KINDS)
    most = LAST_OFFSET + 1
    found = (rows.order_by()[:most].count() for rows in (_versions(kinds), _left(kinds)))
    return min(sum(found), most)


def newest(kinds: Iterable[str], first: int, most: int) -> list[Change]:
    """Return some changes, newest first.

    Versions and what left are each read by their own index, as far as the page goes. What
    happened at one moment stands in the order of references, which tells nothing; only of the
    moments on the page are these looked up.
    """
    kinds = list(kinds) or list(KINDS)
    versions = _newest_versions(_versions(kinds), first + most)
    left = [
        (datetime.combine(day, time.min, UTC), reference, kind)
        for day, reference, kind in _left(kinds)
        .order_by("-left_on", "reference")
        .values_list("left_on", "reference", "kind")[: first + most]
    ]
    moments = sorted([at for at, *_rest in (*versions, *left)], reverse=True)
    on_page = set(moments[first : first + most])
    versions = [row for row in versions if row[0] in on_page]
    references = dict(
        Entry.objects.filter(pk__in={entry for _at, entry, _number in versions}).values_list(
            "pk", "reference"
        )
    )
    rows = [
        Change("published" if number == 1 else "corrected", at, references[entry], number)
        for at, entry, number in versions
    ]
    rows += [Change(kind, at, reference) for at, reference, kind in left if at in on_page]
    rows.sort(key=lambda change: (-change.at.timestamp(), change.reference, -change.number))
    before = sum(at > max(on_page, default=at) for at in moments)
    return _told(rows[first - before : first - before + most])


def _newest_versions(versions: QuerySet[Version], most: int) -> list[tuple[datetime, int, int]]:
    """Return the newest versions; of the moment at which they end, the first by reference.

    A bulk publication gives one moment to very many: no more are read than are asked for.
    """
    columns = ("published_at", "entry_id", "number")
    rows = list(versions.order_by("-published_at").values_list(*columns)[:most])
    if len(rows) < most:
        return rows
    last = rows[-1][0]
    newer = [row for row in rows if row[0] > last]
    same = versions.filter(published_at=last).order_by("entry__reference", "-number")
    return newer + list(same.values_list(*columns)[: most - len(newer)])


def _told(changes: list[Change]) -> list[Change]:
    """Add titles and notes, as they are today, to the changes of one page."""
    shown = [change.reference for change in changes if change.number]
    titles = dict(
        Document.objects.filter(entry__reference__in=shown).values_list(
            "entry__reference", "title"
        )
    )
    notes = {
        (reference, number): note
        for reference, number, note in Version.objects.filter(
            entry__reference__in=shown, number__in={change.number for change in changes}
        )
        .order_by()
        .values_list("entry__reference", "number", "change_note")
    }
    return [
        replace(
            change,
            title=titles.get(change.reference, ""),
            note=notes.get((change.reference, change.number), ""),
        )
        if change.number
        else change
        for change in changes
    ]


class ChangesPager(Pager):
    """Pages of changes; behind the last there is no export to point to."""

    @property
    def stops(self) -> bool:
        return False


def changes_context(request: HttpRequest, number: int) -> dict[str, Any]:
    """Return what the page of changes shows."""
    kinds = kinds_asked(request)
    total = count(kinds)
    pairs = [("kind", kind) for kind in kinds]
    path = path_of("changes")
    pager = ChangesPager(number, total, path, pairs)
    return {
        "changes": newest(kinds, pager.offset, PAGE_SIZE),
        "pager": pager,
        "total": min(total, LAST_OFFSET),
        "goes_on": total > LAST_OFFSET,
        "last_page": pager.number == pager.pages,
        "kinds": [
            Link(label, address(path, [("kind", kind)]), code=kind, selected=kind in kinds)
            for kind, label in KINDS.items()
        ],
        "all_url": path,
        "feed_url": address(path_of("changes_atom"), pairs),
        "notices": [
            str(Unrecognised(name, "")) for name in request.GET if name not in ("kind", "page")
        ],
    }


@csrf_exempt
@require_safe
def changes_atom(request: HttpRequest) -> HttpResponse:
    """The newest changes as an Atom feed (RFC 4287)."""
    try:
        kinds = kinds_asked(request)
        if unknown := [str(Unrecognised(name, "")) for name in request.GET if name != "kind"]:
            raise BadParameters(unknown)
    except BadParameters as error:
        return errors.bad_request(request, messages=error.messages)
    base = base_url(request)
    pairs = [("kind", kind) for kind in kinds]
    feed = Atom1Feed(
        title=_("milidip: changes of the register"),
        link=base + address(path_of("changes"), pairs),
        description=_("What was published, corrected and taken out, newest first."),
        feed_url=base + address(path_of("changes_atom"), pairs),
        feed_guid=base + path_of("changes_atom"),
        author_name="milidip",
        language=get_language() or "en",
    )
    for change in newest(kinds, 0, IN_FEED):
        if change.number:
            title = f"{change.title} ({change.reference}, {_('version')} {change.number})"
            identity = base + change.url
        else:
            title = f"{change.label}: {change.reference}"
            identity = f"{base}{change.url}#{change.kind}-{change.at:%Y-%m-%d}"
        feed.add_item(
            title=printable(title),
            link=base + change.url,
            # A summary is read as HTML.
            description=escape(printable(change.note)) or None,
            unique_id=identity,
            pubdate=change.at,
            updateddate=change.at,
            categories=[change.kind],
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml")
