"""Which years does each dataset cover? So that the end of a source is not read as an end."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("data") / "dataset_coverage.csv"


@dataclass(frozen=True, slots=True)
class Coverage:
    """A dataset that the register reads: kinds of activity, first and last year, and scope."""

    dataset: str
    label: str
    families: tuple[str, ...]
    first: int
    last: int
    scope: str


@cache
def coverages() -> tuple[Coverage, ...]:
    """Return every known dataset, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Coverage(
                row["dataset"],
                row["label"],
                tuple(row["families"].split(";")),
                int(row["first_year"]),
                int(row["last_year"]),
                row["scope"],
            )
            for row in csv.DictReader(file)
        )
