"""When a filter finds nothing: what may have been meant, and which wider filter finds something."""

# SQL is put together here: names of tables come from the models; values are parameters.
# ruff: noqa: S608

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
"""Share of the trigrams of the words typed that a title or a name must have."""
PATIENCE = 700
"""Milliseconds for all guesses together; a guess that takes longer is not worth a wait."""

SIMILAR = f"""
(SELECT 'title' AS kind, reference AS code, sort_key AS text,
        strict_word_similarity(%(words)s, sort_key) AS alike
 FROM {Entry._meta.db_table} WHERE %(words)s <<%% sort_key
 ORDER BY alike DESC, reference LIMIT {FROM_EACH})
UNION ALL
(SELECT 'actor', reference, name, strict_word_similarity(%(words)s, sort_key) AS alike
 FROM {Actor._meta.db_table} WHERE %(words)s <<%% sort_key
 ORDER BY alike DESC, reference LIMIT {FROM_EACH})
UNION ALL
(SELECT 'place', '', name, max(strict_word_similarity(%(words)s, catalogue_folded(ARRAY[name])))
 FROM (SELECT unnest(place_names) AS name FROM {Document._meta.db_table}
       WHERE %(words)s <<%% catalogue_folded(place_names) LIMIT 200) AS near
 WHERE %(words)s <<%% catalogue_folded(ARRAY[name])
 GROUP BY name ORDER BY 4 DESC, name LIMIT {FROM_EACH})
ORDER BY alike DESC, kind, text
"""


def did_you_mean(filterset: EntryFilterSet) -> list[Link]:
    """Return titles, actors and places that are written like what was searched for."""
    texts = filterset.values("q")
    words = folded(" ".join(texts))
    if not words:
        return []
    links = [*_countries(words), *_similar(words)]
    return list({link.url: link for link in links}.values())[:MOST_MEANT]


def _similar(words: str) -> Iterator[Link]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE}")
            cursor.execute(f"SET LOCAL pg_trgm.strict_word_similarity_threshold = {ALIKE}")
            cursor.execute(SIMILAR, {"words": words})
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


def _countries(words: str) -> Iterator[Link]:
    """Countries and regions written like the words: the codebook is small enough to compare all."""
    for vocabulary, parameter in (("country", "place"), ("region", "region")):
        for code, word in labels.vocabulary(vocabulary).items():
            label = folded(word.label)
            matcher = SequenceMatcher(None, words, label)
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
