"""Opening a spreadsheet file: what is wrong with it as a whole is said before anything is read.

Rows are numbered by the line of the file on which they start, since cells may hold line breaks.
"""

import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from engagements.importing.workbook import Cells, FileError, workbook

GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")
MARKS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
WORKBOOK = b"PK\x03\x04"
SEPARATORS = (",", ";", "\t")
LARGEST_CELL = min(sys.maxsize, 2**31 - 1)
HALF = 32


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line on which it starts, its number, its cells, and what is wrong with it."""

    line: int
    number: int
    cells: dict[str, str]
    problem: str = ""


def inspect(path: Path, columns: Sequence[str], encoding: str = "") -> int:
    """Return how many rows a file has; raise FileError when it cannot be read."""
    rows = 0
    for line in lines(path, columns, encoding):
        rows = line.number
    return rows


def header_of(path: Path, encoding: str = "") -> list[str]:
    """Return the names of a file's columns; raise FileError when it cannot be read."""
    with _rows(path, encoding) as rows:
        header = next(rows, Cells(1, [])).cells
    _check_header(path, header, ())
    return header


def lines(path: Path, columns: Sequence[str], encoding: str = "") -> Iterator[Line]:
    """Yield the rows of a CSV file or a workbook; ``columns`` are those it has to have.

    Raise FileError for what no single row is to blame for.
    """
    with _rows(path, encoding) as rows:
        header = next(rows, Cells(1, [])).cells
        _check_header(path, header, columns)
        number = 0
        for line, cells in rows:
            if cells:
                number += 1
                yield _line(line, number, header, cells)


@contextmanager
def _rows(path: Path, encoding: str) -> Iterator[Iterator[Cells]]:
    """Open a file and yield its rows, the header first, whatever the format."""
    head = _beginning(path)
    if head.startswith(WORKBOOK):
        with workbook(path) as rows:
            yield rows
        return
    if not encoding:
        if named := next((name for mark, name in MARKS if head.startswith(mark)), ""):
            raise FileError(
                f"{path.name} is {named}: save it as CSV in UTF-8, or say its encoding."
            )
        encoding = "utf-8-sig"
    yield _csv_rows(path, encoding)


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as start:
            head = start.read(4)
    except OSError as error:
        raise FileError(f"{path.name}: {error.strerror}.") from error
    if not head:
        raise FileError(f"{path.name} is empty.")
    return head


def _csv_rows(path: Path, encoding: str) -> Iterator[Cells]:
    with _opened(path, encoding) as file, _wide_cells():
        reader = None
        try:
            separator = separator_of(file.readline())
            file.seek(0)
            reader = csv.reader(file, strict=True, delimiter=separator)
            before = 0
            for number, cells in enumerate(reader):
                start, before = before + 1, reader.line_num
                yield Cells(start, [name.strip() for name in cells] if not number else cells)
        except UnicodeError as error:
            where = f"after line {reader.line_num if reader else 0}"
            byte = (
                f"byte 0x{error.object[error.start]:02x} "
                if isinstance(error, UnicodeDecodeError)
                else ""
            )
            named = encoding.removesuffix("-sig").upper()
            raise FileError(
                f"{path.name} is not {named}: {byte}{where}. Save it as CSV in UTF-8, or say its "
                "encoding."
            ) from error
        except csv.Error as error:
            raise FileError(
                f"{path.name}, line {reader.line_num if reader else 1}: {error}. Is a quotation "
                "mark missing or not doubled?"
            ) from error


def separator_of(header: str) -> str:
    """Return what stands between the columns: a comma, or what a spreadsheet in Europe writes."""
    outside = "".join(header.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def _line(start: int, number: int, header: list[str], cells: list[str]) -> Line:
    problem = ""
    if len(cells) != len(header):
        problem = (
            f"the row has {len(cells)} cells and the header {len(header)}: "
            "look for a missing or extra separator or quotation mark."
        )
    elif any("\x00" in cell for cell in cells):
        problem = "a cell holds a NUL character, which cannot be stored: take it out."
    named = dict(
        zip(
            header,
            (GUARDED.sub("", cell, count=1) if cell.startswith("'") else cell for cell in cells),
            strict=False,
        )
    )
    return Line(start, number, named, problem)


def _check_header(path: Path, header: list[str], columns: Sequence[str]) -> None:
    if missing := [name for name in columns if name not in header]:
        raise FileError(f"{path.name} has no column {', '.join(missing)}.")
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise FileError(f"{path.name} has the column {', '.join(twice)} more than once.")


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield file
    except OSError as error:
        raise FileError(f"{path.name}: {error.strerror}.") from error
    except LookupError as error:
        raise FileError(f"“{encoding}” is no encoding that is known here.") from error


@contextmanager
def _wide_cells() -> Iterator[None]:
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def digest_of(
    cells: dict[str, str], columns: Sequence[str], version: int | str, own: str = ""
) -> str:
    """Return what a row says, in 64 characters: half for its columns, half for our own summary.

    A file without that column says nothing about it: the second half is then all zeros.
    """
    said = json.dumps([version, [cells[name] for name in columns]], ensure_ascii=False)
    first = hashlib.sha256(said.encode()).hexdigest()[:HALF]
    second = hashlib.sha256(own.encode()).hexdigest()[:HALF] if own else "0" * HALF
    return first + second


def says_the_same(new: str, old: str) -> bool:
    """Tell whether a row is as it was; silence about our own summary changes nothing."""
    return new == old or (new[HALF:] == "0" * HALF and new[:HALF] == old[:HALF])


def keeps_summary(new: str, old: str) -> bool:
    """Tell whether the record's summary was given to us and this row has none."""
    return bool(old) and new[HALF:] == "0" * HALF and old[HALF:] != "0" * HALF
