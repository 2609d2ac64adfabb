"""Words for codes and dates in templates."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django import template
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from milidip.catalogue import addresses, labels, words
from milidip.catalogue.facets import Choice
from milidip.codebook.choices import UNKNOWN

register = template.Library()

TRACKS = ("1", "1.5", "2", "3")
CHOICE = """<li class="choice--{}"><label class="choice"{}>\
<input type="checkbox" id="f-{}-{}" name="{}" value="{}" form="filter-form"{}>\
<span class="choice__label">{}</span> <span class="choice__count">{}</span></label></li>
"""


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


@register.simple_tag
def track_strip(track: str, touches: Iterable[str] = ()) -> SafeString:
    """The four tracks, those touched and the own one marked: ``{% track_strip doc.track doc.touches %}``."""
    return _strip(track, frozenset(touches))


@lru_cache(maxsize=256)
def _strip(track: str, touches: frozenset[str]) -> SafeString:
    if track == UNKNOWN and (not touches or UNKNOWN in touches):
        return SafeString()
    marks = (
        ("own" if code == track else "touched" if code in touches else "", code) for code in TRACKS
    )
    tracks = format_html_join("", '<span class="{}">{}</span>', marks)
    return format_html('<span class="strip" aria-hidden="true">{}</span>', tracks)


@register.simple_tag
def choice_lines(facet: str, choices: Iterable[Choice]) -> SafeString:
    """The choices of a facet, as lines with a checkbox: ``{% choice_lines "track" choices %}``.

    A page has six hundred of them, which is most of what it takes to write it: here that takes
    a quarter of the time that it took in the template.
    """
    return format_html_join(
        "",
        CHOICE,
        (
            (
                choice.depth,
                format_html(' title="{}"', choice.title) if choice.title else "",
                facet,
                choice.code,
                facet,
                choice.code,
                " checked" if choice.selected else "",
                choice.label,
                localize(choice.count),
            )
            for choice in choices
        ),
    )
