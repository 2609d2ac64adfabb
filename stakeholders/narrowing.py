"""A history narrowed to what is looked for: by whom, and in which field."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _

from stakeholders.history import Change, Line

# In addresses: whoever changed it without being signed in, as commands do.
NOBODY = "command"


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody, or a field, with the number of changes that choosing it would leave."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a history is asked for; each choice is counted without itself."""

    by: str = ""
    field: str = ""

    @classmethod
    def asked(cls, query: Mapping[str, Any]) -> "Narrowing":
        return cls(query.get("by", ""), query.get("field", ""))

    def __bool__(self) -> bool:
        return bool(self.by or self.field)

    def of(self, changes: Iterable[Change]) -> list[Change]:
        """Return the changes that are asked for, each with the lines that are."""
        found = [change for change in changes if self.by in ("", by(change))]
        if not self.field:
            return found
        narrowed = [
            replace(change, lines=[line for one in change.lines if (line := self._line(one))])
            for change in found
        ]
        return [change for change in narrowed if change.lines]

    def _line(self, line: Line) -> Line | None:
        if line.key:
            return line if line.key == self.field else None
        kept = [number for number, key in enumerate(line.keys) if key == self.field]
        if not kept:
            return None
        return replace(line, fields=[line.fields[n] for n in kept], keys=[self.field] * len(kept))

    def people(self, changes: Iterable[Change]) -> list[Choice]:
        """Return who changed anything, by name."""
        counted: Counter[tuple[str, str]] = Counter(
            (by(change), change.who or _("by a command"))
            for change in replace(self, by="").of(changes)
        )
        return _choices(counted, self.by)

    def fields(self, changes: Iterable[Change]) -> list[Choice]:
        """Return the fields and parts that were changed, by label."""
        counted: Counter[tuple[str, str]] = Counter()
        for change in replace(self, field="").of(changes):
            counted.update({about for line in change.lines for about in _about(line)})
        return _choices(counted, self.field)


def by(change: Change) -> str:
    return NOBODY if change.user is None else str(change.user)


def _about(line: Line) -> list[tuple[str, str]]:
    if line.key:
        return [(line.key, line.part)]
    return [(key, label) for key, (label, _old, _new) in zip(line.keys, line.fields, strict=True)]


def _choices(counted: Counter[tuple[str, str]], chosen: str) -> list[Choice]:
    found = [
        Choice(value, label, count, value == chosen) for (value, label), count in counted.items()
    ]
    return sorted(found, key=attrgetter("label"))
