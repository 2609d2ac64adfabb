"""What can be taken away from a list: the files, exactly described, and how to cite it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Aggregate, TextField
from django.http import HttpRequest, QueryDict

from milidip.catalogue import citing
from milidip.catalogue.addresses import Pairs, address, path_of, without
from milidip.catalogue.exports import GRAINS, base_url
from milidip.catalogue.exports.formats import FORMATS
from milidip.catalogue.filters import EntryFilterSet, filtered
from milidip.catalogue.kept import kept
from milidip.catalogue.listing import Link
from milidip.catalogue.sentences import filter_in_words, in_words


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
    permalink = base_url(request) + address(path or path_of("list"), [*pairs, *stay])
    sentence = in_words(filterset, total)
    return {
        "sentence": sentence,
        "filter_words": filter_in_words(filterset),
        "exports": downloads(pairs, total),
        "permalink": permalink,
        "list_citation": cited(request, sentence, permalink),
        "cite_url": address(path_of("cite"), without(pairs, "sort")),
    }


def cited(request: HttpRequest, found: str, url: str, checksum: str = "") -> str:
    """Return how to cite what was ``found``, in words, in the register as it is now."""
    register = request.register  # type: ignore[attr-defined]
    return citing.list_as_text(
        found=found, revision=register.revision, day=register.today, url=url, checksum=checksum
    )


def register_cited(request: HttpRequest, total: int) -> str:
    """Return how to cite the register as a whole, with its ``total`` of records."""
    sentence = in_words(filtered(QueryDict()), total)
    return cited(request, sentence, base_url(request) + path_of("home"))


class Checksum(Aggregate):
    """The SHA-256 of lines, sorted byte by byte; the expressions of a line are joined by commas."""

    arg_joiner = " || ',' || "
    output_field = TextField()
    template = (
        "encode(sha256(convert_to(coalesce(string_agg(%(expressions)s || E'\\n', ''"
        " ORDER BY (%(expressions)s) COLLATE \"C\"), ''), 'UTF8')), 'hex')"
    )


def checksum(filterset: EntryFilterSet) -> str:
    """Return the SHA-256 of what is found: of the lines ``reference,version``, sorted.

    A version never changes what it says, so two lists with one checksum hold the same. The CSV
    with ``columns=reference,version`` gives the lines, after its head and in another order.
    """
    found = filterset.qs.order_by()
    return kept(
        ("checksum", filterset.chosen),
        lambda: found.aggregate(sum=Checksum("reference", "version"))["sum"],
    )
