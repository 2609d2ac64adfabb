"""A workbook written as it is sent: one row at a time into a zip that goes straight out.

A small part of Office Open XML (ECMA-376): sheets with inline texts, numbers, dates and truth
values. The same rows give the same bytes: no time of writing is in it. Texts are never formulas.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

MOST_ROWS = 1_048_576
MOST_CHARACTERS = 32_767
CUT = " […]"
FIRST_DAY = date(1900, 3, 1)
DAY_ZERO = date(1899, 12, 30)
LONG_AGO = (1980, 1, 1, 0, 0, 0)
CHUNK = 64 * 1024
# What XML 1.0 does not allow, surrogates included.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PLAIN, BOLD, DAY = 0, 1, 2
STYLES = f"""{XML}<styleSheet xmlns="{MAIN}">
<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a head; ``rows`` are read once, in batches, while they are written."""

    name: str
    head: Sequence[str]
    rows: Iterable[Sequence[Sequence[Any]]]
    widths: Sequence[int] = ()
    long: bool = False
    """Whether the sheet may take more than 2 GB before it is compressed."""


class _Outlet:
    """A file that cannot be read or rewound: what is written waits here to be sent."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self, at_least: int = 0) -> Iterator[bytes]:
        if len(self._waiting) > at_least:
            yield bytes(self._waiting)
            self._waiting.clear()


def workbook(sheets: Sequence[Sheet]) -> Iterator[bytes]:
    """Yield the bytes of a workbook, holding no more than one batch of rows."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:  # type: ignore[call-overload]
        for name, text in _frame(sheets):
            with archive.open(_member(name), "w") as member:
                member.write(text.encode())
        for number, sheet in enumerate(sheets, 1):
            # 64-bit sizes only where a sheet may need them: some programs stumble over them.
            info = _member(f"xl/worksheets/sheet{number}.xml")
            with archive.open(info, "w", force_zip64=sheet.long) as member:
                for text in _sheet(sheet):
                    member.write(text.encode())
                    yield from outlet.taken(CHUNK)
    yield from outlet.taken()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _sheet(sheet: Sheet) -> Iterator[str]:
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(sheet.widths, 1)
    )
    yield (
        f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews>{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
    )
    yield _row([_text(name, BOLD) for name in sheet.head])
    for batch in sheet.rows:
        yield "".join(_row(map(_cell, row)) for row in batch)
    yield "</sheetData></worksheet>"


def _row(cells: Iterable[str]) -> str:
    return f"<row>{''.join(cells)}</row>"


def _cell(value: Any) -> str:
    """Return a cell with the type of ``value``; days before Excel's first are written out."""
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return f'<c t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float | Decimal):
        return f"<c><v>{value}</v></c>"
    if isinstance(value, date) and not isinstance(value, datetime):
        if value < FIRST_DAY:
            return _text(value.isoformat())
        return f'<c s="{DAY}"><v>{(value - DAY_ZERO).days}</v></c>'
    return _text(str(value))


def _text(text: str, style: int = PLAIN) -> str:
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS - len(CUT)] + CUT
    if not text.isprintable():
        text = FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    styled = f' s="{style}"' if style else ""
    return f'<c{styled} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _frame(sheets: Sequence[Sheet]) -> Iterator[tuple[str, str]]:
    """Yield the parts that say what is in the workbook."""
    numbers = range(1, len(sheets) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{KIND}.worksheet+xml"/>'
        for number in numbers
    )
    types = (
        f'{XML}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>{parts}</Types>'
    )
    yield "[Content_Types].xml", types
    yield (
        "_rels/.rels",
        _relationships([("officeDocument", "xl/workbook.xml")]),
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        _relationships(
            [
                *(("worksheet", f"worksheets/sheet{number}.xml") for number in numbers),
                ("styles", "styles.xml"),
            ]
        ),
    )
    listed = "".join(
        f'<sheet name="{escape(sheet.name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, 1)
    )
    yield (
        "xl/workbook.xml",
        f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>{listed}</sheets></workbook>',
    )
    yield "xl/styles.xml", STYLES


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATED}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{lines}</Relationships>'
