"""From which datasets and years the records come, and how exactly they are dated.

A reader sees from it what the register cannot say: a year without records is most often a year
in which nobody recorded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import ExtractYear

from milidip.catalogue.models import Entry

HEAD = ("source_dataset", "year", "records", "exact_dates", "share_exact")
DEFINITIONS = {
    "source_dataset": "Dataset the records came from; empty: logged in the register itself",
    "year": "Year of the start; empty: not known",
    "records": "Records of that dataset and year",
    "exact_dates": "Of them, those whose start is known to the day",
    "share_exact": "exact_dates / records",
}


@dataclass(slots=True)
class Counted:
    """Records, and how many of them have a start that is known to the day."""

    records: int = 0
    exact: int = 0

    @property
    def percent(self) -> int:
        return round(100 * self.exact / self.records) if self.records else 0

    def add(self, other: "Counted") -> None:
        self.records += other.records
        self.exact += other.exact


@dataclass(slots=True)
class Dataset(Counted):
    """What a dataset covers, year by year; None is the year of what is not dated."""

    name: str = ""
    years: dict[int | None, Counted] = field(default_factory=dict)

    @property
    def first(self) -> int | None:
        return min((year for year in self.years if year), default=None)

    @property
    def last(self) -> int | None:
        return max((year for year in self.years if year), default=None)


def counting(entries: QuerySet[Entry]) -> QuerySet[Entry, tuple[Any, ...]]:
    """Return the query for rows of dataset, year, records and exact dates."""
    return (
        entries.order_by()
        .annotate(year=ExtractYear("start_earliest"))
        .values("source_dataset", "year")
        .annotate(
            records=Count("pk"), exact=Count("pk", filter=Q(start_earliest=F("start_latest")))
        )
        .values_list("source_dataset", "year", "records", "exact")
    )


def in_order(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows by dataset and year, what is not dated last; no collation has a say."""
    return sorted(rows, key=lambda row: (row[0], row[1] is None, row[1] or 0))


def datasets(rows: Iterable[tuple[Any, ...]]) -> list[Dataset]:
    """Return what each dataset covers, the largest first."""
    found: dict[str, Dataset] = {}
    for name, year, records, exact in in_order(rows):
        dataset = found.setdefault(name, Dataset(name=name))
        dataset.years[year] = counted = Counted(records, exact)
        dataset.add(counted)
    return sorted(found.values(), key=lambda dataset: (-dataset.records, dataset.name))


def table(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for name, year, records, exact in in_order(rows):
        yield name, "" if year is None else year, records, exact, f"{exact / records:.4f}"
