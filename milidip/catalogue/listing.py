"""What surrounds a list: its chips, notices, orders and pages, each with an address."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from milidip.catalogue import labels, periods, search
from milidip.catalogue.addresses import Pairs, address, pairs_of, path_of, without
from milidip.catalogue.counting import Counted
from milidip.catalogue.facets import FACETS, facets_of
from milidip.catalogue.filters import (
    DATES,
    SORTS,
    YES_NO,
    CodesFilter,
    EntryFilterSet,
    FlagFilter,
)
from milidip.catalogue.parameters import BadParameters, printable
from milidip.catalogue.words import honest_date
from milidip.codebook.choices import UNKNOWN

PAGE_SIZE = 25
LAST_OFFSET = 10_000
IN_FORM = {*FACETS, "stakeholder", "q", "after", "before", "sort"}

Way = Callable[[Pairs], str]
"""Returns the address of the page with these filters instead of its own."""


@dataclass(frozen=True, slots=True)
class Link:
    """A label that leads somewhere; an empty ``url`` leads nowhere."""

    label: Any
    url: str = ""
    count: int | None = None
    title: Any = ""
    code: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter and the address of the list without it."""

    name: str
    filter: Any
    label: str
    url: str


@dataclass(slots=True)
class Pager:
    """One page of ``total`` lines; lists stop at an offset of 10,000, exports go on."""

    number: int
    total: int
    path: str
    pairs: Pairs
    size: int = PAGE_SIZE
    links: list[Link] = field(init=False)

    def __post_init__(self) -> None:
        if self.number > self.pages and self.number > 1:
            if (self.number - 1) * self.size < self.total:
                raise BadParameters(
                    [
                        _("page: pages stop after %(most)s records. The export has all of them.")
                        % {"most": LAST_OFFSET}
                    ]
                )
            raise Http404
        self.links = list(self._links())

    @property
    def pages(self) -> int:
        return max(1, min(-(-self.total // self.size), LAST_OFFSET // self.size))

    @property
    def stops(self) -> bool:
        """Tell whether there is more than pages can show, and this is the last of them."""
        return self.number == self.pages and self.total > self.pages * self.size

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.offset + self.size, self.total)

    @property
    def previous_url(self) -> str:
        return self._url(self.number - 1) if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        return self._url(self.number + 1) if self.number < self.pages else ""

    def _url(self, number: int) -> str:
        page = [("page", str(number))] if number > 1 else []
        return address(self.path, [*self.pairs, *page])

    def _links(self) -> Iterator[Link]:
        near = range(self.number - 2, self.number + 3)
        shown = sorted({1, self.pages, *(n for n in near if 1 <= n <= self.pages)})
        before = 0
        for number in shown:
            if number > before + 1:
                yield Link("…")
            yield Link(str(number), self._url(number), selected=number == self.number)
            before = number


def page_number(request: HttpRequest) -> int:
    """Return the page asked for; raise BadParameters when it is no number."""
    text = request.GET.get("page", "").strip() or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        message = _("page: “%(value)s” is not the number of a page.")
        raise BadParameters([message % {"value": printable(text[:40])}])
    return int(text)


def filter_pairs(request: HttpRequest, filterset: EntryFilterSet) -> Pairs:
    """Return the filters of a request as pairs, without what belongs to the page only."""
    return [pair for pair in pairs_of(request.GET) if pair[0] in filterset.filters]


def list_context(
    request: HttpRequest,
    filterset: EntryFilterSet,
    counted: Counted,
    notices: Iterable[str],
    stay: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Return what the list page shows around its lines; ``stay`` keeps the reader in a view."""
    path, stay, total = path_of("list"), list(stay), counted.total
    pairs = filter_pairs(request, filterset)

    def way(filters: Pairs) -> str:
        return address(path, [*filters, *stay])

    chosen = filterset.sort_for(total)
    has_search = bool(filterset.values("q"))
    return {
        "params": {
            name: request.GET.get(name, "").strip() for name in ("q", "after", "before", "sort")
        },
        "kept": [(name, value) for name, value in pairs if name not in IN_FORM],
        "facets": facets_of(filterset, counted.facets),
        "chips": list(chips(filterset, way, pairs)),
        "clear_url": way([]),
        "sorts": [
            Link(
                label,
                way([*without(pairs, "sort"), ("sort", code)]),
                code=code,
                selected=code == chosen,
            )
            for code, label in SORTS.items()
            if code != "relevance" or has_search
        ],
        "notices": [*notices, *_order_notices(filterset, total, chosen)],
        "picked": [
            Link(value_label(filterset, "stakeholder", value), code=value, selected=True)
            for value in filterset.values("stakeholder")
        ],
        "suggest_url": path_of("suggest"),
        **_unsure(filterset, way, pairs),
    }


def chips(filterset: EntryFilterSet, way: Way, pairs: Pairs) -> Iterator[Chip]:
    """Yield the active filters, each with the address of the page without it."""
    for name, value in dict.fromkeys((name, value.strip()) for name, value in pairs):
        if name == "sort":
            continue
        rest = without(pairs, name, value=value)
        given = {other for other, _value in rest}
        if "q" not in given:
            rest = [pair for pair in rest if pair != ("sort", "relevance")]
        if not given & {"after", "before"}:
            rest = without(rest, "dates")
        label = value_label(filterset, name, value)
        yield Chip(name, filterset.filters[name].label, label, way(rest))


def value_label(filterset: EntryFilterSet, name: str, value: str) -> str:
    """Return a value of a parameter in words."""
    if value == UNKNOWN:
        return _("Unknown")
    chosen = filterset.filters[name]
    if name == "stakeholder":
        return filterset.actor_names.get(value, value)
    if name == "series":
        return filterset.series_names.get(value, value)
    if isinstance(chosen, CodesFilter):
        return labels.label(chosen.vocabulary, value)
    if name == "dates":
        return str(DATES[value])
    if isinstance(chosen, FlagFilter):
        return str(YES_NO[value])
    if name in ("after", "before"):
        return honest_date(value)
    return f"“{value}”"


def _order_notices(filterset: EntryFilterSet, total: int, chosen: str) -> Iterator[str]:
    texts = filterset.values("q")
    if texts and total == 0 and not search.has_words(texts):
        yield _("The search holds only words that are too common to look for, or no word at all.")
    if filterset.form.cleaned_data["sort"] != "relevance" or chosen == "relevance":
        return
    if not texts:
        yield _("Relevance needs a search. The newest records come first.")
    else:
        yield _("More than %(most)s records match, too many to rank. The newest come first.") % {
            "most": f"{search.RANKED_AT_MOST:,}"
        }


def _unsure(filterset: EntryFilterSet, way: Way, pairs: Pairs) -> dict[str, Link | None]:
    """Count what a period cannot decide: dates too coarse for it, and records without a date."""
    cleaned = filterset.form.cleaned_data
    start, end = cleaned["after"], cleaned["before"]
    found: dict[str, Link | None] = {"coarse": None, "undated": None}
    if not (start and start.first) and not (end and end.last):
        return found
    if cleaned["dates"] != "certain" and (
        count := filterset.qs.filter(periods.too_coarse(start, end)).count()
    ):
        rest = without(pairs, "dates")
        url = way([*rest, ("dates", "coarse")])
        found["coarse"] = Link(_("Show them"), url, count)
    if not (start and start.unknown) and not (end and end.unknown):
        rest = without(pairs, "after", "before", "dates")
        undated = filterset.without("after", "before", "dates").filter(periods.UNDATED)
        if count := undated.count():
            url = way([*rest, ("after", UNKNOWN)])
            found["undated"] = Link(_("Show them"), url, count)
    return found
