"""Themes, objectives and series of many records, changed at once: planned, shown, then written.

These three are safe: they name nobody, date nothing and decide nothing. What a record says in
public stays as it was until the change is cleared and published, as with any other change.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import batched
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import workflow
from engagements.disclosure import digest_of
from engagements.models import Engagement, Publication, Schedule, Series
from engagements.requirements import Problem
from engagements.workflow import NotAllowed
from milidip.codebook.choices import State
from milidip.codebook.models import Objective, Theme

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LISTS: dict[str, Any] = {"themes": Theme, "objectives": Objective}
TEXTS = ("summary", "narrative", "lessons", "working_note", "source_text")
"""What is long and not looked at here."""
BATCH = 1000


class How(StrEnum):
    """What becomes of a list of terms."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"

    def apply(self, had: frozenset[str], terms: frozenset[str]) -> frozenset[str]:
        match self:
            case How.ADD:
                return had | terms
            case How.REMOVE:
                return had - terms
            case How.REPLACE:
                return terms


@dataclass(frozen=True)
class Edit:
    """What is asked for: of each list how, and which terms; and a series, or none any more.

    ``series`` is None when the series stays; its value is a primary key, or None for no series.
    """

    lists: dict[str, tuple[How, frozenset[str]]] = field(default_factory=dict)
    series: tuple[int | None] | None = None

    def __bool__(self) -> bool:
        return bool(self.lists) or self.series is not None


