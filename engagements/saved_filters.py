"""Lists that somebody comes back to: what may be kept, where each leads, and who may change it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from engagements.models import SavedFilter
from milidip.catalogue.addresses import Pairs, address, pairs_of, path_of
from milidip.catalogue.browsing import OF_THE_PAGE
from milidip.catalogue.filters import EntryFilterSet, filtered, unrecognised
from milidip.catalogue.listing import value_label
from milidip.catalogue.parameters import BadParameters
from stakeholders.history import Reader

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST = 2000
OF_ONE_VISIT = frozenset(
    {"p", "all", "e", "_facets", "_popup", "_to_field", "_changelist_filters"}
)
"""Parameters of a list of the admin that say where somebody was in it, not what is in it."""
CHANGELISTS = {
    SavedFilter.Of.ENGAGEMENTS: "admin:engagements_engagement_changelist",
    SavedFilter.Of.STAKEHOLDERS: "admin:stakeholders_stakeholder_changelist",
}


# --- who may ----------------------------------------------------------------------------------


def readable_by(user: "User") -> QuerySet[SavedFilter]:
    """Return one's own, and what others share.

    Left out is what somebody else wrote and holds a protected name, for who may not read those.
    """
    found = SavedFilter.objects.filter(Q(owner=user) | Q(shared=True))
    if user.has_perm("stakeholders.view_protection"):
        return found
    reader = Reader(user)
    veiled = [
        pk
        for pk, name, query in found.exclude(owner=user).values_list("pk", "name", "query")
        if any(reader.veiled(text) != text for text in (name, *(value for _key, value in query)))
    ]
    return found.exclude(pk__in=veiled)


def may_change(user: "User", saved: SavedFilter) -> bool:
    """Rename, reorder, delete: one's own; an editor keeps the shared ones tidy."""
    shared = saved.shared and user.has_perm("engagements.publish_engagement")
    return saved.owner_id == user.pk or shared


def may_share(user: "User") -> bool:
    return user.has_perm("engagements.share_savedfilter")


# --- lists of the admin -------------------------------------------------------------------------


def admin_pairs(query: QueryDict) -> Pairs:
    """Return what a list of the admin is filtered and ordered by.

    Whether the list takes it has to be asked of the list. Raise ValidationError when it is too
    long to be kept, or no text.
    """
    pairs = [(name, value) for name, value in pairs_of(query) if name not in OF_ONE_VISIT]
    said = urlencode(pairs)
    if len(said) > LONGEST:
        raise ValidationError(_("This filter is too long to be saved."))
    if "%00" in said:
        raise ValidationError(_("The list does not take this filter."))
    return pairs


# --- the public catalogue -------------------------------------------------------------------------


def public_pairs(pasted: str, hosts: Iterable[str]) -> Pairs:
    """Return the filters of an address of the public catalogue, as it was pasted.

    ``hosts`` are the names under which this register is found. Raise ValidationError with all
    that the catalogue would say against it.
    """
    if len(pasted) > LONGEST:
        raise ValidationError(_("This address is too long to be saved."))
    elsewhere = _("This is no address of the catalogue. Copy it from the list of engagements.")
    try:
        parts = urlsplit(pasted.strip())
    except ValueError as error:
        raise ValidationError(elsewhere) from error
    path = parts.path
    for code, _name in settings.LANGUAGES:
        path = path.removeprefix(f"/{code}") if path.startswith(f"/{code}/") else path
    if (parts.netloc and parts.netloc not in hosts) or path not in _paths():
        raise ValidationError(elsewhere)
    query = QueryDict(parts.query)
    if unknown := unrecognised(query, also=OF_THE_PAGE):
        raise ValidationError([str(name) for name in unknown])
    try:
        filtered(query)
    except BadParameters as refusal:
        raise ValidationError(refusal.messages) from refusal
    return [pair for pair in pairs_of(query) if pair[0] in EntryFilterSet.base_filters]


def _paths() -> set[str]:
    with translation.override(settings.LANGUAGE_CODE):
        return {path_of("list"), path_of("engagements_csv")}


@dataclass(frozen=True)
class PublicList:
    """A saved list of the public catalogue as it is today.

    ``problems`` say why it finds nothing any more: a term or an actor may have gone since.
    """

    saved: SavedFilter
    path: str
    csv: str
    words: list[str]
    number: int | None
    problems: list[str]


def public_list(saved: SavedFilter) -> PublicList:
    """Return a saved public list with the number of records that it finds now."""
    with translation.override(settings.LANGUAGE_CODE):
        path, csv = address_of(saved), address(path_of("engagements_csv"), saved.query)
    try:
        filterset = filtered(query_of(saved))
    except BadParameters as refusal:
        return PublicList(saved, path, csv, [], None, refusal.messages)
    words = [
        f"{filterset.filters[name].label}: {value_label(filterset, name, value)}"
        for name, value in saved.query
        if name != "sort"
    ]
    return PublicList(saved, path, csv, words, filterset.qs.count(), [])


# --- of either kind -----------------------------------------------------------------------------


def query_of(saved: SavedFilter) -> QueryDict:
    return QueryDict(urlencode([tuple(pair) for pair in saved.query]))


def address_of(saved: SavedFilter) -> str:
    """Return where a saved filter leads."""
    if saved.of == SavedFilter.Of.CATALOGUE:
        path = path_of("list")
    else:
        path = reverse(CHANGELISTS[SavedFilter.Of(saved.of)])
    return address(path, [(name, value) for name, value in saved.query])
