"""Dates as datasets write them, read into honest dates: never more than the cell says.

What is missing (`-9`, `xx`, `NA`, `?`, nothing) is unknown, which is no error. What cannot be
a date is refused, with the cell's own words in the reason.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from milidip.codebook.dates import bounds

MISSING = {
    "",
    "-9",
    "-99",
    "-999",
    ".",
    "..",
    "-",
    "\u2013",
    "\u2014",
    "?",
    "??",
    "xx",
    "na",
    "n/a",
    "nan",
}
MISSING |= {"unknown", "none", "null", "not stated", "xx/xx/xx", "?/?/?", "//"}
NO_PART = {"", "x", "xx", "xxxx", "?", "??", "????"}
MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
MONTHS |= {name[:3]: number for name, number in MONTHS.items()}

ISO = re.compile(r"(\d{4})(?:-([\dx?]{1,2})(?:-([\dx?]{1,2}))?)?", re.IGNORECASE)
ISO_WITH_TIME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
SLASHED = re.compile(r"([\dx?]*)/([\dx?]*)/([\dx?]*)", re.IGNORECASE)
DOTTED = re.compile(r"([\dx?]*)\.([\dx?]*)\.([\dx?]*)", re.IGNORECASE)
NAMED_MONTH = re.compile(r"([^\W\d_]+)\.? +(\d{4})")
DAY_NAMED_MONTH = re.compile(r"(\d{1,2}) +([^\W\d_]+)\.? +(\d{4})")


class DateError(ValueError):
    """What is wrong with a cell that should hold a date."""


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How one dataset writes dates, and the years that it covers.

    ``slashed`` and ``dotted`` give the order of the parts (`mdy` or `dmy`), or nothing when
    the dataset does not write dates that way. Two-digit years are read by the years covered.
    """

    first_year: int
    last_year: int
    slashed: str = ""
    dotted: str = ""

    def year(self, text: str) -> int:
        if len(text) == 4:
            year = int(text)
            if not self.first_year <= year <= self.last_year:
                raise DateError(f"has the year {year}, and this dataset covers {self._covered}")
            return year
        fits = [
            year for year in range(self.first_year, self.last_year + 1) if year % 100 == int(text)
        ]
        if len(fits) != 1:
            raise DateError(
                f"has the two-digit year {text}, and this dataset covers {self._covered}"
            )
        return fits[0]

    @property
    def _covered(self) -> str:
        return f"{self.first_year} to {self.last_year}"


def is_missing(cell: str) -> bool:
    """Tell whether a cell says that something is not known."""
    return cell.strip().casefold() in MISSING


def read_date(cell: str, style: DateStyle) -> str:
    """Return a cell as an honest date, or nothing when it says that it is not known.

    Raise DateError with a sentence that follows the cell's own words.
    """
    text = cell.strip()
    if is_missing(text):
        return ""
    if money := re.fullmatch(r"[$€£] ?[\d,.]+", text):
        raise DateError(f"is an amount of money ({money[0]}), not a date")
    if match := ISO_WITH_TIME.fullmatch(text):
        return _date(*match.groups(), style)
    if match := ISO.fullmatch(text):
        return _date(match[1], match[2] or "", match[3] or "", style)
    if style.slashed and (match := SLASHED.fullmatch(text)):
        return _ordered(match, style.slashed, style)
    if style.dotted and (match := DOTTED.fullmatch(text)):
        return _ordered(match, style.dotted, style)
    if match := NAMED_MONTH.fullmatch(text):
        return _date(match[2], _month(match[1]), "", style)
    if match := DAY_NAMED_MONTH.fullmatch(text):
        return _date(match[3], _month(match[2]), match[1], style)
    if re.search(r"\d.*\?", text):
        raise DateError("is marked as doubtful, or gives two dates: write what is sure")
    raise DateError("is not a date in the form of this dataset")


def _ordered(match: re.Match[str], order: str, style: DateStyle) -> str:
    parts = dict(zip(order, match.groups(), strict=True))
    for name, part in parts.items():
        if part.casefold() in NO_PART:
            continue
        if not part.isdigit():
            raise DateError("is marked as doubtful: write the part of it that is sure")
        if len(part) not in ((2, 4) if name == "y" else (1, 2)):
            what = {"d": "day", "m": "month", "y": "year"}[name]
            raise DateError(f"has the {what} {part}, which has too many or too few digits")
    return _date(parts["y"], parts["m"], parts["d"], style)


def _month(name: str) -> str:
    try:
        return str(MONTHS[name.casefold()])
    except KeyError:
        raise DateError(f"has the month {name}, which is not known") from None


def _date(year: str, month: str, day: str, style: DateStyle) -> str:
    """Return as much of the date as all its coarser parts allow."""
    if year.casefold() in NO_PART:
        if month.casefold() in NO_PART and day.casefold() in NO_PART:
            return ""
        raise DateError("has no year")
    if not all(part.isdigit() or part.casefold() in NO_PART for part in (month, day)):
        raise DateError("is marked as doubtful: write the part of it that is sure")
    known = f"{style.year(year):04}"
    if month.casefold() in NO_PART:
        return known
    if not 1 <= int(month) <= 12:
        raise DateError(f"has the month {month}, and a year has twelve")
    known += f"-{int(month):02}"
    if day.casefold() in NO_PART:
        return known
    last = bounds(known)[1].day
    if not 1 <= int(day) <= last:
        raise DateError(f"has the day {day}, and that month has {last}")
    return f"{known}-{int(day):02}"


def years_between(start: str, end: str) -> float:
    """Return the years that lie at least between two honest dates; below 0 when they overlap."""
    return (bounds(end)[0] - bounds(start)[1]).days / 365.25


def day_of(start: str, end: str) -> tuple[date, date] | None:
    """Return the first and the last day on which an engagement may have begun."""
    known = start or end
    return bounds(known) if known else None
