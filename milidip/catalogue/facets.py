"""How many records would each choice find? Each facet is counted without its own selection.

So its other choices stay visible. How they are counted: `milidip.catalogue.counting`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from milidip.catalogue import counting, labels
from milidip.catalogue.counting import Counts
from milidip.catalogue.filters import CodesFilter, EntryFilterSet
from milidip.codebook.choices import UNKNOWN, RegionKind

FACETS = (
    "touches",
    "region",
    "family",
    "place",
    "participant_country",
    "activity",
    "military_role",
    "role",
    "track",
    "objective",
    "theme",
    "status",
    "exercise_form",
    "exercise_environment",
    "exercise_focus",
    "mandating_body",
    "dialogue_format",
)
# What only one family of activities has: offered where a record found has it.
OF_A_FAMILY = {
    "exercise_form",
    "exercise_environment",
    "exercise_focus",
    "mandating_body",
    "dialogue_format",
}
OPEN_AT_FIRST = {"touches", "region", "family"}
COUNTRIES_AT_FIRST = 12
# Of a group with more than ten choices, those behind the eighth are folded away.
LONGEST_GROUP, SHOWN_OF_LONGER = 10, 8


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: selecting it would find ``count`` records."""

    code: str
    label: str
    title: str
    count: int
    selected: bool
    depth: int = 0


@dataclass(slots=True)
class Group:
    """Choices under one heading; ``folded`` ones are rarely looked for."""

    label: str
    choices: list[Choice]
    folded: bool = False

    @property
    def is_open(self) -> bool:
        return any(choice.selected for choice in self.choices)


@dataclass(slots=True)
class Facet:
    """One parameter with its choices; a choice that is selected is there even at zero."""

    name: str
    label: str | Promise
    groups: list[Group] = field(default_factory=list)

    @property
    def choices(self) -> list[Choice]:
        return [choice for group in self.groups for choice in group.choices]

    @property
    def chosen(self) -> int:
        return sum(choice.selected for choice in self.choices)

    @property
    def is_open(self) -> bool:
        return bool(self.chosen) or self.name in OPEN_AT_FIRST


def facet_counts(filterset: EntryFilterSet, names: Iterable[str] = FACETS) -> dict[str, Counts]:
    """Return, by facet, the number of records by code; one query, whatever is selected.

    Beside FACETS there is ``year``, in which an engagement started: counted like the others
    without what selects it, which is ``after``, ``before`` and ``dates``.
    """
    return counting.count(filterset, tuple(names)).facets


def facets_of(filterset: EntryFilterSet, counted: Mapping[str, Counts]) -> list[Facet]:
    """Return every facet that was counted with its choices, in the order of the page."""
    offered = [
        name
        for name in FACETS
        if name in counted
        and (name not in OF_A_FAMILY or counted[name].keys() - {UNKNOWN} or filterset.values(name))
    ]
    return [_facet(filterset, name, counted[name]) for name in offered]


def _facet(filterset: EntryFilterSet, name: str, counts: Counts) -> Facet:
    chosen: CodesFilter = filterset.filters[name]
    selected = set(filterset.values(name))
    facet = Facet(name, chosen.label)
    counts = {**dict.fromkeys(selected, 0), **counts}
    if chosen.vocabulary == "region":
        facet.groups = _regions(counts, selected)
    elif chosen.vocabulary == "country":
        facet.groups = _countries(counts, selected)
    elif name == "activity":
        facet.groups = _by_family(counts, selected)
    else:
        codes = [code for code in labels.vocabulary(chosen.vocabulary) if code in counts]
        facet.groups = [Group("", _choices(chosen.vocabulary, codes, counts, selected))]
    if name != "region":  # a tree is not cut in two
        facet.groups = [part for group in facet.groups for part in _halves(group)]
    known = {choice.code for choice in facet.choices}
    rest = sorted(counts.keys() - known - {UNKNOWN})
    rest += [UNKNOWN] if UNKNOWN in counts and UNKNOWN not in known else []
    if rest:
        choices = _choices(chosen.vocabulary, rest, counts, selected)
        if name in OF_A_FAMILY:
            choices = [
                replace(choice, label=_("Not known, or another kind of activity"))
                if choice.code == UNKNOWN
                else choice
                for choice in choices
            ]
        facet.groups.append(Group("", choices))
    return facet


def _halves(group: Group) -> list[Group]:
    """Fold what a long group has too many of, so that it takes no more room than others."""
    if group.folded or len(group.choices) <= LONGEST_GROUP:
        return [group]
    rest = group.choices[SHOWN_OF_LONGER:]
    more = _("Show all: %(more)s more") % {"more": len(rest)}
    return [
        Group(group.label, group.choices[:SHOWN_OF_LONGER]),
        Group(more, rest, folded=True),
    ]


def _choices(
    vocabulary: str, codes: Iterable[str], counts: Counts, selected: set[str], depth: int = 0
) -> list[Choice]:
    words = labels.vocabulary(vocabulary)
    choices = []
    for code in codes:
        word = words.get(code)
        label = word.label if word else labels.label(vocabulary, code)
        definition = word.definition if word else ""
        choices.append(Choice(code, label, definition, counts[code], code in selected, depth))
    return choices


def _by_family(counts: Counts, selected: set[str]) -> list[Group]:
    activities = labels.vocabulary("activity")
    groups = []
    for family in labels.vocabulary("family"):
        codes = [c for c, word in activities.items() if word.above == family and c in counts]
        if codes:
            choices = _choices("activity", codes, counts, selected)
            groups.append(Group(labels.label("family", family), choices))
    return groups


def _countries(counts: Counts, selected: set[str]) -> list[Group]:
    """The countries found most often, then all others by name."""
    known = [code for code in labels.vocabulary("country") if code in counts]
    often = sorted(known, key=lambda code: (code not in selected, -counts[code]))
    first = often[: max(COUNTRIES_AT_FIRST, len(selected))]
    rest = [code for code in known if code not in first]
    groups = [Group("", _choices("country", first, counts, selected))]
    if rest:
        more = _("All others, by name")
        groups.append(Group(more, _choices("country", rest, counts, selected), folded=True))
    return groups


def _regions(counts: Counts, selected: set[str]) -> list[Group]:
    """The UN's tree, then the names people use, which overlap, then the seas."""
    regions = labels.vocabulary("region")
    tree: list[Choice] = []

    def grow(above: str, depth: int) -> None:
        for code, word in regions.items():
            if word.kind == RegionKind.M49 and word.above == above:
                if code in counts:
                    tree.extend(_choices("region", [code], counts, selected, depth))
                grow(code, depth + 1)

    grow("", 0)
    groups = [Group("", tree)]
    for kind, heading in (
        (RegionKind.ALIAS, _("Other regions, which overlap")),
        (RegionKind.SEA, _("Seas")),
    ):
        codes = [c for c, word in regions.items() if word.kind == kind and c in counts]
        if codes:
            choices = _choices("region", codes, counts, selected)
            groups.append(Group(heading, choices, folded=True))
    return groups
