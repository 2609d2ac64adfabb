"""What an import says of each row, and in whose words when the database refuses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engagements.importing.reading import Line
from engagements.importing.write import PARTS, Change
from engagements.models import Engagement, Series
from stakeholders.models import Stakeholder

CREATED, UPDATED, UNCHANGED, REFUSED = "created", "updated", "unchanged", "refused"
VERDICTS = (CREATED, UPDATED, UNCHANGED, REFUSED)

Key = tuple[str, str]


@dataclass(frozen=True)
class Verdict:
    """What became of one row, or would become of it."""

    line: int
    number: int
    dataset: str
    source_id: str
    verdict: str
    reference: str = ""
    reason: str = ""
    changes: tuple[Change, ...] = ()
    engagement_id: int | None = None


def verdict(line: Line, key: Key, what: str, reference: str = "", **more: Any) -> Verdict:
    return Verdict(line.line, line.number, *key, what, reference, **more)


def refused(line: Line, key: Key, reason: str, reference: str = "") -> Verdict:
    return verdict(line, key, REFUSED, reference, reason=reason)


def created(found: Iterable[Verdict]) -> list[int]:
    """Return the keys of the records that are new."""
    return [v.engagement_id for v in found if v.verdict == CREATED and v.engagement_id]


def said_by_database(error: Exception) -> str:
    """Return the message of the constraint that refused; never the row that it prints."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None) or ""
    for constraint in _constraints():
        if constraint.name == name:
            return str(constraint.get_violation_error_message())
    column = getattr(diagnostics, "column_name", None)
    where = name or (f"column {column}" if column else "a value")
    return f"the database refuses it ({where})."


def _constraints() -> Iterable[Any]:
    for model in (Engagement, Series, Stakeholder, *(part.model for part in PARTS)):
        yield from model._meta.constraints
