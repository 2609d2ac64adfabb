"""Is a mapping right for a file? Every fault at once, with line numbers and counts.

What is wrong with the mapping itself is said first, then which columns it names that the file does
not have, and then, for each kind of fault in the cells, how many rows have it and where.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from engagements.importing.by_spec import SpecReader
from engagements.importing.datasets import Desk
from engagements.importing.mapping import Mapping
from engagements.importing.reading import header_of, inspect, lines
from engagements.importing.records import Row, RowError
from engagements.importing.spec import unknown_columns
from engagements.importing.targets import BY_NAME, Reader, read_cell

LINES_TOLD = 8


@dataclass
class Fault:
    """One thing that is wrong, and the lines on which it is."""

    reason: str
    lines: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        told = ", ".join(map(str, self.lines[:LINES_TOLD]))
        more = len(self.lines) - LINES_TOLD
        rows = "1 row" if len(self.lines) == 1 else f"{len(self.lines)} rows"
        where = "line" if len(self.lines) == 1 else "lines"
        return f"{self.reason} ({rows}: {where} {told}{f' and {more} more' if more > 0 else ''})"


@dataclass
class Findings:
    """What a check has found: faults of the columns, faults of the cells, and rows that are fine."""

    rows: int = 0
    fine: int = 0
    columns: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    cells: dict[str, Fault] = field(default_factory=dict)
    unlisted: dict[str, Fault] = field(default_factory=dict)

    def note(self, faults: dict[str, Fault], reason: str, line: int) -> None:
        faults.setdefault(reason, Fault(reason)).lines.append(line)


def check(path: Path, mapping: Mapping, today: date, encoding: str = "") -> Findings:
    """Read a whole file by a mapping and write nothing; raise FileError when it cannot be read."""
    found = Findings()
    header = header_of(path, encoding)
    found.columns = unknown_columns(mapping.columns, header)
    if found.columns:
        return found
    found.rows = inspect(path, mapping.columns, encoding)
    desk = Desk.prepared(today)
    seen: dict[tuple[str, str], int] = {}
    reader = SpecReader(mapping.spec) if mapping.spec else None
    used = set(mapping.columns)
    for line in lines(path, mapping.columns, encoding):
        used |= set(mapping.said(line.cells))
        reasons = (
            [line.problem] if line.problem else list(_faults(mapping, reader, line.cells, desk))
        )
        if not line.problem:
            key = mapping.key(line.cells)
            if not all(key):
                reasons.append("The row has no identifier.")
            elif key in seen:
                reasons.append(f"The identifier “{key[1]}” is that of line {seen[key]} too.")
            seen.setdefault(key, line.line)
        for reason in dict.fromkeys(reasons):
            found.note(found.cells, reason, line.line)
        if not reasons:
            found.fine += 1
            for name in _unlisted(mapping, line.cells, desk):
                found.note(found.unlisted, name, line.line)
    found.unused = [name for name in header if name and name not in used]
    return found


def _faults(mapping: Mapping, reader: SpecReader | None, row: Row, desk: Desk) -> Iterator[str]:
    """Yield what is wrong with the cells of a row, each by itself; then with the row as a whole."""
    alone = False
    if reader is not None:
        for name, column in reader.spec.columns.items():
            try:
                if text := reader.translated(name, column, row[column]):
                    read_cell(BY_NAME[name], column, text, Reader(desk, reader.style))
            except RowError as problem:
                alone = True
                yield problem.reason
    if alone:
        return
    try:
        mapping.read(row, desk)
    except RowError as problem:
        yield problem.reason


def _unlisted(mapping: Mapping, row: Row, desk: Desk) -> list[str]:
    """Return the names of participants that are taken neither for a state nor for a listed body."""
    said = "Not listed as actors: "
    for note in mapping.read(row, desk).notes:
        if note.startswith(said):
            return note.removeprefix(said).rstrip(".").split(", ")
    return []