@dataclass
class Difference:
    """What would change in one record: codes and keys, before and after."""

    record: Engagement
    lists: dict[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    series: tuple[int | None, int | None] | None = None

    def __bool__(self) -> bool:
        return bool(self.lists) or self.series is not None


@dataclass
class Plan:
    """What an edit would do, to be shown and agreed to before it is done."""

    changes: list[Difference] = field(default_factory=list)
    same: int = 0
    refused: list[tuple[Engagement, str]] = field(default_factory=list)
    public: int = 0
    scheduled: int = 0
    """Of those that change: how many have a public version, and how many a day to be published."""

    def count(self, state: str) -> int:
        return sum(change.record.state == state for change in self.changes)

    @property
    def cleared(self) -> int:
        """Those whose clearance lapses: what was cleared is not what they say then."""
        return self.count(State.CLEARED)

    @property
    def submitted(self) -> int:
        """Those that a reviewer may be reading right now."""
        return self.count(State.SUBMITTED)

    @property
    def digest(self) -> str:
        """Of what was shown: whoever agreed to it agreed to nothing else."""
        return digest_of(
            [
                [
                    (
                        change.record.pk,
                        change.record.state,
                        {name: [*map(sorted, both)] for name, both in change.lists.items()},
                        change.series,
                    )
                    for change in self.changes
                ],
                [(record.pk, why) for record, why in self.refused],
            ]
        )


def plan(engagement_ids: Iterable[int], edit: Edit, by: "User", *, lock: bool = False) -> Plan:
    """Return what ``edit`` would do to each of these records, and which ``by`` may not change."""
    found = Plan()
    for ids in batched(sorted(set(engagement_ids)), BATCH):
        records = Engagement.objects.filter(pk__in=ids).order_by("pk")
        if lock:
            records = records.select_for_update(of=("self",), no_key=True)
        records = records.select_related("merged__kept").defer(*TEXTS)
        had = {name: _terms(name, ids) for name in edit.lists}
        for record in records:
            if why := _against(record, by):
                found.refused.append((record, why))
            elif difference := _difference(record, edit, had):
                found.changes.append(difference)
            else:
                found.same += 1
    changed = [change.record.pk for change in found.changes]
    standing = Publication.objects.standing().filter(engagement__in=changed)
    found.public = standing.order_by().values("engagement").distinct().count()
    found.scheduled = Schedule.objects.filter(engagement__in=changed).count()
    return found


def _terms(name: str, ids: Iterable[int]) -> dict[int, frozenset[str]]:
    through, column = _through(name)
    terms: dict[int, set[str]] = defaultdict(set)
    rows = through.objects.filter(engagement__in=ids)
    for pk, code in rows.values_list("engagement_id", column):
        terms[pk].add(code)
    return defaultdict(frozenset, {pk: frozenset(codes) for pk, codes in terms.items()})


def _through(name: str) -> tuple[Any, str]:
    """The table that holds a list of terms, and the column of the term."""
    relation: Any = Engagement._meta.get_field(name)
    return relation.remote_field.through, f"{relation.m2m_reverse_field_name()}_id"


def _against(record: Any, by: "User") -> str:
    if hasattr(record, "merged"):
        return _("It was merged into %(reference)s.") % {"reference": record.merged.kept.reference}
    if workflow.may_edit(by, record.created_by_id, record.state):
        return ""
    if record.created_by_id != by.pk:
        return _("Somebody else logged it.")
    state = record.get_state_display().lower()
    return _("It is %(state)s, and not in your hands now.") % {"state": state}


def _difference(record: Engagement, edit: Edit, had: dict[str, Any]) -> Difference:
    difference = Difference(record)
    for name, (how, terms) in edit.lists.items():
        before = had[name][record.pk]
        after = how.apply(before, terms)
        if after != before:
            difference.lists[name] = before, after
    if edit.series is not None and record.series_id != edit.series[0]:
        difference.series = record.series_id, edit.series[0]
    return difference


@transaction.atomic
def write(
    engagement_ids: Iterable[int], edit: Edit, by: "User", *, reason: str, seen: str
) -> Plan:
    """Do what was planned, all of it or nothing, and keep the reason; return what was done.

    ``seen`` is the digest of the plan that was agreed to. Raises NotAllowed.
    """
    if not reason.strip():
        raise NotAllowed([Problem(_("Give the reason."), "reason")])
    planned = plan(engagement_ids, edit, by, lock=True)
    if planned.digest != seen:
        raise NotAllowed([Problem(_("Some of it was changed meanwhile: look again."))])
    if not planned.changes:
        raise NotAllowed([Problem(_("Nothing would change."))])
    with connection.cursor() as cursor:
        # History triggers beside deferred foreign keys are quadratic otherwise.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pghistory.context(reason=reason.strip()):
        for changes in batched(planned.changes, BATCH):
            for name in edit.lists:
                _write_list(name, [change for change in changes if name in change.lists])
            _write_records(changes, by)
    return planned


def _write_list(name: str, changes: list[Difference]) -> None:
    through, column = _through(name)
    gone = defaultdict(list)
    added = []
    for change in changes:
        before, after = change.lists[name]
        for code in before - after:
            gone[code].append(change.record.pk)
        added += [
            through(**{"engagement_id": change.record.pk, column: code}) for code in after - before
        ]
    for code, ids in gone.items():
        through.objects.filter(**{"engagement__in": ids, column: code}).delete()
    through.objects.bulk_create(added)


def _write_records(changes: Iterable[Difference], by: "User") -> None:
    """Every changed record says by whom and when, which also keeps it from their own review."""
    stamp = {"updated_at": timezone.now(), "updated_by": by}
    moved = [change for change in changes if change.series is not None]
    others = [change.record.pk for change in changes if change.series is None]
    if moved:
        assert moved[0].series is not None
        series = {"series_id": moved[0].series[1]}
        ids = [change.record.pk for change in moved]
        Engagement.objects.filter(pk__in=ids).update(**stamp, **series)
    if others:
        Engagement.objects.filter(pk__in=others).update(**stamp)


# --- in words ----------------------------------------------------------------------------------


def in_words(changes: Iterable[Difference]) -> list[dict[str, Any]]:
    """Return each difference with the labels of what comes and goes, by four queries at most."""
    changes = list(changes)
    labels = {
        name: {term.pk: str(term) for term in model.objects.all()}
        for name, model in LISTS.items()
        if any(name in change.lists for change in changes)
    }
    keys = {key for change in changes for key in change.series or () if key is not None}
    series = {row.pk: row.name for row in Series.objects.filter(pk__in=keys)} if keys else {}
    return [
        {
            "record": change.record,
            "lines": [
                *(
                    {
                        "label": Engagement._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
                        "added": sorted(labels[name][code] for code in after - before),
                        "removed": sorted(labels[name][code] for code in before - after),
                    }
                    for name, (before, after) in change.lists.items()
                ),
                *_series_in_words(change, series),
            ],
        }
        for change in changes
    ]


def _series_in_words(change: Difference, names: dict[int, str]) -> list[dict[str, Any]]:
    if change.series is None:
        return []
    before, after = change.series
    return [
        {
            "label": Engagement._meta.get_field("series").verbose_name,  # type: ignore[union-attr]
            "added": [names[after]] if after is not None else [],
            "removed": [names[before]] if before is not None else [],
        }
    ]
