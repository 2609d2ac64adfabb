"""How a list from the register is named, licensed and cited, in every format the same."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from milidip.catalogue import listing
from milidip.catalogue.addresses import Pairs
from milidip.catalogue.exports.extracts import Extract
from milidip.catalogue.filters import EntryFilterSet


def licence() -> str:
    return _(
        "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/) for what the register writes "
        "and codes itself. Facts from a dataset keep its terms, which “content_licence” names "
        "row by row."
    )


def cite_list(extract: Extract) -> str:
    """Return how to cite the records of a file: with revision, day, filter and number."""
    return _(
        "milidip, the open register of military diplomacy. Revision %(revision)s, %(day)s. "
        "%(filter)s: %(total)s engagements. %(address)s"
    ) % {
        "revision": extract.cut.revision,
        "day": date_format(extract.day, "j F Y"),
        "filter": extract.words,
        "total": extract.totals["engagements"],
        "address": extract.address,
    }


def filter_words(filterset: EntryFilterSet, pairs: Pairs) -> str:
    """Return a filter in words, such as “Touches track: Track III; From: 2019”."""
    found: dict[str, list[str]] = {}
    for name, value in dict.fromkeys((name, value.strip()) for name, value in pairs):
        label = str(filterset.filters[name].label)
        found.setdefault(label, []).append(listing.value_label(filterset, name, value))
    if not found:
        return everything()
    return "; ".join(f"{label}: {_(' or ').join(values)}" for label, values in found.items())


def everything() -> str:
    return _("Everything in the register")
