"""When a filter finds nothing: what may have been meant, and which wider filter finds something."""

# SQL is put together here: names of tables come from the models; values are parameters.
# ruff: noqa: S608

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from milidip.catalogue import labels
from milidip.catalogue.addresses import Pairs, address, catalogue_url, path_of, without
from milidip.catalogue.filters import EntryFilterSet
from milidip.catalogue.listing import Link
from milidip.catalogue.models import Actor, Document, Entry
from milidip.codebook.folding import folded

MOST_WIDER = 3
MOST_MEANT = 6
FROM_EACH = 3
ALIKE = 0.4
"""Share of the trigrams of a word typed that a title or a name must have."""
MOST_WORDS = 4
SHORTEST = 3
PATIENCE = 700
"""Milliseconds for all guesses together; a guess that takes longer is not worth a wait."""


def did_you_mean(filterset: EntryFilterSet) -> list[Link]:
    """Return titles, actors and places that are written like what was searched for."""
    text = folded(" ".join(filterset.values("q")))
    words = [word for word in re.findall(r"\w+", text) if len(word) >= SHORTEST][:MOST_WORDS]
    if not words:
        return []
    links = [*_countries(text), *_similar(words)]
    return list({link.url: link for link in links}.values())[:MOST_MEANT]


def _similar(words: list[str]) -> Iterator[Link]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE}")
            cursor.execute(f"SET LOCAL pg_trgm.strict_word_similarity_threshold = {ALIKE}")
            cursor.execute(_statement(len(words)), words * 6)
            rows = cursor.fetchall()
    except DatabaseError:
        return
    titles = dict(
        Document.objects.filter(
            entry__reference__in=[code for kind, code, *_rest in rows if kind == "title"]
        ).values_list("entry__reference", "title")
    )
    for kind, code, text, _alike in rows:
        if kind == "title" and code in titles:
            yield Link(titles[code], path_of("record", code), title=_("record"))
        elif kind == "actor":
            yield Link(text, catalogue_url(stakeholder=code), title=_("who took part"))
        elif kind == "place":
            yield Link(text, catalogue_url(q=f'"{text}"'), title=_("place"))


def _statement(words: int) -> str:
    """Return the SQL for so many words; each of its six parts takes all of them, in order.

    A record may be known by one of the words only, so any may match, and all add up.
    """

    def matches(column: str) -> str:
        return "(" + " OR ".join([f"%s <<%% {column}"] * words) + ")"

    def alike(column: str) -> str:
        return " + ".join([f"strict_word_similarity(%s, {column})"] * words)

    one, names = "catalogue_folded(ARRAY[name])", "catalogue_folded(place_names)"
    return f"""
        (SELECT 'title' AS kind, reference AS code, sort_key AS text, {alike("sort_key")} AS alike
         FROM {Entry._meta.db_table} WHERE {matches("sort_key")}
         ORDER BY alike DESC, reference LIMIT {FROM_EACH})
        UNION ALL
        (SELECT 'actor', reference, name, {alike("sort_key")} AS alike
         FROM {Actor._meta.db_table} WHERE {matches("sort_key")}
         ORDER BY alike DESC, reference LIMIT {FROM_EACH})
        UNION ALL
        (SELECT 'place', '', name, {alike(one)} AS alike
         FROM (SELECT DISTINCT unnest(place_names) AS name FROM {Document._meta.db_table}
               WHERE {matches(names)} LIMIT 200) AS near
         ORDER BY alike DESC, name LIMIT {FROM_EACH})
        ORDER BY alike DESC, kind, text
    """


def _countries(text: str) -> Iterator[Link]:
    """Countries and regions written like the text: the codebook is small enough to compare all."""
    for vocabulary, parameter in (("country", "place"), ("region", "region")):
        for code, word in labels.vocabulary(vocabulary).items():
            label = folded(word.label)
            matcher = SequenceMatcher(None, text, label)
            if (
                matcher.real_quick_ratio() > 0.8
                and matcher.quick_ratio() > 0.8
                and matcher.ratio() > 0.8
            ):
                yield Link(
                    word.label, catalogue_url(**{parameter: code}), title=_("where it happened")
                )


def wider(filterset: EntryFilterSet, pairs: Pairs) -> list[Link]:
    """Return the lists without one of the filters, those that find least first: the nearest."""
    given = list(dict.fromkeys(name for name, _value in pairs))
    names = [name for name in given if name not in ("sort", "dates")]
    if len(names) < 2:
        return []
    found = []
    for name in names:
        left_out = [name, "dates"] if name in ("after", "before") else [name]
        if count := filterset.without(*left_out).order_by().count():
            label = _("Without “%(filter)s”") % {"filter": filterset.filters[name].label}
            found.append(
                Link(label, address(path_of("list"), without(pairs, *left_out)), count, code=name)
            )
    return sorted(found, key=lambda link: link.count or 0)[:MOST_WIDER]
