"""The register as one workbook: what it is, a sheet for each grain, and the codebook."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from django.utils.translation import gettext as _

from milidip.catalogue.columns import Column
from milidip.catalogue.exports.codes import HEAD, codebook_rows
from milidip.catalogue.exports.extracts import Extract, cells_statement, fetched
from milidip.catalogue.exports.grains import GRAINS, Grain
from milidip.catalogue.exports.wording import cite_list, licence
from milidip.catalogue.exports.xlsx import MOST_CHARACTERS, MOST_ROWS, Sheet, workbook
from milidip.catalogue.parameters import BadParameters

TYPED = {"integer", "decimal", "boolean", "date"}
LONG_FROM = 200_000


def xlsx_chunks(connection: psycopg.Connection, extract: Extract) -> Iterator[bytes]:
    """The columns asked for are those of the engagements; the other sheets have all of theirs."""
    sheets = [Sheet(str(_("Read me")), (_("What"), _("Which")), [read_me(extract)], (24, 100))]
    for grain in GRAINS:
        columns = extract.columns if grain is extract.grain else grain.columns
        sheets.append(
            Sheet(
                str(grain.label),
                [column.name for column in columns],
                _rows(connection, extract, grain, columns),
                [_width(column) for column in columns],
                extract.totals[grain.name] > LONG_FROM,
            )
        )
    sheets.append(
        Sheet(str(_("Codebook")), HEAD, [list(codebook_rows())], (18, 34, 34, 18, 10, 80, 60))
    )
    yield from workbook(sheets)


def refuse_what_excel_cannot_hold(extract: Extract) -> None:
    """Raise BadParameters when a sheet would have more rows than a sheet can have."""
    for grain in GRAINS:
        if extract.totals[grain.name] >= MOST_ROWS:
            message = _(
                "A sheet of Excel holds %(most)s rows below its head. “%(name)s” would have "
                "%(rows)s. Narrow the filter, or take the CSV, JSON Lines or Parquet file."
            ) % {
                "most": f"{MOST_ROWS - 1:,}",
                "name": grain.label,
                "rows": f"{extract.totals[grain.name]:,}",
            }
            raise BadParameters([message])


def _rows(
    connection: psycopg.Connection, extract: Extract, grain: Grain, columns: Sequence[Column]
) -> Iterator[Sequence[Sequence[Any]]]:
    # Only when its turn has come: one connection reads one sheet at a time.
    cells = [
        column.content.value(extract.cut)
        if column.kind in TYPED
        else column.content.text(extract.cut)
        for column in columns
    ]
    yield from fetched(connection, cells_statement(extract, grain, cells))


def read_me(extract: Extract) -> list[tuple[str, Any]]:
    """Return what a reader has to know who has nothing but this file."""
    return [
        (_("Register"), _("milidip, the open register of military diplomacy")),
        (_("Filter"), extract.words),
        (_("Address"), extract.address),
        *((str(grain.label), extract.totals[grain.name]) for grain in GRAINS),
        (_("Date"), extract.day),
        (_("Revision of the register"), extract.cut.revision),
        (_("Licence"), licence()),
        (_("How to cite"), cite_list(extract)),
        (
            _("Keys"),
            _(
                "Participations and sources name their engagement by “engagement_reference”. "
                "The sheet “Codebook” says what columns and codes mean."
            ),
        ),
        (
            _("Dates"),
            _(
                "“date_start” and “date_end” say what is known: a day, a month or a year. The "
                "columns “earliest” and “latest” are the days between which it lies. Days before "
                "March 1900 are text, because Excel counts from there."
            ),
        ),
        (
            _("Empty cells"),
            _("Not known, not stated or withheld. “withheld” names the rules that were used."),
        ),
        (
            _("Texts"),
            _(
                "A text that starts like a formula has an apostrophe in front. A text of more "
                "than %(most)s characters is cut, with “[…]” at its end; the CSV has all of it."
            )
            % {"most": f"{MOST_CHARACTERS:,}"},
        ),
        (
            _("Please"),
            _(
                "A file cannot be recalled. Take a fresh one before you publish, respect what "
                "was withdrawn since, and do not try to find out who was withheld."
            ),
        ),
    ]


def _width(column: Column) -> int:
    if column.name in ("title", "summary", "actor_name", "url"):
        return 40
    return max(11, min(len(column.name) + 2, 24))
