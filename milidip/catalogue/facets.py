"""How many records would each choice find? All facets of a filter, counted by one statement.

Each facet is counted without its own selection, so that its other choices stay visible. Where
nothing is selected that is the filter itself, and those facets share one pass.
"""

# SQL is put together here: names of columns come from the FilterSet; values are parameters.
# ruff: noqa: S608

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from milidip.catalogue import labels
from milidip.catalogue.filters import CodesFilter, EntryFilterSet
from milidip.catalogue.models import Participation
from milidip.codebook.choices import UNKNOWN, RegionKind

FACETS = (
    "track",
    "touches",
    "region",
    "place",
    "family",
    "activity",
    "military_role",
    "role",
    "objective",
    "theme",
    "status",
    "participant_country",
)
OPEN_AT_FIRST = {"track", "touches", "region", "family"}
COUNTRIES_AT_FIRST = 12

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: selecting it would find ``count`` records."""

    code: str
    label: str
    title: str
    count: int
    selected: bool
    depth: int = 0
    url: str = ""


@dataclass(slots=True)
class Group:
    """Choices under one heading; ``folded`` ones are rarely looked for."""

    label: str
    choices: list[Choice]
    folded: bool = False


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
    """Return, by facet, the number of records by code; one query, whatever is selected."""
    names = list(names)
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    passes: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        selected = (name,) if filterset.values(name) else ()
        passes.setdefault(selected, []).append(name)
    tables, counts, params = [], [], []
    for number, (left_out, counted) in enumerate(passes.items()):
        columns = {filterset.filters[name].field_name for name in counted}
        if "role" in counted and UNKNOWN in filterset.values("stakeholder"):
            columns.add("actors")
        entries = filterset.without(*left_out).order_by().values("ordinal", *sorted(columns))
        sql, table_params = entries.query.sql_with_params()
        # Without a condition the table itself is read again faster than a copy of it.
        kept = "MATERIALIZED" if entries.query.where else "NOT MATERIALIZED"
        tables.append(f"hits_{number} AS {kept} ({sql})")
        params += table_params
        for name in counted:
            counts.append(_count(filterset, name, f"hits_{number}"))
    actors = list(filterset.values("stakeholder"))
    params += [actors] * sum("%s" in count for count in counts)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(tables)} {' UNION ALL '.join(counts)}", params)
        for name, code, number in cursor:
            found[name][code] = number
    return found


def _count(filterset: EntryFilterSet, name: str, table: str) -> str:
    """Return the SELECT that counts one facet; names of columns come from the FilterSet."""
    chosen: CodesFilter = filterset.filters[name]
    column = chosen.field_name
    if name == "role" and any(code != UNKNOWN for code in filterset.values("stakeholder")):
        # With actors selected a role is a role of theirs, as the filter takes it.
        theirs = (
            f"SELECT coalesce(nullif(role, ''), '{UNKNOWN}') AS code, entry_id"
            f" FROM {Participation._meta.db_table} WHERE actor_reference = ANY(%s)"
            f" AND entry_id IN (SELECT ordinal FROM {table})"
        )
        if UNKNOWN in filterset.values("stakeholder"):
            theirs += (
                f" UNION ALL SELECT unnest(roles), ordinal FROM {table} WHERE actors = '{{}}'"
            )
        return f"SELECT 'role', code, count(DISTINCT entry_id) FROM ({theirs}) AS acts GROUP BY 2"
    if chosen.many:
        # Unnested among the columns, not by a join: that is two to three times as fast.
        values = f'SELECT unnest("{column}") AS code FROM {table}'
        return f"SELECT '{name}', code, count(*) FROM ({values}) AS {name}_codes GROUP BY 2"
    return f"SELECT '{name}', \"{column}\", count(*) FROM {table} GROUP BY 2"


def facets_of(filterset: EntryFilterSet) -> list[Facet]:
    """Return every facet with its choices, in the order of the page."""
    counted = facet_counts(filterset)
    return [_facet(filterset, name, counted[name]) for name in FACETS]


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
    known = {choice.code for choice in facet.choices}
    rest = sorted(counts.keys() - known - {UNKNOWN})
    rest += [UNKNOWN] if UNKNOWN in counts and UNKNOWN not in known else []
    if rest:
        facet.groups.append(Group("", _choices(chosen.vocabulary, rest, counts, selected)))
    return facet


def _choices(
    vocabulary: str, codes: Iterable[str], counts: Counts, selected: set[str], depth: int = 0
) -> list[Choice]:
    return [
        Choice(
            code,
            labels.label(vocabulary, code),
            labels.definition(vocabulary, code),
            counts[code],
            code in selected,
            depth,
        )
        for code in codes
    ]


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
