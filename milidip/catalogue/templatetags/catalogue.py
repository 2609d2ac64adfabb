"""Words for codes and dates in templates."""

from datetime import date

from django import template

from milidip.catalogue import addresses, labels, words

register = template.Library()


@register.filter
def term(code: str, vocabulary: str) -> str:
    """The label of a code: ``{{ line.role|term:"role" }}``."""
    return labels.label(vocabulary, code)


@register.filter
def definition(code: str, vocabulary: str) -> str:
    """What a code means: ``{{ doc.track|definition:"track" }}``."""
    return labels.definition(vocabulary, code)


@register.filter
def country(code: str) -> str:
    """The name of a country: ``{{ code|country }}``."""
    return labels.label("country", code)


@register.filter
def region(code: str) -> str:
    """The name of a region: ``{{ code|region }}``."""
    return labels.label("region", code)


@register.filter
def honest_date(value: str | date | None) -> str:
    """A date as far as it is known: “14 May 1980”, “May 1980” or “1980”."""
    return words.honest_date(value)


@register.simple_tag
def honest_span(start: str | None, end: str | None, status: str = "") -> str:
    """From when to when, as far as it is known: ``{% honest_span doc.start doc.end doc.status %}``."""
    return words.honest_span(start, end, status)


@register.simple_tag
def catalogue_url(**filters: str) -> str:
    """The address of the catalogue with filters: ``{% catalogue_url touches="3" %}``."""
    return addresses.catalogue_url(**filters)
