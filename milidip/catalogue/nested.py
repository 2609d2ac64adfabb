"""What a record in JSON holds beside its columns: its lists, and texts too long for a table.

An allow-list like `columns`, and for the same reason. What lines have in common with the record
is not repeated in them.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Func, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from milidip.catalogue.columns import (
    PARTICIPATIONS,
    SOURCES,
    Column,
    Content,
    Cut,
    Filled,
    made,
)
from milidip.catalogue.models import Participation, Relation, Source

OF_THE_RECORD = {
    *("engagement_reference", "engagement_version", "track", "activity", "date_start"),
    *("start_earliest", "start_latest", "claim_status", "register_revision"),
}
TYPES = {"boolean": "boolean", "decimal": "numeric"}


class JsonRows(Subquery):
    """The rows of a query as a JSON list of objects with these names."""

    template = (
        "(SELECT coalesce(array_to_json(array_agg(row_to_json(row_))), '[]'::json)"
        " FROM (%(subquery)s) AS row_(%(names)s))"
    )
    output_field = JSONField()


class DocumentRows(Func):
    """A list of the document, read by the names and types that are given, and no others."""

    template = (
        "(SELECT coalesce(array_to_json(array_agg(row_to_json(row_))), '[]'::json) FROM (SELECT %(chosen)s"
        " FROM jsonb_to_recordset(%(expressions)s) AS given(%(given)s)) AS row_)"
    )
    output_field = JSONField()


class DocumentText(Func):
    """A text of the document; nothing when it is empty."""

    template = "NULLIF(%(expressions)s #>> '{}', '')"
    output_field = JSONField()


def quoted_names(columns: Sequence[Column]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)


def rows(lines: QuerySet[Any], columns: Sequence[Column]) -> Content:
    """Return the lines of a record, by the columns of their own file."""

    def build(cut: Cut) -> Combinable:
        cells = [column.content.value(cut) for column in columns]
        found = lines.filter(entry=OuterRef("pk")).values_list(*cells)
        return JsonRows(found, names=quoted_names(columns))

    return made(build)


def of_document(key: str, columns: Sequence[Column]) -> Content:
    """Return a list of the document as a list of objects."""
    given = ", ".join(f'"{part.name}" {TYPES.get(part.kind, "text")}' for part in columns)
    chosen = ", ".join(
        f'"{part.name}"' if part.kind in TYPES else f'NULLIF("{part.name}", \'\') AS "{part.name}"'
        for part in columns
    )
    return made(lambda cut: DocumentRows(F(f"document__data__{key}"), given=given, chosen=chosen))


def text_of_document(key: str) -> Content:
    return made(lambda cut: DocumentText(F(f"document__data__{key}")))


def part(name: str, kind: str, null: bool, definition: Any, field: str = "") -> Column:
    """Return one name of a nested object."""
    return Column(name, kind, null, definition, made(lambda cut: Filled(F(field or name))))


# fmt: off
PLACES = (
    part("name", "string", True, _("Name as published")),
    part("country", "iso3", True, _("Country of the place")),
    part("country_derived", "boolean", False, _("True when the country was derived from coordinates")),
    part("region", "code", True, _("Sea area or region, where there is no country")),
    part("precision", "enum", False, _("How precisely the place is known")),
    part("latitude", "decimal", True, _("WGS84, no finer than the precision allows")),
    part("longitude", "decimal", True, _("WGS84, as latitude")),
)
OUTCOMES = (
    part("kind", "enum", False, _("Kind of outcome")),
    part("statement", "string", True, _("What came of it, in one statement")),
    part("date", "EDTF level 1", True, _("When, as far as known")),
    part("reported_by", "enum", True, _("Who reports it")),
    part("source", "string MS-XXXXXX", True, _("The source that says so")),
)
RELATED = (
    part("kind", "enum", False, _("How this record stands to the other"), "kind"),
    part("reference", "string MD-XXXXXX", False, _("The other record, when it is public too"), "target__reference"),
)
LINES = tuple(column for column in PARTICIPATIONS if column.name not in OF_THE_RECORD)
CITED = tuple(column for column in SOURCES if column.name not in OF_THE_RECORD)

NESTED: list[Column] = [
    Column("narrative", "string", True, _("The longer account, in the register's own words"), text_of_document("narrative")),
    Column("lessons", "string", True, _("What was learned"), text_of_document("lessons")),
    Column("lessons_reported_by", "enum", True, _("Whose word the lessons are"), text_of_document("lessons_reported_by")),
    Column("places", "list object", False, _("Places where it happened"), of_document("places", PLACES), PLACES),
    Column("participations", "list object", False, _("Who took part, as in the file of participations"), rows(Participation.objects.order_by("line"), LINES), LINES),
    Column("outcomes", "list object", False, _("What came of it"), of_document("outcomes", OUTCOMES), OUTCOMES),
    Column("sources", "list object", False, _("Sources, as in the file of sources"), rows(Source.objects.order_by("line"), CITED), CITED),
    Column("related", "list object", False, _("Records that it follows, is part of or responds to"), rows(Relation.objects.order_by("kind", "target"), RELATED), RELATED),
]
# fmt: on
