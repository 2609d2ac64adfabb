"""A desk to read rows at, and files to import."""

import csv
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from engagements.importing.datasets import COLUMNS, Desk
from engagements.importing.run import Tally, Verdict, run

DATA = Path(__file__).parents[1] / "data"
TODAY = date(2026, 11, 23)

EXERCISE = dict.fromkeys(COLUMNS, "") | {
    "source_dataset": "MME v7",
    "source_id": "mme1",
    "title": "Spring Meeting 90",
    "activity_type_guess": "joint_exercise",
    "track_level_guess": "I",
    "start_date_raw": "5/14/90",
    "end_date_raw": "5/16/90",
    "location_text": "Norway",
    "countries": "NOR;DNK",
    "participants_text": "Norway; Denmark",
    "citation": "A dataset (2021), doi:10.7910/DVN/KHFODX",
    "licence": "CC0",
}


@cache
def _desk() -> Desk:
    return Desk.prepared(TODAY)


@pytest.fixture
def desk(db: None) -> Desk:
    """The names and codes of the codebook, read once: no test here changes them."""
    return _desk()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write rows into a CSV file; a row says only how it differs from a plain exercise."""

    def written(*rows: dict[str, str], name: str = "rows.csv", columns: Iterable[str] = COLUMNS):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(columns))
            table.writeheader()
            for row in rows:
                table.writerow({key: (EXERCISE | row).get(key, "") for key in columns})
        return path

    return written


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_user("author")


@pytest.fixture
def load(author: User) -> Callable[..., tuple[Tally, list[Verdict]]]:
    """Import a file and return the tally with the verdicts in the file's order."""

    def loaded(path: Path, **options) -> tuple[Tally, list[Verdict]]:
        verdicts: list[Verdict] = []
        tally = run(path, author, today=TODAY, on_verdict=verdicts.append, **options)
        assert tally.verdicts.total() == tally.rows == len(verdicts)
        return tally, verdicts

    return loaded
