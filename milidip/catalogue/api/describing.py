"""The OpenAPI document: parameters from the filter, fields from the columns."""

from functools import cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from milidip.catalogue import labels
from milidip.catalogue.api.reading import MOST, USUAL_SIZE
from milidip.catalogue.codebook_page import parameter_help
from milidip.catalogue.columns import Column
from milidip.catalogue.exports.grains import Grain
from milidip.catalogue.filters import DATES, SORTS, CodesFilter, EntryFilterSet
from milidip.codebook.choices import UNKNOWN

FIELDS: dict[str, type[serializers.Field]] = {
    "integer": serializers.IntegerField,
    "decimal": serializers.FloatField,
    "boolean": serializers.BooleanField,
    "date": serializers.DateField,
    "string": serializers.CharField,
}
# Longer vocabularies are in the codebook, and not in the document too.
MOST_CODES = 60
WORDS = {"sort": SORTS, "dates": DATES}


class ProblemSerializer(serializers.Serializer):
    """What is wrong, in words; ``parameter`` is empty when it is no parameter."""

    parameter = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class ErrorsSerializer(serializers.Serializer):
    errors = ProblemSerializer(many=True)


def field_of(column: Column) -> serializers.Field:
    options: dict[str, Any] = {
        "required": False,
        "allow_null": column.null and column.kind != "list",
        "help_text": f"{column.definition} ({column.type})",
    }
    if column.parts:
        return serializer_of(f"{column.name}OfRecord", column.parts)(many=True, **options)
    if column.kind == "list":
        return serializers.ListField(child=serializers.CharField(), **options)
    return FIELDS[column.kind](**options)


def serializer_of(name: str, columns: Any) -> type[serializers.Serializer]:
    """Return the description of an object with these columns; ``fields`` may leave out any."""
    fields = {column.name: field_of(column) for column in columns}
    return type(f"{name[0].upper()}{name[1:]}Serializer", (serializers.Serializer,), fields)


@cache
def row_serializer(grain: Grain, language: str) -> type[serializers.Serializer]:
    """Return the description of a row, always the same class in one language."""
    return serializer_of(grain.name.removesuffix("s"), grain.in_json)


@cache
def page_serializer(grain: Grain, language: str) -> type[serializers.Serializer]:
    """Return the description of a page of rows."""
    fields = {
        "register_revision": serializers.IntegerField(
            help_text=_("Revision of the register that this page was read from")
        ),
        "count": serializers.IntegerField(help_text=_("Rows that match, on all pages together")),
        "next": serializers.CharField(
            allow_null=True, help_text=_("Address of the next page; null on the last")
        ),
        "results": row_serializer(grain, language)(many=True),
    }
    return type(f"{grain.name.title()}PageSerializer", (serializers.Serializer,), fields)


def filter_parameters() -> list[OpenApiParameter]:
    """Return every parameter of the catalogue, with its codes where they are few."""
    return [_filter_parameter(name) for name in EntryFilterSet.base_filters]


def _filter_parameter(name: str) -> OpenApiParameter:
    chosen = EntryFilterSet.base_filters[name]
    once = name in WORDS
    codes = list(WORDS.get(name, ()))
    if isinstance(chosen, CodesFilter) and chosen.vocabulary:
        known = list(labels.vocabulary(chosen.vocabulary))
        if len(known) <= MOST_CODES:
            codes = [*known, *([] if UNKNOWN in known else [UNKNOWN])]
    return OpenApiParameter(
        name,
        type=str,
        many=not once,
        explode=None if once else True,
        enum=codes or None,
        description=f"{chosen.label}. {parameter_help(name)}",
    )


def chosen_parameter() -> OpenApiParameter:
    return OpenApiParameter(
        "fields",
        type=str,
        description=_("Names of fields, with commas between: only these, in this order."),
    )


def paging_parameters() -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            "page_size",
            type={"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL_SIZE},
            description=_("Rows on a page."),
        ),
        OpenApiParameter(
            "cursor",
            type=str,
            description=_("Where to go on. It comes with “next”; do not make one up."),
        ),
    ]


class ApiSchema(AutoSchema):
    """Describes a view by its grain; a view of one record has none of the parameters of lists."""

    def get_override_parameters(self) -> list[Any]:
        if self.view.is_list:
            return [*filter_parameters(), chosen_parameter(), *paging_parameters()]
        reference = OpenApiParameter(
            "reference",
            type=str,
            location=OpenApiParameter.PATH,
            description=_("Reference of a record, such as MD-7K3QX9."),
        )
        return [reference, chosen_parameter()]

    def get_operation_id(self) -> str:
        return f"{self.view.grain.name}_{'list' if self.view.is_list else 'read'}"

    def get_summary(self) -> str:
        if self.view.is_list:
            return str(self.view.grain.label)
        return _("One engagement")

    def get_description(self) -> str:
        return str(self.view.grain.description)

    def get_tags(self) -> list[str]:
        return ["register"]

    def get_response_serializers(self) -> Any:
        grain = self.view.grain
        described = page_serializer if self.view.is_list else row_serializer
        found = described(grain, get_language() or "en")
        wrong = {
            400: _("A parameter or value that there is not; the message names it."),
            405: _("The register can only be read."),
            503: _("The register cannot be read just now."),
        }
        if not self.view.is_list:
            wrong[404] = _("There is no such record.")
            wrong[410] = _("The record was public and is not any more.")
        answers = {
            code: OpenApiResponse(ErrorsSerializer, description=text)
            for code, text in wrong.items()
        }
        if not self.view.is_list:
            merged = _("It was merged into another record, whose address follows.")
            answers[301] = OpenApiResponse(description=merged)
        answers[304] = OpenApiResponse(description=_("Not changed since the ETag that was sent."))
        return {200: OpenApiResponse(found, description=_("Found.")), **answers}


def openapi(patterns: list[Any], address: str) -> dict[str, Any]:
    """Return the OpenAPI document of these addresses."""
    document = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    document["servers"] = [{"url": address}]
    return document
