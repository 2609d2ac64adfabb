"""What the codes in public records mean: the labels of every vocabulary, read by one query.

They are kept by a process for as long as no term changes. The register's row holds a number drawn
afresh with every change of a term, by a trigger; a public page reads it before anything else, so
what is kept under a number may be newer than it and never older.
"""

# SQL is put together here: names of tables and columns come from the models; there are no values.
# ruff: noqa: S608

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from asgiref.local import Local
from django.core.signals import request_started
from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from milidip.codebook import models
from milidip.codebook.choices import UNKNOWN
from milidip.codebook.folding import folded

# Vocabulary -> table, for the ones that editors extend. The others are rows of FixedTerm.
TABLES: dict[str, type[models.Coded]] = {
    "track": models.Track,
    "family": models.Family,
    "activity": models.ActivityType,
    "objective": models.Objective,
    "theme": models.Theme,
    "actor_type": models.ActorType,
    "role": models.Role,
    "capacity": models.Capacity,
    "military_role": models.MilitaryRole,
    "track3_link": models.TrackLink,
    "criterion": models.Criterion,
    "region": models.Region,
    "country": models.Country,
}
# Column that says under which other term a term stands.
ABOVE = {"activity": "family_id", "theme": "group", "region": "parent_id", "country": "region_id"}
MEANING = {"region": "rule", "country": "note"}


@dataclass(frozen=True, slots=True)
class Word:
    """A code of a vocabulary and what it means; ``above`` is the code it stands under."""

    code: str
    label: str
    definition: str
    above: str
    kind: str


Vocabulary = Mapping[str, Word]
_read = Local()
_kept: dict[bool, tuple[UUID, Mapping[str, Vocabulary]]] = {}


@cache
def _sql(french: bool) -> str:
    """One SELECT over every vocabulary, in the order in which each is shown."""

    def said(name: str) -> str:
        return f"coalesce(nullif({name}_fr, ''), {name})" if french else name

    parts = []
    for vocabulary, model in TABLES.items():
        above = ABOVE.get(vocabulary)
        above = f'"{model._meta.get_field(above).column}"' if above else "''"
        kind = "kind" if vocabulary in ("region", "country") else "''"
        order = "sort_key" if vocabulary == "country" else "lpad(sort_order::text, 6, '0')"
        parts.append(
            f"SELECT '{vocabulary}', code, {said('label')},"
            f" {said(MEANING.get(vocabulary, 'definition'))},"
            f" coalesce({above}, ''), {kind}, {order} COLLATE \"C\" FROM {model._meta.db_table}"
        )
    parts.append(
        f"SELECT vocabulary, code, {said('label')}, {said('definition')}, '', '',"
        " lpad(sort_order::text, 6, '0')"
        f' COLLATE "C" FROM {models.FixedTerm._meta.db_table}'
    )
    return " UNION ALL ".join(parts) + " ORDER BY 1, 7, 2"


def vocabularies() -> Mapping[str, Vocabulary]:
    """Return every vocabulary by name, in the reader's language; the same for a whole request."""
    french = get_language() == "fr"
    if getattr(_read, "french", None) is french:
        return _read.vocabularies
    terms = getattr(_read, "terms", None)
    known, found = _kept.get(french, (None, {}))
    if terms is None or terms != known:
        found = _all(french)
        if terms is not None:
            _kept[french] = (terms, found)
    _read.vocabularies, _read.french = found, french
    return found


def _all(french: bool) -> Mapping[str, Vocabulary]:
    found: dict[str, dict[str, Word]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_sql(french))
        for vocabulary, code, label, definition, above, kind, _order in cursor:
            found.setdefault(vocabulary, {})[code] = Word(code, label, definition, above, kind)
    if french:  # the order of the database is that of the English names
        by_name = sorted(
            found["country"].values(), key=lambda word: (folded(word.label), word.code)
        )
        found["country"] = {word.code: word for word in by_name}
    return found


def vocabulary(name: str) -> Vocabulary:
    """Return the words of a vocabulary by code, in their order."""
    return vocabularies().get(name, {})


def label(name: str, code: str | None) -> str:
    """Return the label of ``code``; the code itself when the codebook has none."""
    if not code:
        return ""
    word = vocabulary(name).get(code)
    if word is not None:
        return word.label
    return _("Unknown") if code == UNKNOWN else code


def definition(name: str, code: str | None) -> str:
    """Return what ``code`` means, or nothing."""
    word = vocabulary(name).get(code or "")
    return word.definition if word else ""


def as_of(terms: UUID) -> None:
    """Let this request take what was read before, if that was when terms had this number."""
    _read.terms = terms


def forget(**_signal: Any) -> None:
    """Begin a request: nothing of the one before holds."""
    for name in ("french", "terms"):
        if hasattr(_read, name):
            delattr(_read, name)


request_started.connect(forget)
