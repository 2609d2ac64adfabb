"""The glossary: what the words on the screens mean, from the codebook. A page, or a drawer in it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from milidip.codebook.entries import Entry
from milidip.codebook.folding import folded
from milidip.codebook.vocabularies import VOCABULARIES, Vocabulary

# Countries and the regions of the United Nations need no explanation, and would bury the rest.
LEFT_OUT = {"country", "historical_state", "region"}


@dataclass(frozen=True)
class Group:
    """A vocabulary and those of its terms that are shown."""

    code: str
    label: Any
    about: Any
    terms: list[Entry]


def glossary(words: str = "") -> list[Group]:
    """Return the terms by vocabulary; only those that hold each of ``words``, if any are given."""
    asked = folded(words).split()
    found = []
    for vocabulary in VOCABULARIES:
        if vocabulary.code in LEFT_OUT:
            continue
        terms = [term for term in vocabulary.terms() if _holds(vocabulary, term, asked)]
        if terms:
            label, about = vocabulary.label, vocabulary.description
            found.append(Group(vocabulary.code, label, about, terms))
    return found


def _holds(vocabulary: Vocabulary, term: Entry, asked: list[str]) -> bool:
    text = folded(f"{vocabulary.label} {term.code} {term.label} {term.definition}")
    return all(word in text for word in asked)


def glossary_view(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The whole page; asked for by script for the drawer, only what stands in it."""
    words = request.GET.get("find", "").strip()[:100]
    groups = glossary(words)
    context: dict[str, Any] = {
        "groups": groups,
        "find": words,
        "number": sum(len(group.terms) for group in groups),
    }
    part = "#terms" if request.headers.get("X-Requested-With") == "XMLHttpRequest" else ""
    if not part:
        context |= site.each_context(request) | {
            "is_nav_sidebar_enabled": False,
            "title": _("Glossary"),
        }
    request.current_app = site.name  # type: ignore[attr-defined]
    response = TemplateResponse(request, f"admin/engagements/glossary.html{part}", context)
    response.headers["Vary"] = "X-Requested-With"
    return response
