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

GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")
OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK": "an Excel workbook"}
LARGEST_CELL = min(sys.maxsize, 2**31 - 1)
HALF = 32


class FileError(Exception):
    """Why a file cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line on which it starts, its number, its cells, and what is wrong with it."""

    line: int
    number: int
    cells: dict[str, str]
    problem: str = ""


def inspect(path: Path, columns: Sequence[str]) -> int:
    """Return how many rows a file has; raise FileError when it cannot be read."""
    try:
        with path.open("rb") as start:
            head = start.read(2)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}.") from error
    if not head:
        raise FileError(f"{path} is empty.")
    if head in OTHER_ENCODINGS:
        raise FileError(
            f"{path} is {OTHER_ENCODINGS[head]}: save it as CSV in UTF-8 and try again."
        )
    rows = 0
    for line in lines(path, columns):
        rows = line.number
    return rows


def lines(path: Path, columns: Sequence[str]) -> Iterator[Line]:
    """Yield the rows of a file; raise FileError for what no single row is to blame for."""
    with _opened(path) as file, _wide_cells():
        reader = csv.reader(file, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            _check_header(path, header, columns)
            number, before = 0, reader.line_num
            for cells in reader:
                start, before = before + 1, reader.line_num
                if cells:
                    number += 1
                    yield _line(start, number, header, cells)
        except UnicodeDecodeError as error:
            raise FileError(
                f"{path} is not UTF-8: byte 0x{error.object[error.start]:02x} after line "
                f"{reader.line_num}. Save it as CSV in UTF-8 and try again."
            ) from error
        except csv.Error as error:
            raise FileError(
                f"{path}, line {reader.line_num}: {error}. Is a quotation mark missing or "
                "not doubled?"
            ) from error


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
        raise FileError(f"{path} has no column {', '.join(missing)}.")
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise FileError(f"{path} has the column {', '.join(twice)} more than once.")


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}.") from error


@contextmanager
def _wide_cells() -> Iterator[None]:
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def digest_of(cells: dict[str, str], columns: Sequence[str], version: int, own: str = "") -> str:
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
