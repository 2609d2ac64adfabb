"""Every file of the register in one folder, all of one moment.

The same revision gives the same bytes: rows come in the order of the register, and the day that
files state is the day on which the revision came to be.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from milidip.catalogue.columns import Cut
from milidip.catalogue.exports import codes
from milidip.catalogue.exports.extracts import WITH_POINT, Extract, count
from milidip.catalogue.exports.formats import CSV, FORMATS, XLSX
from milidip.catalogue.exports.grains import GRAINS
from milidip.catalogue.exports.wording import everything
from milidip.catalogue.files import coverage
from milidip.catalogue.files.package import PACKAGE, SUMS, About, File, Folder, descriptor
from milidip.catalogue.files.parquet import write_parquet
from milidip.catalogue.models import Entry, Register
from milidip.catalogue.parameters import BadParameters

CSV_TYPE = CSV.media_type
Say = Callable[[str, int], None]
Rows = Iterable[tuple[Any, ...]]


def write_files(
    folder: Path,
    connection: psycopg.Connection,
    register: Register,
    *,
    base_url: str,
    address: str,
    number: str = "",
    entries: QuerySet[Entry] | None = None,
    tables: Mapping[str, tuple[str, tuple[str, ...], Rows]] | None = None,
    say: Say,
) -> Folder:
    """Write every format of every grain into an empty folder; return what is there.

    ``tables`` are further ones, by name: title, head and rows. ``say`` is told the name of the
    file being written and how many bytes it has so far.
    """
    if entries is None:
        entries = Entry.objects.all()
    day = register.changed_at.date() if register.changed_at else date(1970, 1, 1)
    about = About(register.revision, day.isoformat(), base_url, address, number)
    totals = {grain.name: count(connection, grain.rows(entries)) for grain in GRAINS}
    totals["with_point"] = count(connection, entries.filter(WITH_POINT))
    files = []
    for grain in GRAINS:
        for form in FORMATS:
            if grain not in form.grains:
                continue
            name = "milidip.xlsx" if form is XLSX else f"{grain.name}.{form.code}"
            extract = Extract(
                grain=grain,
                columns=form.columns(grain),
                entries=entries,
                cut=Cut(base_url, register.revision),
                day=day,
                totals=totals,
                words=everything(),
                address=address,
            )
            try:
                form.refuse(extract)
            except BadParameters:
                say(_("%(name)s is left out: too many rows for it") % {"name": name}, 0)
                continue
            chunks = form.chunks(connection, extract)
            files.append(
                _write(
                    folder,
                    name,
                    str(form.title),
                    form.label,
                    form.media_type,
                    extract.total,
                    chunks,
                    say,
                )
            )
        files.append(_parquet(folder, connection, extract, say))
    further = {
        "codebook.csv": (_("Every column and code"), codes.HEAD, codes.codebook_rows()),
        "coverage.csv": (
            _("Records by dataset and year, and how exactly they are dated"),
            coverage.HEAD,
            coverage.table(fetch(connection, coverage.counting(entries))),
        ),
        **(tables or {}),
    }
    for name, (title, head, rows) in further.items():
        text, number_of_rows = _as_csv(head, rows)
        files.append(
            _write(folder, name, title, "CSV", CSV_TYPE, number_of_rows, iter([text]), say)
        )
    files += _describe(folder, about, files, say)
    leaving = entries.exclude(leaves_on=None).order_by("leaves_on").values_list("leaves_on")
    first = fetch(connection, leaving[:1])
    return Folder(about, files, first[0][0] if first else None)


def fetch(connection: psycopg.Connection, rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a small query, read on ``connection``."""
    try:
        query, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    with psycopg.ClientCursor(connection) as cursor:
        return cursor.execute(query, params).fetchall()


def _write(
    folder: Path,
    name: str,
    title: str,
    form: str,
    media_type: str,
    rows: int | None,
    chunks: Iterator[bytes],
    say: Say,
) -> File:
    digest, size = hashlib.sha256(), 0
    with (folder / name).open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            say(name, size)
    return File(name, title, form, media_type, size, rows, digest.hexdigest())


def _parquet(folder: Path, connection: psycopg.Connection, extract: Extract, say: Say) -> File:
    grain = extract.grain
    name = f"{grain.name}.parquet"
    extract = Extract(
        grain, grain.columns, extract.entries, extract.cut, extract.day, extract.totals
    )
    say(name, 0)
    write_parquet(connection, extract, folder / name)
    with (folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(
        name,
        _("Columns with their types, for data frames and databases"),
        "Parquet",
        "application/vnd.apache.parquet",
        (folder / name).stat().st_size,
        extract.total,
        digest,
    )


def _as_csv(head: tuple[str, ...], rows: Rows) -> tuple[bytes, int]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    number = 0
    for number, row in enumerate(rows, 1):  # noqa: B007
        writer.writerow(row)
    return text.getvalue().encode(), number


def _describe(folder: Path, about: About, files: list[File], say: Say) -> list[File]:
    """Write the data package and the checksums of what is there; return these two."""

    def plain(name: str, title: str, form: str, media_type: str, text: str) -> File:
        return _write(folder, name, title, form, media_type, None, iter([text.encode()]), say)

    package = plain(
        PACKAGE,
        _("Description for programs (Frictionless Data)"),
        "JSON",
        "application/json",
        json.dumps(descriptor(about, files), ensure_ascii=False, indent=2) + "\n",
    )
    sums = "".join(f"{file.sha256}  {file.name}\n" for file in [*files, package])
    return [
        package,
        plain(SUMS, _("Checksums of all files"), "Text", "text/plain; charset=utf-8", sums),
    ]
