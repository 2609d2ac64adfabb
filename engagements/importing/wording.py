"""The register's own plain sentences, composed from coded facts and never from a source's text."""

import calendar
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from milidip.codebook.dates import FORM

WITH_ARTICLE = {
    "ARE", "BHS", "CAF", "COM", "COK", "DOM", "FLK", "FRO", "GBR", "GMB", "MDV", "MHL",
    "NLD", "PHL", "SLB", "SUN", "SYC", "USA", "VAT", "VIR", "ANT", "CYM", "MNP", "XAR", "UMI",
    "VGB", "XDI",
}  # fmt: skip
FEW = 8


def listed(names: Sequence[str]) -> str:
    """Return “A”, “A and B” or “A, B and C”."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def states(codes: Iterable[str], label: Callable[[str], str]) -> str:
    """Return the names of states in a sentence; of many, how many they are and the first."""
    names = [f"the {label(code)}" if code in WITH_ARTICLE else label(code) for code in codes]
    if len(names) <= FEW:
        return listed(names)
    return f"{len(names)} states, among them {listed(names[:5])}"


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def day_in_words(value: str) -> str:
    """Return an honest date in words: 14 May 1980, May 1980 or 1980."""
    match = FORM.fullmatch(value)
    if match is None:
        return value
    words = [match["year"]]
    if match["month"]:
        words.insert(0, calendar.month_name[int(match["month"])])
    if match["day"]:
        words.insert(0, str(date.fromisoformat(value).day))
    return " ".join(words)


def sentences(*parts: str) -> str:
    """Join what is not empty into sentences, each with its full stop and capital."""
    whole = []
    for part in filter(None, (part.strip() for part in parts)):
        whole.append(part[0].upper() + part[1:] + ("" if part.endswith((".", "?", "!")) else "."))
    return " ".join(whole)
