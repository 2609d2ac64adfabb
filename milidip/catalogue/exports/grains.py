"""What one row of a file is: an engagement, somebody's part in it, or a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from milidip.catalogue import columns, nested
from milidip.catalogue.columns import Column
from milidip.catalogue.models import Entry, Participation, Source


@dataclass(frozen=True, slots=True, eq=False)
class Grain:
    """A kind of row: ``columns`` in every format, ``nested`` beside them in JSON."""

    name: str
    label: Any
    description: Any
    columns: list[Column]
    model: type[Model]
    nested: Sequence[Column] = ()
    key: Sequence[str] = ()

    @property
    def order(self) -> tuple[str, ...]:
        """The order of the register, which is that of every file."""
        return ("ordinal",) if self.model is Entry else ("entry_id", "line")

    @property
    def in_json(self) -> list[Column]:
        return [*self.columns, *self.nested]

    def rows(self, entries: QuerySet[Entry]) -> QuerySet[Any]:
        """Return the rows of these entries, in the order of the register."""
        if self.model is Entry:
            return entries.order_by(*self.order)
        lines: QuerySet[Any] = self.model._default_manager.all()
        found = entries.order_by().values("ordinal")
        if found.query.where:
            lines = lines.filter(entry__in=found)
        return lines.order_by(*self.order)


ENGAGEMENTS = Grain(
    "engagements",
    _("Engagements"),
    _("One row is one engagement."),
    columns.ENGAGEMENTS,
    Entry,
    nested.NESTED,
    ("reference",),
)
PARTICIPATIONS = Grain(
    "participations",
    _("Participations"),
    _("One row is one actor in one role in one engagement."),
    columns.PARTICIPATIONS,
    Participation,
    key=("engagement_reference", "line"),
)
SOURCES = Grain(
    "sources",
    _("Sources"),
    _("One row is one source of one engagement."),
    columns.SOURCES,
    Source,
    key=("source_reference",),
)
GRAINS = (ENGAGEMENTS, PARTICIPATIONS, SOURCES)
