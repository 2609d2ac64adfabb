"""Whose word a record stands on: its sources, its outcomes, and which source backs which claim."""

import re
from typing import Any

from django.template.defaultfilters import linebreaks
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from milidip.catalogue import labels
from milidip.catalogue.addresses import path_of
from milidip.catalogue.columns import ENGAGEMENTS
from milidip.catalogue.facts import GLANCE, PURPOSE, Document
from milidip.catalogue.listing import Link

COLUMNS = {column.name for column in ENGAGEMENTS}
SAID = {key: label for key, _vocabulary, _parameter, label in (*GLANCE, *PURPOSE)}


def source_numbers(doc: Document) -> dict[str, int]:
    """Return the number that each source has on the page, by its reference."""
    return {source["reference"]: number for number, source in enumerate(doc["sources"], 1)}


def sources(doc: Document) -> list[dict[str, Any]]:
    """Return the sources in the order of the page, codes in words."""
    return [
        {
            **source,
            "number": number,
            "kind": labels.label("source_kind", source["kind"]),
            "independence": labels.label("independence", source["independence"]),
            "locator": _locator(source),
            "supports": [claim(name) for name in source["supports"]],
            "rule": labels.definition("withheld_rule", source["rule"]),
        }
        for number, source in enumerate(doc["sources"], 1)
    ]


def _locator(source: Document) -> str:
    kind = labels.label("locator_type", source["locator_type"])
    return f"{kind} {source['locator']}".strip() if source["locator"] else ""


def claim(name: str) -> Link:
    """Return a column that a source supports, in words, linked to its place in the codebook."""
    url = f"{path_of('codebook')}#column-engagements-{name}" if name in COLUMNS else ""
    words = str(SAID.get(name) or name.replace("_", " "))
    return Link(words[:1].upper() + words[1:], url, code=name)


def sources_by_claim(doc: Document) -> list[dict[str, Any]]:
    """Return each claim that a source is named for, with the numbers of those sources.

    In the order of the columns, so that two records can be laid side by side.
    """
    found: dict[str, list[int]] = {}
    for number, source in enumerate(doc["sources"], 1):
        for name in source["supports"]:
            found.setdefault(name, []).append(number)
    order = [column.name for column in ENGAGEMENTS]
    names = sorted(found, key=lambda name: order.index(name) if name in COLUMNS else len(order))
    return [{"claim": claim(name), "numbers": found[name]} for name in names]


def outcomes(doc: Document, numbers: dict[str, int]) -> list[dict[str, Any]]:
    """Return what came of it, and who says so."""
    return [
        {
            "kind": labels.label("outcome_kind", outcome["kind"]),
            "statement": outcome["statement"],
            "date": outcome["date"],
            "reported_by": labels.label("reported_by", outcome["reported_by"]),
            "source": numbers.get(outcome["source"] or ""),
        }
        for outcome in doc["outcomes"]
    ]


CITED = re.compile(r" ?\[(\d{1,2})\]")


def with_citations(text: str, doc: Document) -> SafeString:
    """Return ``text`` as paragraphs in HTML, in which ``[2]`` leads to the second source.

    Where a source is withheld the numbers may have moved, and a wrong one would be worse than
    none: they are left out.
    """
    count = len(doc["sources"])
    moved = any(source["rule"] for source in doc["sources"])

    def mark(match: re.Match[str]) -> str:
        number = int(match[1])
        if moved or not 1 <= number <= count:
            return "" if moved else match[0]
        return format_html(
            '<a class="cited" href="#source-{}">[<span class="hush">{} </span>{}]</a>',
            number,
            _("source"),
            number,
        )

    return mark_safe(CITED.sub(mark, linebreaks(text, autoescape=True)))  # noqa: S308
