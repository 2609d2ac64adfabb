"""What can be taken away from a list: the files, exactly described, and how to cite it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from milidip.catalogue.addresses import Pairs, address, path_of, without
from milidip.catalogue.exports import GRAINS, base_url
from milidip.catalogue.exports.formats import FORMATS
from milidip.catalogue.filters import EntryFilterSet
from milidip.catalogue.listing import Link
from milidip.catalogue.sentences import filter_in_words, in_words
from milidip.catalogue.words import honest_date


@dataclass(frozen=True, slots=True)
class Download:
    """One kind of row that the list can be taken away as; ``rows`` where that is counted."""

    label: Any
    title: Any
    code: str
    url: str
    files: list[Link]
    """One for each format that these rows can be had in, CSV first."""
    columns: int
    rows: int | None


def downloads(pairs: Pairs, total: int) -> list[Download]:
    """Return the files of a filter: the same parameters, without what only orders a page."""
    kept = without(pairs, "sort")
    return [
        Download(
            grain.label,
            grain.description,
            grain.name,
            address(path_of(f"{grain.name}_csv"), kept),
            [
                Link(
                    form.label,
                    address(path_of(f"{grain.name}_{form.code}"), kept),
                    title=form.title,
                    code=form.code,
                )
                for form in FORMATS
                if grain in form.grains
            ],
            len(grain.columns),
            total if grain.name == "engagements" else None,
        )
        for grain in GRAINS
    ]


def taking_context(
    request: HttpRequest,
    filterset: EntryFilterSet,
    total: int,
    pairs: Pairs,
    stay: Pairs,
    path: str = "",
) -> dict[str, Any]:
    """Return what a page says about its filter: in words, as files, and as a citation.

    ``stay`` is what the page's address has besides the filter.
    """
    register = request.register  # type: ignore[attr-defined]
    permalink = base_url(request) + address(path or path_of("list"), [*pairs, *stay])
    sentence = in_words(filterset, total)
    return {
        "sentence": sentence,
        "filter_words": filter_in_words(filterset),
        "exports": downloads(pairs, total),
        "permalink": permalink,
        "list_citation": _(
            "milidip, the open register of military diplomacy: %(sentence)s. Revision %(revision)s, "
            "retrieved %(day)s. %(url)s"
        )
        % {
            "sentence": sentence,
            "revision": register.revision,
            "day": honest_date(register.today),
            "url": permalink,
        },
    }
