"""In which formats does a list leave? Each is a name, a media type and a way to write it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.utils.translation import gettext_lazy as _

from milidip.catalogue.columns import Column
from milidip.catalogue.exports.extracts import Extract
from milidip.catalogue.exports.grains import ENGAGEMENTS, GRAINS, Grain
from milidip.catalogue.exports.text import csv_chunks, geojson_chunks, jsonl_chunks
from milidip.catalogue.exports.workbooks import refuse_what_excel_cannot_hold, xlsx_chunks


def _nothing(extract: Extract) -> None:
    """Every number of rows will do."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: ``code`` is the ending of its files, ``title`` says what it is good for."""

    code: str
    label: str
    title: Any
    media_type: str
    chunks: Callable[[psycopg.Connection, Extract], Iterator[bytes]]
    grains: Sequence[Grain]
    has_nested: bool = False
    has_bom: bool = False
    refuse: Callable[[Extract], None] = _nothing

    def columns(self, grain: Grain) -> Sequence[Column]:
        """Return the columns that a file of this format has unless others are asked for."""
        return grain.in_json if self.has_nested else grain.columns


CSV = Format(
    "csv",
    "CSV",
    _("A table for any program"),
    "text/csv; charset=utf-8; header=present",
    csv_chunks,
    GRAINS,
    has_bom=True,
)
XLSX = Format(
    "xlsx",
    "Excel",
    _("One workbook: engagements, participations, sources, codebook"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    xlsx_chunks,
    (ENGAGEMENTS,),
    refuse=refuse_what_excel_cannot_hold,
)
JSONL = Format(
    "jsonl",
    "JSON Lines",
    _("One record a line, with its participants, places, outcomes and sources"),
    "application/jsonl; charset=utf-8",
    jsonl_chunks,
    GRAINS,
    has_nested=True,
)
GEOJSON = Format(
    "geojson",
    "GeoJSON",
    _("For maps: records with their point, as far as it is disclosed"),
    "application/geo+json; charset=utf-8",
    geojson_chunks,
    (ENGAGEMENTS,),
)
FORMATS = (CSV, XLSX, JSONL, GEOJSON)
