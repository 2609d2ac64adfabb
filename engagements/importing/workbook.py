"""The first sheet of an Excel workbook as rows of text, read as a stream.

A date is given as precisely as its cell shows it: who types “May 1980” into a spreadsheet gets the
first of May, shown as month and year, and knew no day.
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import load_workbook

LARGEST = 2 * 1024**3  # bytes once unpacked: more is no spreadsheet that somebody keeps by hand
NOT_A_PART = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')


class FileError(Exception):
    """Why a file cannot be read at all."""


class Cells(NamedTuple):
    """One row: the line on which it starts, and its cells."""

    line: int
    cells: list[str]


@contextmanager
def workbook(path: Path) -> Iterator[Iterator[Cells]]:
    """Yield the rows of the first sheet, the header first; raise FileError when it cannot."""
    _check_size(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
    except Exception as error:
        raise _broken(path) from error
    try:
        yield _rows(path, sheet)
    finally:
        book.close()


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise _broken(path) from error
    if size > LARGEST:
        raise FileError(f"{path.name} is too large once unpacked: save it as CSV.")


def _broken(path: Path) -> FileError:
    return FileError(f"{path.name} is no Excel workbook that can be read: save it as CSV.")


def _rows(path: Path, sheet: Any) -> Iterator[Cells]:
    width = 0
    try:
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [_text(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if number == 1:
                cells = [name.strip() for name in cells]
                width = len(cells)
            elif cells:
                cells += [""] * (width - len(cells))
            yield Cells(number, cells)
    except FileError:
        raise
    except Exception as error:  # whatever a broken part makes of the library
        raise _broken(path) from error


def _text(cell: Any) -> str:
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.time() != time():
            return value.isoformat(sep=" ")
        return _as_shown(value.date(), cell.number_format)
    if isinstance(value, date):
        return _as_shown(value, cell.number_format)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _as_shown(day: date, shown: str | None) -> str:
    """Return as much of a date as its format shows."""
    parts = NOT_A_PART.sub("", shown or "").casefold()
    if "d" in parts or not parts.strip():
        return day.isoformat()
    return f"{day:%Y-%m}" if "m" in parts else f"{day:%Y}"
