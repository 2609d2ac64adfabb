"""What does a request ask of a file? Its filter, its columns and their order, and how it starts.

``columns`` and ``bom`` are parameters of files only: on a page they are unknown ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from milidip.catalogue.addresses import Pairs, pairs_of, without
from milidip.catalogue.columns import Column
from milidip.catalogue.filters import EntryFilterSet, filtered, unrecognised
from milidip.catalogue.parameters import BadParameters, printable

COLUMNS, BOM = "columns", "bom"


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter that is valid, the columns chosen, and whether a byte order mark is wanted."""

    filterset: EntryFilterSet
    columns: Sequence[Column]
    bom: bool
    pairs: Pairs


def asked(data: QueryDict, known: Sequence[Column], *, may_have_bom: bool = False) -> Asked:
    """Read the parameters of a file; raise BadParameters, which names what there is not."""
    also = [COLUMNS, BOM] if may_have_bom else [COLUMNS]
    if BOM in data and not may_have_bom:
        raise BadParameters([_("bom: only CSV files may start with a byte order mark.")])
    if unknown := unrecognised(data, also=also):
        raise BadParameters(str(name) for name in unknown)
    chosen = chosen_columns(data, known)
    return Asked(filtered(data), chosen, _wants_bom(data), filter_of(pairs_of(data)))


def chosen_columns(
    data: QueryDict, known: Sequence[Column], parameter: str = COLUMNS
) -> Sequence[Column]:
    """Return the columns asked for, in that order and each once; all when none is."""
    names = [
        name
        for value in data.getlist(parameter)
        for part in value.split(",")
        if (name := part.strip())
    ]
    by_name = {column.name: column for column in known}
    wrong = [name for name in dict.fromkeys(names) if name not in by_name]
    if wrong:
        raise BadParameters(
            [
                _("%(parameter)s: “%(name)s” is not a column here. There are: %(known)s.")
                % {
                    "parameter": parameter,
                    "name": printable(wrong[0][:100]),
                    "known": ", ".join(by_name),
                }
            ]
        )
    return [by_name[name] for name in dict.fromkeys(names)] or known


def filter_of(pairs: Pairs) -> Pairs:
    """Return the parameters that say which records are meant."""
    return without(pairs, COLUMNS, BOM, "sort", "page")


def _wants_bom(data: QueryDict) -> bool:
    values = {value.strip() for value in data.getlist(BOM)} - {""}
    if not values <= {"0", "1"} or len(values) > 1:
        value = printable(min(values - {"0", "1"}, default="0, 1")[:40])
        raise BadParameters([_("bom: “%(value)s” is not 0 or 1.") % {"value": value}])
    return values == {"1"}
