"""The public codebook: every vocabulary, every filter and every column, from where they live."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from milidip.catalogue.addresses import catalogue_url, path_of
from milidip.catalogue.exports import GRAINS
from milidip.catalogue.facets import Counts, facet_counts
from milidip.catalogue.filters import DATES, SORTS, CodesFilter, EntryFilterSet, filtered
from milidip.codebook.entries import Entry
from milidip.codebook.vocabularies import NOTES, VOCABULARIES, Vocabulary


def codebook_context() -> dict[str, Any]:
    """Return every vocabulary with the public records of each term, filters and columns."""
    counts = facet_counts(filtered(QueryDict()))
    return {
        "vocabularies": [
            {
                "name": vocabulary.code,
                "label": vocabulary.label,
                "description": vocabulary.description,
                "parameter": vocabulary.parameter,
                "terms": [
                    _term(vocabulary, term, counts.get(vocabulary.parameter))
                    for term in vocabulary.terms()
                ],
            }
            for vocabulary in VOCABULARIES
        ],
        "notes": NOTES,
        "grains": [
            {
                "name": grain.name,
                "label": grain.label,
                "description": grain.description,
                "url": path_of(f"{grain.name}_csv"),
                "columns": grain.columns,
            }
            for grain in GRAINS
        ],
        "parameters": parameters(),
    }


def parameters() -> list[dict[str, Any]]:
    """Return every filter of the catalogue with what it takes."""
    return [
        {"name": name, "label": chosen.label, "help": parameter_help(name)}
        for name, chosen in EntryFilterSet.base_filters.items()
    ]


def _term(vocabulary: Vocabulary, term: Entry, counts: Counts | None) -> dict[str, Any]:
    parameter = vocabulary.parameter
    return {
        "code": term.code,
        "label": term.label,
        "definition": term.definition,
        "source": term.source,
        "extra": term.extra,
        "url": catalogue_url(**{parameter: term.code}) if parameter else "",
        "depth": term.depth,
        "count": None if counts is None else counts.get(term.code, 0),
    }


def parameter_help(name: str) -> str:
    """Return what a parameter takes, in one sentence."""
    special = {
        "q": _(
            "Words in titles, names, places and texts. “Quoted words” stand together, -word "
            "leaves out, or widens; the last word may be unfinished. Accents make no difference."
        ),
        "touches": _("Tracks that the engagement reaches, its primary track included."),
        "region": _(
            "Where it happened; a region includes its sub-regions, 001 is not everything."
        ),
        "place": _("Country where it happened, by its three-letter code."),
        "participant_country": _("Country of a disclosed participant, by its three-letter code."),
        "stakeholder": _("Reference of an actor, such as MA-7K3QX9."),
        "role": _("With an actor: the role of that actor; else of anyone who took part."),
        "case_study": _(
            "yes or no: records with a fuller account that is listed as a case study."
        ),
        "reference": _("Reference of a record, such as MD-7K3QX9; the exports of one record."),
        "series": _("Code of a series of engagements."),
        "after": _("What may have been going on on or after this year, month or day."),
        "before": _("What may have been going on on or before this year, month or day."),
        "dates": _("With a period: %(words)s. Tells apart what is surely and perhaps within it.")
        % {"words": ", ".join(DATES)},
        "sort": _("Order of the list: %(words)s. Exports are in the order of the register.")
        % {"words": ", ".join(SORTS)},
    }
    if name in special:
        return special[name]
    chosen = EntryFilterSet.base_filters[name]
    vocabulary = chosen.vocabulary if isinstance(chosen, CodesFilter) else name
    return _("Codes of the vocabulary “%(name)s”.") % {"name": vocabulary}
