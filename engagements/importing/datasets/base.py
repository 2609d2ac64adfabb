"""What all datasets share: the beginning of a record, and its end."""

import csv
import re
from datetime import date
from functools import cache
from pathlib import Path

from engagements.importing.dates import DateError, is_missing, read_date, years_between
from engagements.importing.details import pairs, read_details
from engagements.importing.records import LICENCE_LENGTH, Record, Row, RowError, cut, squeezed
from milidip.codebook.choices import Status, TrackBasis
from milidip.codebook.dates import bounds, ends_before_it_starts

from .citing import citations, supported
from .desk import COLUMNS, DETAILS, OWN_SUMMARY, Dataset, Desk

TRACKS = {"I": "1", "1": "1", "1.5": "1.5", "II": "2", "2": "2", "III": "3", "3": "3"}
ACTIVITIES = {
    "mediation_dialogue": "mediation_facilitation",
    "training_exchange": "training_course",
}


@cache
def excluded() -> dict[tuple[str, str], str]:
    """(dataset, identifier) of rows that do not belong in the register -> why."""
    path = Path(__file__).parent.parent / "excluded.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        return {
            (row["source_dataset"], row["source_id"]): row["reason"]
            for row in csv.DictReader(rows)
        }


def begin(row: Row, desk: Desk, dataset: Dataset) -> Record:
    """Return a record with what is read alike in every dataset; places and people follow."""
    if reason := excluded().get((row["source_dataset"], row["source_id"])):
        raise RowError(f"it does not belong in the register: {reason}")
    start, end = read_dates(row, dataset)
    track = read_track(row)
    title, supplied = read_title(row["title"])
    series = "" if is_missing(row["series"]) else squeezed(row["series"]).rstrip(" -\u2013\u2014")
    return Record(
        dataset=row["source_dataset"],
        source_id=row["source_id"],
        title=title,
        title_supplied=supplied,
        series=series,
        edition=edition_of(title, series),
        activity=read_activity(row, desk),
        start=start,
        end=end,
        status=status_of(start, end, desk.today),
        track=track,
        touches=(track,) if track else (),
        track_basis=TrackBasis.DATASET_GUESS,
        track_note=(
            "Guessed from who took part when the dataset was prepared; not checked."
            if track
            else ""
        ),
        licence=licence_of(row, dataset),
        source_text=source_text(row),
    )


def finish(record: Record, row: Row, dataset: Dataset, **citation: str) -> Record:
    """Add the sources and what each supports, and refuse what cannot be stored.

    A file may give details of a family in a column of their own; they win over what is read
    from a dataset's words.
    """
    record.details |= read_details(pairs(row.get(DETAILS, "")))
    record.sources = citations(row, dataset, supported(record), **citation)
    if own := squeezed(row.get(OWN_SUMMARY, "")):
        record.summary = own
    return record.checked()


def read_title(text: str) -> tuple[str, bool]:
    """Return the title, and whether it was composed because the source has none."""
    title = squeezed(text)
    if title.startswith('"') and title.count('"') == 1:
        title = title[1:]
    if title.startswith("[") and title.endswith("]"):
        return title[1:-1].strip(), True
    return title, False


def edition_of(title: str, series: str) -> str:
    """Return what follows the name of the series in a title, when it is a number or a year."""
    if not series or not title.casefold().startswith(series.casefold()):
        return ""
    rest = title[len(series) :].strip(" -\u2013\u2014,'\u2019/")
    return rest if re.fullmatch(r"\d{1,4}([-/]\d{1,4})?|[IVX]{1,5}", rest) else ""


def read_dates(row: Row, dataset: Dataset) -> tuple[str, str]:
    """Return start and end as honest dates; refuse what is no date or makes no sense."""
    found = []
    for column in ("start_date_raw", "end_date_raw"):
        try:
            found.append(read_date(row[column], dataset.style))
        except DateError as problem:
            raise RowError(f"{column} “{row[column].strip()}” {problem}.") from problem
    start, end = found
    if start and end:
        if ends_before_it_starts(start, end):
            raise RowError(
                f"end_date_raw “{row['end_date_raw'].strip()}” ({end}) is before "
                f"start_date_raw “{row['start_date_raw'].strip()}” ({start}): correct one of them."
            )
        if (years := years_between(start, end)) > dataset.longest_years:
            raise RowError(
                f"start_date_raw “{row['start_date_raw'].strip()}” and end_date_raw "
                f"“{row['end_date_raw'].strip()}” lie {years:.1f} years apart, which makes no "
                "sense for what this dataset records: check the years."
            )
    return start, end


def read_track(row: Row) -> str | None:
    guess = row["track_level_guess"].strip()
    if is_missing(guess):
        return None
    if guess not in TRACKS:
        raise RowError(f"track_level_guess “{guess}” is none of I, 1.5, II, III.")
    return TRACKS[guess]


def read_activity(row: Row, desk: Desk) -> str:
    guess = row["activity_type_guess"].strip()
    code = ACTIVITIES.get(guess, guess)
    if code not in desk.activities:
        raise RowError(f"activity_type_guess “{guess}” is no activity type of the codebook.")
    return code


def status_of(start: str, end: str, today: date, *, without_end: str = Status.COMPLETED) -> str:
    """Return what the dates say of the status on ``today``.

    ``without_end`` is what it means in this dataset when only the start is given and past.
    """
    if start and bounds(start)[0] > today:
        return Status.PLANNED
    if end:
        first, last = bounds(end)
        if last < today:
            return Status.COMPLETED
        return Status.ONGOING if first > today else Status.UNKNOWN
    if start and bounds(start)[1] < today:
        return without_end
    return Status.UNKNOWN


def licence_of(row: Row, dataset: Dataset) -> str:
    stated = squeezed(row["licence"]) or "not stated"
    return cut(f"Facts from {dataset.name}; its licence: {stated}", LICENCE_LENGTH)


def source_text(row: Row) -> str:
    """Return the row's own words, cell by cell: kept for the work, never published."""
    return "\n".join(
        f"{column}: {row[column].strip().replace('\x00', '')}"
        for column in COLUMNS
        if row[column].strip()
    )
